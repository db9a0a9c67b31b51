"""The documents of a store as they stand, as many as a task needs; what cannot be read is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mailwidgets.errors import StoreError
from mailwidgets.settings.documents import Document
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.protocol import Store

COMPANY: Final = Place(Level.COMPANY)


@dataclass(slots=True)
class Standing:
    """Documents as they were read.

    Attributes:
        documents: by place.
        unread: why others cannot be read, by place.
    """

    documents: dict[Place, Document] = field(default_factory=dict)
    unread: dict[Place, StoreError] = field(default_factory=dict)

    def at(self, place: Place) -> Document:
        """Return a place's document; empty where it has none, or it cannot be read."""
        found = self.documents.get(place)
        return Document(place) if found is None else found

    def company(self) -> Document:
        """Return the company's document.

        Raises:
            StoreError: if it could not be read.
        """
        if COMPANY in self.unread:
            raise self.unread[COMPANY]
        return self.at(COMPANY)


class Reader:
    """Reads a store's documents when they are asked for, each once.

    Args:
        store: where they live.

    Attributes:
        standing: what has been read.
    """

    def __init__(self, store: Store) -> None:
        self.standing = Standing()
        self._store = store
        self._asked: set[Place] = set()

    def ask(self, places: Iterable[Place]) -> None:
        """Read the documents of some places.

        Raises:
            StoreError: if the store cannot be reached.
        """
        new = [place for place in dict.fromkeys(places) if place not in self._asked]
        self._asked.update(new)
        for document in self._store.read_each(new, self.standing.unread.__setitem__):
            self.standing.documents[document.place] = document

    def read(self, level: Level) -> None:
        """Read all documents of a level.

        Raises:
            StoreError: if the store cannot be reached.
        """
        self.ask(self._store.places(level))


def is_there(document: Document) -> bool:
    """Return whether a document holds anything, or ever did.

    >>> is_there(Document(COMPANY)), is_there(servers.documents().company)
    (False, True)
    """
    held = (document.commit, document.values, document.locks, document.problems, document.unknown)
    return any(held)
