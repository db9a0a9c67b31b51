"""Lessons: exercises on practice servers, proven by what is in force and by real test runs."""
