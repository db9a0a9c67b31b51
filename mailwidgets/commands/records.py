"""The past as rows: what ``history``, ``diff`` and ``snapshot`` print as JSON and CSV.

What ``--format json`` prints stays as it is; more may be added::

    history   [{"commit", "at", "by", "role", "why", "snapshot", "undoes",
                "places": [{"level", "id"}], "outside": [{"level", "id"}],
                "edits": [{"level", "id", "setting", "lock", "before", "after"}]}]
    diff      [{"level", "id", "setting", "lock", "before", "after", "commit", "at", "by"}]
    diff --other-…   [{"section", "key", "label", "effective", "from", "other", "other_from",
                       "differs"}]
    snapshot  as history

Values are as documents hold them, ``null`` where nothing is set, a secret ``"set"``; ``at`` is ISO
8601 in UTC; ``role`` is as whom a database knew the writer; ``outside`` are the places that were
edited by other means before the commit; a difference made by other means has ``null`` for its
commit. CSV has a row per edit, with values in words.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mailwidgets.history.difference import Contrast, Difference
from mailwidgets.moving.sheet import guarded
from mailwidgets.settings.levels import Place
from mailwidgets.store.commits import Commit, Edit, printable

Row = dict[str, Any]

_EDIT = ("level", "id", "setting", "lock", "before", "after")
EDIT_COLUMNS = ("commit", "at", "by", "role", "why", "snapshot", "undoes", *_EDIT)
DIFFERENCE_COLUMNS = (*_EDIT, "commit", "at", "by")
CONTRAST_COLUMNS = (
    *("section", "key", "label", "effective", "from", "other", "other_from", "differs"),
)


def commit_row(commit: Commit) -> Row:
    """Return a commit as JSON."""
    return {
        "commit": commit.id,
        "at": commit.at.isoformat(),
        **{name: getattr(commit, name) for name in ("by", "role", "why", "snapshot", "undoes")},
        "places": [_place(place) for place in commit.places],
        "outside": [_place(place) for place in commit.outside],
        "edits": [_edit(edit) for edit in commit.edits],
    }


def edit_rows(commit: Commit) -> Iterator[Row]:
    """Yield a commit's edits for a table; a row without an edit where it has none."""
    head = {name: value for name, value in commit_row(commit).items() if name in EDIT_COLUMNS}
    edits = [_edit(edit, shown=True) for edit in commit.edits]
    yield from (head | edit for edit in edits or [dict.fromkeys(_EDIT)])


def difference_row(one: Difference, *, shown: bool = False) -> Row:
    """Return a difference as JSON, or with its values in words."""
    commit, at = one.commit, one.at
    told = {"commit": commit and commit.id, "at": at and at.isoformat(), "by": commit and commit.by}
    return _edit(one.edit, shown=shown) | told


def contrast_row(row: Contrast, *, shown: bool = False) -> Row:
    """Return two identities' values of a setting as JSON, or in words."""
    one, other = row.one.as_row(), row.other.as_row()
    told = {name: one[name] for name in ("section", "key", "label", "effective", "from")}
    told |= {"other": other["effective"], "other_from": other["from"], "differs": row.differs}
    if shown:
        _, told["effective"], told["from"], told["other"], told["other_from"] = contrast_cells(row)
    return told


def contrast_cells(row: Contrast) -> tuple[str, ...]:
    """Return a setting's name, and for each identity its value and origin in words."""
    sides = ((side.shown(side.effective), side.from_words) for side in (row.one, row.other))
    return (row.one.setting.name, *(cell for side in sides for cell in side))


def _place(place: Place) -> Row:
    return {"level": place.level.value, "id": place.id}


def _edit(edit: Edit, *, shown: bool = False) -> Row:
    before, after = (edit.shown(one) if shown else one for one in (edit.before, edit.after))
    told = {"setting": ".".join(edit.key), "lock": edit.lock, "before": before, "after": after}
    return _place(edit.place) | told


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return cells in columns, safe on a terminal."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in shown)
    return "\n".join(line.rstrip() for line in lines)


def as_json(rows: Iterable[Row]) -> str:
    """Return JSON that a terminal may show: what it could act on stands as an escape."""
    text = json.dumps(list(rows), ensure_ascii=False, indent=2)
    return "".join(
        one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text
    )


def as_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return a table that a spreadsheet reads, its head first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    # A spreadsheet would take another person's words for a formula.
    return printable(guarded(value))
