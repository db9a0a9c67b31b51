"""HTML of the box that breaks practice servers: what to choose from, what is broken, what to do.

Every function takes plain text and returns HTML that shows it as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

from mailwidgets.languages.texts import _
from mailwidgets.widgets import markup

BREAK: Final = "mw-break-go"
WHAT: Final = "mw-break-what"


class Place(NamedTuple):
    """A kind of server.

    Attributes:
        name: what the page calls it, ``pop3``.
        title: what a person does.
        fits: whether the chosen fault can befall it.
        ticked: whether it is to befall it.
    """

    name: str
    title: str
    fits: bool
    ticked: bool


class Broken(NamedTuple):
    """A fault that is on: its name, its title, and the titles of the servers it is on for."""

    name: str
    title: str
    places: Sequence[str]


def chooser(
    groups: Mapping[str, Sequence[tuple[str, str]]], chosen: str, places: Sequence[Place]
) -> str:
    """Return what goes wrong, where, and the button that makes it so.

    Args:
        groups: names and titles of faults, by the heading they stand under.
        chosen: the name of the one that is chosen.
        places: the servers it could befall.
    """
    options = "".join(
        f"<optgroup label='{escape(head)}'>{''.join(_option(*one, chosen) for one in faults)}"
        "</optgroup>"
        for head, faults in groups.items()
    )
    off = "" if any(one.ticked for one in places) else " aria-disabled='true'"
    return (
        "<div class='mw-break'>"
        f"<label class='mw-box mw-wide'><span>{escape(_('What goes wrong'))}</span>"
        f"<select id='{WHAT}' data-act='fault'>{options}</select></label>"
        f"<fieldset class='mw-checks'><legend>{escape(_('Where'))}</legend>"
        f"{''.join(map(_place, places))}</fieldset>"
        f"<button type='button' id='{BREAK}' data-act='break'{off}>{escape(_('Break'))}</button>"
        "</div>"
    )


def _option(name: str, title: str, chosen: str) -> str:
    selected = " selected" if name == chosen else ""
    return f"<option value='{escape(name)}'{selected}>{escape(title)}</option>"


def _place(one: Place) -> str:
    state = (" checked" if one.ticked else "") + ("" if one.fits else " disabled")
    name = escape(one.name)
    return (
        f"<label class='mw-check'><input type='checkbox' id='mw-break-{name}'"
        f" data-act='where {name}'{state}><span>{escape(one.title)}</span></label>"
    )


def state(broken: Sequence[Broken], trouble: str, after: str) -> str:
    """Return what is broken now, each with a button that mends it.

    Args:
        broken: the faults that are on.
        trouble: why that is not known, or what went wrong; empty where nothing did.
        after: what to do next, as a sentence; empty for nothing.
    """
    listed = "".join(map(_broken, broken))
    shown = f"<ul aria-label='{escape(_('Broken now'))}'>{listed}</ul>" if broken else ""
    if not broken and not trouble:
        shown = f"<p class='mw-hint'>{escape(_('Nothing is broken now.'))}</p>"
    if len(broken) > 1 or (trouble and not broken):
        shown += (
            "<button type='button' id='mw-mend-all' data-act='mend'>"
            f"{escape(_('Mend everything'))}</button>"
        )
    if after:
        shown += f"<p>{escape(after)}</p>"
    return f"<div class='mw-broken'>{markup.message(trouble, kind='bad')}{shown}</div>"


def told(one: Broken) -> str:
    """Return a fault and where it is on, in words."""
    return _("{places}: {fault}").format(places=", ".join(one.places), fault=one.title)


def _broken(one: Broken) -> str:
    name = escape(one.name)
    named = escape(_("Mend: {fault}").format(fault=one.title))
    return (
        f"<li id='mw-broken-{name}'><span>{escape(told(one))}</span>"
        f"<button type='button' id='mw-mend-{name}' data-act='mend' data-value='{name}'"
        f" aria-label='{named}'>{escape(_('Mend'))}</button></li>"
    )


def scene(settings: Iterable[str]) -> str:
    """Return the settings that a fault needs to show, with a button; empty where there are none."""
    listed = "".join(f"<li>{escape(one)}</li>" for one in settings)
    if not listed:
        return ""
    head = _("It is sure to show with these settings, which are not in the forms:")
    return (
        f"<div class='mw-scene'><p>{escape(head)}</p><ul>{listed}</ul>"
        "<button type='button' id='mw-break-scene' data-act='scene'>"
        f"{escape(_('Put these into the forms'))}</button></div>"
    )
