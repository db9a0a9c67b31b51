"""Saving what holds passwords: each sealed to its owner, all in one commit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from mailwidgets.errors import Conflict, StoreError
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Secret
from mailwidgets.store.commits import Commit, Note
from mailwidgets.store.protocol import Store
from mailwidgets.vault.vault import Vault


def commit_sealed(
    store: Store, vault: Vault, identity: Identity, changes: Sequence[Change], note: Note
) -> Commit | None:
    """Store changes; seal the secrets among them, and publish the owner's public key with theirs.

    Args:
        store: where to.
        vault: has the keys.
        identity: who acts, and where.
        changes: each fit for its setting.
        note: goes with the commit.

    Raises:
        VaultError: if there is no usable key for a secret, or its owner published none.
        Conflict, StoreError: as the store does.
    """
    places = {change.place for change in changes if isinstance(change.value, Secret)}
    if not places:
        return store.commit(changes, note)
    others = {place for place in places if not vault.owns(place)}
    # No key of ours changes between the sealing and the storing: what an old one sealed after
    # the new one took over would be lost.
    with vault.steady(places):
        published = _published(store, identity, others)
        sealed = [_sealed(vault, change, published) for change in changes]
        mine = owner(vault, identity)
        told = {mine: vault.public_key()} if mine in places else {}
        done = store.commit(sealed, replace(note, public_keys={**note.public_keys, **told}))
    # Other people's keys are out of our reach: who changed theirs just now gets it sealed anew.
    # What is stored stays stored when that fails; a conflict means that it was set again since.
    with suppress(Conflict, StoreError):
        now = _published(store, identity, others)
        late = [
            replace(change, base=stored.value)
            for change, stored in zip(changes, sealed, strict=True)
            if isinstance(change.value, Secret)
            and now.get(change.place) != published.get(change.place)
        ]
        if late:
            commit_sealed(store, vault, identity, late, Note(note.by, note.why))
    return done


def owner(vault: Vault, identity: Identity) -> Place:
    """Return the place of the user whose key a vault has."""
    return Place(Level.USER, vault.owner or identity.user)


def published(store: Store, identity: Identity, place: Place) -> str:
    """Return the public key that a user has published; empty for none.

    Raises:
        StoreError: if the user's document cannot be read.
    """
    return store.read(Identity(place.id, identity.workstation)).user.public_key


def _published(store: Store, identity: Identity, places: Collection[Place]) -> dict[Place, str]:
    return {place: published(store, identity, place) for place in places}


def _sealed(vault: Vault, change: Change, published: dict[Place, str]) -> Change:
    if not isinstance(change.value, Secret):
        return change
    public_key = published.get(change.place, "")
    sealed = vault.seal(change.place, change.key, change.value, public_key=public_key)
    return replace(change, value=sealed)
