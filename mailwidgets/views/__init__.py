"""What is in force, what it was, and how two of them differ, to look at."""
