"""Settings on the move, as one person sees them: told beforehand, taken out, brought in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Level
from mailwidgets.settings.secret import Secret
from mailwidgets.settings.sections import fit
from mailwidgets.store.commits import Commit
from mailwidgets.store.protocol import Store
from mailwidgets.vault.vault import Vault

if TYPE_CHECKING:
    from mailwidgets.everyone.shifts import Impact
    from mailwidgets.moving.export import Export
    from mailwidgets.moving.incoming import Import
    from mailwidgets.vault.passphrase import Passphrase


class Moving(ABC):
    """What a ledger does with the settings of many.

    >>> copy = servers.export("csv", levels=["company"])
    >>> print(servers.import_(copy.text, dry_run=True))
    Nothing to change: all that the file says is stored already.

    Attributes:
        store: where the documents live.
        vault: seals and opens passwords.
        author: who is named in exports and in the history.
    """

    store: Store
    vault: Vault
    author: str

    @abstractmethod
    def commit(self, changes: Sequence[Change], *, why: str = "") -> Commit | None:
        """Store all changes or none: the ledger does.

        >>> servers.commit([servers.change("imap.timeout", 20)]).by == servers.author
        True
        """

    def impact(self, changes: Iterable[Change]) -> Impact:
        """Return whose effective values changes would change, and how; nothing is stored.

        >>> change = servers.change("imap.timeout", 20, level=Level.COMPANY)
        >>> print(servers.impact([change]))
        imap.timeout: 30 (default) → 20 (company) for every user that has stored nothing
        imap.timeout: unchanged for 1 user (ana)

        Raises:
            InvalidValue, WrongLevel: if a change does not fit its setting.
            StoreError: if the store cannot be read.
        """
        from mailwidgets.everyone.impact import impact  # noqa: PLC0415 - as below

        return impact(self.store, [fit(change) for change in changes])

    def export(
        self,
        form: str = "json",
        *,
        levels: Iterable[Level | str] | None = None,
        users: Iterable[str] = (),
        workstations: Iterable[str] = (),
        passphrase: str | Secret = "",
    ) -> Export:
        """Return settings as a file; what cannot be read is left out, with a warning.

        >>> made = servers.export(users=["ana"], passphrase="six words that nobody guesses here")
        >>> made.documents, made.secrets, made.warnings
        (1, 1, ())
        >>> "ana-practice" in made.text
        False

        Args:
            form: ``json``, or ``csv`` for spreadsheets.
            levels: whole levels; by default all, or none where users or workstations are named.
            users: these alone of their level.
            workstations: likewise.
            passphrase: to encrypt passwords to; without one they are left out.

        Raises:
            InvalidValue, InvalidId: if there is no such form or level, or a name cannot be one.
            StoreError: if the store cannot be reached.
        """
        from mailwidgets.moving.export import (  # noqa: PLC0415 - no check waits for csv
            Choice,
            export,
        )

        return export(
            self.store,
            self.vault,
            form=form,
            choice=Choice.of(levels, users, workstations),
            by=self.author,
            passphrase=_passphrase(passphrase),
        )

    def import_(
        self,
        data: bytes | str,
        *,
        name: str = "the import",
        passphrase: str | Secret = "",
        dry_run: bool = False,
        why: str = "",
    ) -> Import:
        r"""Store what a file says, all of it or nothing; what it does not name stays as it is.

        >>> sheet = "level,id,smtp.port\nuser,zoe,465\n"
        >>> print(servers.import_(sheet, dry_run=True))
        Would change 1 setting of 1 user. Nothing was stored.
        New: user zoe
        In force then:
          smtp.port: 25 (default) → 465 (user) for 1 user (zoe)
        >>> servers.import_(sheet, why="a new colleague").commit.why
        'a new colleague'

        Args:
            data: an export, or a spreadsheet as CSV; UTF-8, or UTF-16 as Excel writes it.
            name: what the file is called, for messages.
            passphrase: to which its passwords are encrypted.
            dry_run: whether only to tell what would change.
            why: a message for those who read the history.

        Raises:
            InvalidImport: if anything in it cannot be kept; names every fault and its place.
            Conflict: if someone else changed one of the settings in the meantime.
            VaultError: if a password cannot be encrypted to its owner.
            StoreError: if the store refuses, or the file is not JSON.
        """
        from mailwidgets.moving.incoming import prepare  # noqa: PLC0415 - see export

        raw = data.encode() if isinstance(data, str) else data
        given = _passphrase(passphrase)
        found = prepare(self.store, self.vault, raw, name=name, passphrase=given)
        if dry_run:
            return replace(found, dry_run=True)
        return replace(found, commit=self.commit(found.changes, why=why))


def _passphrase(text: str | Secret) -> Passphrase | None:
    from mailwidgets.vault.passphrase import Passphrase  # noqa: PLC0415 - scrypt and AES

    plain = text if isinstance(text, Secret) else Secret(text)
    return Passphrase(plain.reveal()) if plain else None
