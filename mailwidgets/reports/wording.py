"""The words for steps, states and times, the same wherever a report is shown."""

from __future__ import annotations

import datetime as dt

from mailwidgets.reports.outcome import State, Step

SIGNS = {
    State.RUNNING: ("…", "running"),
    State.PASSED: ("✓", "passed"),
    State.WARNED: ("!", "warning"),
    State.FAILED: ("✗", "failed"),
    State.SKIPPED: ("-", "skipped"),
}
"""How a step stands: a sign, so that no colour has to say it, and a word."""

SPEAKERS = {"C": "client", "S": "server", "*": "remark"}
"""Who says a line of the transcript."""

_NAMES = {"name": "Name lookup", "tls": "TLS"}
_SECOND = 1000.0  # milliseconds


def step_name(step: Step) -> str:
    """Return a step's name for a person: ``TLS``, ``IMAP name lookup``."""
    name = _NAMES.get(step.name, step.name.capitalize())
    if not step.via:
        return name
    return f"{step.via.upper()} {name if name.isupper() else name.lower()}"


def duration(ms: float) -> str:
    """Return some milliseconds as a person reads them: ``<1 ms``, ``12 ms``, ``1.2 s``."""
    if 0 < ms < 1:
        return "<1 ms"
    return f"{ms:.0f} ms" if round(ms) < _SECOND else f"{ms / _SECOND:.1f} s"


def moment(time: dt.datetime) -> str:
    """Return a time in UTC for a person, to the second."""
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
