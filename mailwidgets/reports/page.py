"""A check's result as HTML: here text from a server becomes markup, and so it is escaped here.

Every function takes plain text and returns HTML that shows it as text. The style sheet beside it
goes by the colours of the page around, so that light and dark follow it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from html import escape
from pathlib import Path

from mailwidgets.reports.outcome import Finding, Line, Outcome, State, Step
from mailwidgets.reports.timeline import timeline
from mailwidgets.reports.wording import SIGNS, SPEAKERS, duration, moment, step_name


def stylesheet() -> str:
    """Return the rules for all that is made here, each below a class ``mw-report``."""
    return Path(__file__).with_name("report.css").read_text("utf-8")


def whole(outcome: Outcome) -> str:
    """Return all of a check's result, with its style, for a page of someone else's."""
    return (
        f"<style>{stylesheet()}</style><div class='mw-report'>"
        f"{verdict(outcome)}{also(outcome)}{course(outcome.steps, begun(outcome))}"
        f"{transcript(outcome.transcript)}</div>"
    )


def verdict(outcome: Outcome, field: str = "", *, live: bool = False) -> str:
    """Return what a check found and, where something is wrong, what to do about it.

    Args:
        outcome: what the check came to.
        field: the setting to look at, as the form calls it; else its name.
        live: on a page that changes: a screen reader says it as it appears, the meaning stands
            in the headline alone, and the fix is left to the page's own button.
    """
    sign, _ = SIGNS[outcome.state]
    head = f"<strong><span aria-hidden='true'>{sign}</span> {escape(outcome.verdict)}</strong>"
    found = outcome.finding
    rows = [] if found is None else _rows(outcome, found, field, live=live)
    terms = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows if text)
    role = f" role='{'status' if found is None else 'alert'}'" if live else ""
    listed = f"<dl>{terms}</dl>" if terms else ""
    return f"<div class='mw-verdict mw-{outcome.state.value}'{role}>{head}{listed}</div>"


def _rows(outcome: Outcome, found: Finding, field: str, *, live: bool) -> list[tuple[str, str]]:
    said = {True: "yes", False: "no"}
    mending = ", ".join(
        f"{name} = {said[value] if isinstance(value, bool) else value}"
        for name, value in outcome.fix.items()
    )
    return [
        ("What we saw", escape(found.saw)),
        ("What it means", "" if live else escape(found.meaning)),
        ("What to do", escape(found.advice)),
        ("Who can do it", escape(str(found.who))),
        ("Field", escape(field or outcome.field_name(found))),
        ("Would mend it", f"<code>{escape(mending)}</code>" if mending and not live else ""),
        ("Code", f"<code>{escape(found.code)}</code>"),
    ]


def also(outcome: Outcome) -> str:
    """Return what else was seen to be wrong; empty where nothing was."""
    if not outcome.remarks:
        return ""
    items = "".join(_remark(outcome, step, found) for step, found in outcome.remarks)
    return f"<div class='mw-also'><p><strong>Also seen</strong></p><ul>{items}</ul></div>"


def _remark(outcome: Outcome, step: Step, found: Finding) -> str:
    sign, word = SIGNS[found.severity]
    field = outcome.field_name(found)
    where = f", field {field}" if field else ""
    return (
        f"<li class='mw-{found.severity.value}'><span class='mw-sign' aria-hidden='true'>{sign}"
        f"</span><div><p><b>{escape(step_name(step))}, {word}:</b> {escape(found.meaning)}</p>"
        f"<p>{escape(found.saw)}</p><p>{escape(found.advice)}</p>"
        f"<p class='mw-quiet'>For {escape(str(found.who))}{escape(where)};"
        f" code <code>{escape(found.code)}</code></p></div></li>"
    )


def begun(outcome: Outcome) -> str:
    """Return the caption of a check's steps: which check, and when it began."""
    return f"Steps of the check of {outcome.title}, begun {moment(outcome.began)}"


def course(done: Sequence[Step], caption: str) -> str:
    """Return the steps as a picture and as the table that says the same."""
    ident = f"mw-{uuid.uuid4().hex[:12]}"
    return timeline(done, ident) + steps(done, caption, f"{ident}-steps")


def steps(done: Sequence[Step], caption: str, ident: str = "") -> str:
    """Return a check's steps in order, as they stand, as a table.

    Args:
        done: the steps; one may be running.
        caption: what the table holds.
        ident: the table's own name in the page, where something refers to it.
    """
    if not done:
        return ""
    heads = "".join(
        f"<th scope='col' class='mw-{css}'>{text}</th>"
        for css, text in (
            *(("name", "Step"), ("word", "Result"), ("start", "Start"), ("took", "Took")),
            ("seen", "What was seen"),
        )
    )
    named = f" id='{escape(ident, quote=True)}'" if ident else ""
    return (
        f"<table class='mw-steps'{named}><caption>{escape(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(_step(step) for step in done)}</tbody></table>"
    )


def _step(step: Step) -> str:
    sign, word = SIGNS[step.state]
    found = (one.saw for one in (step.finding, *step.also) if one)
    told = dict.fromkeys(one for one in (*step.evidence, *found) if one)
    seen = "".join(f"<li>{escape(one)}</li>" for one in told)
    timed = step.state not in {State.RUNNING, State.SKIPPED}
    start, took = (duration(step.at), duration(step.ms)) if timed else ("", "")
    return (
        f"<tr class='mw-{step.state.value}'><th scope='row'>{escape(step_name(step))}</th>"
        f"<td class='mw-word'><span class='mw-sign' aria-hidden='true'>{sign}</span> {word}</td>"
        f"<td class='mw-start'>{escape(start)}</td><td class='mw-took'>{escape(took)}</td>"
        f"<td class='mw-seen'>{f'<ul>{seen}</ul>' if seen else ''}</td></tr>"
    )


def transcript(lines: Sequence[Line]) -> str:
    """Return the dialogue with its times, folded; empty where nothing was said."""
    if not lines:
        return ""
    rows = "".join(_line(line) for line in lines)
    count = f"{len(lines)} line{'s' if len(lines) > 1 else ''}"
    return (
        f"<details class='mw-transcript'><summary>Transcript, {count}</summary>"
        "<div role='group' aria-label='Transcript' tabindex='0'><table><thead><tr>"
        "<th scope='col'>Time</th><th scope='col'>Who</th><th scope='col'>Line</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )


def _line(line: Line) -> str:
    speaker = SPEAKERS.get(line.who, "remark")
    return (
        f"<tr class='mw-by-{speaker}'><td>{line.ms:.0f} ms</td><th scope='row'>"
        f"<abbr title='{speaker}'>{escape(line.who)}</abbr></th>"
        f"<td><code>{escape(line.text)}</code></td></tr>"
    )
