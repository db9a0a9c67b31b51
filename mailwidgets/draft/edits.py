"""What one person has changed, over what is stored: each edit knows what was there before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from mailwidgets.settings.documents import Change, Documents, Key
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.store.commits import Slot


@dataclass(frozen=True, slots=True)
class Text:
    """What a person typed that is no value, and so is no edit yet.

    Attributes:
        typed: as typed; empty for a password, which is kept nowhere but in a ``Secret``.
        rule: what it breaks, in words.
        base: what was stored when the person began to type.
    """

    typed: str
    rule: str
    base: object


@dataclass(frozen=True, slots=True)
class Move:
    """A port that went along with another setting.

    Attributes:
        before: the port that was in force.
        after: the port it moved to.
        by: what it went along with.
    """

    before: int
    after: int
    by: Key


@dataclass(frozen=True, slots=True)
class Entry:
    """All that a draft holds of one setting, or its lock, in one place.

    Attributes:
        change: the edit, if there is one.
        text: what was typed over it and is no value, if there is such.
        move: how the edit came about where nobody typed it.
    """

    change: Change | None = None
    text: Text | None = None
    move: Move | None = None


NOTHING: Final = Entry()


class Edits:
    """Edits by what they are about; one that is what is stored anyway is none.

    Attributes:
        stored: the documents under the edits, as they were last seen.
    """

    def __init__(self, stored: Documents) -> None:
        self.stored = stored
        self._held: dict[Slot, Entry] = {}

    def __contains__(self, slot: Slot) -> bool:
        """Return whether something is edited."""
        return self.entry(slot).change is not None

    def base(self, slot: Slot) -> object:
        """Return what is stored."""
        place, key, lock = slot
        return self.stored.at(place.level).get(key, lock=lock)

    def entry(self, slot: Slot) -> Entry:
        """Return what is held there."""
        return self._held.get(slot, NOTHING)

    def entries(self) -> Mapping[Slot, Entry]:
        """Return all that is held now."""
        return dict(self._held)

    def restore(self, slot: Slot, entry: Entry) -> None:
        """Hold what was held once; an edit that is stored by now is none."""
        if entry.change is not None and entry.change.value == self.base(slot):
            entry = Entry(None, entry.text)
        self._held.pop(slot, None)
        if entry != NOTHING:
            self._held[slot] = entry

    def put(self, slot: Slot, value: object, *, move: Move | None = None) -> None:
        """Hold an edit; it conflicts with whatever is stored after it was begun."""
        place, key, lock = slot
        begun = self._begun(slot)
        self.restore(slot, Entry(Change(place, key, value, begun, lock), None, move))

    def refuse(self, slot: Slot, typed: str, rule: str) -> None:
        """Hold what was typed and is no value; an edit made before stays below it."""
        text = Text(typed, rule, self._begun(slot))
        self._held[slot] = replace(self.entry(slot), text=text)

    def changes(self, sections: Iterable[str] | None = None) -> tuple[Change, ...]:
        """Return the edits of the given sections, or all."""
        wanted = set(SECTIONS if sections is None else sections)
        return tuple(edit for edit in self._changes() if edit.key[0] in wanted)

    def texts(self) -> dict[Slot, Text]:
        """Return what was typed and is no value."""
        return {slot: entry.text for slot, entry in self._held.items() if entry.text is not None}

    def conflicts(self) -> tuple[Change, ...]:
        """Return the edits of what someone else has stored since they were begun."""
        return tuple(edit for edit in self._changes() if edit.base != self.base(slot_of(edit)))

    def drop(self, sections: Collection[str]) -> None:
        """Forget all that is held of some sections."""
        self._held = {slot: one for slot, one in self._held.items() if slot[1][0] not in sections}

    def remove(self, slot: Slot) -> None:
        """Forget what is held there."""
        self._held.pop(slot, None)

    def put_over(self, slot: Slot) -> None:
        """Put an edit over what is stored now: its maker has seen that."""
        entry = self.entry(slot)
        if entry.change is not None:
            change = replace(entry.change, base=self.base(slot))
            self._held[slot] = replace(entry, change=change)

    def rebase(self, stored: Documents) -> None:
        """Hold the edits, those that still differ, over what is stored now."""
        self.stored = stored
        for slot, entry in tuple(self._held.items()):
            self.restore(slot, entry)

    def saved(self, changes: Iterable[Change]) -> set[Slot]:
        """Forget edits that were saved; return those that were edited again meanwhile."""
        again = set()
        for change in changes:
            slot = slot_of(change)
            entry = self.entry(slot)
            if entry.change == change:
                self.restore(slot, Entry(None, entry.text))
            elif entry.change is not None:
                again.add(slot)
        return again

    def _begun(self, slot: Slot) -> object:
        """Return what was stored when what is held there was begun."""
        entry = self.entry(slot)
        if entry.change is not None:
            return entry.change.base
        return self.base(slot) if entry.text is None else entry.text.base

    def _changes(self) -> Iterable[Change]:
        return (entry.change for entry in self._held.values() if entry.change is not None)


def slot_of(change: Change) -> Slot:
    """Return what a change is about."""
    return (change.place, change.key, change.lock)
