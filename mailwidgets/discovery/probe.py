"""Is a server there? A connection, a greeting, TLS with verification, and goodbye; no login."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.checks.imap_dialogue import ImapDialogue
from mailwidgets.checks.pop3 import Pop3Dialogue
from mailwidgets.checks.smtp_dialogue import SmtpDialogue
from mailwidgets.connection import certificate, unverified
from mailwidgets.connection.address import Address, server_name
from mailwidgets.connection.endpoint import (
    IMPLICIT_PORTS,
    STARTTLS_PORTS,
    Endpoint,
    TlsMode,
)
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.race import not_connected, race
from mailwidgets.connection.tls import unverified_context
from mailwidgets.connection.wire import Wire
from mailwidgets.discovery.proposal import Proposal, Source
from mailwidgets.discovery.resolver import Resolver
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import N_, _
from mailwidgets.protocols.octets import MalformedReply, shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.transcript import Transcript

_AT_ONCE = 16  # connections
_CLEAR = N_("There is no TLS: password and mail could be read on the way.")


@dataclass(frozen=True, slots=True)
class Manner:
    """How all servers of one discovery are asked.

    Attributes:
        context: verifies certificates.
        resolver: where names are looked up.
        patience: the discovery's clock; one probe may take one timeout.
        allowed_hosts: see ``Endpoint``.
        ehlo: the name this client gives itself; empty means its FQDN or address.
        tell: told of each server as it answers.
    """

    context: ssl.SSLContext
    resolver: Resolver
    patience: Patience
    allowed_hosts: Sequence[str]
    ehlo: str
    tell: Callable[[str], None]


async def proven(proposals: Iterable[Proposal], manner: Manner) -> list[Proposal]:
    """Return the proposals with what a connection to each showed.

    A guess that nothing answered is left out; what SRV records and documents say stays.
    """
    wanted = list(proposals)
    turns = asyncio.Semaphore(_AT_ONCE)
    hosts = list(dict.fromkeys(one.host for one in wanted))
    found = await asyncio.gather(*(_addresses(host, manner, turns) for host in hosts))
    addresses = dict(zip(hosts, found, strict=True))
    probes = [_Probe(one, addresses[one.host], manner) for one in wanted]
    async with asyncio.TaskGroup() as asking:
        for probe in probes:
            asking.create_task(probe.run(turns))
    judged = (probe.judged() for probe in probes)
    return [one for one in judged if one is not None]


async def _addresses(host: str, manner: Manner, turns: asyncio.Semaphore) -> list[Address] | Fault:
    endpoint = Endpoint(
        host, 1, TlsMode.NONE, manner.patience.timeout, allowed_hosts=tuple(manner.allowed_hosts)
    )
    async with turns:
        try:
            return await manner.resolver.addresses(endpoint, manner.patience)
        except Fault as fault:
            return fault


class _Probe:
    """One look at one server.

    Args:
        proposal: what to look at.
        addresses: the host's, or why there are none.
        manner: how to ask.
    """

    def __init__(
        self, proposal: Proposal, addresses: list[Address] | Fault, manner: Manner
    ) -> None:
        self._proposal = proposal
        self._addresses = addresses
        self._manner = manner
        self._implicit = proposal.tls is TlsMode.IMPLICIT
        self._said: list[str] = []
        self._answered = False
        self._offers_tls: bool | None = None  # by STARTTLS; None: not known
        self._verified = False

    async def run(self, turns: asyncio.Semaphore) -> None:
        """Look, within one timeout once it is this one's turn; what goes wrong is evidence."""
        if isinstance(self._addresses, Fault):
            self._say(_("Not connected: {reason}").format(reason=self._addresses.saw))
            return
        async with turns:
            seconds = min(self._manner.patience.timeout, self._manner.patience.left)
            try:
                async with asyncio.timeout(seconds):
                    await self._look(self._addresses)
            except Fault as fault:
                self._say(f"{fault.saw} ({fault.code})")
            except MalformedReply as error:
                self._say(
                    _("What came is no {protocol}: {reason}.").format(
                        protocol=self._proposal.protocol.upper(), reason=error
                    )
                )
            except TimeoutError:
                self._say(
                    _("Port {port}: no answer within {seconds} s.").format(
                        port=self._proposal.port, seconds=number(seconds, 1)
                    )
                )
            except ssl.SSLError as error:
                self._say(
                    _("TLS failed: {reason}.").format(reason=shown(error.reason or str(error)))
                )
            except OSError as error:
                self._say(
                    _("The connection failed: {reason}.").format(
                        reason=shown(error.strerror or str(error))
                    )
                )
        if self._answered:
            one = self._proposal
            told = _("{protocol}: {host} port {port} answers, but not over verified TLS.")
            if self._verified:
                told = _("{protocol}: {host} port {port} answers.")
            protocol = one.protocol.upper()
            self._manner.tell(told.format(protocol=protocol, host=one.host, port=one.port))

    def judged(self) -> Proposal | None:
        """Return the proposal with what was seen; None for a guess that came to nothing."""
        one = self._proposal
        if one.source is Source.GUESS and not self._answered:
            return None
        tls, caveat = one.tls, one.caveat
        if tls is TlsMode.NONE and self._offers_tls:
            tls = TlsMode.REQUIRE
        elif tls is TlsMode.REQUIRE and self._offers_tls is False:
            # A document that says STARTTLS knows better than this one answer.
            tls = tls if one.source is Source.AUTOCONFIG else TlsMode.NONE
        caveat = " ".join(filter(None, (caveat, _inexpressible(one, tls))))
        return replace(
            one,
            tls=tls,
            caveat=caveat,
            verified=self._verified,
            evidence=(*one.evidence, *self._said),
        )

    async def _look(self, addresses: list[Address]) -> None:
        wire = await self._connected(addresses)
        try:
            dialogue = self._dialogue(wire)
            if await self._ready_for_tls(wire, dialogue):
                await self._secure(wire)
                if self._implicit:
                    await self._greeted(dialogue)
                self._say(await dialogue.ask())
                self._verified = True
            dialogue.send_goodbye()
            await wire.close()
        finally:
            await wire.drop()

    async def _connected(self, addresses: list[Address]) -> Wire:
        port, patience = self._proposal.port, self._manner.patience
        course = await race([address.on(port) for address in addresses], patience)
        if course.sock is None:
            endpoint = Endpoint(self._proposal.host, port, TlsMode.NONE, patience.timeout)
            raise not_connected(course, endpoint, patience)
        return await Wire.over(course.sock, Transcript(), patience)

    def _dialogue(self, wire: Wire) -> Dialogue:
        if self._proposal.protocol == "imap":
            return ImapDialogue(wire)
        if self._proposal.protocol == "pop3":
            return Pop3Dialogue(wire)
        return SmtpDialogue(wire, ehlo=self._manner.ehlo)

    async def _greeted(self, dialogue: Dialogue) -> None:
        greeting = await dialogue.greet()
        self._answered = True
        self._say(
            _("Port {port} answers: {greeting}").format(port=self._proposal.port, greeting=greeting)
        )

    async def _ready_for_tls(self, wire: Wire, dialogue: Dialogue) -> bool:
        """Go as far as the point where a handshake may begin; return whether there is one."""
        if self._implicit:
            return True
        await self._greeted(dialogue)
        offers = await dialogue.ask()
        self._offers_tls = dialogue.offers_tls
        if not self._offers_tls:
            self._say(offers, _("{command} is not offered.").format(command=dialogue.starttls_name))
            return False
        await dialogue.starttls()
        if wire.waiting:
            raise Fault(
                "starttls_injection",
                _("Before TLS came: {words}").format(words=shown(wire.waiting)),
            )
        return True

    async def _secure(self, wire: Wire) -> None:
        """Do the handshake, and say what the certificate is, accepted or not."""
        host = server_name(self._proposal.host)
        try:
            records = await wire.handshake(self._manner.context, host)
        except ssl.SSLCertVerificationError as error:
            self._answered = True
            raise await self._not_accepted(error, host) from error
        read = certificate.read(records.certificate())
        self._say(
            _(
                "{version}; the certificate verified: for {names}, issued by {issuer}, valid until "
                "{end:%Y-%m-%d}."
            ).format(
                version=records.version, names=read.for_names, issuer=read.issuer, end=read.ends
            )
        )

    async def _not_accepted(self, error: ssl.SSLCertVerificationError, host: str) -> Fault:
        """Look at the certificate on a second connection, on which nothing is sent."""
        if not isinstance(self._addresses, Fault):
            wire = await self._connected(self._addresses)
            try:
                if not self._implicit:
                    dialogue = self._dialogue(wire)
                    await dialogue.greet()
                    await dialogue.ask()
                    await dialogue.starttls()
                records = await wire.handshake(unverified_context(force_tls12=False), host)
                read, sent = certificate.read(records.certificate()), len(records.chain())
                return unverified.not_verified(error, host, read, sent)
            except (Fault, MalformedReply, OSError):
                return unverified.unread(error)  # that one says less, but it is certain
            finally:
                await wire.drop()
        return unverified.unread(error)

    def _say(self, *sentences: str) -> None:
        self._said += [shown(one, 400) for one in sentences]


def _inexpressible(one: Proposal, tls: TlsMode) -> str:
    """Return why a person has to look first: no TLS, or a choice that the settings lack."""
    if tls is TlsMode.NONE:
        return _(_CLEAR)
    yes_and_no = one.protocol in {"pop3", "imap"}
    if tls is TlsMode.IMPLICIT and yes_and_no and one.port in STARTTLS_PORTS:
        return _(
            "On port {port} the settings would mean STARTTLS, not TLS from the first byte."
        ).format(port=one.port)
    if tls is TlsMode.REQUIRE and one.port in IMPLICIT_PORTS:
        return _(
            "On port {port} the settings would mean TLS from the first byte, not STARTTLS."
        ).format(port=one.port)
    return ""
