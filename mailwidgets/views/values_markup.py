"""HTML of the effective values: whose they are, what is asked for, the table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Final, NamedTuple

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import N_, _, ngettext
from mailwidgets.overview.filters import COLUMNS, COMPARED, Filters, Order
from mailwidgets.overview.rows import ORIGINS, Row, origin_of, section_title
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Identity
from mailwidgets.settings.resolve import DEFAULT
from mailwidgets.settings.sections import SECTIONS

SEARCH: Final = "mw-values-search"
CSV: Final = "mw-values-csv"
_LONGEST: Final = 80  # characters of a value in a cell; the whole stands where the row unfolds
_HEADS: Final = {
    "setting": N_("Setting"),
    "effective": N_("Effective"),
    "from": N_("From"),
    "different": N_("Differs"),
    "other_from": N_("From"),
    **ORIGINS,
}


class Chooser(NamedTuple):
    """A box that takes a name.

    Attributes:
        name: what it does, ``user``, and its element's id after the token.
        label: what a person reads.
        value: the chosen name; empty for the acting one.
        acting: the name that stands for.
        names: what it offers.
    """

    name: str
    label: str
    value: str
    acting: str
    names: Sequence[str] = ()


def choosers(token: str, lines: Sequence[Sequence[Chooser]]) -> str:
    """Return the boxes that say for whom, a line for each identity, and the switch to compare.

    Args:
        token: what the elements' ids begin with, so that they are unique in the page.
        lines: one identity, or two to be compared.
    """
    compared = len(lines) > 1
    boxes = "".join(
        f"<div class='mw-whose'>{''.join(_chooser(token, one) for one in line)}"
        f"{'' if at else _compare(compared)}</div>"
        for at, line in enumerate(lines)
    )
    return f"<div class='mw-choosers'>{boxes}</div>"


def _compare(compared: bool) -> str:  # noqa: FBT001 - the switch's own state
    label = escape(_("Stop comparing") if compared else _("Compare with…"))
    state = "true" if compared else "false"
    return f"<button type='button' data-act='compare' aria-expanded='{state}'>{label}</button>"


def _chooser(token: str, one: Chooser) -> str:
    own = f"{token}-{one.name}"
    options = "".join(f"<option value='{escape(name)}'></option>" for name in one.names)
    return (
        f"<label class='mw-box'><span>{escape(one.label)}</span>"
        f"<input type='text' id='{own}' list='{own}-names' value='{escape(one.value)}'"
        f" placeholder='{escape(one.acting)}' autocomplete='off' spellcheck='false'"
        f" data-act='typed {one.name}' data-reach='reached {one.name}' data-done='{one.name}'>"
        f"<datalist id='{own}-names'>{options}</datalist></label>"
    )


def controls(filters: Filters, *, compared: bool) -> str:
    """Return search and filters."""
    sections = {name: section_title(name) for name in SECTIONS}
    origins = {name: _(label) for name, label in ORIGINS.items()}
    checks = [_check("changed", _("Differs from default"), on=filters.changed)]
    if compared:
        checks.append(_check("different", _("Only differences"), on=filters.different))
    return (
        "<div class='mw-filters' role='search'>"
        f"<label class='mw-box mw-wide'><span>{escape(_('Search'))}</span>"
        f"<input type='search' id='{SEARCH}' data-act='search' value='{escape(filters.search)}'"
        f" placeholder='{escape(_('Name, value or origin'))}' autocomplete='off'></label>"
        + _select("section", _("Section"), _("All sections"), sections, filters.section)
        + _select("origin", _("Origin"), _("Any origin"), origins, filters.origin)
        + f"<div class='mw-checks'>{''.join(checks)}</div></div>"
    )


def _select(act: str, label: str, all_of: str, options: Mapping[str, str], chosen: str) -> str:
    listed = "".join(
        f"<option value='{name}'{' selected' if name == chosen else ''}>{escape(told)}</option>"
        for name, told in {"": all_of, **options}.items()
    )
    return (
        f"<label class='mw-box'><span>{escape(label)}</span>"
        f"<select data-act='{act}'>{listed}</select></label>"
    )


def _check(act: str, label: str, *, on: bool) -> str:
    return (
        f"<label class='mw-check'><input type='checkbox' data-act='{act}'"
        f"{' checked' if on else ''}><span>{escape(label)}</span></label>"
    )


def whose(identity: Identity) -> str:
    """Return somebody and where they sit, as text."""
    return _("{user} on {workstation}").format(user=identity.user, workstation=identity.workstation)


def tally(rows: Sequence[Row], chosen: Sequence[Row], filters: Filters, copied: str) -> str:
    """Return how many rows are shown, and what can be done with them.

    Args:
        rows: all there are.
        chosen: those that are shown.
        filters: what they were chosen by.
        copied: what came of copying, in words; empty before.
    """
    count = len(rows)
    if filters.active:
        text = ngettext("{shown} of {count} setting", "{shown} of {count} settings", count)
    else:
        text = ngettext("{count} setting", "{count} settings", count)
    told = [text.format(shown=number(len(chosen)), count=number(count))]
    if any(row.other is not None for row in rows):
        apart = sum(row.different for row in rows)
        told.append(ngettext("{count} differs", "{count} differ", apart).format(count=apart))
    clear = ""
    if filters.active:
        clear = f"<button type='button' data-act='clear'>{escape(_('Clear filters'))}</button>"
    return (
        f"<div class='mw-tally'><p role='status'>{escape(' · '.join(told))}</p>{clear}"
        f"<span class='mw-copied'>{escape(copied)}</span>"
        f"<button type='button' class='mw-copy' data-copy='{CSV}' data-act='copied'>"
        f"{escape(_('Copy as CSV'))}</button></div>"
    )


def copy_source(text: str) -> str:
    """Return text to be copied, which nobody sees."""
    # A browser would turn what ends lines into a line feed alone, were it not written as this.
    told = escape(text).replace("\r", "&#13;")
    return f"<pre id='{CSV}' hidden>{told}</pre>"


def nothing(filters: Filters) -> str:
    """Return why no row is shown, and the way out."""
    asked = "".join(f"<li>{escape(one)}</li>" for one in filters.told())
    return (
        f"<div class='mw-nothing'><p>{escape(_('No setting fits all that is asked for:'))}</p>"
        f"<ul>{asked}</ul>"
        f"<button type='button' data-act='clear'>{escape(_('Clear filters'))}</button></div>"
    )


def table(
    rows: Sequence[Row], order: Order, identities: Sequence[Identity], unfolded: Mapping[Key, str]
) -> str:
    """Return the rows: in groups by section, or as sorted.

    Args:
        rows: those that are shown, in their order.
        order: how they are sorted.
        identities: whose values: one's, or two's side by side.
        unfolded: HTML of all about a setting, for those that are unfolded.
    """
    compared = len(identities) > 1
    columns = COMPARED if compared else COLUMNS
    heads = {name: _(text) for name, text in _HEADS.items()}
    if compared:
        heads |= zip(("effective", "other_effective"), map(whose, identities), strict=True)
        caption = _("{one} beside {other}").format(
            one=whose(identities[0]), other=whose(identities[1])
        )
    else:
        caption = _("In force for {user} on {workstation}").format(
            user=identities[0].user, workstation=identities[0].workstation
        )
    head = "".join(_head(name, heads[name], order) for name in columns)
    kind = "mw-rows mw-compared" if compared else "mw-rows"
    return (
        f"<table class='{kind}' role='table'><caption>{escape(caption)}</caption>"
        f"<thead role='rowgroup'><tr role='row'>{head}</tr></thead>"
        f"{''.join(_bodies(rows, order, columns, heads, unfolded))}</table>"
    )


def _head(name: str, label: str, order: Order) -> str:
    sign, state = "↕", ""
    if order.column == name:
        sign = "▼" if order.down else "▲"
        state = f" aria-sort='{'descending' if order.down else 'ascending'}'"
    return (
        f"<th scope='col' role='columnheader' class='mw-at-{name}'{state}>"
        f"<button type='button' data-act='sort' data-value='{name}'>{escape(label)}"
        f"<span aria-hidden='true'>{sign}</span></button></th>"
    )


def _bodies(
    rows: Sequence[Row],
    order: Order,
    columns: Sequence[str],
    heads: Mapping[str, str],
    unfolded: Mapping[Key, str],
) -> Iterable[str]:
    def lines(some: Iterable[Row], *, flat: bool) -> str:
        return "".join(_row(row, columns, heads, unfolded.get(row.key), flat=flat) for row in some)

    if order.column:
        yield f"<tbody role='rowgroup' id='mw-in-sorted'>{lines(rows, flat=True)}</tbody>"
        return
    for section, some in groupby(rows, lambda row: row.setting.section):
        yield (
            f"<tbody role='rowgroup' id='mw-in-{section}'><tr role='row' class='mw-section'>"
            f"<th scope='rowgroup' role='rowheader' colspan='{len(columns)}'>"
            f"{escape(section_title(section))}</th></tr>{lines(some, flat=False)}</tbody>"
        )


def _row(
    row: Row, columns: Sequence[str], heads: Mapping[str, str], unfolded: str | None, *, flat: bool
) -> str:
    section, key = row.key
    kinds = ["mw-different"] if row.different else []
    kinds += ["mw-open"] if unfolded is not None else []
    where = f"<span class='mw-where'>{escape(section_title(section))}</span>" if flat else ""
    cells = "".join(_cell(row, name, heads[name]) for name in columns[1:])
    below = ""
    if unfolded is not None:
        below = (
            f"<tr role='row' class='mw-detail' id='mw-all-of-{section}-{key}'>"
            f"<td role='cell' colspan='{len(columns)}'>{unfolded}</td></tr>"
        )
    return (
        f"<tr role='row' id='mw-is-{section}-{key}' class='{' '.join(kinds)}'>"
        f"<th scope='row' role='rowheader' class='mw-at-setting'><button type='button'"
        f" class='mw-fold' data-act='fold' data-value='{row.setting.name}'"
        f" aria-expanded='{'false' if unfolded is None else 'true'}'>"
        f"<span>{escape(row.cells['setting'])}</span></button>{where}</th>{cells}</tr>{below}"
    )


def _cell(row: Row, column: str, head: str) -> str:
    if column == "different":
        text = ""
        if row.different:
            said = escape(_("differs"))
            text = f"<span aria-hidden='true'>≠</span><span class='mw-unseen'>{said}</span>"
    elif column.endswith("from"):
        text = _origin(row, column)
    else:
        told = row.cells.get(column, "")
        text = escape(told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…")
    return (
        f"<td role='cell' class='mw-at-{column}{'' if text else ' mw-empty'}'"
        f" data-label='{escape(head)}'>{text}</td>"
    )


def _origin(row: Row, column: str) -> str:
    side = row.sides[-1] if column.startswith("other") else row.value
    origin = origin_of(side)
    kind = "mw-bare" if origin == DEFAULT else f"mw-chip mw-from-{origin}"
    told = row.cells[column]
    return f"<span class='{kind}'>{escape(told)}</span>"
