"""Documents as rows: read with their revisions, written only where nobody was faster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, Select

from mailwidgets.database import statements
from mailwidgets.database.engine import Overtaken
from mailwidgets.database.setup import fit_version
from mailwidgets.database.statements import pairs
from mailwidgets.errors import StoreError
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.written import Written, read_written

MANY: Final = 1000  # rows that one statement reads or adds
_LAST_REVISION: Final = 2**63 - 1

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a place.

    Attributes:
        written: its document.
        revision: 0 where there is none.
        last: the revision of its last commit; 0 where there is none.
        at: when that was.
    """

    written: Written
    revision: int
    last: int = 0
    at: datetime | None = None

    @property
    def outside(self) -> bool:
        """Return whether something else than a commit has changed it since."""
        return self.last not in (0, self.revision)


def parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Yield items by as many as one statement takes."""
    for first in range(0, len(items), MANY):
        yield items[first : first + MANY]


def found(connection: Connection, places: Sequence[Place], location: str) -> dict[Place, Row[Any]]:
    """Return the rows of some places that have a document, as they stood at one instant.

    Args:
        connection: in any transaction.
        places: whose, at most ``MANY``.
        location: the database's, for messages.

    Raises:
        StoreError: if the tables are of another version.
    """
    return _found(connection, statements.DOCUMENTS, places, location)


def written(row: Row[Any] | None, place: Place, location: str) -> Written:
    """Return the document in a row; an empty one where there is none.

    Raises:
        DamagedDocument: if it is not what was written.
    """
    data = None if row is None else row.content.encode()
    return read_written(data, place, f"{location}, {place}")


def held(connection: Connection, places: Sequence[Place], location: str) -> dict[Place, Held]:
    """Return what a commit has to know of some places.

    Of many places not at one instant: each is written only if it still is as it was read.

    Raises:
        DamagedDocument: if one is not what was written.
        StoreError: if the tables are of another version.
    """
    rows: dict[Place, Row[Any]] = {}
    for some in parts(places):
        rows |= _found(connection, statements.HELD, some, location)
    absent = [place for place in places if place not in rows]
    past: dict[Place, tuple[int, datetime | None]] = {}
    for some in parts(absent):
        past |= _past(connection, some)
    told = {}
    for place in places:
        row = rows.get(place)
        document = written(row, place, location)
        if row is None:
            told[place] = Held(document, 0, *past.get(place, (0, None)))
        else:
            told[place] = Held(document, row.revision, row.last or 0, row.at)
    return told


def lock(connection: Connection, places: Sequence[Place]) -> None:
    """Wait until nobody else writes some places, and keep it so; always in the same order.

    What is not there, or may not be written, is not locked.
    """
    for some in parts(places):
        connection.execute(statements.LOCKED, pairs(some)).all()


def write(connection: Connection, place: Place, one: Held, text: str) -> int:
    """Write a document if it still has the revision that was read; return its new one.

    Raises:
        Overtaken: if it has not, or may not be written: the two look the same.
        StoreError: if there is no further revision.
    """
    revision = max(one.revision, one.last) + 1
    if revision > _LAST_REVISION:
        raise StoreError(
            f"{place} has the last revision that the database can count to, put there by hand. "
            "Nothing was stored: lower it in mailwidgets.document and mailwidgets.history first."
        )
    values = {"revision": revision, "content": text}
    level, id_ = place.level.value, place.id
    if one.revision:
        values |= {"at_level": level, "at_id": id_, "seen": one.revision}
        done = connection.execute(statements.CHANGE, values)
    else:
        done = connection.execute(statements.BEGIN_DOCUMENT, values | {"level": level, "id": id_})
    if done.rowcount != 1:
        raise Overtaken
    return revision


def ids(connection: Connection, level: Level) -> list[str]:
    """Return the ids of a level that have a document, sorted by their characters."""
    # A database's own order depends on its locale.
    return sorted(connection.scalars(statements.IDS, {"at_level": level.value}))


def revisions(connection: Connection, places: Iterable[Place]) -> dict[tuple[str, str], int]:
    """Return the revisions of those places that have a document."""
    rows = connection.execute(statements.REVISIONS, pairs(places))
    return {(row.level, row.id): row.revision for row in rows}


def _found(
    connection: Connection, query: Select[Any], places: Sequence[Place], location: str
) -> dict[Place, Row[Any]]:
    rows = connection.execute(query, pairs(places)).all()
    fit_version(rows[0].version or 0, location)
    return {Place(Level(row.level), row.id): row for row in rows if row.level}


def _past(
    connection: Connection, places: Sequence[Place]
) -> dict[Place, tuple[int, datetime | None]]:
    """Return the last revision and time of places whose document someone has removed."""
    rows = connection.execute(statements.PAST, pairs(places))
    return {Place(Level(level), id_): (last, at) for level, id_, last, at in rows}
