"""The steps of a draft, to be taken back and taken again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from mailwidgets.draft.disputes import label_of, lock_label
from mailwidgets.draft.edits import NOTHING, Entry
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.store.commits import Slot

_DEEPEST: Final = 200  # more than anyone takes back one by one


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person did, and what it changed in the draft.

    Attributes:
        before, after: what was held and what is, of all it changed.
        at_company: whether the company's level was shown.
        told: what it is called, marked for translation; empty: after what it changed.
        run: what it goes on with, as typing in one field does; ``None`` where it stands alone.
    """

    before: Mapping[Slot, Entry]
    after: Mapping[Slot, Entry]
    at_company: bool = False
    told: str = ""
    run: Slot | None = None

    @property
    def name(self) -> str:
        """Return what a person reads: ``SMTP port (u)``, ``Discard``."""
        if self.told:
            return _(self.told)
        _place, key, lock = next(iter(self.after))
        first = lock_label(key) if lock else label_of(key)
        more = len(self.after) - 1
        told = ngettext("{first} and {count} more", "{first} and {count} more", more)
        return told.format(first=first, count=more) if more else first


class Steps:
    """What can be taken back, and what of that can be taken again."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    @property
    def last(self) -> Step | None:
        """Return what would be taken back."""
        return self._done[-1] if self._done else None

    @property
    def next(self) -> Step | None:
        """Return what would be taken again."""
        return self._undone[-1] if self._undone else None

    def note(self, step: Step) -> None:
        """Remember a step, as part of the one before where both are of one run.

        What was taken back before it cannot be taken again any more.
        """
        self._undone.clear()
        if self._done and step.run is not None and self._done[-1].run == step.run:
            former = self._done.pop()
            before, after = {**step.before, **former.before}, {**former.after, **step.after}
            step = Step(before, after, step.at_company, step.told, step.run)
        fresh = _without(
            step, [slot for slot, held in step.after.items() if held == _at(step, slot)]
        )
        if fresh.after:
            self._done = [*self._done[1 - _DEEPEST :], fresh]

    def back(self) -> Step | None:
        """Return the last step, to be taken back; ``None`` where there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def forth(self) -> Step | None:
        """Return the step that was taken back last, to be taken again."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]

    def forget(self, slots: Collection[Slot]) -> None:
        """Forget what was done to some settings: it is stored now, and history tells of it."""
        for steps in (self._done, self._undone):
            steps[:] = [fresh for fresh in (_without(one, slots) for one in steps) if fresh.after]


def difference(before: Mapping[Slot, Entry], after: Mapping[Slot, Entry]) -> list[Slot]:
    """Return what differs between two states of a draft."""
    slots = dict.fromkeys((*after, *before))
    return [slot for slot in slots if before.get(slot, NOTHING) != after.get(slot, NOTHING)]


def _at(step: Step, slot: Slot) -> Entry:
    return step.before.get(slot, NOTHING)


def _without(step: Step, slots: Collection[Slot]) -> Step:
    """Return a step without its part in some settings."""
    before, after = (
        {slot: held for slot, held in side.items() if slot not in slots}
        for side in (step.before, step.after)
    )
    return Step(before, after, step.at_company, step.told, step.run)
