"""What learners and trainers see: exercises to work on, and how a class stands."""
