"""One company's mail servers as one person sees them: the object behind every surface."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Self

from mailwidgets.checks.ladder import CheckRun
from mailwidgets.connection.endpoint import OnStep, place_of
from mailwidgets.ledger import Ledger
from mailwidgets.location import folder_of, store_at
from mailwidgets.reports.report import Report
from mailwidgets.settings.documents import Change, Documents
from mailwidgets.settings.levels import Identity
from mailwidgets.settings.trust import certificates_of
from mailwidgets.store.protocol import Store
from mailwidgets.targets import Climb, Targets
from mailwidgets.vault.vault import Vault

if TYPE_CHECKING:
    from mailwidgets.discovery.proposal import Discovery

_TOLD = ("STORE", "USER", "WORKSTATION", "CA_FILE", "DNS")


class Servers(Ledger):
    """The settings of a store for one identity: read, resolved, changed and proven.

    >>> (await servers.check("smtp")).verdict
    'SMTP works: every step passed.'

    Args:
        store: where the documents live.
        identity: for whom values are resolved and written.
        vault: seals and opens passwords; by default with the keys of the environment.
        author: who is named in the history; by default the person at work.
        ca_pem: certificates that checks trust besides the system's and the company's own.
        dns: name server that checks and a search for servers ask, as ``127.0.0.1:5353``; for
            names that it refuses, and where it is empty, the system's are asked.

    Raises:
        InvalidValue: the name server is no IP address with or without a port.
    """

    def __init__(  # noqa: PLR0913 - each has a default, and is given by name
        self,
        store: Store,
        identity: Identity,
        *,
        vault: Vault | None = None,
        author: str = "",
        ca_pem: str = "",
        dns: str = "",
    ) -> None:
        super().__init__(store, identity, vault=vault, author=author)
        if dns:
            place_of(dns)
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

        >>> opened = Servers.open(folder / "settings", user="ana", workstation="WS-01")
        >>> opened.identity, list(folder.iterdir())
        (Identity(user='ana', workstation='WS-01'), [])

        Args:
            location: a folder, or a database's URL; else the platform's data folder.
            user: else ``JUPYTERHUB_USER``, else the operating system's user.
            workstation: else this machine's host name.
            ca_file: PEM certificates that checks trust besides the system's.

        Raises:
            InvalidId: if a name cannot be kept.
            InvalidValue: if the CA file holds no certificates, or the name server is no IP
                address with or without a port.
            StoreError: if nothing can be opened there, or the CA file cannot be read.
        """
        told = {name: os.environ.get(f"MAILWIDGETS_{name}") for name in _TOLD}
        identity = Identity.acting(user or told["USER"], workstation or told["WORKSTATION"])
        ca_pem = certificates_of(ca_file or told["CA_FILE"])
        store = store_at(location or told["STORE"])
        vault = Vault.from_environment(store=folder_of(store), user=identity.user)
        return cls(store, identity, vault=vault, ca_pem=ca_pem, dns=told["DNS"] or "")

    def as_seen_by(self, user: str | None = None, workstation: str | None = None) -> Servers:
        """Return the same store for another identity; what is not given stays.

        >>> ben = servers.as_seen_by("ben")
        >>> ben.identity, ben.store is servers.store
        (Identity(user='ben', workstation='practice'), True)
        """
        return Servers(
            self.store,
            self._identity(user, workstation),
            vault=self.vault,
            author=self.author,
            ca_pem=self.ca_pem,
            dns=self.dns,
        )

    def targets(
        self, changes: Iterable[Change] = (), documents: Documents | None = None
    ) -> Targets:
        """Return the values in force as checks take them; the arguments are as for ``resolve``.

        >>> servers.targets().configured()
        ('pop3', 'smtp', 'imap', 'workflow')
        """
        return Targets(self.resolve(changes, documents), self.vault, self.ca_pem, self.dns)

    def start_check(
        self,
        section: str,
        *,
        changes: Iterable[Change] = (),
        documents: Documents | None = None,
        on_step: OnStep | None = None,
    ) -> CheckRun:
        """Start a section's check beside the running event loop.

        >>> run = servers.start_check("imap", on_step=lambda step: None)
        >>> run.cancel()
        >>> (await run.report()).code
        'cancelled'

        Args:
            section: ``pop3``, ``smtp``, ``imap`` or ``workflow``.
            changes: a draft's edits to test with.
            documents: as read before; else the store is read now, and may keep the loop waiting.
            on_step: told of every step as it starts and ends.

        Returns:
            What runs now; ``cancel()`` it, or await its ``report()``.

        Raises:
            UnknownSetting: if the section has no check.
            StoreError: if the settings cannot be read.
        """
        return _started(self.targets(changes, documents).climb(section), on_step)

    async def check(
        self, section: str, *, changes: Iterable[Change] = (), on_step: OnStep | None = None
    ) -> Report:
        """Run a section's check and return its report; a failing check is a report, too.

        >>> wrong = servers.change("imap.outbox", "Outbocks")
        >>> report = await servers.check("imap", changes=[wrong])
        >>> report.code, report.fix
        ('folder_missing', {'imap.outbox': 'Outbox'})

        Raises:
            UnknownSetting: if the section has no check.
        """
        return await self.start_check(section, changes=changes, on_step=on_step).report()

    def start_send(  # noqa: PLR0913 - all but one have a default, and are given by name
        self,
        to: str,
        *,
        subject: str = "",
        text: str = "",
        changes: Iterable[Change] = (),
        documents: Documents | None = None,
        on_step: OnStep | None = None,
    ) -> CheckRun:
        """Start to send a test message by the workflow's settings; else as ``start_check``.

        >>> run = servers.start_send("ana@practice.example", subject="Hello")
        >>> (await run.report()).ok, run.done
        (True, True)

        Raises:
            InvalidValue: if address or subject cannot stand in a message.
        """
        targets = self.targets(changes, documents)
        return _started(targets.send(to, subject=subject, text=text), on_step)

    async def send(self, to: str, *, subject: str = "", text: str = "") -> Report:
        """Send a test message and return the report; raises as ``start_send`` does.

        >>> report = await servers.send("ana@practice.example", subject="Hello")
        >>> report.verdict
        'Workflow e-mail works: the server has taken the message.'
        """
        return await self.start_send(to, subject=subject, text=text).report()

    async def check_all(self, sections: Iterable[str] | None = None) -> list[Report]:
        """Run the checks of several sections together, by default of all that name a server.

        All take their values from one reading of the store.

        >>> [report.code for report in await servers.check_all()]
        ['ok', 'ok', 'ok', 'ok']
        >>> [report.section for report in await servers.check_all(["imap", "pop3"])]
        ['imap', 'pop3']

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

        >>> import zipfile
        >>> _ = (folder / "support.zip").write_bytes(servers.bundle(report))
        >>> zipfile.is_zipfile(folder / "support.zip")
        True

        Raises:
            StoreError: if the settings cannot be read.
        """
        from mailwidgets.reports.bundle import (  # noqa: PLC0415 - no check waits for zipfile
            bundle,
        )

        rows = [value.as_row() for value in self.resolve().values()]
        whose = self.identity
        return bundle(reports, rows, user=whose.user, workstation=whose.workstation)

    async def discover(  # noqa: PLR0913 - all but one have a default, and are given by name
        self,
        address: str,
        *,
        autoconfig: str = "",
        dns: str = "",
        changes: Iterable[Change] = (),
        documents: Documents | None = None,
        on_progress: Callable[[str], None] | None = None,
    ) -> Discovery:
        """Return the servers that an e-mail address may have, ranked; nobody logs in.

        >>> found = await servers.discover("ana@practice.example", dns=laboratory.dns)
        >>> found.remarks[0]
        'No SRV records of _imaps._tcp.practice.example: there is no such name.'

        Args:
            address: as ``ana@example.com``.
            autoconfig: URL or file of a document in Mozilla's format; empty: none is read.
            dns: name server to ask instead, as ``127.0.0.1:5353``.
            changes: a draft's edits; the company's CA and allowed hosts are among the settings.
            documents: as read before; else the store is read now.
            on_progress: told, in short sentences, what comes.

        Raises:
            InvalidValue: if the address or the name server cannot be used.
        """
        from mailwidgets.discovery.discover import discover  # noqa: PLC0415 - DNS and HTTP

        asking = self.targets(changes, documents).asking()
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
