"""Where does it work instead? One further connection, once a check has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.connection.address import Address
from mailwidgets.connection.endpoint import IMPLICIT_PORTS, Endpoint
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.race import race
from mailwidgets.connection.tls import unverified_context
from mailwidgets.connection.wire import Wire
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import MalformedReply
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Fix
from mailwidgets.reports.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Alternative:
    """A port of the protocol on which a client gets TLS.

    Attributes:
        port: 1 to 65535.
        implicit: TLS from the first byte, not by STARTTLS or STLS.
    """

    port: int
    implicit: bool

    def fix(self, section: str) -> Fix:
        """Return the settings of ``section`` that choose it."""
        return (("port", self.port), ("tls", choice(section, implicit=self.implicit)))

    def offered(self, endpoint: Endpoint, section: str) -> Fix:
        """Return those of them that differ from what was tried."""
        return tuple(one for one in self.fix(section) if one != ("port", endpoint.port))

    def __str__(self) -> str:
        """Return it in words."""
        tls = "TLS" if self.implicit else "STARTTLS"
        return _("Here, port {port} answers with {tls}.").format(port=self.port, tls=tls)


def choice(section: str, *, implicit: bool) -> str | bool:
    """Return what Use TLS/SSL of a section has to be; POP3 and IMAP have Yes and No."""
    if section in {"pop3", "imap"}:
        return True
    return "implicit" if implicit else "require"


ALTERNATIVES: dict[str, tuple[Alternative, ...]] = {
    "smtp": (Alternative(587, implicit=False), Alternative(465, implicit=True)),
    "imap": (Alternative(993, implicit=True), Alternative(143, implicit=False)),
    "pop3": (Alternative(995, implicit=True), Alternative(110, implicit=False)),
}
"""The ports of each protocol that have TLS, the usual one first (RFC 8314 §3)."""

_ELSEWHERE = frozenset(("refused", "timeout_connect", "wrong_protocol"))


def worth_trying(code: str, endpoint: Endpoint, protocol: str, section: str) -> Alternative | None:
    """Return the one place where it may well work instead, None where a look would tell nothing.

    Args:
        code: the fault that ended the check.
        endpoint: what was tried.
        protocol: ``smtp``, ``imap`` or ``pop3``.
        section: whose settings they are; a choice it does not have is no alternative.
    """
    others = [one for one in ALTERNATIVES[protocol] if one.port != endpoint.port]
    if code in _ELSEWHERE:
        return next(iter(others), None)
    if code == "starttls_missing":
        return next((one for one in others if one.implicit), None)
    if code == "tls_on_plain_port":
        if section not in {"pop3", "imap"} and endpoint.port not in IMPLICIT_PORTS:
            return Alternative(endpoint.port, implicit=False)
        return next((one for one in others if not one.implicit), None)
    return None


class CounterProbe:
    """One look at another port of a server.

    No login and no address is sent, and no certificate is verified: whether mail works there,
    the next check will say.

    Args:
        name: the server's name, for the handshake.
        addresses: the server's, on any port.
        talk: makes the protocol's conversation over a wire.
        seconds: how long to look.
    """

    def __init__(
        self,
        name: str,
        addresses: Sequence[Address],
        talk: Callable[[Wire], Dialogue],
        seconds: float,
    ) -> None:
        self._name = name
        self._addresses = addresses
        self._talk = talk
        self._seconds = seconds

    async def finds(self, other: Alternative) -> bool:
        """Return whether a client gets TLS there, in time."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._has_tls(other)
        except (Fault, MalformedReply, OSError):  # ssl.SSLError and TimeoutError are OSErrors
            return False

    async def _has_tls(self, other: Alternative) -> bool:
        patience = Patience(self._seconds)
        course = await race([address.on(other.port) for address in self._addresses], patience)
        if course.sock is None:
            return False
        wire = await Wire.over(course.sock, Transcript(), patience)
        try:
            dialogue = self._talk(wire)
            if other.implicit:
                await wire.handshake(unverified_context(force_tls12=False), self._name)
                await dialogue.greet()
                return True
            await dialogue.greet()
            await dialogue.ask()
            return dialogue.offers_tls
        finally:
            await wire.drop()
