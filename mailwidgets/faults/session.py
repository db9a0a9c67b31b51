"""One client's connection through a fault: line by line, one command after the other.

Commands wait for the reply to the one before, so that an answer given in the server's place comes
in its turn, however the client pipelines. A rule never looks at what a message or a literal says.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterable
from contextlib import suppress

from mailwidgets.faults.dialects import Dialect
from mailwidgets.faults.fault import GREETING, Do, Rule
from mailwidgets.practice.starttls import start_tls

_STARTTLS = re.compile(r"(STARTTLS|STLS)\s*", re.IGNORECASE)
_DONE = (b"220", b"+OK", b"OK")  # as a go-ahead for TLS begins, in each protocol
_FLOOD = b"x" * 65_536
_MOST_FLOODED = 1024  # pieces of 64 KiB: more than any client should swallow
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Over(Exception):
    """The rule says that this connection is over."""


class Session:
    """A dialogue between a client and a practice server, which rules spoil.

    Args:
        protocol: ``pop3``, ``smtp`` or ``imap``.
        rules: the first that fits a command counts; those that delay or replace, all.
        client: streams to the client.
        server: streams to the practice server.
        tls: what the client is shown at STARTTLS.
        trusted: what the practice server's own certificate is verified with there.
    """

    def __init__(  # noqa: PLR0913 - two sides, each with its streams and its TLS
        self,
        protocol: str,
        rules: Iterable[Rule],
        *,
        client: Streams,
        server: Streams,
        tls: ssl.SSLContext,
        trusted: ssl.SSLContext,
    ) -> None:
        self._dialect = Dialect(protocol)
        self._rules = tuple(rules)
        self._client, self._server = client, server
        self._tls, self._trusted = tls, trusted
        self._secured = client[1].get_extra_info("ssl_object") is not None
        self._command = GREETING
        self._answered = asyncio.Event()
        self._dropping = False  # the greeting, where another was given
        self._kept: list[asyncio.StreamWriter] = []  # collected early, they would close the socket

    async def run(self) -> None:
        """Serve until one side leaves or a rule ends it.

        Raises:
            OSError: the connection broke, or TLS failed.
        """
        greeted = asyncio.Event()
        speaking = asyncio.create_task(self._commands(greeted))
        listening = asyncio.create_task(self._replies(greeted))
        try:
            done, _ = await asyncio.wait((listening, speaking), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (listening, speaking):
                task.cancel()
            await asyncio.gather(listening, speaking, return_exceptions=True)

    async def _commands(self, greeted: asyncio.Event) -> None:
        """Take the client's commands in turn, the unspoken first one included.

        Args:
            greeted: set when it is clear what becomes of the server's greeting.
        """
        with suppress(_Over):
            self._dropping = await self._spoilt(GREETING)
            greeted.set()
            await self._answered.wait()
            while line := await self._client[0].readline():
                if self._dialect.goes_on(line):
                    self._server[1].write(line)
                    await self._server[1].drain()
                else:
                    await self._take(line)

    async def _take(self, line: bytes) -> None:
        command = self._dialect.command(line)
        if await self._spoilt(command):
            await self._pass_over(line)
            return
        self._command = command
        line = self._sent_on(command, line)
        await self._ask(line)
        while (literal := self._dialect.literal(line))[0]:
            size, waited = literal
            if waited:
                await self._answered.wait()
            self._server[1].write(await self._client[0].readexactly(size))
            line = await self._client[0].readline()
            await self._ask(line)
        await self._answered.wait()

    async def _pass_over(self, line: bytes) -> None:
        """Take what a client sends behind a command without waiting for leave (RFC 7888)."""
        while (literal := self._dialect.literal(line))[0] and not literal[1]:
            await self._client[0].readexactly(literal[0])
            line = await self._client[0].readline()

    async def _ask(self, line: bytes) -> None:
        self._answered.clear()
        self._server[1].write(line)
        await self._server[1].drain()

    def _sent_on(self, command: str, line: bytes) -> bytes:
        for rule in self._rules:
            if rule.do is Do.SEND and rule.fits(command, secured=self._secured):
                tag = f"{self._dialect.tag} " if self._dialect.protocol == "imap" else ""
                return f"{tag}{rule.sent(command)}\r\n".encode()
        return line

    async def _spoilt(self, command: str) -> bool:
        """Do what the rules say to a command; return whether it is dealt with."""
        for rule in self._rules:
            if not rule.fits(command, secured=self._secured):
                continue
            if rule.do is Do.DELAY:
                await asyncio.sleep(rule.seconds)
            elif rule.do not in {Do.REPLACE, Do.SEND}:
                await self._instead(rule)
                return True
        return False

    async def _instead(self, rule: Rule) -> None:
        reader, writer = self._client
        if rule.do is Do.ANSWER:
            lines = rule.text.replace("{tag}", self._dialect.tag).splitlines()
            writer.write("".join(f"{line}\r\n" for line in lines).encode())
            await writer.drain()
        elif rule.do is Do.FLOOD:
            for _ in range(_MOST_FLOODED):
                writer.write(_FLOOD)
                await writer.drain()
        elif rule.do is Do.HOLD:
            while await reader.read(len(_FLOOD)):
                pass
        if rule.close or rule.do is not Do.ANSWER:
            raise _Over

    async def _replies(self, greeted: asyncio.Event) -> None:
        """Hand on what the server says, as the rules change it."""
        await greeted.wait()
        while line := await self._server[0].readline():
            if _STARTTLS.fullmatch(self._command) and self._goes_ahead(line):
                await self._secure(line)
                self._dialect.ends(line)
                self._answered.set()
                continue
            ended = self._dialect.ends(line)
            size = self._dialect.literal(line)[0]
            if not self._dropping:
                self._client[1].write(self._changed(line))
            if size:
                self._client[1].write(await self._server[0].readexactly(size))
            await self._client[1].drain()
            if ended and not size:
                self._dropping = False
                self._answered.set()

    def _goes_ahead(self, line: bytes) -> bool:
        said = line.removeprefix(f"{self._dialect.tag} ".encode())
        return said.upper().startswith(_DONE)

    def _changed(self, line: bytes) -> bytes:
        for rule in self._rules:
            if rule.do is Do.REPLACE and rule.fits(self._command, secured=self._secured):
                text = rule.rewritten(line.decode("utf-8", "surrogateescape").rstrip("\r\n"))
                line = f"{text}\r\n".encode("utf-8", "surrogateescape") if text else b""
        return line

    async def _secure(self, reply: bytes) -> None:
        """Begin TLS on both sides: with the server first, so that no ClientHello is lost."""
        await self._server[1].start_tls(self._trusted, server_hostname="localhost")
        self._kept.append(self._client[1])
        self._client = await start_tls(self._client[1], self._tls, reply)
        self._secured = True
