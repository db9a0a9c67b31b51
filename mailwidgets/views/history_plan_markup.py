"""HTML of what unfolds below a commit: a plan to decide on, or what differs since. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple

from mailwidgets.languages.formats import moment, number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.history_plans import (
    EVERYWHERE,
    MINE,
    Comparison,
    DiffRow,
    Later,
    Proposal,
)
from mailwidgets.overview.history_rows import clash_name, commit_words
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.store.commits import Commit
from mailwidgets.views.history_entry_markup import change_list, note, sides, value

DRAWER: Final = "mw-past-drawer"
_SHOWN: Final = 30  # lines of a kind
NOW: Final = "now"


def drawer(title: str, inner: str, *, busy: bool = False) -> str:
    """Return what unfolds, with its title; it takes the focus.

    Args:
        title: what it is about.
        inner: markup.
        busy: whether it is being worked out.
    """
    state = " aria-busy='true'" if busy else ""
    return (
        f"<section class='mw-past-drawer' id='{DRAWER}' tabindex='-1'"
        f" aria-labelledby='{DRAWER}-head'{state}>"
        f"<h4 id='{DRAWER}-head'>{escape(title)}</h4>{inner}</section>"
    )


def waiting() -> str:
    """Return what stands there until it was worked out, with a way back."""
    return (
        f"<p class='mw-past-reading'>{escape(_('Reading…'))}</p>"
        f"<div class='mw-past-buttons'>{back_button()}</div>"
    )


def trouble(told: str) -> str:
    """Return why it could not be worked out."""
    return note(told, "bad") + f"<div class='mw-past-buttons'>{back_button()}</div>"


def back_button(label: str = "") -> str:
    """Return the way back, that changes nothing."""
    told = label or _("Back")
    return f"<button type='button' id='mw-past-back' data-act='back'>{escape(told)}</button>"


def scopes(chosen: str, identity: Identity, levels: Sequence[Level]) -> str:
    """Return the choice of what goes back to a moment."""
    user, workstation = identity.user, identity.workstation
    told: dict[str, str] = {
        MINE: _("The company, user {user} and workstation {workstation}").format(
            user=user, workstation=workstation
        ),
        Level.USER: _("User {user} alone").format(user=user),
        Level.WORKSTATION: _("Workstation {workstation} alone").format(workstation=workstation),
        Level.COMPANY: _("The company alone"),
        EVERYWHERE: _("Everyone and everything"),
    }
    every = len(levels) == len(Level)
    may = {name: every or name in levels for name in told}
    options = "".join(
        f"<option value='{name}'{' selected' if name == chosen else ''}>{escape(label)}</option>"
        for name, label in told.items()
        if may[name]
    )
    return (
        f"<label class='mw-past-ask'><span>{escape(_('What goes back'))}</span>"
        f"<select id='mw-past-scope' data-act='scope'>{options}</select></label>"
    )


class Asked(NamedTuple):
    """What a plan is shown with.

    Attributes:
        back: whether everything goes back to a moment, rather than one commit.
        why: the reason as typed so far.
        remark: what happened meanwhile.
        error: why it could not be stored just now.
        busy: whether it is being stored.
    """

    back: bool = False
    why: str = ""
    remark: str = ""
    error: str = ""
    busy: bool = False


def plan(found: Proposal, asked: Asked) -> str:
    """Return what would happen, what stands in the way, and the buttons."""
    return "".join(
        (
            note(asked.remark, "warn"),
            note(asked.error, "bad"),
            _changes(found),
            _obstacles(found),
            _others(found),
            _decision(found, asked),
        )
    )


def _changes(found: Proposal) -> str:
    if not found.changes:
        told = _("Nothing to do: everything is as it was already.") if found.alike else ""
        if not found.alike and not found.left:
            told = _("It changed no setting: there is nothing to take back.")
        elif not found.alike:
            told = _("Nothing of it can come back.")
        return f"<p>{escape(told)}</p>"
    rows = found.changes
    count = len(rows)
    head = ngettext("This setting changes:", "These {count} settings change:", count)
    told = f"<p>{escape(head.format(count=number(count)))}</p>"
    told += change_list(rows[:_SHOWN]) + _more(count)
    if found.alike:
        alike = ngettext(
            "{count} more is as it was already.",
            "{count} more are as they were already.",
            found.alike,
        )
        told += f"<p class='mw-past-quiet'>{escape(alike.format(count=number(found.alike)))}</p>"
    return told


def _more(count: int) -> str:
    if count <= _SHOWN:
        return ""
    told = _("And {count} more.").format(count=number(count - _SHOWN))
    return f"<p class='mw-past-quiet'>{escape(told)}</p>"


def _obstacles(found: Proposal) -> str:
    told = ""
    if found.later:
        head = _("Changed again since. Taking it back would overrule these commits:")
        told += _block(head, map(_later, found.later), len(found.later))
    if found.clashes:
        clashes = (
            _("{setting} ({place}) was {base}, is {theirs} now, and would become {yours}").format(
                setting=clash_name(one.name),
                place=one.place,
                base=one.base or _("not set"),
                theirs=one.theirs or _("not set"),
                yours=one.yours or _("not set"),
            )
            for one in found.clashes
        )
        told += _block(_("Edited by hand since:"), clashes, len(found.clashes))
    if found.left:
        left = (
            _("{setting}: {reason}").format(setting=one.what, reason=one.why) for one in found.left
        )
        told += _block(_("This cannot come back:"), left, len(found.left))
    if found.refusals:
        told += _block(_("You may not change this:"), found.refusals, len(found.refusals))
    return told


def _later(one: Later) -> str:
    names = ", ".join(dict.fromkeys(one.names))
    return _("{commit} ({settings})").format(commit=commit_words(one.commit), settings=names)


def _others(found: Proposal) -> str:
    told = ""
    if found.others:
        head = _("What others have in force changes, too:")
        told = _block(head, found.others, len(found.others))
    elif found.possible and not found.unknown:
        told = f"<p class='mw-past-quiet'>{escape(_('Nobody else is affected.'))}</p>"
    if found.unknown:
        told += _block(_("For whom else something changes is not known:"), found.unknown, 1)
    return told


def _block(head: str, lines: Iterable[str], count: int) -> str:
    items = [f"<li>{escape(one)}</li>" for _number, one in zip(range(_SHOWN), lines, strict=False)]
    return (
        f"<div class='mw-message mw-warn'><p>{escape(head)}</p>"
        f"<ul>{''.join(items)}</ul>{_more(count)}</div>"
    )


def _decision(found: Proposal, asked: Asked) -> str:
    if not found.possible:
        return f"<div class='mw-past-buttons'>{back_button(_('Close'))}</div>"
    if asked.busy:
        label = _("Storing…")
    elif found.overrules:
        label = _("Return all the same") if asked.back else _("Undo all the same")
    elif found.left:
        label = _("Return the rest") if asked.back else _("Undo the rest")
    else:
        label = _("Return to this moment") if asked.back else _("Undo this")
    state = " aria-disabled='true'" if asked.busy else ""
    return (
        f"<label class='mw-past-ask mw-past-why'><span>{escape(_('Reason (may be empty)'))}</span>"
        f"<input type='text' id='mw-past-why' data-act='why' value='{escape(asked.why)}'"
        f" maxlength='900' autocomplete='off'></label>"
        f"<div class='mw-past-buttons'><button type='button' class='mw-past-do' id='mw-past-do'"
        f" data-act='do'{state}>{escape(label)}</button>{back_button()}</div>"
    )


def moments(commits: Sequence[Commit], first: str, last: str) -> str:
    """Return the choice of the two moments to compare."""
    told = {NOW: _("Now"), **{one.id: _since(one) for one in commits}}
    lists = "".join(
        f"<label class='mw-past-ask'><span>{escape(label)}</span>"
        f"<select id='mw-past-{act}' data-act='{act}'>"
        + "".join(
            f"<option value='{escape(id_)}'{' selected' if id_ == chosen else ''}>"
            f"{escape(words)}</option>"
            for id_, words in told.items()
        )
        + "</select></label>"
        for act, label, chosen in (("first", _("Before"), first), ("last", _("After"), last))
    )
    return f"<div class='mw-past-moments'>{lists}</div>"


def _since(commit: Commit) -> str:
    return _("Right after {commit}").format(commit=commit_words(commit))


def comparison(found: Comparison) -> str:
    """Return what differs between two moments, a table with a group of rows for each place."""
    told = "".join(
        note(_("Not compared: {trouble}").format(trouble=one), "warn") for one in found.troubles
    )
    close = f"<div class='mw-past-buttons'>{back_button(_('Close'))}</div>"
    if not found.places:
        return f"{told}<p>{escape(_('Nothing differs.'))}</p>{close}"
    heads = (_("Setting"), _("Before"), _("After"), _("Changed last"))
    head = "".join(f"<th scope='col' role='columnheader'>{escape(one)}</th>" for one in heads)
    bodies = "".join(
        f"<tbody role='rowgroup'><tr role='row'><th scope='rowgroup' role='rowheader' colspan='4'>"
        f"<span class='mw-past-level'>({level.mark})</span> {escape(place)}</th></tr>"
        f"{''.join(_diff(row, heads) for row in rows)}</tbody>"
        for place, level, rows in found.places[:_SHOWN]
    )
    caption = escape(_("What differs between the two moments"))
    told += (
        f"<table class='mw-past-table' role='table'><caption class='mw-unseen'>{caption}</caption>"
        f"<thead role='rowgroup'><tr role='row'>{head}</tr></thead>{bodies}</table>"
    )
    return told + _more(len(found.places)) + close


def _diff(row: DiffRow, heads: Sequence[str]) -> str:
    one = row.change
    if one.told:
        cells = ["", sides(one)]
    else:
        cells = [
            f"<span class='mw-past-was'>{value(one.before)}</span>",
            f"<b>{value(one.after)}</b>",
        ]
    if row.commit is None:
        last = f"<span class='mw-past-hand'>{escape(_('edited by hand'))}</span>"
    else:
        by, when = row.commit.by, moment(row.commit.at)
        last = escape(_("{who}, {when}").format(who=by, when=when))
    told = "".join(
        f"<td role='cell' class='{'' if cell else 'mw-past-none'}' data-label='{escape(head)}'>"
        f"{cell}</td>"
        for head, cell in zip(heads[1:], (*cells, last), strict=True)
    )
    return f"<tr role='row'><th scope='row' role='rowheader'>{escape(one.name)}</th>{told}</tr>"
