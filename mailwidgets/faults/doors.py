"""The ports in front of the practice servers: straight through, or through a fault."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from mailwidgets.faults.fault import ServerFault
from mailwidgets.faults.session import Session, Streams
from mailwidgets.faults.switches import Switches
from mailwidgets.practice.servers import ADDRESS, Servers

_PIECE = 65_536  # octets handed on at once
_PATIENCE = 1.0  # seconds for what was written to go out
_LONGEST = 2**24  # octets of a line; a server's own limits count, not the door's


class Doors:
    """Listening ports; made by :meth:`open`, ended by :meth:`close` on the servers' loop.

    Attributes:
        ports: by the servers' own names, ``imap`` and so on.
    """

    def __init__(self, servers: Servers, switches: Switches) -> None:
        self._servers, self._switches = servers, switches
        self._trusted = ssl.create_default_context(cadata=servers.ca_pem)
        self._listening: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self.ports: dict[str, int] = {}

    @classmethod
    async def open(cls, servers: Servers, switches: Switches) -> Doors:
        """Return doors that are open, one for each port of the servers.

        Raises:
            OSError: a port cannot be opened.
        """
        doors = cls(servers, switches)
        try:
            for name in servers.ports:
                doors._listen(name)
        except OSError:
            await doors.close()
            raise
        return doors

    def _listen(self, name: str) -> None:
        listening = socket.create_server((ADDRESS, 0), backlog=128)
        listening.settimeout(0)  # the loop waits, not the socket
        self._listening.append(listening)
        self.ports[name] = listening.getsockname()[1]
        # Not ``sock_accept``: cancelled at the wrong moment, it loses the connection it took.
        asyncio.get_running_loop().add_reader(listening, self._accept, name, listening)

    async def close(self) -> None:
        """Stop listening and drop every client."""
        for listening in self._listening:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()
        for writer in self._open:
            writer.transport.abort()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self, name: str, listening: socket.socket) -> None:
        try:
            connected, _ = listening.accept()
        except OSError:  # it has left by now, or there is no file to spare: the loop asks again
            return
        connected.settimeout(0)
        through = asyncio.create_task(self._through(name, connected))
        self._tasks.add(through)
        through.add_done_callback(self._tasks.discard)
        # Also where it is cancelled before it began; what goes on by itself is aborted by then.
        through.add_done_callback(partial(_shut, connected))

    async def _through(self, name: str, connected: socket.socket) -> None:
        fault = self._switches.fault_of(name.removesuffix("s"))
        # A client that leaves, or refuses the certificate, is no fault of the door.
        with suppress(OSError, EOFError):
            if fault is None:
                await self._straight(name, connected)
            else:
                await self._spoilt(name, connected, fault)

    async def _straight(self, name: str, connected: socket.socket) -> None:
        """Hand on every octet, TLS included: the servers are as they are."""
        async with self._held(await _streams(connected)) as client:
            opened = await asyncio.open_connection(ADDRESS, self._servers.ports[name])
            async with self._held(opened) as server:
                await asyncio.gather(_copy(client[0], server[1]), _copy(server[0], client[1]))

    async def _spoilt(self, name: str, connected: socket.socket, fault: ServerFault) -> None:
        protocol = name.removesuffix("s")
        tls = self._servers.authority.server_context(fault.certificate, fault.versions)
        at_once = name.endswith("s") != fault.turned
        async with self._held(await _streams(connected, tls if at_once else None)) as client:
            opened = await asyncio.open_connection(
                ADDRESS,
                self._servers.ports[name],
                ssl=self._trusted if name.endswith("s") else None,
                server_hostname="localhost" if name.endswith("s") else None,
                limit=_LONGEST,
            )
            async with self._held(opened) as server:
                rules = fault.rules.get(protocol, ())
                session = Session(
                    protocol, rules, client=client, server=server, tls=tls, trusted=self._trusted
                )
                await session.run()

    @asynccontextmanager
    async def _held(self, streams: Streams) -> AsyncIterator[Streams]:
        """Hold a connection, and close it: what is written goes out, if the other side reads."""
        writer = streams[1]
        self._open.add(writer)
        try:
            yield streams
        finally:
            with suppress(OSError, TimeoutError):
                writer.close()
                await asyncio.wait_for(writer.wait_closed(), _PATIENCE)
            writer.transport.abort()
            self._open.discard(writer)


def _shut(connected: socket.socket, _: asyncio.Task[None]) -> None:
    connected.close()


async def _streams(connected: socket.socket, tls: ssl.SSLContext | None = None) -> Streams:
    """Return streams over an accepted connection; with a context, TLS is shaken first."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LONGEST)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, connected, ssl=tls)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand on until one side leaves, which closes both."""
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
