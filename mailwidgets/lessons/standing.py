"""How a learner stands with an exercise: counted from what they did. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from mailwidgets.lessons.results import HINTED, Event

FULL: Final = 10
"""Points for an exercise that is passed at once, without a hint."""
_A_HINT, _A_TRY, _LEAST = 2, 1, 2


@dataclass(frozen=True, slots=True)
class Standing:
    """What was done about an exercise, until it was passed.

    Attributes:
        tries: checks, the one that passed included.
        hints: hints asked for before it was passed.
        passed: whether one passed.
    """

    tries: int = 0
    hints: int = 0
    passed: bool = False

    @property
    def points(self) -> int:
        """Return what it is worth: ten, less two a hint and one a try in vain, at least two.

        >>> Standing(1, 0, True).points, Standing(3, 1, True).points, Standing(9, 3, False).points
        (10, 6, 0)
        """
        if not self.passed:
            return 0
        return max(_LEAST, FULL - _A_HINT * self.hints - _A_TRY * (self.tries - 1))


def standing(events: Iterable[Event], lesson: str, exercise: str) -> Standing:
    """Return how a learner stands with an exercise; what comes after it is passed does not count.

    Args:
        events: one learner's, the oldest first.
        lesson: the name under which it was kept.
        exercise: the exercise's name.
    """
    tries = hints = 0
    for event in events:
        if (event.lesson, event.exercise) != (lesson, exercise):
            continue
        if event.did == HINTED:
            hints += 1
            continue
        tries += 1
        if event.passed:
            return Standing(tries, hints, passed=True)
    return Standing(tries, hints)
