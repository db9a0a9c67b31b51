"""What is in force for whom, as rows to show: pure."""
