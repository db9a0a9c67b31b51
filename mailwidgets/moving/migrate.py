"""A store moved to another one, whole, and proven to be the same there.

Documents with whatever they hold, secrets as they are sealed, and all history. It is done in
batches: what was cut short is taken up again by doing it again. The source is only ever read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailwidgets.errors import DamagedDocument, StoreError, VaultError
from mailwidgets.moving.export import ANYBODY
from mailwidgets.moving.sameness import differences, effective_differences, fingerprint
from mailwidgets.settings.documents import Document, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import Resolution, resolve
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Moved
from mailwidgets.store.protocol import Store
from mailwidgets.store.written import Written
from mailwidgets.vault.vault import Vault

BATCH: Final = 200  # places; each batch is one write of the target
NAMED: Final = 20  # places or differences that a message lists; it counts the others

_NOBODY: Final = Identity("nobody", "nowhere")

Told = Callable[[str], None]


@dataclass(slots=True)
class Migration:
    """What is, or was, to be moved, and what came of it.

    Attributes:
        source: where from.
        target: where to.
        places: documents by level, as found in the source.
        commits: how many entries their histories have, one for each document that a commit changed.
        snapshots: how many of these have a name.
        secrets: how many are stored.
        already: how many documents were in the target before.
        moved: how many were brought there now.
        opened: how many secrets this person's keys open there, as they did before.
        differences: what is not the same there: place and setting, never a value.
        changed: places that somebody changed in the source meanwhile.
        verified: whether everything was read again from the target.
    """

    source: str
    target: str
    places: dict[Level, int] = field(default_factory=lambda: dict.fromkeys(Level, 0))
    commits: int = 0
    snapshots: int = 0
    secrets: int = 0
    already: int = 0
    moved: int = 0
    opened: int = 0
    differences: list[str] = field(default_factory=list)
    changed: list[Place] = field(default_factory=list)
    verified: bool = False

    @property
    def documents(self) -> int:
        """Return how many documents the source has."""
        return sum(self.places.values())

    @property
    def ok(self) -> bool:
        """Return whether the target was read again and holds what the source holds."""
        return self.verified and not self.differences and not self.changed


def migrate(
    source: Store,
    target: Store,
    vault: Vault,
    *,
    dry_run: bool = False,
    on_progress: Told | None = None,
) -> Migration:
    """Move everything from one store to another and prove that it is the same there.

    What the target has already, and equal, is left alone: do it again after it was cut short.

    Args:
        source: left as it is.
        target: empty, or with nothing but a part of this source.
        vault: to see that the secrets that it opens still open there.
        dry_run: look through the source and the target, but move nothing.
        on_progress: told, in short sentences, how far it is.

    Raises:
        DamagedDocument: if documents of the source cannot be read; names them all. Nothing is
            moved then.
        StoreError: if the target is the source or holds other settings, if the source holds none
            or not all of it may be read, or if a store cannot be reached.
    """
    _check(source, target)
    tell = on_progress or (lambda _: None)
    found = Migration(source.location, target.location)
    seen, waiting = _surveyed(source, target, found, tell)
    if dry_run:
        return found
    for start in range(0, len(waiting), BATCH):
        read = (source.moved(place) for place in waiting[start : start + BATCH])
        batch = [one for one in read if one.content]  # one that vanished meanwhile is told below
        target.adopt(batch)
        seen |= {one.place: fingerprint(one) for one in batch}
        found.moved += len(batch)
        tell(f"Moved {found.moved:,} of {len(waiting):,}.")
    _verify(source, target, vault, found, seen, tell)
    return found


def _check(source: Store, target: Store) -> None:
    """Refuse two stores that are one, and a source of which only a part is seen."""
    if os.path.realpath(source.location) == os.path.realpath(target.location):
        raise StoreError(f"{target.location} is the store that is to be moved: give another one")
    try:
        source.moved(ANYBODY)
    except StoreError as error:
        raise StoreError(f"{error}. Nothing was moved: it would not be everything.") from error


def listed(names: Sequence[object]) -> str:
    """Return the first of some names, and how many more there are."""
    told = ", ".join(map(str, names[:NAMED]))
    return f"{told} and {len(names) - NAMED:,} more" if len(names) > NAMED else told


def _places(store: Store) -> list[Place]:
    return [place for level in Level for place in store.places(level)]


def _surveyed(
    source: Store, target: Store, found: Migration, tell: Told
) -> tuple[dict[Place, bytes], list[Place]]:
    """Return the source's places with their fingerprints, and those that the target lacks."""
    seen: dict[Place, bytes] = {}
    damaged: list[str] = []
    held = set(_places(target))
    places = _places(source)
    others = [*map(str, held.difference(places))]
    waiting = []
    if not places:
        raise StoreError(f"{source.location} holds nothing to move: is it the right store?")
    for place in places:
        try:
            moved = source.moved(place)
            seen[place] = fingerprint(moved)
            secrets = _document(moved).values.values()
        except DamagedDocument as error:
            damaged.append(str(error))
            continue
        found.places[place.level] += 1
        found.commits += len(moved.commits)
        found.snapshots += sum(bool(commit.snapshot) for commit in moved.commits)
        found.secrets += sum(isinstance(value, Sealed) for value in secrets)
        if place not in held:
            waiting.append(place)
        elif any(differences(moved, target.moved(place))):
            others.append(str(place))
        else:
            found.already += 1
        if len(seen) % (BATCH * 50) == 0:
            tell(f"Looked at {len(seen):,} of {len(places):,}.")
    if damaged:
        raise DamagedDocument("\n".join([*damaged, "Nothing was moved."]))
    if others:
        raise StoreError(
            f"{target.location} holds settings that are not those of {source.location}: "
            f"{listed(sorted(others))}. Nothing was moved: give an empty folder or database."
        )
    return seen, waiting


