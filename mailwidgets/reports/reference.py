"""Every diagnosis as a Markdown table, made from the tables that checks use: for the docs."""

from __future__ import annotations

from mailwidgets.reports.fault import DIAGNOSES
from mailwidgets.reports.report import State

_HEAD = ("Code", "What it means", "What to do", "Who", "Field")
_STAR = "\\*"


def diagnoses_reference() -> str:
    """Return a Markdown table, a row per code, in the order in which a check may meet them.

    Codes that are warnings by themselves are marked with an asterisk.
    """
    rows = [
        (
            f"`{code}`{_STAR if one.severity is State.WARNED else ''}",
            one.meaning,
            one.advice,
            str(one.who),
            f"`{one.field}`" if one.field else "",
        )
        for code, one in DIAGNOSES.items()
    ]
    every = (_HEAD, tuple("---" for _ in _HEAD), *rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in every) + "\n"
