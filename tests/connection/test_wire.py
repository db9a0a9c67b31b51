"""One connection: bounded lines, flow control, silence, and one socket that is always closed."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable

import pytest
from scripted import Scripted

from mailwidgets.connection.patience import Patience
from mailwidgets.connection.tls import permissive_context
from mailwidgets.connection.wire import MAX_LINE, Wire
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.transcript import Transcript

Connect = Callable[..., object]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Make a wire to a port; it is dropped after the test."""
    wires: list[Wire] = []

    async def make(port: int, timeout: float = 2.0) -> Wire:  # noqa: ASYNC109 - the check's own
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setblocking(False)  # noqa: FBT003 - its only parameter
        wires.append(await Wire.over(sock, Transcript(), Patience(timeout)))
        return wires[-1]

    yield make
    for wire in wires:
        await wire.drop()


async def fails(reading: object) -> str:
    with pytest.raises(Fault) as caught:
        await reading  # type: ignore[misc]
    return caught.value.code


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
async def test_a_line_ends_with_or_without_a_carriage_return(end: bytes, connect: Connect) -> None:
    async with Scripted(b"one" + end + b"two\r" + end) as server:
        wire = await connect(server.port)
        assert await wire.line() == b"one"
        assert await wire.line() == (b"two" if end == b"\n" else b"two\r")


async def test_the_longest_line_is_taken_and_a_longer_one_is_not(connect: Connect) -> None:
    longest = b"x" * (MAX_LINE - 1)
    async with Scripted(longest + b"\n") as server:
        wire = await connect(server.port)
        assert await wire.line() == longest
    async with Scripted(longest + b"x\n") as server:
        wire = await connect(server.port)
        assert await fails(wire.line()) == "line_too_long"


async def test_a_flood_is_held_back_at_the_server(connect: Connect) -> None:
    async with Scripted(b"x\r\n" * 10_000_000) as server:
        wire = await connect(server.port)
        await wire.line()
        for _ in range(200):
            await asyncio.sleep(0)
        held = len(wire.waiting)
        assert 0 < held < 1_000_000
        for _ in range(300_000):
            await wire.line()
        assert len(wire.waiting) < 1_000_000


async def test_silence_is_counted_from_the_last_byte(connect: Connect) -> None:
    async with Scripted(b"no line end") as server:
        wire = await connect(server.port, 0.2)
        assert await fails(wire.line()) == "deadline"
        assert await fails(wire.line(silence="silent_server")) == "silent_server"


async def test_what_came_before_the_end_can_still_be_read(connect: Connect) -> None:
    async with Scripted("last words") as server:
        wire = await connect(server.port)
        await wire.arrival(1)
    await wire.arrival(1)
    assert await wire.line() == b"last words"
    assert await fails(wire.line()) == "dropped"


async def test_a_literal_is_bounded(connect: Connect) -> None:
    async with Scripted(b"abcdef") as server:
        wire = await connect(server.port)
        assert await wire.exactly(3) == b"abc"
        assert await fails(wire.exactly(10**9)) == "line_too_long"


@pytest.mark.parametrize("line", [b"QUIT\r\nRSET", b"a\nb", b"a\0b"])
async def test_what_would_be_two_lines_is_never_sent(line: bytes, connect: Connect) -> None:
    async with Scripted("220 mx") as server:
        wire = await connect(server.port)
        await wire.line()
        with pytest.raises(ValueError, match="one protocol line"):
            wire.send(line)


async def test_sending_to_a_server_that_has_gone_is_seen_at_the_next_read(connect: Connect) -> None:
    async with Scripted("220 mx") as server:
        wire = await connect(server.port)
        await wire.line()
    await wire.arrival(1)
    wire.send(b"EHLO pc")
    assert await fails(wire.line()) == "dropped"


async def test_dropping_twice_and_closing_after_it_is_harmless(connect: Connect) -> None:
    async with Scripted("220 mx") as server:
        wire = await connect(server.port)
        await wire.line()
        await wire.drop()
        await wire.drop()
        await wire.close()


async def test_lines_pass_through_tls_in_both_directions_and_an_early_greeting_is_not_lost(
    connect: Connect, good: ssl.SSLContext
) -> None:
    async with Scripted("220 mx", {"": "250 ok"}, tls=good, implicit=True) as server:
        wire = await connect(server.port)
        records = await wire.handshake(permissive_context(), "localhost")
        assert records.version == "TLSv1.3"
        assert await wire.line() == b"220 mx"
        wire.send(b"NOOP")
        assert await wire.line() == b"250 ok"
        await wire.close()
    assert server.seen == ["NOOP"]
