"""HTML of where values come from: a picture of sections and origins, to choose from. Pure."""

from __future__ import annotations

from html import escape

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.filters import Filters
from mailwidgets.overview.rows import ORIGINS, section_title
from mailwidgets.overview.sources import Sources


def picture(found: Sources, filters: Filters) -> str:
    """Return how many values of each section come from where; each number shows those rows.

    Where there is no room for a table, a line says it instead.

    Args:
        found: the numbers.
        filters: what is shown now: its cell is marked.
    """
    heads = "".join(
        f"<th scope='col' role='columnheader'>{escape(_(label))}</th>" for label in ORIGINS.values()
    )
    rows = "".join(_row(section, found, filters) for section in found.counts)
    title = escape(_("Where values come from"))
    return (
        "<div class='mw-sources'><table role='table'>"
        f"<caption>{title}</caption>"
        f"<thead role='rowgroup'><tr role='row'><td role='cell'></td>{heads}</tr></thead>"
        f"<tbody role='rowgroup'>{rows}</tbody></table>"
        f"<p><b>{title}</b> {escape(summary(found))}</p></div>"
    )


def summary(found: Sources) -> str:
    """Return the same in a line: ``Default 30 · Company 4``."""
    totals = ((_(label), found.total(origin)) for origin, label in ORIGINS.items())
    return " · ".join(f"{label} {number(count)}" for label, count in totals if count)


def _row(section: str, found: Sources, filters: Filters) -> str:
    cells = "".join(_cell(section, origin, found, filters) for origin in ORIGINS)
    title = escape(section_title(section))
    return f"<tr role='row'><th scope='row' role='rowheader'>{title}</th>{cells}</tr>"


def _cell(section: str, origin: str, found: Sources, filters: Filters) -> str:
    count, label = found.counts[section][origin], _(ORIGINS[origin])
    if not count:
        return "<td role='cell' class='mw-empty'><span>0</span></td>"
    told = ngettext(
        "{section}, {origin}: {count} value", "{section}, {origin}: {count} values", count
    ).format(section=section_title(section), origin=label, count=number(count))
    pressed = filters == Filters(section=section, origin=origin)
    return (
        f"<td role='cell' data-label='{escape(label)}'>"
        f"<button type='button' data-act='cell' data-value='{section} {origin}'"
        f" class='mw-shade-{found.shade(section, origin)}'"
        f" aria-pressed='{'true' if pressed else 'false'}' aria-label='{escape(told)}'>"
        f"{number(count)}</button></td>"
    )
