"""What every store can do, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from mailwidgets.errors import StoreError
from mailwidgets.settings.documents import Change, Document, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.store.commits import Commit, Moved, Note

Unread = Callable[[Place, StoreError], object]  # told of a document that cannot be read, and why


def raised(_: Place, error: StoreError) -> None:
    """Raise what keeps a document from being read: the ``Unread`` of whoever needs them all."""
    raise error


class Store(Protocol):
    """Where documents live: read for an identity, changed by whole commits."""

    @property
    def location(self) -> str:
        """Return where it is, as ``--store`` takes it; without a password."""

    def read(self, identity: Identity) -> Documents:
        """Return the documents that decide for an identity, at one instant; absent ones are empty.

        Raises:
            DamagedDocument: if one of them is not what was written; names file, line, column.
            StoreError: if the store cannot be reached.
        """

    def read_each(self, places: Iterable[Place], unread: Unread = raised) -> Iterator[Document]:
        """Yield the documents of places, each as it stands by itself; none for an absent one.

        Args:
            places: whose, of any level.
            unread: told of each one that is damaged, or not for this person to read; then the
                next one comes. By default it is raised.

        Raises:
            StoreError: if the store cannot be reached.
        """

    def read_all(self, level: Level, unread: Unread = raised) -> Iterator[Document]:
        """Yield every document of a level, sorted by id; otherwise as ``read_each``."""
        return self.read_each(self.places(level), unread)

    def commit(
        self, changes: Sequence[Change], note: Note | None = None, *, touch: Sequence[Place] = ()
    ) -> Commit | None:
        """Write all changes, in every place they touch, or none; keep what was there before.

        Args:
            changes: what is to be changed; what is so already is left out.
            note: who saves, and why.
            touch: places that get a commit even where nothing changes, as a snapshot does.

        Returns:
            The commit; ``None`` where there was nothing to change.

        Raises:
            InvalidValue, WrongLevel: if a change does not fit its setting.
            Conflict: if a stored value is neither a change's base nor its new value; lists
                each as base, theirs and yours.
            ReadOnlyStore: if this person may not write one of the places.
            DamagedDocument: if a document to be changed cannot be read; it stays as it is.
            StoreError: if the store cannot be reached.
        """

    def history(self, places: Sequence[Place]) -> Iterator[Commit]:
        """Yield the commits that touched some places, the newest first.

        Raises:
            StoreError: if the history cannot be read.
        """

    def moved(self, place: Place) -> Moved:
        """Return everything that is kept of a place, to be adopted by another store.

        Raises:
            DamagedDocument: if its document or history is not what was written.
            StoreError: if the store cannot be reached.
        """

    def adopt(self, batch: Sequence[Moved]) -> None:
        """Take over places from another store, all of a batch or none, secrets as they are sealed.

        A place that is here already, with the same document, is left alone: what was cut short
        can be done again.

        Raises:
            StoreError: if a place holds another document here already, or cannot be written.
        """

    def places(self, level: Level) -> tuple[Place, ...]:
        """Return the places of a level that hold a document, sorted by id.

        Raises:
            StoreError: if the store cannot be reached.
        """

    def refusal(self, place: Place) -> str:
        """Return why this person may not write a place, as far as can be told beforehand.

        Empty where they may.
        """

    def version(self, identity: Identity) -> str:
        """Return a token that changes whenever the documents of an identity do.

        Whatever changes them: a commit, or someone who edits a file. Cheap enough to ask every
        second.

        Raises:
            StoreError: if the store cannot be reached.
        """

    def wait(self, seconds: float) -> None:
        """Return after some time, or earlier where the store hears that something changed."""

    def close(self) -> None:
        """Let go of what the store holds open; it may still be used afterwards."""
