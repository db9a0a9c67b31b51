"""HTML of one commit in the history: who, when, why, what it changed, what can be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from typing import Final

from mailwidgets.languages.formats import moment, number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.history_pages import Page
from mailwidgets.overview.history_rows import ChangeRow, CommitRow, Whose, commit_words, time_told
from mailwidgets.settings.sections import SETTINGS

UNFOLDED: Final = 3  # changes that are shown at once
_FOLDED: Final = 60  # and that can be unfolded; an import has thousands


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be seen besides the page itself.

    Attributes:
        today: the day by the clock on the wall.
        goes: whether there are fields to go to.
        newest: the id of the commit that the person has just made; empty for none.
        reading: whether older ones are being read.
        unfolded: what stands below a commit, by its id: markup.
        kind: what the person has unfolded there: ``undo``, ``compare`` or ``return``.
        by_hand: what was edited by hand and is in no commit yet.
        busy: whether other commits than these are being looked for.
    """

    today: date
    goes: bool = False
    newest: str = ""
    reading: bool = False
    unfolded: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    by_hand: Sequence[ChangeRow] = ()
    busy: bool = False


def button(act: str, label: str, value: str = "", *, more: str = "", css: str = "") -> str:
    """Return a button.

    Args:
        act: what it does.
        label: what stands on it.
        value: what goes with it.
        more: what a screen reader says besides, so that one of many can be told from the others.
        css: a class of the style sheet.
    """
    named = f" aria-label='{escape(f'{label} {more}')}'" if more else ""
    own = f" id='{button_id(act, value)}'"
    kind = f" class='{css}'" if css else ""
    return (
        f"<button type='button'{own}{kind} data-act='{act}' data-value='{escape(value)}'{named}>"
        f"{escape(label)}</button>"
    )


def button_id(act: str, value: str) -> str:
    """Return the id of a button, as the focus is put on it; commits' ids hold what an id may."""
    return f"mw-past-{act}-{value}".rstrip("-")


def commit_id(id_: str) -> str:
    """Return the id of a commit's entry."""
    return f"mw-past-commit-{escape(id_)}"


def note(text: str, kind: str = "status") -> str:
    """Return a line for the person; whoever shows it has it said, too. Empty for no text."""
    if not text:
        return ""
    return f"<div class='mw-message mw-{kind}'>{escape(text)}</div>"


def entry(row: CommitRow, page: Page, shown: Shown) -> str:
    """Return a commit as an entry of its day's list, with what is unfolded below it."""
    commit = row.commit
    below = shown.unfolded.get(commit.id, "")
    classes = ["mw-past-commit"]
    classes += ["mw-past-new"] if commit.id == shown.newest else []
    classes += ["mw-past-gone"] if row.taken_back else []
    classes += ["mw-past-open"] if below else []
    changes = changed(row.changes, row.asked, commit.id, goes=shown.goes, whose=row.whose)
    return (
        f"<li id='{commit_id(commit.id)}' class='{' '.join(classes)}' tabindex='-1'>"
        f"<time datetime='{commit.at.isoformat()}' title='{escape(moment(commit.at))}'>"
        f"{escape(time_told(commit.at))}</time>"
        f"<div class='mw-past-what'><h3>{escape(row.title)}</h3>{_about(row)}{changes}</div>"
        f"<div class='mw-past-acts'>{_acts(row, page, shown, open_=bool(below))}</div>"
        f"{below}</li>"
    )


def _acts(row: CommitRow, page: Page, shown: Shown, *, open_: bool) -> str:
    commit = row.commit
    more = f"({commit_words(commit)})"
    found = [("undo", _("Undo…"))] if row.may_undo else []
    found.append(("compare", _("Compare with now")))
    if page.may_return:
        found.append(("return", _("Return everything to this moment…")))
    return "".join(
        button(act, label, commit.id, more=more, css="mw-past-act").replace(
            "<button ",
            f"<button aria-expanded='{'true' if open_ and shown.kind == act else 'false'}' ",
            1,
        )
        for act, label in found
    )


