"""Where does it work instead? One look at the protocol's other ports, once a check has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.connection.address import Address
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.race import race
from mailwidgets.connection.tls import unverified_context
from mailwidgets.connection.wire import Wire
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
        """Return the settings of ``section`` that choose it; POP3 and IMAP have Yes and No."""
        choice = "implicit" if self.implicit else "require"
        return (("port", self.port), ("tls", True if section in {"pop3", "imap"} else choice))

    def __str__(self) -> str:
        """Return it in words."""
        return f"port {self.port} answers with {'TLS' if self.implicit else 'STARTTLS'}"


ALTERNATIVES: dict[str, tuple[Alternative, ...]] = {
    "smtp": (Alternative(587, implicit=False), Alternative(465, implicit=True)),
    "imap": (Alternative(993, implicit=True), Alternative(143, implicit=False)),
    "pop3": (Alternative(995, implicit=True), Alternative(110, implicit=False)),
}
"""The ports of each protocol that have TLS, the usual one first (RFC 8314 §3)."""

WORTH_IT = frozenset(
    ("refused", "timeout_connect", "starttls_missing", "tls_on_plain_port", "wrong_protocol")
)
"""Faults that another port may well not have."""


class CounterProbe:
    """One look at the other ports of a server.

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

    async def first(self, others: Sequence[Alternative]) -> Alternative | None:
        """Return the first of the ports, in the order given, on which a client gets TLS."""
        async with asyncio.TaskGroup() as looking:
            looks = [looking.create_task(self._in_time(other)) for other in others]
        answers = (look.result() for look in looks)
        return next((other for other, has in zip(others, answers, strict=True) if has), None)

    async def _in_time(self, other: Alternative) -> bool:
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
