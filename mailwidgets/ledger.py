"""Settings kept in a store as one person sees them: read, resolved, changed, remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mailwidgets.custody.sealed import commit_sealed, owner
from mailwidgets.errors import InvalidValue
from mailwidgets.everyone.standing import COMPANY
from mailwidgets.history.returning import Returning
from mailwidgets.location import folder_of
from mailwidgets.moving.moving import Moving
from mailwidgets.settings.documents import ANY, UNSET, Change, Document, Documents, drafted
from mailwidgets.settings.levels import Identity, Level, Place, actor
from mailwidgets.settings.resolve import Resolution, resolve
from mailwidgets.settings.secret import Secret
from mailwidgets.settings.sections import fit, setting
from mailwidgets.store.commits import Commit
from mailwidgets.store.protocol import Store, Unread, raised
from mailwidgets.vault.keys import KeyFile
from mailwidgets.vault.vault import Vault

if TYPE_CHECKING:
    import pandas as pd

    from mailwidgets.custody.rekey import Rekeyed
    from mailwidgets.moving.migrate import Migration


class Ledger(Returning, Moving):
    """The settings of a store for one identity.

    >>> servers.identity
    Identity(user='ana', workstation='practice')

    Args:
        store: where the documents live.
        identity: for whom values are resolved and written.
        vault: seals and opens passwords; by default with the keys of the environment.
        author: who is named in the history; by default the person at work, whomever they act for.
    """

    def __init__(
        self,
        store: Store,
        identity: Identity,
        *,
        vault: Vault | None = None,
        author: str = "",
    ) -> None:
        self.store = store
        self.identity = identity
        self.vault = vault or Vault.from_environment(store=folder_of(store), user=identity.user)
        self.author = author or actor()

    def documents(self) -> Documents:
        """Return the documents that decide for this identity.

        >>> servers.documents().user.values["imap", "timeout"]
        10

        Raises:
            StoreError: if one cannot be read.
        """
        return self.store.read(self.identity)

    def resolve(
        self, changes: Iterable[Change] = (), documents: Documents | None = None
    ) -> Resolution:
        """Return every setting's value in force and where it comes from.

        >>> value = servers.resolve()["smtp", "user"]
        >>> value.effective, value.origin, value.borrowed
        ('ana@practice.example', 'user', 'pop3')
        >>> servers.resolve([servers.change("smtp.port", 465)])["smtp", "port"].effective
        465

        Args:
            changes: a draft's edits, to see what they would make of it.
            documents: as read before; else the store is read now.
        """
        stored = self.documents() if documents is None else documents
        return resolve(drafted(stored, changes), self.identity)

    def effective(self, *, user: str | None = None, workstation: str | None = None) -> pd.DataFrame:
        """Return the effective table of this identity, or of another one (needs pandas).

        A row per setting, indexed by (section, setting); see ``effective_table``.

        >>> table = servers.effective()
        >>> table.loc[("imap", "timeout"), ["Default", "Effective", "From"]].tolist()
        [30, 10, 'user']
        >>> servers.effective(user="ben").loc[("imap", "timeout"), "Effective"]
        30
        """
        from mailwidgets.settings.effective import (  # noqa: PLC0415 - pandas takes 0.3 s
            effective_table,
        )

        identity = self._identity(user, workstation)
        return effective_table(resolve(self.store.read(identity), identity))

    def everyone(
        self,
        workstation: str | None = None,
        *,
        origins: bool = False,
        problems: list[str] | None = None,
        unread: Unread = raised,
    ) -> pd.DataFrame:
        """Return the effective values of all users, a row each: see ``effective_of_users``.

        >>> servers.everyone()["imap"]["timeout"].to_dict()
        {'ana': 10.0}
        >>> servers.everyone(origins=True)["imap"]["user"].to_dict()
        {'ana': 'from POP3 (user)'}

        Args:
            workstation: where they sit; without one, what is kept there is left out.
            origins: whether to tell where each value comes from instead.
            problems: gets, in words, every stored value that was passed over.
            unread: told of each user whose document cannot be read, and why: the table lacks
                them. By default it is raised, for such a table could mislead.

        Raises:
            StoreError: if the company's document or the workstation's cannot be read.
        """
        from mailwidgets.everyone.fleet import (  # noqa: PLC0415 - pandas takes 0.3 s
            effective_of_users,
            noting,
        )

        places = [COMPANY, *([Place(Level.WORKSTATION, workstation)] if workstation else [])]
        held = {one.place: one for one in noting(self.store.read_each(places), problems)}
        company, *seat = (held.get(place, Document(place)) for place in places)
        users = noting(self.store.read_all(Level.USER, unread), problems)
        return effective_of_users(users, company, *seat, origins=origins)

    def every_workstation(
        self,
        *,
        origins: bool = False,
        problems: list[str] | None = None,
        unread: Unread = raised,
    ) -> pd.DataFrame:
        """Return what is in force of the settings kept at workstations, a row each.

        The arguments, and what is raised, are as for ``everyone``.

        >>> servers.every_workstation()["imap"]["name"].to_dict()
        {'practice': 'localhost'}
        """
        from mailwidgets.everyone.fleet import (  # noqa: PLC0415 - pandas takes 0.3 s
            effective_of_workstations,
            noting,
        )

        held = noting(self.store.read_each([COMPANY]), problems)
        company = next(held, Document(COMPANY))
        workstations = noting(self.store.read_all(Level.WORKSTATION, unread), problems)
        return effective_of_workstations(workstations, company, origins=origins)

    def change(
        self, name: str, value: object, *, level: Level | None = None, base: object = ANY
    ) -> Change:
        """Return a change of one setting for this identity; ``None`` removes the value.

        >>> servers.change("smtp.tls", "implicit").value
        'implicit'
        >>> servers.change("smtp.port", 0)
        Traceback (most recent call last):
            ...
        mailwidgets.errors.InvalidValue: smtp.port: Must be a whole number from 1 to 65535, not 0.

        Args:
            name: dotted, as ``pop3.port``.
            value: of the setting's type; text is taken as typed.
            level: else the setting's own.
            base: what was stored when the person looked, to notice a conflict.

        Raises:
            UnknownSetting: if there is no such setting.
            InvalidValue: if the setting refuses the value; names it.
            WrongLevel: if it cannot be kept at that level.
        """
        found = setting(name)
        place = self.identity.place(level or found.level)
        if isinstance(value, str) and found.field.kind == "secret":
            value = Secret(value)  # a debugger's traceback shows every variable
        try:
            kept = found.field.parse(value) if isinstance(value, str) else value
        except InvalidValue as error:
            raise InvalidValue(f"{name}: {error}") from error
        return fit(Change(place, found.id, UNSET if kept is None else kept, base))

    def lock(self, name: str, reason: str | None) -> Change:
        """Return a change that locks a setting at the company's level; ``None`` lifts the lock.

        >>> _ = servers.commit([servers.lock("smtp.tls", "security policy")])
        >>> servers.resolve()["smtp", "tls"].from_words
        'default, locked: security policy'

        Raises:
            UnknownSetting: if there is no such setting.
            WrongLevel: if it is a company setting, which nothing narrower could override.
        """
        place = self.identity.place(Level.COMPANY)
        value = UNSET if reason is None else reason
        return fit(Change(place, setting(name).id, value, lock=True))

    def commit(self, changes: Sequence[Change], *, why: str = "") -> Commit | None:
        """Store all changes or none; passwords are encrypted on the way.

        >>> made = servers.commit([servers.change("smtp.port", 465)], why="implicit TLS")
        >>> made.why, [str(edit) for edit in made.edits]
        ('implicit TLS', ['smtp.port (user ana): ... → 465'])
        >>> servers.commit([servers.change("smtp.port", 465)]) is None
        True

        Args:
            changes: what is to be changed; what is so already is left out.
            why: a message for those who read the history.

        Returns:
            The commit; ``None`` where there was nothing to change.

        Raises:
            InvalidValue, WrongLevel: if one does not fit; nothing is stored.
            Conflict: if someone else changed the same setting since.
            VaultError: if there is no usable key for a password, or another user's is set who
                has published none; nothing is stored.
            StoreError: if the store refuses.
        """
        fitting = [fit(change) for change in changes]
        return commit_sealed(self.store, self.vault, self.identity, fitting, self.note(why))

    def publish_key(self) -> Commit | None:
        """Publish what others need to set this person's passwords; ``None`` if it is already.

        >>> servers.publish_key() is None
        True
        >>> servers.documents().user.public_key[:7]
        'x25519:'

        Raises:
            VaultError: if there is no usable key.
            StoreError: if the store refuses.
        """
        told = {owner(self.vault, self.identity): self.vault.public_key()}
        return self.store.commit([], replace(self.note("public key published"), public_keys=told))

    def rekey(self, *, company: bool = False, to: Path | None = None) -> Rekeyed:
        """Encrypt everything that the present key opens with a new one, which takes its place.

        >>> done = servers.rekey(to=folder / "new.key")
        >>> done.secrets, done.left
        (2, ())

        Args:
            company: the company's own key instead of the person's.
            to: a file for the new key, where the present one cannot be changed where it is.

        Raises:
            VaultError: if a key cannot be used, made or changed.
            StoreError: if the store refuses.
        """
        from mailwidgets.custody.rekey import Rotation  # noqa: PLC0415 - once in a year

        target = None if to is None else KeyFile(to, outside=folder_of(self.store), made=True)
        by = self.note().by
        return Rotation(self.store, self.vault, self.identity, by, company, target).run()

    def migrate(
        self,
        target: Store,
        *,
        dry_run: bool = False,
        on_progress: Callable[[str], None] | None = None,
    ) -> Migration:
        """Move everything to another store and prove that it is the same: see ``migrate``.

        >>> from mailwidgets.location import store_at
        >>> found = servers.migrate(store_at(folder / "copy"))
        >>> found.ok, found.documents, found.secrets
        (True, 3, 2)
        """
        from mailwidgets.moving.migrate import migrate  # noqa: PLC0415 - once in a store's life

        return migrate(self.store, target, self.vault, dry_run=dry_run, on_progress=on_progress)

    def _identity(self, user: str | None, workstation: str | None) -> Identity:
        return Identity(user or self.identity.user, workstation or self.identity.workstation)
