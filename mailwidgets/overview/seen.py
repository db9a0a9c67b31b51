"""What is in force for one identity, as a store has it at one moment; and who made it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mailwidgets.errors import StoreError
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import UNSET, Documents, Key
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import Resolution
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import SET, Slot, is_secret
from mailwidgets.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the store found for one identity.

    Attributes:
        version: the store's token for it, by which the next look is known to be worth while.
        documents: what is stored.
        resolution: what that puts in force.
    """

    version: str
    documents: Documents
    resolution: Resolution

    @property
    def identity(self) -> Identity:
        """Return whose it is."""
        return self.resolution.identity

    def slots(self, keys: Iterable[Key]) -> dict[Slot, object]:
        """Return what is stored of some settings, locks and lenders included, by where it is."""
        wanted = [key for one in keys for key in dict.fromkeys((one, self.resolution[one].source))]
        found = {
            (self.identity.place(level), key, lock): self.documents.at(level).get(key, lock=lock)
            for key in wanted
            for level in (SETTINGS[key].level, Level.COMPANY)
            for lock in (False, True)
        }
        return {slot: value for slot, value in found.items() if value is not UNSET}


@dataclass(frozen=True, slots=True)
class Trace:
    """Who stored a value, as far as the history tells.

    Attributes:
        by: who; empty where nobody knows.
        at: when, in UTC; ``None`` likewise.
        why: what they noted.
        outside: whether the document was edited outside mailwidgets since.
        trouble: why the history cannot be read.
    """

    by: str = ""
    at: datetime | None = None
    why: str = ""
    outside: bool = False
    trouble: str = ""


def look(servers: Servers, user: str, workstation: str) -> Seen:
    """Return what the store holds now for somebody.

    Args:
        servers: whose store; an empty name stands for its own identity's.
        user: any name.
        workstation: likewise.

    Raises:
        InvalidId: if there can be no such user or workstation.
        StoreError: if the store cannot be read.
    """
    theirs = servers.as_seen_by(user or None, workstation or None)
    # The version comes first: what changes while we read is seen as new the next time.
    version = theirs.store.version(theirs.identity)
    documents = theirs.documents()
    return Seen(version, documents, theirs.resolve(documents=documents))


def traces(store: Store, slots: Mapping[Slot, object]) -> dict[Slot, Trace]:
    """Return who stored each value: the last commit that touched it.

    Each place's history is read from its newest commit, and no further than needed.

    Args:
        store: whose history.
        slots: what is stored where.
    """
    places: dict[Place, dict[Slot, object]] = {}
    for slot, value in slots.items():
        places.setdefault(slot[0], {})[slot] = value
    found: dict[Slot, Trace] = {}
    for place, held in places.items():
        found |= _of_place(store, place, held)
    return found


def _of_place(store: Store, place: Place, slots: Mapping[Slot, object]) -> dict[Slot, Trace]:
    found: dict[Slot, Trace] = {}
    try:
        for commit in store.history([place]):
            for edit in commit.edits:
                if edit.slot in slots and edit.slot not in found:
                    alike = edit.after == _written(edit.slot, slots[edit.slot])
                    told = Trace(commit.by, commit.at, commit.why) if alike else Trace(outside=True)
                    found[edit.slot] = told
            if len(found) == len(slots):
                break
    except StoreError as error:
        lost = Trace(trouble=str(error))
    else:
        lost = Trace()
    return {slot: found.get(slot, lost) for slot in slots}


def _written(slot: Slot, value: object) -> object:
    """Return a stored value as the history has it."""
    _, key, lock = slot
    if lock:
        return value
    return SET if is_secret(key) else SETTINGS[key].field.to_json(value)
