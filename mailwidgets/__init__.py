"""Set up mail servers in Jupyter, see which value is in force, and prove that they work."""
