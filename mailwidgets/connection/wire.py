"""One connection: its own buffer, bounded lines, a deadline at every wait, a masked transcript."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable

from mailwidgets.connection.address import is_loopback
from mailwidgets.connection.patience import Patience, Silence
from mailwidgets.connection.race import acknowledge_at_once
from mailwidgets.connection.tls import Records
from mailwidgets.languages.texts import _
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.transcript import Transcript, challenge_masked, verb

MAX_LINE = 65536
"""Octets in a line; RFC 5321 §4.5.3.1.5 asks for 512, real servers send some thousands."""
MAX_REPLY_LINES = 1000
_MAX_REPLY = 2 * MAX_LINE  # octets of all its lines; as text they take up to 16 times as much
_MAX_BUFFER = 4 * MAX_LINE
_LEAVE = 1.0  # seconds to wait for the other side when closing


class Wire(asyncio.Protocol):
    """One connection to a server, plain at first; see ``Wire.over``.

    Attributes:
        transcript: where each line is kept, masked.
        patience: how long each wait may take.
        records: the TLS session, None while the connection is plain.
        awaited: what the server's next words answer, for a message that none came.
    """

    def __init__(self, transcript: Transcript, patience: Patience) -> None:
        self.transcript = transcript
        self.patience, self._silence = patience, Silence(patience)
        self.records: Records | None = None
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._lost: asyncio.Future[None] = self._loop.create_future()
        self._buffer = bytearray()
        self._unsent = bytearray()
        self._shaking = self._paused = False
        self._end = self.awaited = ""

    @classmethod
    async def over(cls, sock: socket.socket, transcript: Transcript, patience: Patience) -> Wire:
        """Return a wire over a connected socket, which it owns from now on."""
        wire = cls(transcript, patience)
        await wire._loop.create_connection(lambda: wire, sock=sock)
        return wire

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (called by asyncio)."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take bytes from the server (called by asyncio)."""
        if self.records is None:
            self._buffer += data
        else:
            self.records.feed(data)
            if not self._shaking:
                self._open_records()
        if len(self._buffer) > _MAX_BUFFER and not self._paused and self._transport:
            self._transport.pause_reading()
            self._paused = True
        self._silence.broken()

    def eof_received(self) -> bool:
        """Note that the server will say no more (called by asyncio)."""
        self._ended(_("The server closed the connection"))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone (called by asyncio)."""
        self._ended(_("The connection was reset") if exc else _("The server closed the connection"))
        self._silence.end()
        if not self._lost.done():
            self._lost.set_result(None)

    # Reading

    @property
    def waiting(self) -> bytes:
        """Return what has come and was not read yet."""
        return bytes(self._buffer)

    @property
    def ended(self) -> bool:
        """Return whether nothing more can come."""
        return bool(self._end)

    async def arrival(self, at_most: float) -> bool:
        """Wait up to ``at_most`` seconds; return whether the server said something, or hung up."""
        if not self._buffer and not self._end:
            try:
                await self._more(at_most)
            except TimeoutError:
                return False
        return True

    async def line(self, *, secret: bool = False, silence: str = "deadline") -> bytes:
        """Return the next line without its end.

        Args:
            secret: it may be a challenge, whose text is masked in the transcript.
            silence: the fault to report where no line comes within the timeout.

        Raises:
            Fault: ``dropped``, ``line_too_long``, ``deadline``, or the one for ``silence``.
        """
        while (end := self._buffer.find(b"\n", 0, MAX_LINE)) < 0:
            if len(self._buffer) >= MAX_LINE:
                told = _("More than {count} KiB without a line end.")
                raise Fault("line_too_long", told.format(count=MAX_LINE // 1024))
            await self._need(silence)
        data = bytes(self._take(end + 1)).removesuffix(b"\n").removesuffix(b"\r")
        self.transcript.add("S", challenge_masked(data) if secret else data)
        return data

    async def exactly(self, count: int) -> bytes:
        """Return the next ``count`` octets, a literal of IMAP (RFC 9051 §4.3)."""
        if count > _MAX_BUFFER:
            told = _("The server announces a literal of {count} octets.")
            raise Fault("line_too_long", told.format(count=count))
        while len(self._buffer) < count:
            await self._need("deadline")
        data = bytes(self._take(count))
        self.transcript.add("S", data)
        return data

    async def reply(
        self, more: Callable[[bytes], bool], *, secret: bool = False, silence: str = "deadline"
    ) -> list[bytes]:
        """Return lines up to the first that ``more`` says ends the reply."""
        lines: list[bytes] = []
        octets = 0
        while True:
            lines.append(await self.line(secret=secret, silence=silence))
            if not more(lines[-1]):
                return lines
            octets += len(lines[-1])
            if len(lines) >= MAX_REPLY_LINES or octets > _MAX_REPLY:
                told = _("More than {lines} lines, or {kib} KiB, in one reply.")
                kib = _MAX_REPLY // 1024
                raise Fault("line_too_long", told.format(lines=MAX_REPLY_LINES, kib=kib))

    async def _need(self, silence: str) -> None:
        if self._end:
            told = _("{what} before it said anything.")
            if self.awaited:
                told = _("{what} after {command}.")
            raise Fault("dropped", told.format(what=self._end, command=self.awaited))
        try:
            await self._more(self.patience.timeout)
        except TimeoutError:
            told = _("No answer within {seconds} s.")
            if self.awaited:
                told = _("No answer to {command} within {seconds} s.")
            said = told.format(command=self.awaited, seconds=self.patience.seconds)
            raise Fault(silence, said) from None

    async def _more(self, at_most: float) -> None:
        self._flush()
        self._resume()
        await self._silence.until_broken(at_most)

    def _take(self, count: int) -> bytearray:
        taken = self._buffer[:count]
        del self._buffer[:count]
        return taken

    # Writing

    def send(self, data: bytes, masked: str | None = None) -> None:
        """Send one line, CRLF added; ``masked`` is kept in its stead where it holds a secret.

        It leaves when something is next waited for: lines sent together travel together.

        Raises:
            ValueError: it would be more than one line. Values are refused long before.
        """
        if b"\r" in data or b"\n" in data or b"\0" in data:
            raise ValueError("expected one protocol line, got CR, LF or NUL in it")
        text = data.decode("utf-8", "replace") if masked is None else masked
        self.awaited = verb(text) or self.awaited
        self.transcript.add("C", text)
        self._unsent += data + b"\r\n"

    def _flush(self) -> None:
        """Hand over to the socket what was sent, and what TLS has to say by itself."""
        data = bytes(self._unsent)
        self._unsent.clear()
        if self._end or self._transport is None or self._transport.is_closing():
            return  # the next read says that the server is gone
        if self.records is not None:
            if data:
                self.records.seal(data)
            data = self.records.outgoing()
        if data:
            self._transport.write(data)
            acknowledge_at_once(self._transport)

    # TLS

    async def handshake(self, context: ssl.SSLContext, server_name: str) -> Records:
        """Begin TLS and return the session once the handshake is done.

        Raises:
            ssl.SSLError: the handshake failed; ``records.first`` has the server's first bytes.
            TimeoutError: the server says nothing.
            Fault: ``dropped``, ``deadline``.
        """
        self._flush()
        records = self.records = Records(context, server_name)
        self.awaited, self._shaking = _("the TLS handshake began"), True
        if residue := self._take(len(self._buffer)):
            records.feed(bytes(residue))
        try:
            while not records.shake():
                self._flush()
                if self._end:
                    await self._need("dropped")
                await self._more(self.patience.timeout)
        finally:
            self._flush()
            self._shaking = False
        self.transcript.add("*", f"{records.version}, {records.cipher}")
        self._open_records()
        return records

    def _open_records(self) -> None:
        if self.records is None:
            return
        try:
            plain, ended = self.records.opened()
        except ssl.SSLError as error:
            plain, ended = b"", False
            told = _("The server broke TLS off ({reason})")
            self._ended(told.format(reason=error.reason or "invalid record"))
        self._buffer += plain
        if ended:
            self._ended(_("The server closed the connection"))

    # Who is there, and the end

    @property
    def peer(self) -> str:
        """Return the server's IP address."""
        return self._name("peername")

    @property
    def own(self) -> str:
        """Return the IP address this side has on the connection."""
        return self._name("sockname")

    @property
    def peer_is_loopback(self) -> bool:
        """Return whether the server is on this very machine, whatever its name says."""
        return is_loopback(self.peer)

    def _name(self, which: str) -> str:
        name = self._transport.get_extra_info(which) if self._transport else None
        return str(name[0]) if name else ""

    async def drop(self) -> None:
        """Drop the connection at once, whatever is still to be sent or read."""
        if self._transport is not None:
            self._transport.abort()
            await self._lost

    async def close(self) -> None:
        """Take leave under TLS where there is any, and let go of the socket, within a second."""
        if self._transport is None:
            return
        self._flush()
        if self.records is not None and not self._end and not self._transport.is_closing():
            self.records.farewell()
            self._flush()
        self._transport.close()
        self._resume()
        await asyncio.wait({self._lost}, timeout=min(_LEAVE, self.patience.left))
        if not self._lost.done():
            self._transport.abort()
            await self._lost

    def _resume(self) -> None:
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def _ended(self, words: str) -> None:
        self._end = self._end or words
        self._silence.broken()
