"""HTML for the widgets: here and in ``reports.page``, and nowhere else, text becomes markup.

Every function takes plain text, from a server or a person, and returns HTML that shows it as text.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from mailwidgets.draft.disputes import Dispute
from mailwidgets.reports import page
from mailwidgets.reports.report import Finding, Report, State, Step
from mailwidgets.reports.wording import step_name
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.style import sheet
from mailwidgets.widgets import words

if TYPE_CHECKING:
    import pandas as pd

    from mailwidgets.discovery.proposal import Discovery


def stylesheet() -> str:
    """Return the widgets' style sheet, as the page takes it."""
    return f"<style>{page.stylesheet()}{sheet.stylesheet()}</style>"


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
    trouble: str = "",
    news: Sequence[str] = (),
) -> str:
    """Return what stands below a field.

    Args:
        origin: where the value comes from, in a word or two.
        help_text: what the setting is for.
        aside: what else is stored for it.
        error: the rule that the typed text breaks.
        edited: whether the draft differs from what is stored.
        why: the reason why the field cannot be edited.
        trouble: what is wrong with a stored password.
        news: what changed elsewhere; it takes the help text's place and room: nothing moves.
    """
    lines = []
    if error:
        lines.append(f"<p class='mw-error' role='status'><b>✗ Not valid.</b> {escape(error)}</p>")
    if why:
        lines.append(f"<p class='mw-why'>{escape(why)}</p>")
    if trouble:
        lines.append(f"<p class='mw-trouble'>{escape(trouble[:1].upper() + trouble[1:])}</p>")
    mark = "<span class='mw-edited'>not saved</span> " if edited else ""
    beside = f"<span class='mw-aside'>{escape(aside)}</span> " if aside else ""
    head = f"{mark}<span class='mw-origin'>{escape(origin)}</span> {beside}"
    usual = f"{head}{escape(help_text)}"
    if not news:
        return "".join([*lines, f"<p>{usual}</p>"])
    told = " ".join(f"<span class='mw-news'>{escape(one)}</span>" for one in news)
    held = f"<p class='mw-held' aria-hidden='true'>{usual}</p>"
    return "".join([*lines, f"<div class='mw-swap'><p>{head}{told}</p>{held}</div>"])


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


def dispute(found: Dispute) -> str:
    """Return what both sides of a conflict made of one setting; of a secret, that they did."""
    lock = found.slot[2]
    what = "lock" if lock else "setting"
    said = f"someone else changed this {what} too{words.who(found.author)}."
    sides = {"When you began": found.base, "Stored now": found.theirs, "Yours": found.yours}
    shown = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(words.short(told, lock=lock))}</dd></div>"
        for name, told in sides.items()
    )
    terms = "" if found.secret else f"<dl>{shown}</dl>"
    return f"<div class='mw-clash'><p><b>⚠ Conflict:</b> {escape(said)}</p>{terms}</div>"


def refusals(sentences: Sequence[str]) -> str:
    """Return what cannot be changed in a form, a paragraph each; empty where everything can."""
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in sentences)
    return f"<div class='mw-message mw-refused'>{paragraphs}</div>" if sentences else ""


def said(text: str) -> str:
    """Return what only a screen reader says, in its own time."""
    return f"<p class='mw-edited' role='status'>{escape(text)}</p>"


def hint(text: str) -> str:
    """Return a quiet line that explains what follows."""
    return f"<p class='mw-hint'>{escape(text)}</p>"


def oddities(found: Sequence[Finding]) -> str:
    """Return what is odd about settings, a line for each; empty where nothing is."""
    return "".join(message(f"{one.saw} {one.meaning} {one.advice}", kind="warn") for one in found)


def evidence(found: Discovery) -> str:
    """Return why each server was proposed, and what was asked without finding one."""
    items = "".join(
        f"<li><strong>{escape(str(one))}</strong>"
        + (f"<p class='mw-caveat'>To confirm: {escape(one.caveat)}</p>" if one.caveat else "")
        + f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in one.evidence)}</ul></li>"
        for one in found.proposals
    )
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in found.remarks)
    return (
        "<details class='mw-evidence'><summary>Why these, and what was asked</summary>"
        f"<ol>{items}</ol><ul>{remarks}</ul></details>"
    )


def progress(done: Sequence[Step], expected: int) -> str:
    """Return how far a running check has come, and what it does now.

    Args:
        done: its steps as they stand; one of them may be running.
        expected: how many there will be, as far as is known.
    """
    ended = sum(step.state is not State.RUNNING for step in done)
    most = max(expected, ended + 1)
    now = next((step_name(step) for step in done if step.state is State.RUNNING), "")
    return (
        "<div class='mw-message mw-progress'>"
        f"<progress max='{most}' value='{ended}' aria-label='Progress of the check'></progress>"
        f"<span>{escape(now)}</span><span>{ended} of about {most} steps</span></div>"
    )


def verdict(report: Report) -> str:
    """Return what a check found, in the forms' words for its field."""
    found = report.finding
    section = (found.section if found else "") or report.section
    setting = SETTINGS.get((section, found.field)) if found else None
    if setting is None:
        return page.verdict(report, live=True)
    other = "" if section == report.section else f"{SECTIONS[section].title}: "
    return page.verdict(report, f"{other}{setting.marked_label}", live=True)


def course(report: Report) -> str:
    """Return what else a check saw, and its steps as a picture and a table."""
    return page.also(report) + page.course(report.steps, page.begun(report))


def bundle(data: bytes, name: str) -> str:
    """Return a link that saves a support bundle, which the page itself holds.

    Args:
        data: the ZIP file.
        name: what the file is to be called.
    """
    encoded = base64.b64encode(data).decode("ascii")
    size = math.ceil(len(data) / 1024)
    return (
        f"<p class='mw-bundle'><a href='data:application/zip;base64,{encoded}'"
        f" download='{escape(name, quote=True)}'>Save support bundle</a>"
        f" (ZIP, {size} kB: report, transcript, versions, settings; no passwords)</p>"
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
