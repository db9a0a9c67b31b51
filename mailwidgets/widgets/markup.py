"""HTML for the widgets: here and in ``reports.page``, and nowhere else, text becomes markup.

Every function takes plain text, from a server or a person, and returns HTML that shows it as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mailwidgets.languages.texts import _
from mailwidgets.reports import page
from mailwidgets.settings.levels import Level
from mailwidgets.style import sheet


def stylesheet() -> str:
    """Return the widgets' style sheet, as the page takes it."""
    return f"<style>{page.stylesheet()}{sheet.stylesheet()}</style>"


def header(title: str, user: str, workstation: str) -> str:
    """Return the dashboard's title, whose values it shows, and what the marks mean."""
    whose = escape(_("For user {user} on workstation {workstation}")).format(
        user=f"<strong>{escape(user)}</strong>",
        workstation=f"<strong>{escape(workstation)}</strong>",
    )
    marks = " ".join(f"<b>({one.mark})</b>&nbsp;{escape(one.words)}" for one in Level)
    where = escape(_("Where a setting is kept:"))
    return (
        f"<h1>{escape(title)}</h1><p class='mw-whose-values'><span>{whose}</span>"
        f" <span class='mw-legend'>{where} {marks}</span></p>"
    )


def group(title: str) -> str:
    """Return the heading over some fields."""
    return f"<h2>{escape(title)}</h2>"


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


def greeting(title: str, steps: Sequence[str]) -> str:
    """Return what to do first, step by step."""
    listed = "".join(f"<li>{escape(one)}</li>" for one in steps)
    return f"<h2>{escape(title)}</h2><ol>{listed}</ol>"


def refusals(sentences: Sequence[str]) -> str:
    """Return what cannot be changed in a form, a paragraph each; empty where everything can."""
    paragraphs = "".join(f"<p>{escape(one)}</p>" for one in sentences)
    return f"<div class='mw-message mw-refused'>{paragraphs}</div>" if sentences else ""


def said(text: str) -> str:
    """Return what only a screen reader says, in its own time."""
    return f"<p class='mw-unseen' role='status'>{escape(text)}</p>"


def hint(text: str) -> str:
    """Return a quiet line that explains what follows."""
    return f"<p class='mw-hint'>{escape(text)}</p>"
