"""Everyone at once: the values in force for all, and for whom a change would change them."""
