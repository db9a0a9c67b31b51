"""A lesson's exercises, and what a learner did about each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailwidgets.errors import LessonError
from mailwidgets.languages.texts import _
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.results import HINTED, Results
from mailwidgets.lessons.standing import Standing, standing
from mailwidgets.lessons.syllabus import Unit, exercise_of

if TYPE_CHECKING:
    import pandas as pd


class Record:
    """The exercises of a lesson, by name, and what a learner did so far.

    Attributes:
        unit: which lesson it is.
        learner: who works.
        results: what they did so far, kept in a file.
    """

    def __init__(self, taught: Unit, results: Results) -> None:
        super().__init__()
        self.unit = taught
        self.results = results
        self.learner = results.learner

    def named(self, which: str | int) -> str:
        """Return an exercise's name, from its name or its number.

        >>> lesson.named(2)
        'send'

        Raises:
            LessonError: there is none.
        """
        names = [one.name for one in self.unit.exercises]
        if isinstance(which, str):
            return self.exercise(which).name
        if not 1 <= which <= len(names):
            raise LessonError(f"there are exercises 1 to {len(names)} here, not {which}")
        return names[which - 1]

    def place(self, name: str) -> str:
        """Return where an exercise stands: the second one of lesson 1 at ``1.2``.

        >>> lesson.place("send")
        '1.2'

        Raises:
            LessonError: there is none of that name.
        """
        place = self.unit.exercises.index(self.exercise(name)) + 1
        return f"{self.unit.number}.{place}" if self.unit.number else f"{place}."

    def exercise(self, name: str) -> Exercise:
        """Return an exercise.

        >>> lesson.exercise("send").title
        'Send mail by SMTP'

        Raises:
            LessonError: there is none of that name.
        """
        return exercise_of(self.unit.exercises, name)

    def standing(self, name: str) -> Standing:
        """Return how a learner stands with an exercise: tries, hints, whether it is passed.

        >>> lesson.standing("send")
        Standing(tries=0, hints=0, passed=False)

        Raises:
            LessonError: there is no such exercise, or the results cannot be read.
        """
        self.exercise(name)
        return standing(self.results.events(), self.recorded_as, name)

    def standings(self) -> dict[str, Standing]:
        """Return how a learner stands with each exercise, by name, from one reading.

        >>> lesson.standings()["send"].passed
        False

        Raises:
            LessonError: the results cannot be read.
        """
        done = self.results.events()
        names = (one.name for one in self.unit.exercises)
        return {name: standing(done, self.recorded_as, name) for name in names}

    def hinted(self, name: str) -> int:
        """Return how many hints were given, also after the exercise was passed.

        >>> lesson.hinted("send")
        0

        Raises:
            LessonError: as ``standing``.
        """
        self.exercise(name)
        done = [(one.lesson, one.exercise, one.did) for one in self.results.events()]
        return done.count((self.recorded_as, name, HINTED))

    @property
    def recorded_as(self) -> str:
        """Return the name under which the tries are kept.

        >>> lesson.recorded_as
        'account'
        """
        return self.unit.name

    def progress(self) -> pd.DataFrame:
        """Return how the learner stands with each exercise, as a table (needs pandas).

        >>> lesson.progress().loc["Fetch mail by POP3", "Tries"]
        np.int64(0)
        """
        import pandas as pd  # noqa: PLC0415 - it takes 0.3 s

        known = self.standings()
        rows = {
            _(one.title): {
                _("Passed"): known[one.name].passed,
                _("Tries"): known[one.name].tries,
                _("Hints"): known[one.name].hints,
            }
            for one in self.unit.exercises
        }
        return pd.DataFrame.from_dict(rows, orient="index")
