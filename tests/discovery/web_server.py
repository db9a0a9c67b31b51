"""A web server that answers as a test tells it to, over a real socket on port 0."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

Answer = bytes | Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]
"""What is sent, header and all, before the connection is closed."""


class Web:
    """What a web server was asked.

    Attributes:
        port: where it listens.
        asked: the target of each request, as ``/mail/config-v1.1.xml?…``.
        heads: each request's whole header.
        connected: set once somebody has connected.
    """

    def __init__(self, pages: Mapping[str, Answer]) -> None:
        self.pages = pages
        self.port = 0
        self.asked: list[str] = []
        self.heads: list[str] = []
        self.connected = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        self.connected.set()
        try:
            await self.answer(reader, writer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()  # the client has gone, or the test is over
        finally:
            with contextlib.suppress(OSError, asyncio.CancelledError, asyncio.TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)
            self.tasks.discard(task)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
        self.heads.append(head)
        target = head.split(" ")[1]
        self.asked.append(target)
        page = self.pages.get(target.partition("?")[0], status("404 Not Found"))
        if isinstance(page, bytes):
            writer.write(page)
        else:
            await page(writer)


def status(line: str, *fields: str) -> bytes:
    """Return an answer without a body."""
    return "\r\n".join((f"HTTP/1.1 {line}", *fields, "", "")).encode()


def page(body: bytes, *fields: str) -> bytes:
    """Return an answer with a document."""
    return status("200 OK", f"Content-Length: {len(body)}", *fields) + body


def moved(to: str) -> bytes:
    """Return an answer that sends the client elsewhere."""
    return status("302 Found", f"Location: {to}", "Content-Length: 0")


@asynccontextmanager
async def web(
    pages: Mapping[str, Answer], tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[Web]:
    """Serve pages by path; others are not found."""
    site = Web(pages)
    server = await asyncio.start_server(site.talk, host, 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for task in list(site.tasks):
            task.cancel()
        await asyncio.gather(*site.tasks, return_exceptions=True)
        await server.wait_closed()
