"""What a fault means and what to do about it; the tables of all faults are made of these."""

from __future__ import annotations

from dataclasses import dataclass

from mailwidgets.reports.report import State, Who


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One fault, in our own words; the server's are what a finding *saw*.

    The texts are declared, in English: a finding has them in the language in use.

    Attributes:
        meaning: what it means, one or two sentences.
        advice: what to do.
        who: who can mend it, most often.
        field: key of the setting to look at, empty where there is none.
        severity: FAILED, or WARNED where mail will work all the same.
    """

    meaning: str
    advice: str
    who: Who
    field: str = ""
    severity: State = State.FAILED
