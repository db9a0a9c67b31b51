"""History as rows: a record per place and commit, added and read, never changed.

Whoever may write a place may add a record to its history, also one that claims to belong to
another's commit. So a commit's id and time are those of the row, which the policies look at, and a
commit tells every role that it was written by.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Text, cast, literal, select, tuple_

from mailwidgets.database.engine import Database
from mailwidgets.database.rows import parts
from mailwidgets.database.schema import history
from mailwidgets.database.statements import ADD_RECORD
from mailwidgets.database.texts import fit_json
from mailwidgets.errors import DamagedDocument
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Commit, joined, printable, read_record

_FIRST_PAGE: Final = 50
_PAGE: Final = 1000
_FEW: Final = 16  # places whose histories are read one by one

_TOLD: Final = (
    *(history.c.revision, history.c.commit_id, history.c.at, history.c.role),
    cast(history.c.record, Text).label("record"),
)
_Part = tuple[Place, Commit]  # what one place keeps of a commit


def keep(connection: Connection, commit: Commit, revisions: Mapping[Place, int]) -> None:
    """Keep a commit's record in every place that it has written.

    Args:
        connection: in the transaction that writes the documents.
        commit: what is kept.
        revisions: the places and the revision that each document has since.
    """
    of = commit.parts()
    told = [row(of[place], place, number) for place, number in revisions.items()]
    for some in parts(told):
        connection.execute(ADD_RECORD, some)


def row(commit: Commit, place: Place, revision: int) -> dict[str, Any]:
    """Return one place's record of a commit, as a row.

    Raises:
        StoreError: if it holds what no database can.
    """
    record = commit.record()
    what = f"the record of commit {printable(commit.short)} of {place}"
    return {
        "level": place.level.value,
        "id": place.id,
        "revision": revision,
        "commit_id": commit.id,
        "at": commit.at,
        "by": commit.by,
        "record": fit_json(json.dumps(record), record, what),
    }


def find(connection: Connection, commit: str) -> Commit | None:
    """Return a stored commit by its id; ``None`` if there is none that this role may see."""
    if not commit.isprintable():  # nor can the database be asked for such a text
        return None
    query = select(history.c.level, history.c.id, *_TOLD).where(history.c.commit_id == commit)
    found = connection.execute(query).all()
    return _whole(_part(Place(Level(one.level), one.id), one) for one in found) if found else None


def newest_first(database: Database, places: Sequence[Place]) -> Iterator[Commit]:
    """Yield the commits that touched some places, a page at a time; no transaction stays open.

    Raises:
        DamagedDocument: if a record is not what was written.
        StoreError: if the database cannot be reached.
    """
    places = list(dict.fromkeys(places))
    if len(places) > _FEW:
        merged = _among(database, places)
    else:
        merged = heapq.merge(*(_parts(database, one) for one in places), key=_order, reverse=True)
    for _, found in itertools.groupby(merged, key=_order):
        yield _whole(found)


def _among(database: Database, places: Sequence[Place]) -> Iterator[_Part]:
    """Yield the records of many places, the newest first: all there are, the others left out."""
    wanted = {(place.level.value, place.id): place for place in places}
    order = (history.c.at, history.c.commit_id, history.c.level, history.c.id)
    query = select(history.c.level, history.c.id, *_TOLD).order_by(*(one.desc() for one in order))
    older: tuple[Any, ...] = ()
    size = _FIRST_PAGE
    while True:
        limited = query.where(tuple_(*order) < tuple_(*map(literal, older))) if older else query
        page = database.read(_all(limited.limit(size)))
        for one in page:
            if place := wanted.get((one.level, one.id)):
                yield _part(place, one)
        if len(page) < size:
            return
        last = page[-1]
        older, size = (last.at, last.commit_id, last.level, last.id), _PAGE


def chain(database: Database, place: Place, until: int | None = None) -> Iterator[Commit]:
    """Return one place's commits, the newest first.

    Args:
        database: where they are.
        place: whose.
        until: the newest revision that counts; else all.
    """
    return (commit for _, commit in _parts(database, place, until))


def _parts(database: Database, place: Place, until: int | None = None) -> Iterator[_Part]:
    query = (
        select(*_TOLD)
        .where(history.c.level == place.level.value, history.c.id == place.id)
        .order_by(history.c.revision.desc())
    )
    older = None if until is None else until + 1
    size = _FIRST_PAGE
    while True:
        wanted = query if older is None else query.where(history.c.revision < older)
        page = database.read(_all(wanted.limit(size)))
        for one in page:
            yield _part(place, one)
        if len(page) < size:
            return
        older, size = page[-1].revision, _PAGE


def _all(query: Select[Any]) -> Callable[[Connection], Sequence[Row[Any]]]:
    return lambda connection: connection.execute(query).all()


def _part(place: Place, row: Row[Any]) -> _Part:
    try:
        told = read_record(json.loads(row.record), place)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedDocument(
            f"the history of {place} is damaged in its record of revision {row.revision}: "
            f"{type(error).__name__}. The settings themselves are not affected."
        ) from error
    at = row.at.astimezone(UTC)
    return place, replace(told, id=row.commit_id, at=at, role=row.role)


def _whole(found: Iterable[_Part]) -> Commit:
    """Return one commit; what a user's own document says of it counts less than any other."""
    parts = list(found)
    whole = joined(one for _, one in parts)
    _, head = min(parts, key=lambda part: part[0].level is Level.USER)
    roles = ", ".join(dict.fromkeys(one.role for _, one in parts if one.role)) or None
    return replace(head, places=whole.places, edits=whole.edits, outside=whole.outside, role=roles)


def _order(part: _Part) -> tuple[datetime, str]:
    return (part[1].at, part[1].id)
