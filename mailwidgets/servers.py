"""One company's mail servers as one person sees them: the object behind every surface."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from mailwidgets.checks.ladder import CheckRun
from mailwidgets.connection.endpoint import OnStep
from mailwidgets.errors import InvalidValue
from mailwidgets.reports.report import Report
from mailwidgets.settings.documents import ANY, UNSET, Change, Documents, drafted
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.resolve import Resolution, resolve
from mailwidgets.settings.secret import Secret
from mailwidgets.settings.sections import fit, setting
from mailwidgets.settings.trust import certificates_of
from mailwidgets.store.location import store_at
from mailwidgets.store.protocol import Store
from mailwidgets.store.vault import Vault
from mailwidgets.targets import Climb, Targets

if TYPE_CHECKING:
    import pandas as pd

    from mailwidgets.discovery.proposal import Discovery

_TOLD = ("STORE", "USER", "WORKSTATION", "CA_FILE", "DNS")


class Servers:
    """The settings of a store for one identity: read, resolved, changed and proven.

    Args:
        store: where the documents live.
        identity: for whom values are resolved and written.
        vault: seals and opens passwords; by default with the keys of the environment.
        ca_pem: certificates that checks trust besides the system's and the company's own.
        dns: name server that a search for servers asks, as ``127.0.0.1:5353``; empty: the
            system's.
    """

    def __init__(
        self,
        store: Store,
        identity: Identity,
        *,
        vault: Vault | None = None,
        ca_pem: str = "",
        dns: str = "",
    ) -> None:
        self.store = store
        self.identity = identity
        self.vault = vault or Vault.from_environment()
        self.ca_pem = ca_pem
        self.dns = dns

    @classmethod
    def open(
        cls,
        location: str | os.PathLike[str] | None = None,
        *,
        user: str | None = None,
        workstation: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Open a store; nothing is created before the first commit.

        What is not given comes from the environment, where ``mailwidgets dashboard`` leaves its
        own choices for the kernels it starts: ``MAILWIDGETS_STORE``, ``MAILWIDGETS_USER``,
        ``MAILWIDGETS_WORKSTATION``, ``MAILWIDGETS_CA_FILE``, ``MAILWIDGETS_DNS``.

        Args:
            location: a folder; else the platform's data folder.
            user: else ``JUPYTERHUB_USER``, else the operating system's user.
            workstation: else this machine's host name.
            ca_file: PEM certificates that checks trust besides the system's.

        Raises:
            InvalidId: if a name cannot be kept.
            InvalidValue: if the CA file holds no certificates.
            StoreError: if the location is no folder, or the CA file cannot be read.
        """
        told = {name: os.environ.get(f"MAILWIDGETS_{name}") for name in _TOLD}
        identity = Identity.acting(user or told["USER"], workstation or told["WORKSTATION"])
        ca_pem = certificates_of(ca_file or told["CA_FILE"])
        store = store_at(location or told["STORE"])
        vault = Vault.from_environment(store=store.path)
        return cls(store, identity, vault=vault, ca_pem=ca_pem, dns=told["DNS"] or "")

    def as_seen_by(self, user: str | None = None, workstation: str | None = None) -> Servers:
        """Return the same store for another identity; what is not given stays."""
        identity = Identity(user or self.identity.user, workstation or self.identity.workstation)
        return Servers(self.store, identity, vault=self.vault, ca_pem=self.ca_pem, dns=self.dns)

    def documents(self) -> Documents:
        """Return the documents that decide for this identity.

        Raises:
            StoreError: if one cannot be read.
        """
        return self.store.read(self.identity)

    def resolve(
        self, changes: Iterable[Change] = (), documents: Documents | None = None
    ) -> Resolution:
        """Return every setting's value in force and where it comes from.

        Args:
            changes: a draft's edits, to see what they would make of it.
            documents: as read before; else the store is read now.
        """
        stored = self.documents() if documents is None else documents
        return resolve(drafted(stored, changes), self.identity)

    def effective(self, *, user: str | None = None, workstation: str | None = None) -> pd.DataFrame:
        """Return the effective table of this identity, or of another one (needs pandas).

        A row per setting, indexed by (section, setting); see ``effective_table``.
        """
        from mailwidgets.settings.effective import (  # noqa: PLC0415 - pandas takes 0.3 s
            effective_table,
        )

        return effective_table(self.as_seen_by(user, workstation).resolve())

    def change(
        self, name: str, value: object, *, level: Level | None = None, base: object = ANY
    ) -> Change:
        """Return a change of one setting for this identity; ``None`` removes the value.

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
        try:
            kept = found.field.parse(value) if isinstance(value, str) else value
        except InvalidValue as error:
            raise InvalidValue(f"{name}: {error}") from error
        return fit(Change(place, found.id, UNSET if kept is None else kept, base))

    def lock(self, name: str, reason: str | None) -> Change:
        """Return a change that locks a setting at the company's level; ``None`` lifts the lock.

        Raises:
            UnknownSetting: if there is no such setting.
            WrongLevel: if it is a company setting, which nothing narrower could override.
        """
        place = self.identity.place(Level.COMPANY)
        value = UNSET if reason is None else reason
        return fit(Change(place, setting(name).id, value, lock=True))

    def commit(self, changes: Sequence[Change]) -> None:
        """Store all changes or none; passwords are encrypted on the way.

        Raises:
            InvalidValue, WrongLevel: if one does not fit; nothing is stored.
            Conflict: if someone else changed the same setting since.
            VaultError: if there is no usable key for a password.
            StoreError: if the store refuses.
        """
        self.store.commit([self._sealed(fit(change)) for change in changes])

    def _sealed(self, change: Change) -> Change:
        if not isinstance(change.value, Secret):
            return change
        return replace(change, value=self.vault.seal(change.place, change.key, change.value))

    def targets(self, changes: Iterable[Change] = ()) -> Targets:
        """Return the values in force, a draft's edits included, as checks take them."""
        return Targets(self.resolve(changes), self.vault, self.ca_pem)

    def start_check(
        self, section: str, *, changes: Iterable[Change] = (), on_step: OnStep | None = None
    ) -> CheckRun:
        """Start a section's check beside the running event loop.

        Args:
            section: ``pop3``, ``smtp``, ``imap`` or ``workflow``.
            changes: a draft's edits to test with.
            on_step: told of every step as it starts and ends.

        Returns:
            The run: ``cancel()`` it, or await its ``report()``.

        Raises:
            UnknownSetting: if the section has no check.
            StoreError: if the settings cannot be read.
        """
        return _started(self.targets(changes).climb(section), on_step)

    async def check(
        self, section: str, *, changes: Iterable[Change] = (), on_step: OnStep | None = None
    ) -> Report:
        """Run a section's check and return its report; a failing check is a report, too.

        Raises:
            UnknownSetting: if the section has no check.
        """
        return await self.start_check(section, changes=changes, on_step=on_step).report()

    def start_send(
        self,
        to: str,
        *,
        subject: str = "",
        text: str = "",
        changes: Iterable[Change] = (),
        on_step: OnStep | None = None,
    ) -> CheckRun:
        """Start to send a test message by the workflow's settings; else as ``start_check``.

        Raises:
            InvalidValue: if address or subject cannot stand in a message.
        """
        return _started(self.targets(changes).send(to, subject=subject, text=text), on_step)

    async def send(self, to: str, *, subject: str = "", text: str = "") -> Report:
        """Send a test message and return the report; raises as ``start_send`` does."""
        return await self.start_send(to, subject=subject, text=text).report()

    async def check_all(self, sections: Iterable[str] | None = None) -> list[Report]:
        """Run the checks of several sections together, by default of all that name a server.

        All take their values from one reading of the store.

        Raises:
            UnknownSetting: if a section has no check; none is run then.
        """
        targets = self.targets()
        chosen = targets.configured() if sections is None else sections
        climbs = [targets.climb(section) for section in chosen]
        return list(await asyncio.gather(*(_started(climb).report() for climb in climbs)))

    def bundle(self, reports: Report | Iterable[Report]) -> bytes:
        """Return a support bundle: a ZIP file to hand to someone else.

        It holds the reports, their transcripts, versions, and the settings in force without
        secrets; names of users and hosts are in it.

        Raises:
            StoreError: if the settings cannot be read.
        """
        from mailwidgets.reports.bundle import (  # noqa: PLC0415 - no check waits for zipfile
            bundle,
        )

        rows = [value.as_row() for value in self.resolve().values()]
        whose = self.identity
        return bundle(reports, rows, user=whose.user, workstation=whose.workstation)

    async def discover(
        self,
        address: str,
        *,
        autoconfig: str = "",
        dns: str = "",
        changes: Iterable[Change] = (),
        on_progress: Callable[[str], None] | None = None,
    ) -> Discovery:
        """Return the servers that an e-mail address may have, ranked; nobody logs in.

        Args:
            address: as ``ana@example.com``.
            autoconfig: URL or file of a document in Mozilla's format; empty: none is read.
            dns: name server to ask instead, as ``127.0.0.1:5353``.
            changes: a draft's edits; the company's CA and allowed hosts are among the settings.
            on_progress: told, in short sentences, what comes.

        Raises:
            InvalidValue: if the address or the name server cannot be used.
        """
        from mailwidgets.discovery.discover import discover  # noqa: PLC0415 - DNS and HTTP

        asking = self.targets(changes).asking()
        return await discover(
            address,
            autoconfig=autoconfig,
            resolver=dns or self.dns or None,
            on_progress=on_progress,
            **asking,
        )


def _started(climb: Climb, on_step: OnStep | None = None) -> CheckRun:
    run = CheckRun(lambda: climb(on_step))
    run.start()
    return run
