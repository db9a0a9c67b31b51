"""Everything on one page, and its life with the store."""
