"""The person's language: texts, numbers and dates."""