def _about(row: CommitRow) -> str:
    commit = row.commit
    who = escape(commit.by)
    if commit.role and commit.role != commit.by:
        who = escape(_("{who} (as {role})").format(who=commit.by, role=commit.role))
    spread = commit.spread - len(commit.places)
    chips = "".join(map(chip, row.whose))
    if spread > 0:
        told = ngettext("{count} more place", "{count} more places", spread)
        chips += f"<span class='mw-past-chip'>{escape(told.format(count=number(spread)))}</span>"
    marks = []
    if row.outside:
        told = _("Edited by hand before this: {whose}").format(whose=row.outside)
        marks.append(f"<span class='mw-past-hand'>{escape(told)}</span>")
    if commit.snapshot and commit.why:
        told = _("Snapshot “{name}”").format(name=commit.snapshot)
        marks.append(f"<span class='mw-past-mark'>{escape(told)}</span>")
    if row.takes_back:
        told = _("Takes back {commit}").format(commit=row.takes_back)
        marks.append(f"<span class='mw-past-mark'>{escape(told)}</span>")
    if row.taken_back:
        told = _("Taken back by {commit}").format(commit=commit_words(row.taken_back))
        marks.append(f"<span class='mw-past-mark'>{escape(told)}</span>")
    lines = f"<p class='mw-past-marks'>{''.join(marks)}</p>" if marks else ""
    return (
        f"<p class='mw-past-about'><b>{who}</b>{chips}"
        f"<code title='{escape(_('Commit'))}'>{escape(commit.short)}</code></p>{lines}"
    )


def chip(whose: Whose) -> str:
    """Return whose it is, with the mark of the level."""
    return (
        f"<span class='mw-past-chip'><span class='mw-past-level'>({whose.level.mark})</span> "
        f"{escape(whose.told)}</span>"
    )


def changed(
    changes: Sequence[ChangeRow], asked: int, own: str, *, goes: bool, whose: Sequence[Whose]
) -> str:
    """Return what changed: the first few of what was asked for, and the rest folded.

    Args:
        changes: what was asked for comes first.
        asked: how many of them that are.
        own: what tells the list from others in the page.
        goes: whether their fields can be gone to.
        whose: what stands over the list already, and need not be said again.
    """
    at_once = min(asked, UNFOLDED)
    if len(changes) == at_once + 1:  # one more takes no more room than the line that hides it
        at_once += 1
    told = change_list(changes[:at_once], goes=goes, whose=whose)
    rest = changes[at_once:]
    if not rest:
        return told
    words = ngettext("{count} more change", "{count} more changes", len(rest))
    inner = change_list(rest[:_FOLDED], goes=goes, whose=whose)
    if len(rest) > _FOLDED:
        left = _("And {count} more, which “mailwidgets history --format json” shows.").format(
            count=number(len(rest) - _FOLDED)
        )
        inner += f"<p class='mw-past-quiet'>{escape(left)}</p>"
    return (
        f"{told}<details id='mw-past-more-{escape(own)}'>"
        f"<summary>{escape(words.format(count=number(len(rest))))}</summary>{inner}</details>"
    )


def change_list(
    changes: Iterable[ChangeRow], *, goes: bool = False, whose: Sequence[Whose] = ()
) -> str:
    """Return changes as a list; the arguments are as for ``changed``."""
    items = "".join(f"<li>{_change(one, whose, goes=goes)}</li>" for one in changes)
    return f"<ul class='mw-past-changes'>{items}</ul>" if items else ""


def _change(one: ChangeRow, whose: Sequence[Whose], *, goes: bool) -> str:
    where = "" if _known(one, whose) else "".join(map(chip, one.whose))
    go = ""
    if goes and one.known:
        label = _("Go to field")
        named = _("Go to field: {setting}").format(setting=one.name)
        go = (
            f"<button type='button' class='mw-past-go' data-act='go'"
            f" data-value='{escape('.'.join(one.key))}' aria-label='{escape(named)}'>"
            f"{escape(label)}</button>"
        )
    return f"<span class='mw-past-name'>{escape(one.name)}</span>{sides(one, where)}{go}"


def _known(one: ChangeRow, whose: Sequence[Whose]) -> bool:
    """Return whether it is plain where it changed: everywhere, or at the level of its mark."""
    if tuple(one.whose) == tuple(whose):
        return True
    own = SETTINGS[one.key].level if one.key in SETTINGS else None
    return [place.level for place in one.whose] == [own] and one.whose[0] in whose


def sides(one: ChangeRow, where: str = "") -> str:
    """Return from what to what, and where as markup; of a secret, only that it changed."""
    told = (
        f"<b>{escape(one.told)}</b>"
        if one.told
        else f"<span class='mw-past-was'>{value(one.before)}</span> → <b>{value(one.after)}</b>"
    )
    return f"<span class='mw-past-sides'>{told}{f' {where}' if where else ''}</span>"


def value(told: str) -> str:
    """Return a value, or that there is none."""
    return escape(told) if told else f"<i>{escape(_('not set'))}</i>"
