"""How a class stands: the results of all learners, as a table and as a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mailwidgets.classroom import overview_markup
from mailwidgets.classroom.overview_markup import Group, Mark
from mailwidgets.errors import LessonError
from mailwidgets.languages.texts import _
from mailwidgets.lessons.exam import EXAM, drawn
from mailwidgets.lessons.results import RESULTS, Event, read
from mailwidgets.lessons.standing import FULL, Standing, standing
from mailwidgets.lessons.syllabus import SYLLABUS

if TYPE_CHECKING:
    import pandas as pd


class ClassOverview:
    """What the learners of a class have done, from the files that their lessons keep.

    In a notebook it shows itself as a picture.

    >>> overview
    <ClassOverview of 1 learners, 0 problems>

    Attributes:
        events: what was done, by learner, the oldest first.
        problems: files that were passed over, and why.

    Args:
        events: of all learners, in any order.
        problems: what could not be read, in sentences.
    """

    def __init__(self, events: Sequence[Event], problems: Sequence[str] = ()) -> None:
        self.problems = list(problems)
        self.events: dict[str, list[Event]] = {}
        for event in sorted(events, key=lambda one: one.at):
            self.events.setdefault(event.learner, []).append(event)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Self:
        """Read all files with results in a folder and the folders in it.

        One that cannot be read is passed over, and named in ``problems``.

        >>> ClassOverview.open(folder).learners
        []

        Args:
            folder: where the trainer has collected them.

        Raises:
            LessonError: there is no such folder.
        """
        home = Path(folder)
        if not home.is_dir():
            raise LessonError(f"expected a folder with files {RESULTS}, but {home} is none")
        events: list[Event] = []
        problems = []
        for path in sorted(home.rglob(RESULTS)):
            if any(part.startswith("earlier-") for part in path.relative_to(home).parts):
                continue
            try:
                events += [*read(path)]
            except LessonError as error:
                problems.append(str(error))
        return cls(events, problems)

    @property
    def learners(self) -> list[str]:
        """Return who has done anything, in the alphabet's order.

        >>> overview.learners
        ['ana']
        """
        return sorted(self.events)

    @property
    def exams(self) -> list[str]:
        """Return the exams that were sat, as ``exam 7``.

        >>> overview.exams
        []
        """
        names = {one.lesson for done in self.events.values() for one in done}
        return sorted(name for name in names if _seed(name) is not None)

    def standing(self, learner: str, lesson: str, exercise: str) -> Standing:
        """Return how a learner stands with an exercise; nothing done counts as nothing.

        >>> overview.standing("ana", "account", "fetch")
        Standing(tries=1, hints=0, passed=True)
        """
        return standing(self.events.get(learner, ()), lesson, exercise)

    def table(self) -> pd.DataFrame:
        """Return a row per learner and exercise (needs pandas).

        >>> int(overview.table().loc[("ana", "account", "fetch"), "Points"])
        10

        Indexed by (learner, lesson, exercise); the columns are Passed, Tries, Hints, Points.
        """
        import pandas as pd  # noqa: PLC0415 - it takes 0.3 s

        lessons = self._exercises()
        rows = {
            (learner, lesson, exercise): self._row(self.standing(learner, lesson, exercise))
            for learner in self.learners
            for lesson, exercises in lessons
            for exercise in exercises
        }
        names = ["learner", "lesson", "exercise"]
        columns = ["Passed", "Tries", "Hints", "Points"]
        found = [(*key, *row) for key, row in rows.items()]
        return pd.DataFrame(found, columns=[*names, *columns]).set_index(names)

    def summary(self) -> pd.DataFrame:
        """Return a row per learner: exercises passed of each lesson, points of each exam.

        >>> overview.summary().loc["ana", "account"]
        '1/3'
        """
        import pandas as pd  # noqa: PLC0415 - it takes 0.3 s

        rows, lessons = {}, self._exercises()
        for learner in self.learners:
            row: dict[str, str] = {}
            for lesson, exercises in lessons:
                done = [self.standing(learner, lesson, one) for one in exercises]
                if _seed(lesson) is None:
                    row[lesson] = f"{sum(one.passed for one in done)}/{len(done)}"
                else:
                    row[lesson] = f"{sum(one.points for one in done)}/{FULL * len(done)}"
            rows[learner] = row
        return pd.DataFrame.from_dict(rows, orient="index")

    def picture(self) -> str:
        """Return the class as an SVG picture: a row per learner, a square per exercise.

        >>> overview.picture()[:4]
        '<svg'
        """
        groups = [Group(lesson, tuple(exercises)) for lesson, exercises in self._exercises()]
        marks = {
            learner: [
                Mark(one.passed, one.tries, one.hints)
                for group in groups
                for one in (self.standing(learner, group.name, name) for name in group.exercises)
            ]
            for learner in self.learners
        }
        return overview_markup.picture(groups, marks)

    def _repr_html_(self) -> str:
        """Show the picture in a notebook, and what could not be read."""
        empty = "" if self.events else _("No results yet: collect the learners' files here.")
        return overview_markup.whole(self.picture() if self.events else "", empty, self.problems)

    def __repr__(self) -> str:
        """Return how many learners there are."""
        return f"<ClassOverview of {len(self.events)} learners, {len(self.problems)} problems>"

    def _exercises(self) -> list[tuple[str, list[str]]]:
        """Return every lesson's name with the names of its exercises; then the exams'."""
        lessons = [(one.name, [exercise.name for exercise in one.exercises]) for one in SYLLABUS]
        exams = [(name, [one.name for one in drawn(_seed(name) or 0)]) for name in self.exams]
        return lessons + exams

    @staticmethod
    def _row(stands: Standing) -> tuple[bool, int, int, int]:
        return stands.passed, stands.tries, stands.hints, stands.points


def _seed(lesson: str) -> int | None:
    """Return an exam's seed from its name; ``None`` where it is no exam."""
    kind, _, number = lesson.partition(" ")
    fits = kind == EXAM and number.lstrip("-").isdecimal() and len(number) < 20  # noqa: PLR2004 - digits that any seed has
    return int(number) if fits else None
