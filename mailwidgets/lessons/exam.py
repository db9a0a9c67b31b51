"""The examination: tickets drawn by a seed, and what they come to."""

from __future__ import annotations

import os
import random
from typing import Final, Self

from mailwidgets.errors import LessonError
from mailwidgets.languages.texts import N_
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.lesson import Lesson
from mailwidgets.lessons.standing import FULL
from mailwidgets.lessons.syllabus import Unit
from mailwidgets.lessons.tickets import TICKETS

DRAWN: Final = 5
"""How many tickets an examination has."""
EXAM: Final = "exam"


class Exam(Lesson):
    """Complaints to be solved at the bench; as :class:`Lesson` in everything else.

    Which ones, and in which order, follows from the seed: the same seed gives everyone the same.

    >>> exam.unit.title, len(exam.unit.exercises)
    ('Final exam', 5)

    Attributes:
        seed: what they were drawn by.
    """

    seed: int

    @classmethod
    def open(  # type: ignore[override]  # an examination is chosen by its seed
        cls,
        seed: int,
        *,
        learner: str | None = None,
        folder: str | os.PathLike[str] = ".",
        language: str | None = None,
    ) -> Self:
        """Start practice servers and draw the tickets; the arguments are as for a lesson.

        >>> again = Exam.open(seed=7, learner="ana", folder=folder)
        >>> again.recorded_as, again.named(1) == exam.named(1)
        ('exam 7', True)
        >>> again.close()

        Args:
            seed: any number; a trainer tells it to the class.
            learner: who works.
            folder: where results are kept.
            language: of the tickets.

        Raises:
            LessonError: the seed is no number.
            PracticeError: if the practice servers cannot be started.
        """
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise LessonError(f"a seed is a whole number, not {seed!r}")
        taught = Unit(0, f"{EXAM} {seed}", N_("Final exam"), drawn(seed))
        exam = cls._opened(taught, learner, folder, language)
        exam.seed = seed
        return exam

    @property
    def points(self) -> tuple[int, int]:
        """Return the points so far, and the most there are.

        >>> exam.points
        (0, 50)
        """
        known = self.standings()
        return sum(one.points for one in known.values()), FULL * len(known)


def drawn(seed: int, count: int = DRAWN) -> tuple[Exercise, ...]:
    """Return the tickets of a seed, in their order: one at least about each kind of server.

    >>> sorted({ticket.opens for ticket in drawn(7)})
    ['imap', 'pop3', 'smtp', 'workflow']

    Args:
        seed: any whole number.
        count: how many.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it: the same seed, the same tickets
    sections = dict.fromkeys(one.opens for one in TICKETS)
    chosen = [chance.choice([one for one in TICKETS if one.opens == part]) for part in sections]
    left = [one for one in TICKETS if one not in chosen]
    chosen += chance.sample(left, count - len(chosen))
    chance.shuffle(chosen)
    return tuple(chosen)
