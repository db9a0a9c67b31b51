"""A check's steps on one time axis: a bar each, from when it began for as long as it took.

Each bar is a small SVG picture in its step's row of the table of steps, which says the same in
words. It has no view box: places across are shares of the width, so that text keeps its size
however narrow the page is. Without any style sheet all is drawn in the colour of the text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from mailwidgets.reports.steps import State, Step
from mailwidgets.reports.wording import duration

SLOW: Final = 1000.0
"""Milliseconds from which on a step is marked as slow."""

_HEIGHT: Final = 24  # pixels of a row that shows one line of text
_LEAST: Final = 0.8  # per cent; a bar that took no time is still seen
_ROOM: Final = 1.18  # while a step runs, what is known ends before the edge
_TICKS: Final = 3
_TRY: Final = 6  # pixels for each address that was tried
_UNTIMED: Final = frozenset({State.RUNNING, State.SKIPPED})


@dataclass(frozen=True, slots=True)
class Axis:
    """The time that the rows share.

    Attributes:
        total: milliseconds from its left edge, where the check began, to its right one.
    """

    total: float

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Axis:
        """Return the axis on which all of some steps have room, a running one as well."""
        ends = (step.at + step.ms for step in steps if step.state not in _UNTIMED)
        open_ends = (step.at * _ROOM for step in steps if step.state is State.RUNNING)
        return cls(max(*ends, *open_ends, 1e-3, 1e-3))

    def across(self, ms: float) -> float:
        """Return where a moment is, in per cent of the width."""
        return min(100.0 * ms / self.total, 100.0)

    def ticks(self) -> Iterator[float]:
        """Yield a few round numbers of milliseconds, the first one 0."""
        apart = _round_up(self.total / _TICKS)
        yield from (n * apart for n in range(_TICKS + 1) if n * apart <= self.total)


def scale(axis: Axis) -> str:
    """Return the axis itself: its times, for the head of the table."""
    texts = "".join(_label(axis.across(ms), duration(ms)) for ms in axis.ticks())
    return (
        "<svg class='mw-axis' aria-hidden='true' width='100%' height='16' font-size='11'"
        f" fill='currentColor'>{texts}</svg>"
    )


def bar(step: Step, axis: Axis) -> str:
    """Return the picture of one step; of a connection, a bar for each address that was tried.

    Args:
        step: ``at`` and ``ms`` place its bar; one that runs is open to the right.
        axis: that of all its steps.
    """
    tries = step.tries if len(step.tries) > 1 and step.state not in _UNTIMED else ()
    height = max(_HEIGHT, _TRY * len(tries) + 12)
    if step.state is State.SKIPPED:
        drawn = ""
    elif step.state is State.RUNNING:
        drawn = _rect(axis.across(step.at), 100.0, 7, 10, "mw-open")
    elif tries:
        drawn = "".join(
            _rect(
                axis.across(step.at + one.at),
                axis.across(step.at + one.at + one.ms),
                6 + _TRY * number,
                4,
                "mw-won" if one.answered else "mw-lost",
            )
            for number, one in enumerate(tries)
        )
    else:
        drawn = _rect(axis.across(step.at), axis.across(step.at + step.ms), 7, 10)
    return (
        f"<svg class='mw-bar' aria-hidden='true' width='100%' height='{height}' fill='none'>"
        f"{''.join(_line(axis.across(ms)) for ms in axis.ticks())}{drawn}</svg>"
    )


def slow(step: Step) -> bool:
    """Return whether a step took so long that people notice."""
    return step.state not in _UNTIMED and step.ms >= SLOW


def _rect(start: float, end: float, top: int, height: int, css: str = "") -> str:
    width = max(end - start, _LEAST)
    named = f" class='{css}'" if css else ""
    return (
        f"<rect{named} x='{min(start, 100 - width):.2f}%' y='{top}' width='{width:.2f}%'"
        f" height='{height}' rx='2' fill='currentColor'/>"
    )


def _line(x: float) -> str:
    return (
        f"<line x1='{x:.2f}%' x2='{x:.2f}%' y1='0' y2='100%' stroke='currentColor'"
        " stroke-opacity='.2'/>"
    )


def _label(x: float, told: str) -> str:
    """Return a time at its place; near an edge it stands beside its line, not across it."""
    near = 12.0
    anchor = "start" if x < near else "end" if x > 100 - near else "middle"
    return f"<text x='{x:.2f}%' y='12' text-anchor='{anchor}'>{escape(told)}</text>"


def _round_up(ms: float) -> float:
    """Return the next larger of 1, 2, 3, 5, 10, 20, 30, 50 and so on, at least 1."""
    power = 10.0 ** math.floor(math.log10(max(ms, 1)))
    return next(power * digit for digit in (1, 2, 3, 5, 10) if power * digit >= max(ms, 1))
