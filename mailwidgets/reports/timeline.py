"""A check's steps as a picture: a bar each, from when it began for as long as it took.

Plain SVG without a view box: places across are shares of the width, so that text keeps its size
however narrow the page is. Without any style sheet all is drawn in the colour of the text.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from html import escape

from mailwidgets.reports.outcome import State, Step
from mailwidgets.reports.wording import SIGNS, duration, step_name

_ROW = 22  # pixels
_AXIS = 20  # pixels below the last row
_LEFT, _RIGHT = 42.0, 83.0  # per cent of the width, between which the bars lie
_LEAST = 0.6  # per cent; a bar that took no time is still seen
_TICKS = 3
# Drawn in a box of 12 by 12: the shape alone says how the step stands.
_SHAPES = {
    State.RUNNING: "M2 6h1.5M5.3 6h1.5M8.6 6h1.5",
    State.PASSED: "M6 .8a5.2 5.2 0 1 1-.01 0zM3.4 6.2l1.9 1.9 3.4-4",
    State.WARNED: "M6 1l5.2 10H.8zM6 4.6v3M6 9v.6",
    State.FAILED: "M1 1h10v10H1zM3.6 3.6l4.8 4.8M8.4 3.6l-4.8 4.8",
    State.SKIPPED: "M2.5 6h7",
}


def timeline(steps: Sequence[Step], ident: str) -> str:
    """Return the steps as an SVG picture; empty where there are none.

    Args:
        steps: in order; ``at`` and ``ms`` place their bars.
        ident: unique in the page; ``{ident}-steps`` is the table that says the same.
    """
    if not steps:
        return ""
    rows = list(_rows(steps))
    total = max(*(step.at + step.ms for step in steps), 1e-3)
    drawn = [_row(row, number, total) for number, row in enumerate(rows)]
    bottom = len(rows) * _ROW
    name = escape(ident, quote=True)
    return (
        f"<svg class='mw-timeline' role='img' aria-labelledby='{name}-title {name}-desc'"
        f" aria-details='{name}-steps' width='100%' height='{bottom + _AXIS}' font-size='12'"
        f" fill='none'><title id='{name}-title'>Timeline of the check</title>"
        f"<desc id='{name}-desc'>{escape(_told(steps, total))}</desc>"
        f"{''.join(_ticks(total, bottom))}{''.join(drawn)}</svg>"
    )


def _rows(steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Yield the steps of each row: one, or all skipped ones in a line."""
    for state, together in itertools.groupby(steps, key=lambda step: step.state):
        if state is State.SKIPPED:
            yield tuple(together)
        else:
            yield from ((step,) for step in together)


def _row(row: tuple[Step, ...], number: int, total: float) -> str:
    """Return one row: sign, name, bar, and what it took."""
    step = row[0]
    top = number * _ROW
    base = top + 15  # of the text
    label = step_name(step) if len(row) == 1 else f"{len(row)} steps skipped"
    sign = (
        f"<path transform='translate(2 {top + 5})' stroke='currentColor' stroke-width='1.5'"
        f" d='{_SHAPES[step.state]}'/>"
    )
    bar, took = "", "" if len(row) > 1 else SIGNS[step.state][1]
    if step.state not in {State.RUNNING, State.SKIPPED}:
        start, end = _across(step.at, total), _across(step.at + step.ms, total)
        width = max(end - start, _LEAST)
        bar = (
            f"<rect x='{min(start, _RIGHT - width):.2f}%' y='{top + 5}' width='{width:.2f}%'"
            " height='12' rx='2' fill='currentColor'/>"
        )
        took = duration(step.ms)
    return (
        f"<g class='mw-{step.state.value}'>{sign}{bar}</g>"
        f"<text x='20' y='{base}' fill='currentColor'>{escape(label)}</text>"
        f"<text x='100%' y='{base}' text-anchor='end' fill='currentColor'>{escape(took)}</text>"
    )


def _across(ms: float, total: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * ms / total


def _ticks(total: float, bottom: int) -> Iterator[str]:
    """Yield a thin line and a time for each of a few round numbers of milliseconds."""
    apart = _round_up(total / _TICKS)
    for number in range(_TICKS + 1):
        ms = number * apart
        if ms > total:
            return
        x = f"{_across(ms, total):.2f}%"
        yield (
            f"<line x1='{x}' x2='{x}' y1='0' y2='{bottom}' stroke='currentColor'"
            " stroke-opacity='.25'/>"
            f"<text x='{x}' y='{bottom + 14}' text-anchor='middle' fill='currentColor'"
            f" font-size='11'>{escape(duration(ms))}</text>"
        )


def _round_up(ms: float) -> float:
    """Return the next larger of 1, 2, 3, 5, 10, 20, 30, 50 and so on, at least 1."""
    power = 10.0 ** math.floor(math.log10(max(ms, 1)))
    return next(power * digit for digit in (1, 2, 3, 5, 10) if power * digit >= max(ms, 1))


def _told(steps: Sequence[Step], total: float) -> str:
    """Return in words what the picture shows, and where to read all of it."""
    counts = {state: sum(step.state is state for step in steps) for state in State}
    told = ", ".join(f"{count} {SIGNS[state][1]}" for state, count in counts.items() if count)
    failed = next((step for step in steps if step.state is State.FAILED), None)
    where = f" {step_name(failed)} failed after {duration(failed.at)}." if failed else ""
    return (
        f"{len(steps)} steps in {duration(total)}: {told}.{where}"
        " The table of steps below says the same."
    )
