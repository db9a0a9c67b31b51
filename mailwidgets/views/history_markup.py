"""HTML of the history: what is asked for, and the commits, day by day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import Final

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.history_pages import Page, many_told
from mailwidgets.overview.history_rows import CommitRow, day_told
from mailwidgets.overview.history_sieve import Sieve
from mailwidgets.overview.rows import label_of, section_title
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.views.history_entry_markup import Shown, changed, entry, note

SEARCH: Final = "mw-past-search"
OLDER: Final = "mw-past-older"
AGAIN: Final = "mw-past-again"
_TROUBLES: Final = 3  # that are told


def reading() -> str:
    """Return what stands there until the history was read."""
    bars = "<span></span>" * 3
    return (
        f"<p class='mw-past-reading'>{escape(_('Reading the history…'))}</p>"
        f"<div class='mw-past-bars' aria-hidden='true'>{bars}</div>"
    )


def failed(trouble: str) -> str:
    """Return why there is no history to show, and what to do."""
    told = _("The history cannot be read: {trouble}").format(trouble=trouble.rstrip(". "))
    again = _("Try again")
    return (
        f"<div class='mw-message mw-bad'>{escape(told)}.</div>"
        f"<p class='mw-past-foot'><button type='button' id='{AGAIN}' data-act='again'>"
        f"{escape(again)}</button></p>"
    )


def filters(sieve: Sieve, *, mine: bool, people: Sequence[str]) -> str:
    """Return search and filters."""
    names = "".join(f"<option value='{escape(one)}'></option>" for one in people)
    checked = " checked" if mine else ""
    return (
        "<div class='mw-past-filters' role='search'>"
        f"<label class='mw-past-ask mw-past-wide'><span>{escape(_('Search'))}</span>"
        f"<input type='search' id='{SEARCH}' data-act='search' value='{escape(sieve.search)}'"
        f" placeholder='{escape(_('Reason, value, name or commit'))}' autocomplete='off'></label>"
        f"<label class='mw-past-ask'><span>{escape(_('Setting'))}</span>"
        f"<select id='mw-past-what' data-act='what'>{_options(sieve.what)}</select></label>"
        f"<label class='mw-past-ask'><span>{escape(_('Person'))}</span>"
        f"<input type='text' id='mw-past-person' data-done='person' data-act='whom'"
        f" list='mw-past-people' value='{escape(sieve.person)}' autocomplete='off'"
        f" spellcheck='false' placeholder='{escape(_('Anyone'))}'>"
        f"<datalist id='mw-past-people'>{names}</datalist></label>"
        f"<label class='mw-past-check'><input type='checkbox' id='mw-past-mine' data-act='mine'"
        f"{checked}><span>{escape(_('Only what concerns me'))}</span></label></div>"
    )


def _options(chosen: str) -> str:
    told = [_option("", _("All settings"), chosen)]
    for name in SECTIONS:
        title = section_title(name)
        inner = [_option(name, _("All of {section}").format(section=title), chosen)]
        inner += [
            _option(one.name, label_of(one), chosen)
            for one in SETTINGS.values()
            if one.section == name
        ]
        told.append(f"<optgroup label='{escape(title)}'>{''.join(inner)}</optgroup>")
    return "".join(told)


def _option(value: str, label: str, chosen: str) -> str:
    selected = " selected" if value == chosen else ""
    return f"<option value='{escape(value)}'{selected}>{escape(label)}</option>"


def listing(page: Page, sieve: Sieve, shown: Shown) -> str:
    """Return the commits day by day, and what is to be said of them."""
    state = " aria-busy='true'" if shown.busy else ""
    reading = f"<p class='mw-past-reading'>{escape(_('Reading…'))}</p>" if shown.busy else ""
    return f"{reading}<div class='mw-past-list'{state}>{_list(page, sieve, shown)}</div>"


def _list(page: Page, sieve: Sieve, shown: Shown) -> str:
    told = "".join(note(one, "warn") for one in _troubles(page))
    told += note(many_told(page))
    told += _by_hand(shown)
    if not page.rows:
        return told + _nothing(sieve)
    days = groupby(page.rows, key=lambda row: row.commit.at.astimezone().date())
    told += "".join(_day(day, list(rows), page, shown) for day, rows in days)
    told += _foot(page, shown)
    if page.limited and not page.mine:
        limited = _("The history of others' settings is shown to those who may read them.")
        told += f"<p class='mw-past-quiet'>{escape(limited)}</p>"
    return told


def _troubles(page: Page) -> Iterable[str]:
    for one in page.troubles[:_TROUBLES]:
        yield _("A part of the history is missing here: {trouble}").format(trouble=one)
    if (more := len(page.troubles) - _TROUBLES) > 0:
        told = ngettext("{count} more part is missing.", "{count} more parts are missing.", more)
        yield told.format(count=number(more))


def _by_hand(shown: Shown) -> str:
    if not shown.by_hand:
        return ""
    head = _("Edited by hand, and in no commit yet")
    return (
        "<section class='mw-past-by-hand' id='mw-past-by-hand' aria-labelledby='mw-past-hand'>"
        f"<h2 id='mw-past-hand'>{escape(head)}</h2>"
        f"{changed(shown.by_hand, len(shown.by_hand), 'hand', goes=shown.goes, whose=())}</section>"
    )


def _nothing(sieve: Sieve) -> str:
    if sieve.narrow:
        told, act = _("No commit fits what you ask for."), _("Show all")
        return (
            f"<div class='mw-past-empty'><p>{escape(told)}</p>"
            f"<button type='button' data-act='clear'>{escape(act)}</button></div>"
        )
    head = _("Nothing has been saved yet")
    told = _(
        "Every save will stand here: who, when and why, and what was there before. Any of them can "
        "be taken back, and any two moments compared."
    )
    return f"<div class='mw-past-empty'><h2>{escape(head)}</h2><p>{escape(told)}</p></div>"


def _foot(page: Page, shown: Shown) -> str:
    if not page.more:
        return f"<p class='mw-past-quiet'>{escape(_('This is where the history begins.'))}</p>"
    label, busy = _("Older…"), ""
    if shown.reading:
        label, busy = _("Reading…"), " aria-disabled='true'"
    return (
        f"<p class='mw-past-foot'><button type='button' id='{OLDER}' data-act='older'{busy}>"
        f"{escape(label)}</button></p>"
    )


def _day(day: date, rows: Sequence[CommitRow], page: Page, shown: Shown) -> str:
    own = f"mw-past-{day.isoformat()}"
    entries = "".join(entry(row, page, shown) for row in rows)
    return (
        f"<section class='mw-past-day' id='{own}' aria-labelledby='{own}-head'>"
        f"<h2 id='{own}-head'>{escape(day_told(day, shown.today))}</h2><ol>{entries}</ol></section>"
    )
