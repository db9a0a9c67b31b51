"""Hostile TLS, commands smuggled in before it, and a server that reads nothing at all."""

from __future__ import annotations

import asyncio
import functools
import random
import socket
import ssl
from collections.abc import AsyncIterator, Callable

import pytest
from hostile import DIALOGUES, PASSWORD, SMTP, Answers, Dialogue, Hostile, together, watched
from misdeeds import Misdeed, Moment, answer, dribble, flood
from scripted import Scripted, step

from mailwidgets.connection.endpoint import Endpoint, TlsMode
from mailwidgets.reports.report import State

Make = Callable[..., Endpoint]
TIMEOUT = 0.25
LONG = 10.0
SECTIONS = ("smtp", "imap", "pop3")

_NOISE = random.Random(1).randbytes(4096)  # noqa: S311 - the same noise in every run
HELLO_REQUEST = b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"
GARBAGE: dict[str, Misdeed] = {
    "noise": answer(_NOISE, go_on=False),
    "noise in a record": answer(b"\x16\x03\x03\x10\x00" + _NOISE, go_on=False),
    "a record of data": answer(b"\x17\x03\x03\x00\x05hello"),
    "an unknown alert": answer(b"\x15\x03\x03\x00\x02\x02\xff"),
    "a record without end": answer(b"\x16\x03\x03\x40\x00" + _NOISE),
    "a record too large": answer(b"\x16\x03\x03\xff\xff" + _NOISE * 16),
    "a message too large": answer(b"\x16\x03\x03\x40\x00\x02\xff\xff\xff" + _NOISE * 4),
    "an empty record": answer(b"\x16\x03\x03\x00\x00"),
    "only silence": answer(b""),
    "text": answer(b"220 go\r\n* OK go\r\n+OK go\r\n"),
    "hello requests without end": flood(HELLO_REQUEST),
    "warnings without end": flood(b"\x15\x03\x03\x00\x02\x01\x00"),
    "empty records without end": flood(b"\x16\x03\x03\x00\x00"),
    "changes of cipher without end": flood(b"\x14\x03\x03\x00\x01\x01"),
    "an octet at a time": dribble(b"\x16\x03\x03\x40\x00" + _NOISE, TIMEOUT / 4),
    "hello requests, one at a time": dribble(HELLO_REQUEST, TIMEOUT / 4, whole=True),
}


@pytest.mark.parametrize("section", SECTIONS)
async def test_garbage_in_place_of_implicit_tls(section: str, endpoint: Make) -> None:
    async def one(misdeed: Misdeed) -> None:
        async with Hostile(DIALOGUES[section], misdeed, [0]) as server:
            at = endpoint(server.port, TlsMode.IMPLICIT, timeout=TIMEOUT)
            report = await watched(DIALOGUES[section], at)
        assert step(report, "tls").state is State.FAILED
        assert report.code not in {"tls_cipher", "tls_version"}

    await together({name: functools.partial(one, deed) for name, deed in GARBAGE.items()})


@pytest.mark.parametrize("section", SECTIONS)
async def test_garbage_in_place_of_tls_after_starttls(section: str, endpoint: Make) -> None:
    async def consent_and(misdeed: Misdeed, moment: Moment) -> bool:
        moment.writer.write(moment.reply)
        await moment.writer.drain()
        await asyncio.sleep(TIMEOUT / 10)  # in a packet of its own; else it is an injection
        return await misdeed(moment)

    async def one(misdeed: Misdeed) -> None:
        deed = functools.partial(consent_and, misdeed)
        async with Hostile(DIALOGUES[section], deed, [2]) as server:
            at = endpoint(server.port, TlsMode.REQUIRE, timeout=TIMEOUT)
            report = await watched(DIALOGUES[section], at)
        assert step(report, "tls").state is State.FAILED
        assert report.code not in {"tls_cipher", "tls_version"}

    await together({name: functools.partial(one, deed) for name, deed in GARBAGE.items()})


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    "smuggled",
    [b"250 ok\r\n", b"* PREAUTH in\r\n", b"A4 OK in\r\n", b"+OK\r\n", b"\x1b[2J", b"\0", b"\n"],
)
async def test_what_comes_before_tls_is_never_read_after_it(
    section: str, smuggled: bytes, endpoint: Make, good: ssl.SSLContext
) -> None:
    async def misdeed(moment: Moment) -> bool:
        moment.writer.write(moment.reply + smuggled)
        return True

    async with Hostile(DIALOGUES[section], misdeed, [2], tls=good) as server:
        at = endpoint(server.port, TlsMode.REQUIRE, timeout=TIMEOUT)
        report = await watched(DIALOGUES[section], at)
    assert report.code == "starttls_injection"


