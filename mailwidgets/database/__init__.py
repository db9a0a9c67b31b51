"""The same documents in PostgreSQL, for many people on many machines."""
