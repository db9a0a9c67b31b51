"""A mail server that says what a test tells it to say, over a real socket on port 0."""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from mailwidgets.reports.report import Report, Step

DROP = "\0drop"
"""An answer: close the connection."""
HANG = "\0hang"
"""An answer: say nothing, and go on listening."""
TLS = "\0tls"
"""The end of an answer: begin TLS once the text before it is sent."""

_TURNS = 10  # of the event loop

Answer = str | bytes | Sequence[str] | Callable[[str], str]


class Scripted:
    """A server with an answer for each command, by the command's first word.

    Args:
        greeting: what it says first, without line end; None says nothing.
        answers: first words of a command, upper case → what to say. ``{tag}`` is the tag of an
            IMAP command. A list gives the answers to this line and the ones that follow it, as a
            SASL exchange needs; bytes go as they are, without a line end.
        under_tls: more answers, once TLS has begun.
        tls: certificate for STARTTLS, and with ``implicit`` from the first byte.
        implicit: TLS from the first byte.
        port: 0 picks a free one.
    """

    def __init__(  # noqa: PLR0913 - a server has this many sides
        self,
        greeting: str | bytes | None,
        answers: Mapping[str, Answer] | None = None,
        *,
        under_tls: Mapping[str, Answer] | None = None,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self.greeting = greeting
        self.answers = dict(answers or {})
        self.under_tls = {**self.answers, **(under_tls or {})}
        self.tls = tls
        self.implicit = implicit
        self.host = host
        self.port = port
        self.seen: list[str] = []
        self.connections = 0
        self.connected = asyncio.Event()
        self.heard = asyncio.Event()
        self._handlers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._tag = "*"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected,
            self.host,
            self.port,
            ssl=self.tls if self.implicit else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for _ in range(_TURNS):  # a TLS handshake may just have ended, and begin a handler
            for handler in self._handlers:
                handler.cancel()
            await asyncio.gather(*self._handlers, return_exceptions=True)
            await asyncio.sleep(0)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)
        self.connections += 1
        self.connected.set()
        try:
            await self.talk(reader, writer)
            writer.close()
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            writer.transport.abort()  # the client has gone, or the test is over
        finally:
            with contextlib.suppress(OSError, asyncio.CancelledError, asyncio.TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)
            writer.transport.abort()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with one client to its end; a test may do so in another way."""
        answers = self.under_tls if self.implicit else self.answers
        if self.greeting is not None and not await self._say(writer, self.greeting, "*"):
            return
        coming: list[str] = []
        while line := await reader.readline():
            text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
            self.seen.append(text)
            self.heard.set()
            tag, command = self._split(text)
            answer: Answer = coming.pop(0) if coming else _answer(answers, command)
            if callable(answer):
                answer = answer(text)
            if not isinstance(answer, (str, bytes)):
                answer, *coming = answer
            if not await self._say(writer, answer, tag):
                return
            if isinstance(answer, str) and answer.endswith(TLS):
                assert self.tls is not None
                await writer.start_tls(self.tls)
                answers = self.under_tls

    def _split(self, text: str) -> tuple[str, str]:
        """Return the tag and the command; only IMAP has tags."""
        found = re.match(r"(A[0-9]+) (.*)", text)
        return (found[1], found[2]) if found else (self._tag, text)

    async def _say(self, writer: asyncio.StreamWriter, answer: str | bytes, tag: str) -> bool:
        if isinstance(answer, bytes):
            writer.write(answer)
            return True
        words = answer.removesuffix(TLS)
        if words == DROP:
            return False
        self._tag = tag
        if words != HANG:
            text = words.replace("{tag}", tag).replace("\n", "\r\n")
            writer.write(text.encode() + b"\r\n")
        return True


def _answer(answers: Mapping[str, Answer], command: str) -> Answer:
    fitting = [words for words in answers if command.upper().startswith(words)]
    return answers[max(fitting, key=len)] if fitting else HANG


def step(report: Report, name: str) -> Step:
    """Return a report's step of that name."""
    return next(one for one in report.steps if one.name == name)
