"""A report as a JSON document, and the schema that describes it.

The shape has a version, the document's ``version``. New properties and new codes keep it: who
reads a report passes over what it does not know. A property that goes away, or comes to mean
something else, raises it.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from mailwidgets.reports.outcome import Outcome
from mailwidgets.reports.steps import Finding, Step

VERSION = 1
"""The version of the document's shape."""


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what ``mailwidgets check --format json`` prints.

    It is a list of reports; ``$defs/report`` describes one, as ``Report.as_dict()`` gives it. The
    file is ``report.schema.json`` in this folder. Its list of properties is complete, so a reader
    that is to outlive this version should not refuse properties it does not know.
    """
    text = Path(__file__).with_name("report.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def as_document(outcome: Outcome) -> dict[str, object]:
    """Return what a check came to as plain JSON values."""
    found = outcome.finding
    return {
        "version": VERSION,
        "section": outcome.section,
        "at": outcome.began.astimezone(dt.UTC).isoformat(timespec="milliseconds"),
        "verdict": outcome.verdict,
        "ok": outcome.ok,
        "code": outcome.code,
        "field": (outcome.field_name(found) or None) if found else None,
        "saw": found.saw if found else None,
        "meaning": found.meaning if found else None,
        "advice": found.advice if found else None,
        "who": str(found.who) if found else None,
        "fix": outcome.fix,
        "also": [_finding(outcome, step, one) for step, one in outcome.remarks],
        "steps": [_step(outcome, step) for step in outcome.steps],
        "transcript": [
            {"ms": round(line.ms, 3), "who": line.who, "text": line.text}
            for line in outcome.transcript
        ],
    }


def _step(outcome: Outcome, step: Step) -> dict[str, object]:
    return {
        "name": _name(step),
        "state": str(step.state),
        "start": round(step.at, 3),
        "ms": round(step.ms, 3),
        "evidence": list(step.evidence),
        "finding": _finding(outcome, step, step.finding) if step.finding else None,
    }


def _finding(outcome: Outcome, step: Step, found: Finding) -> dict[str, object]:
    return {
        "code": found.code,
        "step": _name(step),
        "severity": str(found.severity),
        "saw": found.saw,
        "meaning": found.meaning,
        "advice": found.advice,
        "who": str(found.who),
        "field": outcome.field_name(found) or None,
        "fix": outcome.named(found),
    }


def _name(step: Step) -> str:
    return f"{step.via}.{step.name}" if step.via else step.name
