"""A proxy that delays each direction and counts round trips and bytes, in a process of its own.

``Wires`` starts it; ``python bench/wire_delay.py`` is that process. A connection is accepted at
once, so TCP's own round trip is not delayed: it is the same for every client, and not counted.
Counted is how often the client had to wait: once for each turn of the client that the server
answered before the client's next turn, and once where the server speaks first. What comes is
acknowledged at once, so that no delayed acknowledgment of the proxy's own blurs the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

_LATER = set[asyncio.Task[object]]()


@dataclass(frozen=True)
class Passed:
    """What went over one connection."""

    round_trips: int
    sent: int
    received: int


class Wires:
    """The proxy's process, with one port for each server and delay.

    Args:
        routes: the server's address, and seconds of delay each way.
    """

    def __init__(self, routes: list[tuple[str, int, float]]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(routes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ports = self._line()

    def passed(self) -> Passed:
        """Wait for the next connection to end on both sides, and return what went over it."""
        return Passed(*self._line())

    def _line(self) -> list[int]:
        assert self._process.stdout is not None
        return cast("list[int]", json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


class _Side(asyncio.Protocol):
    """One side of a connection; what it hears goes to the other side, later."""

    def __init__(self, wire: _Wire, *, is_client: bool) -> None:
        self._wire = wire
        self._is_client = is_client
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[bytes] = deque()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self._is_client:
            self._later(self._wire.connect)
        while self._waiting:
            transport.write(self._waiting.popleft())

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if self._is_client:
            self._wire.client_spoke(len(data))
        self._later(lambda: self._wire.deliver(data, from_client=self._is_client))

    def deliver(self, data: bytes) -> None:
        if self.transport is None:
            self._waiting.append(data)
        elif not self.transport.is_closing():
            self.transport.write(data)

    def eof_received(self) -> bool:
        self._later(self._wire.end)
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's
        self._later(self._wire.end)

    def _later(self, do: Callable[[], None]) -> None:
        if self._wire.delay:
            self._loop.call_later(self._wire.delay, do)
        else:
            do()


class _Wire:
    """One connection of a client, and the one to the server behind it."""

    def __init__(self, host: str, port: int, delay: float) -> None:
        self._host, self._port = host, port
        self.delay = delay
        self.client = _Side(self, is_client=True)
        self.server = _Side(self, is_client=False)
        self._round_trips = self._sent = self._received = 0
        self._clients_turn = False
        self._ended = False

    def connect(self) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_connection(lambda: self.server, self._host, self._port))
        _LATER.add(task)
        task.add_done_callback(_LATER.discard)

    def client_spoke(self, octets: int) -> None:
        self._clients_turn = True
        self._sent += octets

    def deliver(self, data: bytes, *, from_client: bool) -> None:
        if from_client:
            self.server.deliver(data)
            return
        transport = self.client.transport
        if transport is None or transport.is_closing() or self._ended:
            return  # a client that has left waits for nothing
        if self._clients_turn or not self._received:
            self._round_trips += 1
        self._clients_turn = False
        self._received += len(data)
        self.client.deliver(data)

    def end(self) -> None:
        for side in (self.client, self.server):
            if side.transport is not None:
                side.transport.close()
        if not self._ended:
            self._ended = True
            print(json.dumps([self._round_trips, self._sent, self._received]), flush=True)


async def serve(routes: list[tuple[str, int, float]]) -> None:
    """Listen for each route until standard input ends."""
    loop = asyncio.get_running_loop()
    ports = []
    async with contextlib.AsyncExitStack() as stack:
        for route in routes:
            server = await loop.create_server(lambda r=route: _Wire(*r).client, "127.0.0.1", 0)
            stack.callback(server.close)
            ports.append(server.sockets[0].getsockname()[1])
        print(json.dumps(ports), flush=True)
        ended = loop.create_future()
        loop.add_reader(sys.stdin, lambda: sys.stdin.read(1) or ended.cancel())
        with contextlib.suppress(asyncio.CancelledError):
            await ended


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    asyncio.run(serve([tuple(route) for route in json.loads(sys.argv[1])]))
