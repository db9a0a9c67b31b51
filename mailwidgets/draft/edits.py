"""What one person has changed, over what is stored: each edit knows what was there before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from mailwidgets.settings.documents import Change, Documents
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.store.commits import Slot


class Edits:
    """Edits by what they are about; one that is what is stored anyway is none.

    Attributes:
        stored: the documents under the edits, as they were last seen.
    """

    def __init__(self, stored: Documents) -> None:
        self.stored = stored
        self._held: dict[Slot, Change] = {}
        self._bases: dict[Slot, object] = {}  # of texts that fit no value, and so are no edits yet

    def __contains__(self, slot: Slot) -> bool:
        """Return whether something is edited."""
        return slot in self._held

    def base(self, slot: Slot) -> object:
        """Return what is stored."""
        place, key, lock = slot
        return self.stored.at(place.level).get(key, lock=lock)

    def put(self, slot: Slot, value: object) -> None:
        """Hold an edit; it conflicts with whatever is stored after it was begun."""
        begun = self._bases.pop(slot, self.base(slot))
        if value == self.base(slot):
            self._held.pop(slot, None)
            return
        base = self._held[slot].base if slot in self._held else begun
        place, key, lock = slot
        self._held[slot] = Change(place, key, value, base, lock)

    def begin(self, slot: Slot) -> None:
        """Note that a person has begun to type what is no value yet."""
        self._bases.setdefault(slot, self.base(slot))

    def changes(self, sections: Iterable[str] | None = None) -> tuple[Change, ...]:
        """Return the edits of the given sections, or all."""
        wanted = set(SECTIONS if sections is None else sections)
        return tuple(edit for edit in self._held.values() if edit.key[0] in wanted)

    def conflicts(self) -> tuple[Change, ...]:
        """Return the edits of what someone else has stored since they were begun."""
        return tuple(edit for slot, edit in self._held.items() if edit.base != self.base(slot))

    def drop(self, sections: Collection[str]) -> None:
        """Forget all edits of some sections."""
        self._held = {slot: edit for slot, edit in self._held.items() if slot[1][0] not in sections}
        self._bases = {
            slot: base for slot, base in self._bases.items() if slot[1][0] not in sections
        }

    def forget_texts(self) -> None:
        """Forget what was begun and is no value."""
        self._bases = {}

    def remove(self, slot: Slot) -> None:
        """Forget one edit, and what was begun there and is no value."""
        self._held.pop(slot, None)
        self._bases.pop(slot, None)

    def put_over(self, slot: Slot) -> None:
        """Put an edit over what is stored now: its maker has seen that."""
        self._held[slot] = replace(self._held[slot], base=self.base(slot))

    def rebase(self, stored: Documents) -> None:
        """Hold the edits, those that still differ, over what is stored now."""
        self.stored = stored
        for slot, edit in tuple(self._held.items()):
            self.put(slot, edit.value)

    def saved(self, changes: Iterable[Change]) -> set[Slot]:
        """Forget edits that were saved; return those that were edited again meanwhile."""
        again = set()
        for change in changes:
            slot = slot_of(change)
            if self._held.get(slot) == change:
                del self._held[slot]
            elif slot in self._held:
                again.add(slot)
        return again


def slot_of(change: Change) -> Slot:
    """Return what a change is about."""
    return (change.place, change.key, change.lock)
