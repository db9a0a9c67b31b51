"""A store in memory, by the same rule as every other: for thousands of examples a minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mailwidgets.errors import DamagedDocument
from mailwidgets.settings.documents import Change, Document, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import fit
from mailwidgets.store.commits import Commit, Moved, Note
from mailwidgets.store.merge import merge, places_of
from mailwidgets.store.protocol import Store, Unread, raised
from mailwidgets.store.written import Written


class MemoryStore(Store):
    def __init__(self) -> None:
        self.contents: dict[Place, Mapping[str, Any]] = {}
        self.commits: list[Commit] = []
        self.damaged: set[Place] = set()
        self.forbidden: dict[Place, str] = {}

    @property
    def location(self) -> str:
        return "memory"

    def _written(self, place: Place) -> Written:
        if place in self.damaged:
            raise DamagedDocument(f"{place}, line 1, column 1: not JSON")
        return Written(place, str(place), self.contents.get(place, {}))

    def read(self, identity: Identity) -> Documents:
        return Documents(*(self._written(identity.place(one)).document() for one in Level))

    def read_each(self, places: Iterable[Place], unread: Unread = raised) -> Iterator[Document]:
        for place in places:
            try:
                written = self._written(place)
            except DamagedDocument as error:
                unread(place, error)
            else:
                yield from [written.document()] if written.content else []

    def places(self, level: Level) -> tuple[Place, ...]:
        held = {*self.contents, *self.damaged}
        return tuple(sorted((one for one in held if one.level is level), key=lambda one: one.id))

    def commit(
        self, changes: Sequence[Change], note: Note | None = None, *, touch: Sequence[Place] = ()
    ) -> Commit | None:
        note = note or Note()
        fitting = [fit(change) for change in changes]
        written = {place: self._written(place) for place in places_of(fitting, note, touch)}
        merged = merge(written, fitting, note, touch=touch)
        if merged is None:
            return None
        self.contents |= merged.contents
        self.commits.append(merged.commit)
        return merged.commit

    def moved(self, place: Place) -> Moved:
        return Moved(place, self._written(place).content, ())

    def refusal(self, place: Place) -> str:
        return self.forbidden.get(place, "")
