"""What others changed in the documents that a form shows, and who it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from mailwidgets.errors import StoreError
from mailwidgets.settings.documents import UNSET, Document, Documents
from mailwidgets.settings.levels import Level
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import SET, Commit, Edit, Slot, is_secret
from mailwidgets.store.protocol import Store

Differences = Mapping[Slot, tuple[object, object]]

_FEW: Final = 25  # commits between two looks; who made more is not worth waiting for


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed a setting.

    Attributes:
        by: who saved; empty where the history does not tell.
        at: when; ``None`` where the history does not tell.
    """

    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One setting, or its lock, that changed elsewhere since the person last saw it.

    Attributes:
        slot: what it is about.
        before: the value that the person saw; ``UNSET`` for none.
        after: the value stored now.
        author: who did it; ``None`` where someone edited the document outside mailwidgets.
    """

    slot: Slot
    before: object
    after: object
    author: Author | None = None


class Marks:
    """The news that a form still marks."""

    def __init__(self) -> None:
        self._held: dict[Slot, News] = {}

    def get(self, slot: Slot) -> News | None:
        """Return what is marked there."""
        return self._held.get(slot)

    def all(self) -> tuple[News, ...]:
        """Return all that is marked, the oldest first."""
        return tuple(self._held.values())

    def of(self, slots: Collection[Slot]) -> tuple[News, ...]:
        """Return what is marked there."""
        return tuple(one for slot, one in self._held.items() if slot in slots)

    def note(
        self, changed: Differences, made_by: Mapping[Slot, Author], own: Collection[Slot]
    ) -> None:
        """Mark what changed; what is back as the person saw it is no news any more.

        Args:
            changed: before and after.
            made_by: who did it, as far as is known.
            own: what the person has changed themselves.
        """
        for slot, (before, after) in changed.items():
            first = self._held[slot].before if slot in self._held else before
            if slot in own or first == after:
                self.remove(slot)
            else:
                self._held[slot] = News(slot, first, after, made_by.get(slot))

    def remove(self, slot: Slot) -> None:
        """Mark one no more."""
        self._held.pop(slot, None)

    def forget(self, sections: Collection[str]) -> None:
        """Mark nothing of some sections any more."""
        self._held = {slot: one for slot, one in self._held.items() if slot[1][0] not in sections}


def differences(old: Documents, new: Documents) -> Differences:
    """Return what differs between two readings, as before and after."""
    return {
        (other.place, key, lock): (one.get(key, lock=lock), other.get(key, lock=lock))
        for one, other in ((old.at(level), new.at(level)) for level in Level)
        for lock in (False, True)
        for key in SETTINGS
        if one.get(key, lock=lock) != other.get(key, lock=lock)
    }


def authors(store: Store, old: Documents, new: Documents) -> dict[Slot, Author]:
    """Return who made the differences between two readings, where the history tells.

    Only the commits that came in between are looked at, and of those the last few.
    """
    changed = differences(old, new)
    found: dict[Slot, Author] = {}
    for level in Level:
        before, after = old.at(level), new.at(level)
        wanted = {slot: new for slot, (_, new) in changed.items() if slot[0] == after.place}
        if not wanted or before.commit == after.commit:
            continue  # the document was edited outside
        try:
            found |= _credited(_since(store, before, after), wanted)
        except StoreError:
            # Its history may be damaged or unreadable. That somebody changed it is told all the
            # same, and whoever opens the history is told what is wrong with it.
            found |= dict.fromkeys(wanted, Author())
    return found


def _since(store: Store, before: Document, after: Document) -> list[Commit]:
    """Return the commits that came between two readings of a document, the newest first."""
    commits = []
    for commit in islice(store.history([after.place]), _FEW):
        if commit.id == before.commit:
            break
        commits.append(commit)
    return commits


def _credited(commits: list[Commit], wanted: Mapping[Slot, object]) -> dict[Slot, Author]:
    last: dict[Slot, tuple[Edit, Commit]] = {}
    for commit in commits:
        for edit in commit.edits:
            last.setdefault(edit.slot, (edit, commit))
    return {
        slot: Author(commit.by, commit.at)
        for slot, (edit, commit) in last.items()
        if slot in wanted and edit.after == _as_written(slot, wanted[slot])
    }


def _as_written(slot: Slot, value: object) -> object:
    """Return a value as the history has it."""
    _, key, lock = slot
    if value is UNSET or lock:
        return None if value is UNSET else value
    return SET if is_secret(key) else SETTINGS[key].field.to_json(value)
