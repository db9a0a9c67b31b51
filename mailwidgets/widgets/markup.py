"""HTML for the widgets: the only place where text becomes markup, and so the only one to escape.

Every function takes plain text, from a server or a person, and returns HTML that shows it as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from mailwidgets.errors import Clash
from mailwidgets.reports.report import Line, Report, State, Step
from mailwidgets.settings.sections import SECTIONS, SETTINGS

if TYPE_CHECKING:
    import pandas as pd

_SIGNS = {
    State.RUNNING: ("…", "running"),
    State.PASSED: ("✓", "passed"),
    State.WARNED: ("!", "warning"),
    State.FAILED: ("✗", "failed"),
    State.SKIPPED: ("-", "skipped"),
}
_STEP_NAMES = {"name": "Name lookup", "tls": "TLS"}
_SPEAKERS = {"C": "client", "S": "server", "*": "remark"}
_SECOND = 1000.0  # milliseconds


def stylesheet() -> str:
    """Return the widgets' style sheet, as the page takes it."""
    css = files("mailwidgets.widgets").joinpath("style.css").read_text("utf-8")
    return f"<style>{css}</style>"


def header(title: str, user: str, workstation: str) -> str:
    """Return the dashboard's title, whose values it shows, and what the marks mean."""
    return (
        f"<h1>{escape(title)}</h1>"
        f"<p>For user <strong>{escape(user)}</strong>"
        f" on workstation <strong>{escape(workstation)}</strong></p>"
        "<p class='mw-legend'>Where a setting is kept:"
        " <b>(c)</b> company <b>(u)</b> user <b>(m)</b> workstation</p>"
    )


def group(title: str) -> str:
    """Return the heading over some fields."""
    return f"<h2>{escape(title)}</h2>"


def note(  # noqa: PLR0913 - each part of the note is one
    origin: str,
    help_text: str,
    *,
    aside: str = "",
    error: str = "",
    edited: bool = False,
    why: str = "",
) -> str:
    """Return what stands below a field.

    Args:
        origin: where the value comes from, in a word or two.
        help_text: what the setting is for.
        aside: what else is stored for it.
        error: the rule that the typed text breaks.
        edited: whether the draft differs from what is stored.
        why: the reason why the field cannot be edited.
    """
    lines = []
    if error:
        lines.append(f"<p class='mw-error' role='status'><b>✗ Not valid.</b> {escape(error)}</p>")
    if why:
        lines.append(f"<p class='mw-why'>{escape(why)}</p>")
    mark = "<span class='mw-edited'>not saved</span> " if edited else ""
    beside = f"<span class='mw-aside'>{escape(aside)}</span> " if aside else ""
    lines.append(
        f"<p>{mark}<span class='mw-origin'>{escape(origin)}</span> {beside}{escape(help_text)}</p>"
    )
    return "".join(lines)


def message(text: str, *, kind: str = "status") -> str:
    """Return a line for the person, announced by screen readers; empty for no text.

    Args:
        text: what happened.
        kind: ``status``, ``good``, ``bad`` or ``warn``.
    """
    if not text:
        return ""
    role = "alert" if kind == "bad" else "status"
    return f"<div class='mw-message mw-{escape(kind)}' role='{role}'>{escape(text)}</div>"


def conflict(clashes: Sequence[Clash]) -> str:
    """Return what both sides made of the settings that two people changed."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(_label(one.name))}<small>{escape(one.place)}</small></th>"
        + "".join(f"<td>{escape(side)}</td>" for side in (one.base, one.theirs, one.yours))
        + "</tr>"
        for one in clashes
    )
    return (
        "<div class='mw-message mw-bad' role='alert'>"
        "<strong>Not saved: someone else changed the same.</strong>"
        " Your edits are still here. Save again to put yours in place, or discard them."
        "<table><thead><tr><th scope='col'>Setting</th><th scope='col'>When you looked</th>"
        "<th scope='col'>Theirs, stored now</th><th scope='col'>Yours</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def progress(done: Sequence[Step], expected: int) -> str:
    """Return how far a running check has come, and what it does now.

    Args:
        done: its steps as they stand; one of them may be running.
        expected: how many there will be, as far as is known.
    """
    ended = sum(step.state is not State.RUNNING for step in done)
    most = max(expected, ended + 1)
    now = next((_step_name(step) for step in done if step.state is State.RUNNING), "")
    return (
        "<div class='mw-message mw-progress'>"
        f"<progress max='{most}' value='{ended}' aria-label='Progress of the check'></progress>"
        f"<span>{escape(now)}</span><span>{ended} of about {most} steps</span></div>"
    )


def steps(done: Sequence[Step]) -> str:
    """Return a check's steps in order, as they stand."""
    return f"<ol class='mw-steps'>{''.join(_step(step) for step in done)}</ol>"


