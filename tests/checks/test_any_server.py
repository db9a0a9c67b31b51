"""Whatever a server says, a check ends in time with a report: made of pieces that go wrong."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from scripted import Scripted

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import State

Make = Callable[..., Endpoint]
TIMEOUT = 0.05
PIECES = (
    *(b"220 mx", b"250-mx", b"250 AUTH PLAIN SCRAM-SHA-256", b"334 ", b"334 !!", b"235 in", b"5"),
    *(
        b"220 go",
        b"STARTTLS",
        b"+OK",
        b"+ ",
        b"-ERR [AUTH] no",
        b"USER",
        b"SASL PLAIN",
        b".",
        b"..",
    ),
    *(
        b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hi",
        b"* BYE",
        b"A1 OK",
        b"A2 NO [",
        b"{3}",
    ),
    *(
        b"A3 OK [READ-ONLY]",
        b'* LIST () "/" {5}',
        b"* 1 EXISTS",
        b"* CAPABILITY",
        b"\0",
        b"\xff\xfe",
    ),
    *(
        b"\x16\x03\x01\x00\x05hello",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"HTTP/1.1 200 OK",
        b"\xe2\x80\xae",
    ),
)
GREETINGS = {"smtp": b"220 mx\r\n", "imap": b"* OK hi\r\n", "pop3": b"+OK hi\r\n"}


class AnyServer(Scripted):
    """Says one to four pieces whenever something is said to it, and hangs up at some time."""

    def __init__(self, seed: str, greeting: bytes) -> None:
        super().__init__(None)
        self._random = random.Random(seed)  # noqa: S311 - the same pieces in every run
        self._first = greeting

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk nonsense."""
        choose = self._random
        writer.write(self._first if choose.random() < 0.8 else b"")
        while choose.random() < 0.95:
            for _ in range(choose.randint(1, 4)):
                end = choose.choice((b"\r\n", b"\r\n", b"\r\n", b"\n", b" ", b""))
                writer.write(choose.choice(PIECES) + end)
            await writer.drain()
            if not await reader.read(65536):
                return


@pytest.mark.parametrize("mode", [TlsMode.NONE, TlsMode.AUTO, TlsMode.REQUIRE, TlsMode.IMPLICIT])
@pytest.mark.parametrize("protocol", GREETINGS)
async def test_a_check_of_any_server_ends_with_a_report(
    protocol: str, mode: TlsMode, endpoint: Make
) -> None:
    check = {"smtp": check_smtp, "imap": check_imap, "pop3": check_pop3}[protocol]
    for seed in range(5):
        login = Login("jürgen@example.test", "pä-secret", sasl=bool(seed % 2))
        async with AnyServer(f"{protocol} {mode} {seed}", GREETINGS[protocol]) as server:
            at = endpoint(server.port, mode, timeout=TIMEOUT, host="127.0.0.1")
            report = await asyncio.wait_for(check(at, login), 40 * TIMEOUT)

        assert {step.state for step in report.steps} <= set(State) - {State.RUNNING}
        assert report.ok or report.finding is not None
        assert "pä-secret" not in f"{report!r}{report.transcript!r}"
