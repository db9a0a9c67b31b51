"""HTML of the question whether to save what others would notice.

Every function takes plain text and returns HTML that shows it as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from mailwidgets.languages.texts import _

SAVE: Final = "save"
"""What a panel calls the press of the button that saves all the same."""
BACK: Final = "back"
"""What it calls the press of the other one, and Escape."""


@dataclass(frozen=True, slots=True)
class Row:
    """One setting that becomes another for some.

    Attributes:
        setting: as the forms call it.
        before: its value now; likewise ``after``.
        whose: for whom.
    """

    setting: str
    before: str
    after: str
    whose: str


def looking(ident: str) -> str:
    """Return that it is looked whom a save concerns, and a way to stop that.

    Args:
        ident: the name of all of it in the page, where the focus goes.
    """
    head = f"<p><strong>{escape(_('Looking whom this concerns …'))}</strong></p>"
    return _asked(ident, head, _way(ident, BACK, _("Cancel")))


def question(ident: str, sentences: Sequence[str], rows: Sequence[Row]) -> str:
    """Return for whom a save changes what is in force, and two ways to go on.

    Args:
        ident: as for ``looking``: the focus stays where it is.
        sentences: what it changes; the first one is the most important.
        rows: the same in detail, folded.
    """
    first, *rest = sentences
    told = f"<p><strong>{escape(first)}</strong></p>"
    told += "".join(f"<p>{escape(one)}</p>" for one in rest)
    ways = _way(ident, SAVE, _("Save for everyone"), "mw-go") + _way(ident, BACK, _("Back"))
    return _asked(ident, told + _details(rows), ways)


def _asked(ident: str, inside: str, ways: str) -> str:
    name = escape(ident, quote=True)
    label = escape(_("Saving for others"), quote=True)
    return (
        f"<div class='mw-asked-for' id='{name}' role='group' tabindex='-1' aria-label='{label}'"
        f" data-escape='{BACK}'>{inside}<p class='mw-ways'>{ways}</p></div>"
    )


def _way(ident: str, act: str, label: str, css: str = "mw-plain") -> str:
    # Named apart, or the button to stop looking would turn into the one that saves.
    name = escape(f"{ident}-{act}", quote=True)
    return (
        f"<button type='button' id='{name}' class='{css}' data-act='{act}'>{escape(label)}</button>"
    )


def _details(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    heads = (_("Setting"), _("Now"), _("Then"), _("For whom"))
    head = "".join(f"<th scope='col'>{escape(one)}</th>" for one in heads)
    body = "".join(
        f"<tr><th scope='row'>{escape(one.setting)}</th><td>{escape(one.before)}</td>"
        f"<td>{escape(one.after)}</td><td>{escape(one.whose)}</td></tr>"
        for one in rows
    )
    return (
        f"<details><summary>{escape(_('Who, and from what to what'))}</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>"
    )
