"""One connection to a server: its address, its wire, its TLS and its certificate."""
