"""The fixtures of what is shown."""

from opened import dashboard, draft, no_widgets_of_other_tests

__all__ = ["dashboard", "draft", "no_widgets_of_other_tests"]
