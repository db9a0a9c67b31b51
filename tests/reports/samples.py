"""Reports as checks make them: one that is well, one that failed, one of two servers."""

from __future__ import annotations

import datetime as dt

from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Line, Report, State, Step

BEGAN = dt.datetime(2026, 11, 3, 9, 15, 2, 123456, tzinfo=dt.UTC)
HOSTILE = "<script>alert(1)</script><img src=x onerror='alert(2)'>\"&"

WELL = Report(
    "smtp",
    (
        Step("name", State.PASSED, 0.4, ("192.0.2.1",)),
        Step("connection", State.PASSED, 21.0, ("192.0.2.1: connected",), at=0.5),
        Step("goodbye", State.PASSED, 9.0, at=21.6),
    ),
    (Line(0.5, "*", "connected"), Line(21.7, "C", "QUIT"), Line(30.1, "S", "221 bye")),
    BEGAN,
)


def failed(words: str = "535 no", section: str = "smtp") -> Report:
    """A check whose login was refused, after a warning; nothing was reached behind it."""
    warned = Fault("cert_expiring", f"Until tomorrow. {words}").finding(section)
    found = Fault("auth_rejected", words, fix=(("port", 465), ("tls", "implicit"))).finding(section)
    steps = (
        Step("name", State.PASSED, 2.0, (words,)),
        Step("certificate", State.WARNED, 1.0, (words,), warned, at=2.0),
        Step("authentication", State.FAILED, 1234.5, (words,), found, at=3.0),
        Step("sender", State.SKIPPED),
        Step("recipient", State.SKIPPED),
        Step("goodbye", State.SKIPPED),
    )
    return Report(section, steps, (Line(3.0, "C", "AUTH PLAIN ****"), Line(9.0, "S", words)), BEGAN)
