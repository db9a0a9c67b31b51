"""Which rows are shown, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Final

from mailwidgets.languages.texts import _
from mailwidgets.overview.rows import ORIGINS, Row, origin_of, section_title
from mailwidgets.settings.secret import Unwritten

COLUMNS: Final = ("setting", "default", "company", "user", "workstation", "effective", "from")
COMPARED: Final = ("setting", "different", "effective", "from", "other_effective", "other_from")
_LONGEST: Final = 200  # characters of a search


@dataclass(frozen=True, slots=True)
class Filters(Unwritten):
    """What a row must be to be shown; as it is made, every row is.

    Attributes:
        search: words that all stand in the row, in any case; or a password in the wrong box.
        section: its section's name; empty for any.
        origin: where a value in force comes from, one of ``ORIGINS``; empty for any.
        changed: whether only what is not the built-in default is shown.
        different: whether only what differs between two identities is.
    """

    search: str = field(default="", repr=False)
    section: str = ""
    origin: str = ""
    changed: bool = False
    different: bool = False

    @property
    def active(self) -> bool:
        """Return whether any is set."""
        return any(getattr(self, one.name) for one in fields(self))

    def chosen(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Return the rows that fit."""
        words = self.search[:_LONGEST].casefold().split()
        return tuple(row for row in rows if self._fits(row, words))

    def _fits(self, row: Row, words: list[str]) -> bool:
        return (
            (not self.section or row.setting.section == self.section)
            and (not self.origin or any(origin_of(one) == self.origin for one in row.sides))
            and (not self.changed or row.changed)
            and (not self.different or row.different)
            and all(word in row.haystack for word in words)
        )

    def told(self) -> list[str]:
        """Return what is asked for, a sentence or two words each."""
        found = []
        if self.search:
            found.append(_("Search: “{words}”").format(words=self.search))
        if self.section:
            found.append(_("Section: {section}").format(section=section_title(self.section)))
        if self.origin:
            found.append(_("Origin: {origin}").format(origin=_(ORIGINS[self.origin])))
        if self.changed:
            found.append(_("Differs from default"))
        if self.different:
            found.append(_("Differs between the two"))
        return found


@dataclass(frozen=True, slots=True)
class Order:
    """How rows are sorted.

    Attributes:
        column: by which; empty for the panel's order, section by section.
        down: whether the last comes first.
    """

    column: str = ""
    down: bool = False

    def pressed(self, column: str) -> Order:
        """Return the order after a column's head was pressed: up, down, the panel's own."""
        if column != self.column:
            return Order(column)
        return Order() if self.down else Order(column, down=True)

    def sorted(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Return rows in this order; numbers before words, empty ones always last."""
        listed = tuple(rows)
        if not self.column:
            return listed
        if self.column == "different":
            return tuple(sorted(listed, key=lambda row: row.different is self.down))
        filled = [row for row in listed if row.cells.get(self.column)]
        empty = [row for row in listed if not row.cells.get(self.column)]
        filled.sort(key=lambda row: _place(row.raw(self.column)), reverse=self.down)
        return (*filled, *empty)


def _place(raw: Any) -> tuple[int, float, str]:  # noqa: ANN401 - a number or a text
    return (1, 0, raw.casefold()) if isinstance(raw, str) else (0, raw, "")
