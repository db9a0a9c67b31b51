"""What can be set, at which level, and which value is in force."""
