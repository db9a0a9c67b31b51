"""The handshake of a check: contexts, pins, and one more handshake to say what is wrong.

The second handshake is on a connection of its own, verifies nothing, and sends nothing.
"""

from __future__ import annotations

import datetime as dt
import difflib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from mailwidgets.checks.dialogue import foreign
from mailwidgets.checks.ladder import Rung
from mailwidgets.connection import certificate, unverified
from mailwidgets.connection.address import resolve, server_name
from mailwidgets.connection.endpoint import Endpoint
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.tls import (
    Records,
    permissive_context,
    unverified_context,
    verifying_context,
)
from mailwidgets.connection.wire import Wire
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import MalformedReply, shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Who

Again = Callable[[], Awaitable[Wire]]
"""Connects once more, and goes as far as the point where a handshake may begin."""

_MOST_NAMES = 3  # of a certificate, to be looked up
_MOST_COMPARED = 1000  # of the 30,000 that a certificate could have
_LOOKUP = 1.0  # seconds for each
_SAFE = ("TLSv1.2", "TLSv1.3")
_VERSIONS = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE")
_CIPHERS = (
    *("HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "INSUFFICIENT_SECURITY", "NO_CIPHERS_AVAILABLE"),
    *("KEY_TOO_SMALL", "TOO_WEAK", "UNSUPPORTED_CIPHER", "WRONG_SIGNATURE_TYPE"),
)


class Handshake:
    """TLS on one wire, certificate and all.

    Args:
        endpoint: whom to verify, and how.
        protocol: ``smtp``, ``imap`` or ``pop3``: who should be there.
        again: for the second handshake, where one is needed.
        upgrade: the server has consented to TLS by STARTTLS or STLS before.
    """

    def __init__(self, endpoint: Endpoint, protocol: str, again: Again, *, upgrade: bool) -> None:
        self._endpoint = endpoint
        self._protocol = protocol
        self._again = again
        self._upgrade = upgrade
        self._name = server_name(endpoint.host)
        self._peer = ""
        self._records: Records | None = None
        self._unverified: ssl.SSLCertVerificationError | None = None

    async def shake(self, wire: Wire, rung: Rung) -> None:
        """Do the handshake; a certificate that is not accepted is for ``verify`` to say."""
        self._peer = wire.peer
        try:
            self._records = await wire.handshake(self._context(), self._name)
        except ssl.SSLCertVerificationError as error:
            self._unverified = error
            rung.saw(_("The handshake went as far as the certificate."))
            return
        except ssl.SSLError as error:
            raise await self._fault(error, wire.records) from error
        except Fault as fault:
            if fault.code != "dropped":
                raise
            raise await self._hung_up(fault.saw) from fault
        except TimeoutError as error:
            raise Fault(
                "silent_server",
                _("No answer to the TLS handshake within {seconds} s.").format(
                    seconds=wire.patience.seconds
                ),
            ) from error
        rung.saw(
            _("{version} with {cipher}.").format(
                version=self._records.version, cipher=self._records.cipher
            )
        )

    async def verify(self, rung: Rung) -> None:
        """Report on the certificate: accepted, soon to expire, or why it is not accepted.

        Raises:
            Fault: one of the ``cert_…`` codes.
        """
        if self._unverified is not None or self._records is None:
            raise await self._not_verified(rung)
        der = self._records.certificate()
        read = certificate.read(der)
        rung.saw(*read.evidence())
        if self._endpoint.pins:
            certificate.must_be_pinned(der, self._endpoint.pins)
            rung.saw(_("It is the pinned one."))
        if soon := certificate.expiring(read):
            rung.warn(soon)

    def _context(self) -> ssl.SSLContext:
        force = self._endpoint.force_tls12
        if self._endpoint.pins:
            return unverified_context(force_tls12=force)
        try:
            return verifying_context(self._endpoint.ca_pem, force_tls12=force)
        except (ssl.SSLError, ValueError) as error:
            raise Fault("ca_unreadable", f"{shown(str(error))}.") from error

    async def _not_verified(self, rung: Rung) -> Fault:
        error = self._unverified
        if error is None:
            return Fault("tls_failed", _("There is no TLS session to verify."))
        seen = await self._peek(unverified_context(force_tls12=self._endpoint.force_tls12))
        if seen is None or not seen.certificate():
            return unverified.unread(error)
        read = certificate.read(seen.certificate())
        rung.saw(*read.evidence())
        ca_pem, now = self._endpoint.ca_pem, dt.datetime.now(dt.UTC)
        fault = unverified.not_verified(error, self._name, read, len(seen.chain()), ca_pem)
        for other in certificate.others(read, self._name, now):
            if other.code != fault.code:
                rung.mention(other)
        if fault.code == "cert_name" and (name := await self._name_of_this_server(read.names)):
            fault.fix = (("name", name),)
            fault.advice = _("Use {name} as server name: it leads to this very server.").format(
                name=name
            )
        return fault

    async def _name_of_this_server(self, names: Sequence[str]) -> str:
        """Return which of a certificate's names leads to the address that was connected to."""
        whole = [name for name in names[:_MOST_COMPARED] if "*" not in name]
        for name in difflib.get_close_matches(self._name, whole, n=_MOST_NAMES, cutoff=0.0):
            try:
                endpoint = replace(self._endpoint, host=name)
                found = await resolve(endpoint, Patience(_LOOKUP), suggest=False)
            except Fault:
                continue  # not allowed, or leads nowhere from here: no name to offer
            if any(address.ip == self._peer for address in found):
                return name
        return ""

    async def _fault(self, error: ssl.SSLError, records: Records | None) -> Fault:
        """Return why the handshake failed."""
        if records is not None and not records.is_tls:
            return self._plain(records.first)
        reason = error.reason or str(error)
        if any(word in reason for word in _VERSIONS):
            return self._version(reason, await self._peek(permissive_context()))
        if any(word in reason for word in _CIPHERS):
            return self._cipher(reason, await self._peek(permissive_context()))
        return Fault("tls_failed", f"{shown(reason)}.")

    def _plain(self, said: bytes) -> Fault:
        """Return the fault of a server that answers a handshake in plain text."""
        line = shown(said.partition(b"\n")[0].rstrip())
        if self._upgrade:
            return Fault("starttls_injection", _("In place of TLS came: {said}").format(said=line))
        if fault := foreign(said, self._protocol):
            return fault
        return Fault(
            "tls_on_plain_port", _("Instead of TLS the server said: {said}").format(said=line)
        )

    async def _hung_up(self, saw: str) -> Fault:
        """Return why the server hung up in the handshake; some do so for want of an alert."""
        seen = await self._peek(permissive_context())
        if seen is None:
            return Fault(
                "dropped",
                saw,
                meaning=_("The server breaks off the TLS handshake, whatever the client offers."),
                advice=_(
                    "Ask the server's owner: its certificate, its key or its ciphers are broken, "
                    "or it lets nobody in from here."
                ),
            )
        if self._endpoint.force_tls12 or seen.version not in _SAFE:
            return self._version(saw.removesuffix("."), seen)
        return self._cipher(saw.removesuffix("."), seen)

    def _version(self, reason: str, seen: Records | None) -> Fault:
        asked = _("TLS 1.2 alone") if self._endpoint.force_tls12 else _("TLS 1.2 and 1.3")
        known = {"reason": shown(reason), "asked": asked, "version": seen.version if seen else ""}
        if seen is None:
            told = _(
                "{reason}. The client offers {asked};"
                " the server takes neither that nor anything older."
            )
            return Fault("tls_version", told.format_map(known))
        if seen.version in _SAFE:
            return Fault(
                "tls_version",
                _("{reason}. The client offers {asked}, the server has {version}.").format_map(
                    known
                ),
                meaning=_("The server no longer takes TLS 1.2, and Force TLS 1.2 offers no other."),
                advice=_("Lift Force TLS 1.2."),
                fix=(("force_tls12", False),),
                who=Who.YOU,
            )
        return Fault(
            "tls_version",
            _("{reason}. The client offers {asked}, the server has {version} at most.").format_map(
                known
            ),
            meaning=_("The server is too old: {version} is no longer safe.").format(
                version=seen.version
            ),
            advice=_("Have the server upgraded to TLS 1.2 or 1.3."),
        )

    @staticmethod
    def _cipher(reason: str, seen: Records | None) -> Fault:
        if seen is None:
            return Fault("tls_cipher", f"{shown(reason)}.")
        told = _("{reason}. A client that takes anything gets {version} with {cipher}.")
        saw = told.format(reason=shown(reason), version=seen.version, cipher=seen.cipher)
        return Fault("tls_cipher", saw)

    async def _peek(self, context: ssl.SSLContext) -> Records | None:
        """Return a session with the same server that verifies nothing, None where none begins."""
        try:
            wire = await self._again()
        except (Fault, MalformedReply, OSError):
            return None  # the first connection's fault is the one to report
        try:
            return await wire.handshake(context, self._name)
        except (Fault, OSError):  # ssl.SSLError and TimeoutError are OSErrors
            return None
        finally:
            await wire.drop()
