"""Saving what holds passwords: each sealed to its owner, all in one commit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mailwidgets.errors import Conflict
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
    published = _published(store, others)
    while True:
        try:
            return _commit(store, vault, identity, changes, replace(note, sealed_to=published))
        except Conflict:
            # Other people's keys are out of our reach: who changed theirs just now gets it
            # sealed anew. What an old key opens would be lost.
            before, published = published, _published(store, others)
            if published == before:
                raise


def _commit(
    store: Store, vault: Vault, identity: Identity, changes: Sequence[Change], note: Note
) -> Commit | None:
    places = {change.place for change in changes if isinstance(change.value, Secret)}
    mine = owner(vault, identity)
    # No key of ours changes between the sealing and the storing, for the same reason.
    with vault.steady(places):
        sealed = [_sealed(vault, change, note.sealed_to) for change in changes]
        told = {mine: vault.public_key()} if mine in places else {}
        return store.commit(sealed, replace(note, public_keys={**note.public_keys, **told}))


def owner(vault: Vault, identity: Identity) -> Place:
    """Return the place of the user whose key a vault has."""
    return Place(Level.USER, vault.owner or identity.user)


def published(store: Store, place: Place) -> str:
    """Return the public key that a user has published; empty for none.

    Raises:
        StoreError: if the user's document cannot be read.
    """
    return _published(store, [place])[place]


def _published(store: Store, places: Collection[Place]) -> dict[Place, str]:
    told = {document.place: document.public_key for document in store.read_each(places)}
    return {place: told.get(place, "") for place in places}


def _sealed(vault: Vault, change: Change, published: Mapping[Place, str]) -> Change:
    if not isinstance(change.value, Secret):
        return change
    public_key = published.get(change.place, "")
    sealed = vault.seal(change.place, change.key, change.value, public_key=public_key)
    return replace(change, value=sealed)
