"""HTML for the widgets: here and in ``reports.page``, and nowhere else, text becomes markup.

Every function takes plain text, from a server or a person, and returns HTML that shows it as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mailwidgets.reports import page
from mailwidgets.style import sheet


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
