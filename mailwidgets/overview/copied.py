"""Rows as CSV for a spreadsheet: the columns of ``mailwidgets show --format csv``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mailwidgets.moving import sheet
from mailwidgets.overview.rows import Row
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import Value

_ALIKE: Final = ("section", "key", "label", "level", "default")
_APART: Final = (*(level.value for level in Level), "effective", "from", "borrowed", "locked")


def as_csv(rows: Iterable[Row]) -> str:
    """Return rows in the order they come, with CRLF between them (RFC 4180).

    Values are written as ``mailwidgets set`` takes them, and as the package's sheets are: no
    spreadsheet takes one for a formula, a date or another number. A secret reads ``set``, and of
    certificates it is told how many there are. Where two identities are compared, the second
    one's columns follow with ``other_`` before their names, then ``differs``.
    """
    listed = tuple(rows)
    compared = any(row.other is not None for row in listed)
    head = [*_ALIKE, *_APART]
    if compared:
        head += [*(f"other_{name}" for name in _APART), "differs"]
    return sheet.written(head, [_line(row) for row in listed]).decode("utf-8-sig")


def _line(row: Row) -> Sequence[str]:
    setting = row.setting
    cells = [setting.section, setting.key, setting.label, setting.level.value]
    cells.append(_cell(row.value, setting.default))
    for side in row.sides:
        kept = (*(getattr(side, level.value) for level in Level), side.effective)
        cells += [_cell(side, one) for one in kept]
        cells += [side.origin, side.borrowed or "", sheet.guarded(side.locked or "")]
    return cells if row.other is None else [*cells, sheet.cell(row.different)]


def _cell(value: Value, kept: Any) -> str:  # noqa: ANN401 - a value has its field's type
    if kept is None:
        return ""
    if value.setting.secret:
        return "set"
    return sheet.cell(value.shown(kept) if value.setting.field.kind == "pem" else kept)
