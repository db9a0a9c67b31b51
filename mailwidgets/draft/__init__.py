"""What a form holds before it is saved, over the store as it was last seen."""
