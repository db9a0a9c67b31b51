"""What SMTP, POP3 and IMAP have in common: greeting, capabilities, STARTTLS, goodbye."""

from __future__ import annotations

import abc
import asyncio
from typing import ClassVar

from mailwidgets.connection.wire import Wire
from mailwidgets.languages.texts import N_, _
from mailwidgets.protocols.replies import MalformedReply, protocol_of, shown
from mailwidgets.reports.fault import Fault

_GOODBYE = 1.0  # seconds to wait for the answer to QUIT or LOGOUT

_PORTS = {
    "smtp": N_(
        "Correct the port, or the server name. SMTP is usually on 587 with STARTTLS or 465 with "
        "implicit TLS (25 between servers)."
    ),
    "imap": N_(
        "Correct the port, or the server name. IMAP is usually on 993 with implicit TLS or 143 "
        "with STARTTLS."
    ),
    "pop3": N_(
        "Correct the port, or the server name. POP3 is usually on 995 with implicit TLS or 110 "
        "with STLS."
    ),
}


class Dialogue(abc.ABC):
    """One conversation over a wire.

    Attributes:
        wire: the connection.
        idle: a goodbye may be sent now, or was.
    """

    protocol: ClassVar[str]
    starttls_name: ClassVar[str] = "STARTTLS"

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.idle = False
        self._leaving = False

    @abc.abstractmethod
    async def greet(self) -> str:
        """Read the greeting and return it as evidence."""

    @abc.abstractmethod
    async def ask(self) -> str:
        """Ask what the server offers, and return it as evidence."""

    @property
    @abc.abstractmethod
    def offers_tls(self) -> bool:
        """Return whether STARTTLS or STLS was offered when last asked."""

    @abc.abstractmethod
    async def starttls(self) -> None:
        """Send STARTTLS or STLS and read the consent; the handshake is the caller's."""

    @abc.abstractmethod
    async def challenge(self) -> bytes | None:
        """Return the next challenge of an AUTH exchange, in base64; None when it has ended."""

    def send_goodbye(self) -> None:
        """Send QUIT or LOGOUT, unless it went with the last commands already."""
        if not self._leaving:
            self._leaving = self.idle = True
            self._say_goodbye()

    @abc.abstractmethod
    def _say_goodbye(self) -> None:
        """Send QUIT or LOGOUT."""

    @abc.abstractmethod
    async def last_words(self) -> str:
        """Return the server's answer to the goodbye as evidence."""

    async def goodbye(self) -> str:
        """Take leave, and return the server's last words as evidence; a missing goodbye is none."""
        self.send_goodbye()
        try:
            async with asyncio.timeout(_GOODBYE):
                return await self.last_words()
        except (TimeoutError, Fault, MalformedReply):
            return _("The server leaves without a word.")

    async def first_line(self) -> bytes:
        """Return the greeting's first line, if the right kind of server said it.

        Raises:
            Fault: ``silent_server``, ``wrong_protocol``, ``captive_portal``, ``plain_on_tls_port``.
        """
        line = await self.wire.line(silence="silent_server")
        if fault := foreign(line, self.protocol):
            raise fault
        self.idle = True
        return line


def foreign(said: bytes, protocol: str) -> Fault | None:
    """Return what is wrong where another kind of server speaks than ``protocol``, else None."""
    spoken = protocol_of(said)
    if spoken in {"", protocol}:
        return None
    line = shown(said.partition(b"\n")[0].rstrip())
    saw = _("The server said: {words}").format(words=line)
    if spoken == "tls":
        return Fault("plain_on_tls_port", _("The server answers in TLS records."))
    if spoken == "http":
        return Fault("captive_portal", saw)
    return Fault(
        "wrong_protocol",
        saw,
        meaning=_("This port speaks {spoken}, not {wanted}.").format(
            spoken=spoken.upper(), wanted=protocol.upper()
        ),
        advice=_(_PORTS[protocol]),
    )