def _step_name(step: Step) -> str:
    name = _STEP_NAMES.get(step.name, step.name.capitalize())
    return f"{step.via.upper()} {name.lower()}" if step.via else name


def _step(step: Step) -> str:
    sign, word = _SIGNS[step.state]
    told = (*step.evidence, *([step.finding.saw] if step.finding else ()))
    seen = "".join(f"<li>{escape(one)}</li>" for one in told if one)
    took = _duration(step.ms) if step.state not in (State.RUNNING, State.SKIPPED) else ""
    return (
        f"<li class='mw-{step.state.value}'><span class='mw-sign' aria-hidden='true'>{sign}</span>"
        f"<span class='mw-name'>{escape(_step_name(step))}</span>"
        f" <span class='mw-word'>{word}</span>"
        f" <span class='mw-took'>{took}</span>" + (f"<ul>{seen}</ul>" if seen else "") + "</li>"
    )


def _duration(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < _SECOND else f"{ms / _SECOND:.1f} s"


def verdict(report: Report) -> str:
    """Return what a check found and, where something is wrong, what to do about it."""
    sign, _ = _SIGNS[report.state]
    head = f"<strong><span aria-hidden='true'>{sign}</span> {escape(report.verdict)}</strong>"
    found = report.finding
    if found is None:
        return f"<div class='mw-verdict mw-{report.state.value}' role='status'>{head}</div>"
    field = SETTINGS.get((report.section, found.field))
    rows = [("What we saw", found.saw), ("What it means", found.meaning)]
    rows.append(("What to do", found.advice))
    if found.field:
        rows.append(("Field", field.marked_label if field else found.field))
    terms = "".join(f"<dt>{term}</dt><dd>{escape(text)}</dd>" for term, text in rows if text)
    return (
        f"<div class='mw-verdict mw-{report.state.value}' role='alert'>{head}"
        f"<dl>{terms}<dt>Code</dt><dd><code>{escape(found.code)}</code></dd></dl></div>"
    )


def transcript(lines: Sequence[Line]) -> str:
    """Return the dialogue, folded; empty where nothing was said."""
    if not lines:
        return ""
    rows = "".join(
        f"<tr class='mw-by-{_SPEAKERS.get(line.who, 'remark')}'><td>{line.ms:.0f} ms</td>"
        f"<th scope='row'><abbr title='{_SPEAKERS.get(line.who, 'remark')}'>{escape(line.who)}"
        f"</abbr></th><td><code>{escape(line.text)}</code></td></tr>"
        for line in lines
    )
    count = f"{len(lines)} line{'s' if len(lines) > 1 else ''}"
    return (
        f"<details class='mw-transcript'><summary>Transcript, {count}</summary>"
        f"<div role='region' aria-label='Transcript' tabindex='0'><table>{rows}</table></div>"
        "</details>"
    )


def effective(frame: pd.DataFrame, caption: str) -> str:
    """Return the effective table: a group of rows per section, a row per setting."""
    heads = "".join(f"<th scope='col'>{escape(str(column))}</th>" for column in frame.columns)
    span = len(frame.columns) + 1
    bodies = "".join(
        f"<tbody><tr><th scope='rowgroup' colspan='{span}'>{escape(section.title)}</th></tr>"
        + "".join(
            _effective_row(name, str(key), row)
            for key, row in zip(
                part.index.get_level_values("setting"),
                part.itertuples(index=False, name=None),
                strict=True,
            )
        )
        + "</tbody>"
        for name, section in SECTIONS.items()
        if not (part := frame[frame.index.get_level_values("section") == name]).empty
    )
    return (
        f"<div class='mw-scroll' role='region' aria-label='Effective values' tabindex='0'>"
        f"<table class='mw-effective'><caption>{escape(caption)}</caption>"
        f"<thead><tr><th scope='col'>Setting</th>{heads}</tr></thead>{bodies}</table></div>"
    )


def _effective_row(section: str, key: str, row: tuple[object, ...]) -> str:
    label = SETTINGS[section, key].marked_label
    cells = "".join(f"<td>{escape(str(cell))}</td>" for cell in row)
    return f"<tr><th scope='row'>{escape(label)}</th>{cells}</tr>"


def _label(name: str) -> str:
    """Return the label of a dotted name such as ``pop3.port`` or ``lock of pop3.port``."""
    head, _, dotted = name.rpartition(" ")
    section, _, key = dotted.partition(".")
    found = SETTINGS.get((section, key))
    if found is None:
        return name
    return f"{head} {SECTIONS[section].title}: {found.marked_label}".strip()
