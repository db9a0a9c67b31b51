"""Taking over places from another store: documents, and their history with its ids and times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from mailwidgets.database import records, rows
from mailwidgets.database.engine import Database
from mailwidgets.database.statements import ADD_DOCUMENT, ADD_RECORD
from mailwidgets.database.texts import fit_json, fit_name
from mailwidgets.errors import StoreError
from mailwidgets.settings.levels import Place
from mailwidgets.store.commits import Moved
from mailwidgets.store.written import Written, dumped


def adopt(
    database: Database, batch: Sequence[Moved], *, after: Callable[[Connection, None], None]
) -> None:
    """Take over places, all of a batch or none; ``after`` is that of ``Database.write``.

    Raises:
        StoreError: if a place holds another document already, or something that no database
            can hold, or the database refuses.
    """
    database.write(
        lambda connection, _: _adopt(connection, batch, database.location),
        landed=lambda _: None,  # what is there already is left alone
        name=f"a batch of {len(batch)} documents",
        after=after,
    )


def _adopt(connection: Connection, batch: Sequence[Moved], location: str) -> None:
    wanted = [one.place for one in batch]
    there: dict[Place, Row[Any]] = {}
    for some_places in rows.parts(wanted):
        there |= rows.found(connection, some_places, location)
    held = (rows.written(there.get(place), place, location) for place in wanted)
    new = [one for one, here in zip(batch, held, strict=True) if _is_new(one, here)]
    for some in rows.parts([_document(one, location) for one in new]):
        connection.execute(ADD_DOCUMENT, some)
    for some in rows.parts([row for one in new for row in _records(one)]):
        connection.execute(ADD_RECORD, some)


def _is_new(one: Moved, there: Written) -> bool:
    if not there.content:
        return bool(one.content)
    if dict(there.content) == dict(one.content):
        return False
    raise StoreError(
        f"{there.file}: there is another document here already. Nothing was stored: take it out "
        "first, or choose an empty database."
    )


def _document(one: Moved, location: str) -> dict[str, Any]:
    fit_name(one.place)
    text = dumped(one.content, f"{location}, {one.place}").decode()
    return {
        "level": one.place.level.value,
        "id": one.place.id,
        "revision": max(len(one.commits), 1),
        "content": fit_json(text, one.content, f"the document of {one.place}"),
    }


def _records(one: Moved) -> Iterator[dict[str, Any]]:
    last = len(one.commits)
    for older, commit in enumerate(one.commits):
        yield records.row(commit, one.place, last - older)
