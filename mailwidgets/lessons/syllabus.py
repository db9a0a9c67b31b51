"""The lessons in their order."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final

from mailwidgets.errors import LessonError
from mailwidgets.languages.texts import N_
from mailwidgets.lessons import account, certificates, fleets, precedence, reading, tls, workflow
from mailwidgets.lessons.exercise import Exercise


@dataclass(frozen=True, slots=True)
class Unit:
    """One lesson's exercises.

    Attributes:
        number: its place, from 1.
        name: by which it is recorded.
        title: what people call it, in English; ``_`` looks it up.
        exercises: in their order.
    """

    number: int
    name: str
    title: str
    exercises: tuple[Exercise, ...]


SYLLABUS: Final = (
    Unit(1, "account", N_("A first account"), account.EXERCISES),
    Unit(2, "levels", N_("Levels, fallbacks, locks"), precedence.EXERCISES),
    Unit(3, "tls", N_("TLS in practice"), tls.EXERCISES),
    Unit(4, "reading", N_("Reading a failed test"), reading.EXERCISES),
    Unit(5, "workflow", N_("Workflow mail and its fallback"), workflow.EXERCISES),
    Unit(6, "certificates", N_("Certificates"), certificates.EXERCISES),
    Unit(7, "fleets", N_("Scripts and fleets"), fleets.EXERCISES),
)


def unit(which: int | str) -> Unit:
    """Return a lesson by its number or its name.

    Raises:
        LessonError: there is none; the message names those there are.
    """
    for one in SYLLABUS:
        if which in {one.number, one.name}:
            return one
    known = ", ".join(f"{one.number} {one.name}" for one in SYLLABUS)
    raise LessonError(f"there is no lesson {which!r}; there is: {known}")


def exercise_of(exercises: tuple[Exercise, ...], name: str) -> Exercise:
    """Return an exercise by its name.

    Raises:
        LessonError: there is none; the message offers what is near.
    """
    known = {one.name: one for one in exercises}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1) or list(known)
    raise LessonError(f"there is no exercise {name!r} here; there is: {', '.join(near)}")
