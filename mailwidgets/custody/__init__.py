"""Whose key seals what in a store, and another key for all of it."""
