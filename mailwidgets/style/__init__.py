"""The one style sheet, in parts."""
