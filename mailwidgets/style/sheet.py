"""The style sheet of everything the widgets show: its parts, in the order they build on."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

PARTS: Final = ("base", "fields", "checks", "discover", "values", "history", "lessons")


@cache
def stylesheet() -> str:
    """Return the rules, each below a class ``mailwidgets``; the colours are the reports'."""
    folder = files("mailwidgets.style")
    return "\n".join(folder.joinpath(f"{part}.css").read_text("utf-8") for part in PARTS)
