"""Creating the tables and bringing them up to date; both may be done twice, or by two at once."""

from __future__ import annotations

from shlex import quote
from typing import Final

from sqlalchemy import Connection, insert, select, text

from mailwidgets.database.engine import Database
from mailwidgets.database.schema import FIRST, VERSION, schema_version, step
from mailwidgets.errors import StoreError

_LOCKED: Final = select(schema_version.c.version).with_for_update()


def fit_version(version: int, location: str) -> None:
    """Refuse tables of another version than this program's.

    Raises:
        StoreError: if it is not; says what to do.
    """
    if version > VERSION:
        raise StoreError(
            f"{location} has tables of version {version}, made by a newer mailwidgets; this one "
            f"knows version {VERSION}. Update mailwidgets first."
        )
    if version < VERSION:
        raise StoreError(
            f"{location} has tables of version {version}, older than this mailwidgets, which "
            f"needs {VERSION}. Their owner brings them up to date with: "
            f"mailwidgets database upgrade --store={quote(location)}"
        )


def create(database: Database) -> int:
    """Create what is missing, up to this version; return the version that was there, or 0.

    Raises:
        ReadOnlyStore: if this role may not.
        StoreError: if the tables are of a newer mailwidgets, or the database cannot be reached.
    """
    return database.write(
        lambda connection, _: _build(connection, database, first=True),
        landed=lambda _: None,  # all of it can be done twice
        name="the creation of the tables",
    )


def upgrade(database: Database) -> int:
    """Bring the tables up to date; return the version that was there.

    Raises:
        ReadOnlyStore: if this role may not.
        StoreError: if there are none, they are of a newer mailwidgets, or the database cannot
            be reached.
    """
    return database.write(
        lambda connection, _: _build(connection, database, first=False),
        landed=lambda _: None,
        name="the upgrade of the tables",
    )


def _build(connection: Connection, database: Database, *, first: bool) -> int:
    # Of a large history an index takes its time.
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    if first and not _is_there(connection):
        for statement in FIRST:
            connection.execute(text(statement))
    # Another one at work holds these rows; the first of all is found out by what it inserts.
    before = max(connection.scalars(_LOCKED), default=0)
    if before > VERSION:
        fit_version(before, database.location)
    for version in range(before + 1, VERSION + 1):
        connection.execute(insert(schema_version).values(version=version))
        for statement in step(version, cockroach=database.cockroach):
            connection.execute(text(statement))
    return before


def _is_there(connection: Connection) -> bool:
    found = connection.scalar(text("SELECT to_regclass('mailwidgets.schema_version') IS NOT NULL"))
    return bool(found)