class Trickle:
    """A proxy that hands on what the server says an octet at a time, each in its own packet."""

    def __init__(self, port: int, pause: float) -> None:
        self._port = port
        self._pause = pause

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, server = await asyncio.open_connection("127.0.0.1", self._port)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up = asyncio.ensure_future(self._pour(reader, server))
        try:
            while data := await upstream.read(65536):
                for octet in data:
                    writer.write(bytes([octet]))
                    await writer.drain()
                    await asyncio.sleep(self._pause)
        except ConnectionError:
            pass  # the client has gone
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            for one in (writer, server):
                one.transport.abort()

    @staticmethod
    async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


@pytest.fixture
async def trickled() -> AsyncIterator[Callable[[int, float], object]]:
    """Start such proxies, and end them with their connections."""
    servers: list[asyncio.Server] = []
    talks: set[asyncio.Task[None]] = set()

    async def start(port: int, pause: float) -> int:
        proxy = Trickle(port, pause)

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            talks.add(task)
            await proxy.handle(reader, writer)

        servers.append(await asyncio.start_server(handle, "127.0.0.1", 0))
        port = servers[-1].sockets[0].getsockname()[1]
        return int(port)

    yield start
    for server in servers:
        server.close()
    for talk in talks:
        talk.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


@pytest.mark.parametrize("section", SECTIONS)
async def test_records_that_trickle_are_put_together(
    section: str, endpoint: Make, good: ssl.SSLContext, trickled: Callable[..., object]
) -> None:
    async with Hostile(DIALOGUES[section], tls=good, implicit=True) as server:
        port = await trickled(server.port, 0)
        report = await watched(DIALOGUES[section], endpoint(port, TlsMode.IMPLICIT, timeout=LONG))
    assert report.code == "ok"


@pytest.mark.parametrize("section", SECTIONS)
async def test_records_that_trickle_slowly_end_at_the_deadline(
    section: str, endpoint: Make, good: ssl.SSLContext, trickled: Callable[..., object]
) -> None:
    async with Hostile(DIALOGUES[section], tls=good, implicit=True) as server:
        port = await trickled(server.port, TIMEOUT / 8)
        report = await watched(
            DIALOGUES[section], endpoint(port, TlsMode.IMPLICIT, timeout=TIMEOUT)
        )
    assert report.code == "deadline"


class Deaf(Hostile):
    """Reads the first few lines, then nothing more, through a window that is soon full."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        await super().talk(reader, writer)


async def test_a_server_that_reads_nothing_holds_nobody_up(endpoint: Make) -> None:
    async def deaf(moment: Moment) -> bool:
        moment.writer.write(moment.reply)
        if "AUTH" in moment.said:  # the password comes next, more than the kernel takes
            moment.writer.transport.pause_reading()
            await asyncio.sleep(1000)
        return True

    answers: Answers = {**SMTP, "AUTH": "334 "}
    dialogue = Dialogue("smtp", "220 mx", answers)
    async with Deaf(dialogue, deaf) as server:
        at = endpoint(server.port, timeout=TIMEOUT)
        report = await watched(dialogue, at, PASSWORD + "x" * 4_000_000)
    assert (report.code, server.connections) == ("deadline", 1)


@pytest.mark.parametrize("section", SECTIONS)
async def test_a_server_that_only_listens_is_told_from_one_that_waits_for_tls(
    section: str, endpoint: Make
) -> None:
    async with Scripted(None) as server:
        at = endpoint(server.port, timeout=TIMEOUT)
        report = await watched(DIALOGUES[section], at)
    assert report.code == "silent_server"
