"""A report's steps as a pandas table: the only module of its kind that needs pandas."""

from __future__ import annotations

import pandas as pd

from mailwidgets.reports.outcome import Outcome
from mailwidgets.reports.steps import Step

COLUMNS = ("State", "At", "ms", "Evidence", "Code")


def steps_table(outcome: Outcome) -> pd.DataFrame:
    """Return a row per step, indexed by its name, with its server's where a check has several.

    >>> steps_table(failed).loc["inbox", ["State", "Code"]].tolist()
    ['failed', 'folder_missing']

    Columns: State; At and ms, milliseconds since the check began and that the step took; Evidence,
    else what was seen to be wrong; Code of the finding, empty for none. Markup in Evidence is
    *not* escaped: pandas does that when it shows a table, its ``Styler`` only when told to.
    """
    rows = [_row(step) for step in outcome.steps]
    index = pd.Index([f"{step.via} {step.name}".strip() for step in outcome.steps], name="step")
    table = pd.DataFrame(rows, index=index, columns=list(COLUMNS), dtype=object)
    return table.astype({"At": float, "ms": float})


def _row(step: Step) -> tuple[object, ...]:
    found = step.finding
    seen = step.evidence or ((found.saw,) if found else ())
    return (str(step.state), step.at, step.ms, " ".join(seen), found.code if found else "")
