"""The past of a store: told, compared, named, and taken back."""
