"""A class as a picture (SVG): what was passed and tried, by colour, sign and words.

Every function takes plain text and returns markup that shows it as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.widgets import markup

_CELL, _GAP, _TOP, _LINE = 26, 14, 64, 30  # pixels
_NAMES: Final = 120
_LONGEST: Final = 16  # letters of a name; the whole one stands in its title


@dataclass(frozen=True, slots=True)
class Group:
    """A lesson: its name, and those of its exercises."""

    name: str
    exercises: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """How somebody stands with an exercise."""

    passed: bool
    tries: int
    hints: int

    @property
    def begun(self) -> bool:
        """Return whether anything was done about it."""
        return bool(self.tries or self.hints)


def picture(groups: Sequence[Group], marks: Mapping[str, Sequence[Mark]]) -> str:
    """Return the picture.

    Args:
        groups: the lessons, in their order.
        marks: by learner, a mark for each exercise of each group, in that order.
    """
    places = list(_places(groups))
    width = places[-1][1] + _CELL + 8 if places else _NAMES
    height = _TOP + _LINE * len(marks) + 8
    label = escape(_("The class: a row for each learner, a square for each exercise"), quote=True)
    heads = "".join(
        f"<text x='{x}' y='{_TOP - 34}' class='mw-lesson'>{escape(_short(group.name))}</text>"
        for group, x in _heads(groups)
    )
    numbers = "".join(
        f"<text x='{x + _CELL / 2}' y='{_TOP - 12}' class='mw-number'>{escape(at)}"
        f"<title>{escape(name)}</title></text>"
        for (name, x), at in zip(places, _numbers(groups), strict=True)
    )
    rows = "".join(
        _row(learner, of, places, _TOP + _LINE * at)
        for at, (learner, of) in enumerate(marks.items())
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' class='mw-class' role='img' aria-label='{label}'"
        f" width='{width}' height='{height}' viewBox='0 0 {width} {height}'>"
        f"{heads}{numbers}{rows}</svg>"
    )


def whole(drawn: str, empty: str, problems: Sequence[str]) -> str:
    """Return the picture with its style and legend, or what to do where there is none."""
    legend = _(
        "✓ passed, at the first try if it stands alone; else after so many tries. × not yet."
    )
    told = f"<p class='mw-hint'>{escape(legend if drawn else empty)}</p>"
    wrong = "".join(markup.message(one, kind="warn") for one in problems)
    return (
        f"{markup.stylesheet()}<div class='mw-report mailwidgets mw-exercise'>{wrong}"
        f"<div class='mw-class-frame'>{drawn}</div>{told}</div>"
    )


def _row(learner: str, marks: Sequence[Mark], places: Sequence[tuple[str, int]], y: int) -> str:
    name = (
        f"<text x='0' y='{y + 18}' class='mw-learner'>{escape(_short(learner))}"
        f"<title>{escape(learner)}</title></text>"
    )
    squares = (
        _square(learner, exercise, mark, x, y)
        for (exercise, x), mark in zip(places, marks, strict=True)
    )
    return f"<g>{name}{''.join(squares)}</g>"


def _square(learner: str, exercise: str, mark: Mark, x: int, y: int) -> str:
    css = "mw-is-passed" if mark.passed else "mw-is-tried" if mark.begun else "mw-is-open"
    sign = ""
    if mark.passed:
        sign = "✓" if mark.tries == 1 and not mark.hints else f"✓{number(mark.tries)}"
    elif mark.begun:
        sign = "×"
    told = _("{learner}, {exercise}: {tries} tries, {hints} hints, {state}").format(
        learner=learner,
        exercise=exercise,
        tries=number(mark.tries),
        hints=number(mark.hints),
        state=_("passed") if mark.passed else _("not passed"),
    )
    return (
        f"<g class='{css}'><title>{escape(told)}</title>"
        f"<rect x='{x}' y='{y}' width='{_CELL}' height='{_CELL}' rx='4'/>"
        f"<text x='{x + _CELL / 2}' y='{y + 18}'>{escape(sign)}</text></g>"
    )


def _places(groups: Sequence[Group]) -> Iterator[tuple[str, int]]:
    """Yield each exercise with where its column begins."""
    x = _NAMES
    for group in groups:
        for exercise in group.exercises:
            yield exercise, x
            x += _CELL + 4
        x += _GAP


def _heads(groups: Sequence[Group]) -> Iterator[tuple[Group, int]]:
    x = _NAMES
    for group in groups:
        yield group, x
        x += (_CELL + 4) * len(group.exercises) + _GAP


def _numbers(groups: Sequence[Group]) -> Iterator[str]:
    for at, group in enumerate(groups, 1):
        yield from (f"{at}.{one}" for one in range(1, len(group.exercises) + 1))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