def _verify(  # noqa: PLR0913, PLR0917 - one step of migrate, with what it has
    source: Store,
    target: Store,
    vault: Vault,
    found: Migration,
    seen: dict[Place, bytes],
    tell: Told,
) -> None:
    """Read everything again, from both, and note what is not the same."""
    here, there = set(_places(source)), set(_places(target))
    company = _NOBODY.place(Level.COMPANY)
    wide = {
        store: _document(store.moved(company)) if company in places else Document(company)
        for store, places in ((source, here), (target, there))
    }
    found.changed += sorted(here ^ seen.keys(), key=str)
    found.differences += [f"{place}: is new" for place in sorted(there - seen.keys(), key=str)]
    read: set[Place] = set()

    def unread(place: Place, error: StoreError) -> None:
        found.differences.append(f"{place}: {error}")
        read.add(place)

    held = (one for level in Level for one in target.read_all(level, unread))
    for done, document in enumerate(held, 1):
        place = document.place
        read.add(place)
        if place in here and place in seen:
            moved = source.moved(place)
            if fingerprint(moved) != seen[place]:
                found.changed.append(place)
            else:
                found.differences += _differences(moved, target)
                mine = _document(moved)
                pair = (_in_force(wide[source], mine), _in_force(wide[target], document))
                found.differences += [f"{place}: {one}" for one in effective_differences(*pair)]
                _open(vault, mine, document, found)
        if done % (BATCH * 50) == 0:
            tell(f"Compared {done:,} of {len(there):,}.")
    found.differences += [f"{place}: is missing" for place in sorted(seen.keys() - read, key=str)]
    found.verified = True


def _differences(moved: Moved, target: Store) -> list[str]:
    try:
        return list(differences(moved, target.moved(moved.place)))
    except DamagedDocument as error:
        return [f"{moved.place}: {error}"]


def _document(moved: Moved) -> Document:
    return Written(moved.place, f"the document of {moved.place}", moved.content).document()


def _in_force(company: Document, document: Document) -> Resolution:
    """Return what is in force where a document counts beside the company's alone."""
    held = {level: Document(_NOBODY.place(level)) for level in Level}
    held |= {Level.COMPANY: company, document.place.level: document}
    return resolve(Documents(*(held[level] for level in Level)), _NOBODY)


def _open(vault: Vault, mine: Document, theirs: Document, found: Migration) -> None:
    """Note whether the secrets that this person opens in the source open in the target."""
    for key, sealed in mine.values.items():
        if not isinstance(sealed, Sealed):
            continue
        try:
            secret = vault.open(mine.place, key, sealed)
        except VaultError:
            continue  # another person's: it is compared as it is sealed
        held = theirs.values.get(key)
        try:
            same = isinstance(held, Sealed) and vault.open(theirs.place, key, held) == secret
        except VaultError:
            same = False
        if same:
            found.opened += 1
        else:
            found.differences.append(f"{mine.place}: {'.'.join(key)} does not open any more")
