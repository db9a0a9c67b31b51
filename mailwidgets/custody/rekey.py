"""A new key: everything that the old one opens is encrypted again, in one commit.

The new key is kept durably before anything is encrypted with it, and takes the old one's place
only when nothing needs that any more. So a process killed at any moment leaves secrets that one
of the keys at hand opens, and the next run finishes what it began.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailwidgets.custody.sealed import owner, published
from mailwidgets.errors import Conflict, DamagedDocument, StoreError, VaultError
from mailwidgets.settings.documents import Change, Document, Key
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Commit, Note
from mailwidgets.store.protocol import Store
from mailwidgets.vault import sealing
from mailwidgets.vault.cipher import EncryptionKey
from mailwidgets.vault.keys import Changeable, KeySource
from mailwidgets.vault.vault import Vault

WHY: Final = "encrypted with a new key"

_ATTEMPTS = 10  # others may set passwords meanwhile, each time another one


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """What came of a change of keys.

    Attributes:
        commit: the one that encrypted again; ``None`` where there was nothing to do.
        secrets: how many secrets it encrypted again.
        key_id: the new key's id.
        origin: where the new key is, in words.
        left: what could not be opened and stays as it is, in words.
    """

    commit: Commit | None
    secrets: int
    key_id: str
    origin: str
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """One secret in a document, and the key that it names."""

    place: Place
    key: Key
    sealed: Sealed
    opener: EncryptionKey | None

    @property
    def name(self) -> str:
        return f"{'.'.join(self.key)} of {self.place}"


@dataclass(frozen=True, slots=True)
class Rotation:
    """A change of one key.

    Attributes:
        store: all of it that this person may write.
        vault: has the present keys.
        identity: who acts, and where.
        by: who is named in the history.
        company: whether it is the company's key, else the person's own.
        target: where the new key will be; ``None``: where the present one is.
    """

    store: Store
    vault: Vault
    identity: Identity
    by: str
    company: bool = False
    target: KeySource | None = None

    def run(self) -> Rekeyed:
        """Change the key.

        Raises:
            VaultError: if a key cannot be used, made or changed here, or if this person may not
                write a place whose secrets only the present key opens; nothing is changed then.
            StoreError: if the store cannot be read or written.
        """
        source = self.vault.company_keys if self.company else self.vault.keys
        if self.target is not None:
            with source.steady():
                new = self._made(source, self.target)
                return self._encrypted(source.openers(), new, self.target.origin)
        if self.company and not self.vault.has_company_key:
            raise VaultError(
                "the company has no key of its own here: its secrets are under the user's. Change "
                "that one, or name a file for a key of the company's with --to"
            )
        if not isinstance(source, Changeable):
            raise VaultError(
                f"{source.origin} cannot be changed from here: name a file for the new key "
                "with --to"
            )
        with source.changing():
            present = source.openers()
            # Two: a change was cut short, and the first is the new one.
            old = present[1:] or present
            self._check(old)
            new = source.prepare()
            done = self._encrypted(tuple(one for one in old if one != new), new, source.origin)
            source.replace()
            return done

    def _made(self, source: KeySource, target: KeySource) -> EncryptionKey:
        present = source.openers()
        self._check(present)
        new = target.key(create=True)
        if new in present:
            raise VaultError(f"{target.origin} holds the present key: name another file")
        return new

    def _check(self, old: tuple[EncryptionKey, ...]) -> None:
        """Refuse while there is something that would be lost with the old key."""
        for found in self._find(old):
            why = self.store.refusal(found.place) if found.opener else ""
            if why:
                raise VaultError(
                    f"{found.name} is encrypted with the present key and could not be encrypted "
                    f"again: {why}. Nothing was changed."
                )
        mine = owner(self.vault, self.identity)
        if not self.company and (why := self.store.refusal(mine)):
            held = published(self.store, mine)
            if held in {sealing.public_key(one) for one in old}:
                raise VaultError(
                    f"others encrypt to the present key of {mine}, and the new one could not be "
                    f"published: {why}. Nothing was changed."
                )

    def _encrypted(
        self, old: tuple[EncryptionKey, ...], new: EncryptionKey, origin: str
    ) -> Rekeyed:
        """Encrypt again until nothing is left that only an old key opens."""
        first: Commit | None = None
        count = 0
        for _ in range(_ATTEMPTS):
            changes, left = self._plan(old, new)
            try:
                done = self.store.commit(changes, self._note(new))
            except Conflict:  # someone set a password meanwhile; let the next be for the new key
                self.store.commit([], self._note(new))
                continue
            if done is None:
                return Rekeyed(first, count, new.id, origin, left)
            first, count = first or done, count + len(changes)
        raise VaultError(
            "others keep setting passwords meanwhile. Both keys are kept, and open everything: "
            "run it again"
        )

    def _note(self, new: EncryptionKey) -> Note:
        mine = owner(self.vault, self.identity)
        publish = not self.company and not self.store.refusal(mine)
        return Note(self.by, WHY, public_keys={mine: sealing.public_key(new)} if publish else {})

    def _plan(
        self, old: tuple[EncryptionKey, ...], new: EncryptionKey
    ) -> tuple[list[Change], tuple[str, ...]]:
        """Return what the old keys open, sealed anew, and in words what nothing opens."""
        changes: list[Change] = []
        left: list[str] = []
        for found in self._find((new, *old)):
            place, key, sealed, opener = found.place, found.key, found.sealed, found.opener
            if opener is None:
                if self._ought_to_open(place):
                    left.append(f"{found.name}: no key at hand opens it")
            elif opener != new:
                try:
                    secret = sealing.unseal(opener, place, key, sealed)
                except VaultError as error:
                    left.append(f"{found.name}: {error}")
                else:
                    value = sealing.seal(new, place, key, secret)
                    changes.append(Change(place, key, value, base=sealed))
        return changes, tuple(left)

    def _ought_to_open(self, place: Place) -> bool:
        if place.level is Level.COMPANY:
            return self.company or not self.vault.has_company_key
        return place == owner(self.vault, self.identity)

    def _find(self, keys: tuple[EncryptionKey, ...]) -> Iterator[_Found]:
        for document in self._documents():
            for key, value in document.values.items():
                if isinstance(value, Sealed):
                    named = (one for one in keys if sealing.opens(one, value))
                    yield _Found(document.place, key, value, next(named, None))

    def _documents(self) -> Iterator[Document]:
        yield from self.store.read_each([self.identity.place(Level.COMPANY)])
        if not self.company:
            yield from self.store.read_all(Level.USER, self._passed_over)

    def _passed_over(self, place: Place, error: StoreError) -> None:
        may_be = isinstance(error, DamagedDocument | PermissionError)
        if not (may_be and self.store.refusal(place)):
            raise error  # ours to write: there may be secrets in it that would be lost
