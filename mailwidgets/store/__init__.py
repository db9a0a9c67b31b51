"""Where documents live: a folder of JSON files, and the vault for the secrets in them."""
