"""The documents of a store as they stand, as many as a task needs; what cannot be read is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from mailwidgets.errors import StoreError
from mailwidgets.settings.documents import Document
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.store.protocol import Store

COMPANY: Final = Place(Level.COMPANY)

_FEW = 50  # documents that are read one by one before all of their level are


@dataclass(slots=True)
class Standing:
    """Documents as they were read.

    Attributes:
        documents: by place.
        unread: why others cannot be read, by place.
    """

    documents: dict[Place, Document] = field(default_factory=dict)
    unread: dict[Place, str] = field(default_factory=dict)

    def at(self, place: Place) -> Document:
        """Return a place's document; empty where it has none."""
        found = self.documents.get(place)
        return Document(place) if found is None else found

    def company(self) -> Document:
        """Return the company's document.

        Raises:
            StoreError: if it could not be read.
        """
        if COMPANY in self.unread:
            raise StoreError(self.unread[COMPANY])
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
        self._whole: set[Level] = set()
        self._asked: set[Place] = set()
        self._single: Counter[Level] = Counter()

    def document(self, place: Place) -> Document:
        """Return one document; an empty one where there is none, or it cannot be read.

        Raises:
            StoreError: if the store cannot be reached.
        """
        if place not in self._asked and place.level not in self._whole:
            self._single[place.level] += 1
            if self._single[place.level] > _FEW:
                self.read(place.level)
            else:
                self._read(place)
        return self.standing.at(place)

    def read(self, level: Level) -> None:
        """Read all documents of a level.

        Raises:
            StoreError: if the store cannot be reached.
        """
        if level in self._whole:
            return
        self._whole.add(level)
        try:
            for document in self._store.read_all(level):
                if document.place not in self._asked:
                    self.standing.documents[document.place] = document
        except StoreError:
            # One damaged document ends the row; the others are asked for one by one.
            for place in self._store.places(level):
                if place not in self.standing.documents:
                    self._read(place)

    def _read(self, place: Place) -> None:
        if place in self._asked:
            return
        self._asked.add(place)
        name = place.id or "nobody"
        try:
            found = self._store.read(Identity(name, name)).at(place.level)
        except StoreError as error:
            self.standing.unread[place] = str(error)
        else:
            if is_there(found):
                self.standing.documents[place] = found


def is_there(document: Document) -> bool:
    """Return whether a document holds anything, or ever did."""
    return bool(document.commit or document.values or document.locks or document.problems)
