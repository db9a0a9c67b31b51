"""HTML around a field: its origin, its help, what is wrong with it, and conflicts about it.

Every function takes plain text, from a server or a person, and returns HTML that shows it as text.
``wiring.js`` finds the parts by their classes, ties them to the field and unfolds the help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from mailwidgets.draft.disputes import Dispute
from mailwidgets.languages.texts import _
from mailwidgets.widgets import words


@dataclass(frozen=True, slots=True)
class Note:
    """All that stands around a field; whatever is empty is left out.

    Attributes:
        origin: where the value comes from, in a word or two.
        help: what the setting is for.
        aside: what else is stored for it.
        why: the reason why the field cannot be edited.
        edited: whether the draft differs from what is stored.
        error: the rule that the typed text breaks.
        trouble: what is wrong with a stored password.
        moved: how the value went along with another setting.
        news: what changed elsewhere.
        usual: usual values, and what each means; they name the proposals in the control's list.
    """

    origin: str
    help: str
    aside: str = ""
    why: str = ""
    edited: bool = False
    error: str = ""
    trouble: str = ""
    moved: str = ""
    news: Sequence[str] = ()
    usual: Mapping[int, str] = field(default_factory=dict)


def note(told: Note) -> str:
    """Return what stands beside and below a field."""
    lines = [
        *error(told.error),
        *_line("mw-trouble", told.trouble[:1].upper() + told.trouble[1:]),
        *_line("mw-moved", told.moved),
    ]
    beside = [
        f"<span class='mw-origin'>{escape(told.origin)}</span>",
        *(_span("mw-edited", _("not saved")) if told.edited else ()),
        *_span("mw-why", told.why),
        *_span("mw-aside", told.aside),
        *(part for one in told.news for part in _span("mw-news", one)),
    ]
    ask = escape(_("Help"), quote=True)
    usual = "".join(
        f"<li data-value='{number}'>{escape(meaning)}</li>"
        for number, meaning in told.usual.items()
    )
    return (
        f"<p class='mw-from'>{' '.join(beside)}</p>"
        "<button type='button' class='mw-ask' aria-expanded='false'"
        f" aria-label='{ask}'>?</button>"
        + (f"<div class='mw-told'>{''.join(lines)}</div>" if lines else "")
        + f"<div class='mw-help'><p>{escape(told.help)}</p>"
        + (f"<ul class='mw-usual' hidden>{usual}</ul>" if usual else "")
        + "</div>"
    )


def error(rule: str) -> list[str]:
    """Return the line that says which rule a typed text breaks; none for no rule."""
    if not rule:
        return []
    marked = escape(_("Not valid."))
    return [f"<p class='mw-error'><b>✗ {marked}</b> {escape(rule)}</p>"]


def lock_note(rule: str) -> str:
    """Return what is wrong with a lock's reason; empty where nothing is."""
    return "".join(error(rule))


def dispute(found: Dispute) -> str:
    """Return what both sides of a conflict made of one setting; of a secret, that they did."""
    lock = found.slot[2]
    said = _("someone else changed this setting too{who}.")
    if lock:
        said = _("someone else changed this lock too{who}.")
    sides = {
        _("When you began"): found.base,
        _("Stored now"): found.theirs,
        _("Yours"): found.yours,
    }
    shown = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(words.short(told, lock=lock))}</dd></div>"
        for name, told in sides.items()
    )
    terms = "" if found.secret else f"<dl>{shown}</dl>"
    head = f"<b>⚠ {escape(_('Conflict:'))}</b> {escape(said.format(who=words.who(found.author)))}"
    return f"<div class='mw-clash'><p>{head}</p>{terms}</div>"


def _line(css_class: str, text: str) -> list[str]:
    return [f"<p class='{css_class}'>{escape(text)}</p>"] if text else []


def _span(css_class: str, text: str) -> list[str]:
    return [f"<span class='{css_class}'>{escape(text)}</span>"] if text else []
