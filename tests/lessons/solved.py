"""Solutions, kept apart from the lessons: a file per lesson, a part per exercise."""

from __future__ import annotations

import re
from pathlib import Path

LESSONS = Path(__file__).parents[2] / "notebooks" / "lessons"
NOTEBOOKS = sorted(LESSONS.glob("*.ipynb"))


def solutions(notebook: Path) -> dict[str, str]:
    """Return the code that solves each exercise of a lesson, by the exercise's name."""
    text = (LESSONS.parent / "solutions" / f"{notebook.stem}.py").read_text("utf-8")
    head, *parts = re.split(r"^# %% ", text, flags=re.MULTILINE)
    named = (part.partition("\n") for part in parts)
    return {name.strip(): f"{head}\n{code}" for name, _, code in named}
