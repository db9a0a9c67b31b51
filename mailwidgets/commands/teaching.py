"""``lessons`` and ``class``: notebooks for learners, and how they stand."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import Bool, Enum, Unicode

from mailwidgets.commands.command import FAILED, OK, Command, Usage
from mailwidgets.disk import at_home
from mailwidgets.languages.texts import COMPLETE
from mailwidgets.lessons.handing_out import hand_out, reset
from mailwidgets.moving.sheet import guarded

if TYPE_CHECKING:
    import pandas as pd

    from mailwidgets.classroom.overview import ClassOverview


class Lessons(Command):
    """Put the lessons' notebooks into a learner's folder."""

    name = "lessons"
    description = (
        "Put the lessons' notebooks into a folder, this one unless told otherwise. What a learner "
        "has there already stays as it is."
    )
    examples = (
        "mailwidgets lessons ana --language de\njupyter lab ana\nmailwidgets lessons ana --reset"
    )

    language = Unicode("en", help=f"Of prose and exercises: {', '.join(COMPLETE)}.").tag(
        config=True
    )
    reset = Bool(help="Begin anew: what is there is moved into a folder earlier-…").tag(config=True)
    aliases: dict[str, Any] = {**Command.aliases, "language": "Lessons.language"}
    flags: dict[str, Any] = {
        **Command.flags,
        "reset": ({"Lessons": {"reset": True}}, "Begin anew; what is there is set aside."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Copy what is not there yet, and say what came of it."""
        if len(words) > 1:
            raise Usage(f"lessons takes one folder, not {' '.join(words)!r}")
        folder = at_home(words[0] if words else ".")
        if self.reset:
            aside = reset(folder, self.language)
            if aside is not None:
                self.say(f"What was there is in {aside}")
            made = len(list(folder.glob("*.ipynb")))
        else:
            made = len(hand_out(folder, self.language))
        self.say(f"{made} notebooks are new in {folder}. Open them with: jupyter lab {folder}")
        return OK


class Class(Command):
    """Show how the learners of a class stand."""

    name = "class"
    description = (
        "Show how the learners of a class stand, from the files results-….jsonl that a trainer has "
        "collected in a folder."
    )
    examples = "mailwidgets class results\nmailwidgets class results --format csv > class.csv"

    format = Enum(
        ("table", "csv", "json"),
        "table",
        help="How it is printed: a row per learner; csv and json have one per exercise.",
    ).tag(config=True)
    aliases: dict[str, Any] = {**Command.aliases, "format": "Class.format"}

    def work(self, words: Sequence[str]) -> int:
        """Print the overview of the files in a folder."""
        if len(words) != 1:
            raise Usage(f"class takes the folder with the results, not {' '.join(words)!r}")
        try:
            from mailwidgets.classroom.overview import (  # noqa: PLC0415 - no other command needs it
                ClassOverview,
            )

            overview = ClassOverview.open(Path(at_home(words[0])))
            self.say(_PRINTED[self.format](overview))
        except ModuleNotFoundError as error:
            raise Usage(f"{error.name} is needed: pip install 'mailwidgets[tables]'") from error
        for problem in overview.problems:
            sys.stderr.write(f"mailwidgets class: {problem}\n")
        return FAILED if overview.problems else OK


def _as_table(overview: ClassOverview) -> str:
    return overview.summary().to_string() if overview.events else "No results yet."


def _as_csv(overview: ClassOverview) -> str:
    """Return a row per learner and exercise, in which no spreadsheet takes a name for a formula."""
    rows = _rows(overview)
    rows["learner"] = rows["learner"].map(guarded)
    return rows.to_csv(index=False, lineterminator="\n").rstrip("\n")


def _as_json(overview: ClassOverview) -> str:
    return json.dumps(_rows(overview).to_dict(orient="records"), ensure_ascii=False, indent=2)


def _rows(overview: ClassOverview) -> pd.DataFrame:
    return overview.table().reset_index().rename(columns=str.lower)


_PRINTED = {"table": _as_table, "csv": _as_csv, "json": _as_json}
