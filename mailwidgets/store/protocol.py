"""What every store can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mailwidgets.settings.documents import Change, Documents
from mailwidgets.settings.levels import Identity, Level, Place


class Store(Protocol):
    """Where documents live: read for an identity, changed by whole commits."""

    def read(self, identity: Identity) -> Documents:
        """Return the documents that decide for an identity; absent ones are empty.

        Raises:
            DamagedDocument: if one of them is not what was written; names file, line, column.
            StoreError: if the store cannot be reached.
        """

    def commit(self, changes: Sequence[Change]) -> None:
        """Write all changes, in every place they touch, or none.

        Raises:
            Conflict: if a stored value is neither a change's base nor its new value; lists
                each as base, theirs and yours.
            ReadOnlyStore: if this person may not write one of the places.
            DamagedDocument: if a document to be changed cannot be read; it stays as it is.
            StoreError: if the store cannot be reached.
        """

    def places(self, level: Level) -> tuple[Place, ...]:
        """Return the places of a level that hold a document, sorted by id."""

    def writable(self, level: Level) -> bool:
        """Return whether this person may write the level, as far as can be told beforehand."""

    def version(self) -> str:
        """Return a token that changes with every commit; cheap enough to ask every second."""
