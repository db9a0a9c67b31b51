"""Every kind of store, and the way round it: what a person or another program would do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from mailwidgets.database.store import DatabaseStore
from mailwidgets.folder.folder import FolderStore
from mailwidgets.folder.names import document_name
from mailwidgets.settings.levels import Place
from mailwidgets.store.protocol import Store

KINDS = ("folder", "database")


@dataclass(frozen=True)
class Backend:
    """A kind of store at one place.

    Attributes:
        kind: its name.
        open: opens it; each time a store of its own.
        put_raw: writes a whole document past the store.
        raw: returns a whole document as it is kept; ``None`` where there is none.
    """

    kind: str
    open: Callable[[], Store]
    put_raw: Callable[[Place, Mapping[str, Any]], None]
    raw: Callable[[Place], dict[str, Any] | None]


def folder(path: Path) -> Backend:
    """Return a folder of JSON documents."""

    def put_raw(place: Place, content: Mapping[str, Any]) -> None:
        document = path / document_name(place)
        document.parent.mkdir(parents=True, exist_ok=True)
        document.write_text(json.dumps(content))

    def raw(place: Place) -> dict[str, Any] | None:
        document = path / document_name(place)
        return json.loads(document.read_bytes()) if document.exists() else None

    return Backend("folder", lambda: FolderStore(path), put_raw, raw)


_PUT = """
INSERT INTO mailwidgets.document (level, id, revision, content) VALUES (%s, %s, 1, %s)
ON CONFLICT (level, id)
DO UPDATE SET content = EXCLUDED.content, revision = mailwidgets.document.revision + 1
"""
_GET = "SELECT content::text FROM mailwidgets.document WHERE level = %s AND id = %s"


def database(url: str) -> Backend:
    """Return a database with our tables.

    Whoever writes past the store has to raise the row's revision: that is how others notice.
    """

    def put_raw(place: Place, content: Mapping[str, Any]) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_PUT, (place.level.value, place.id, json.dumps(content)))

    def raw(place: Place) -> dict[str, Any] | None:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(_GET, (place.level.value, place.id)).fetchone()
        return None if row is None else json.loads(row[0])

    return Backend("database", lambda: DatabaseStore(url), put_raw, raw)
