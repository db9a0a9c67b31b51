"""How often a check waits for the server, counted on the wire between them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable

import pytest
from scripted import DROP, HANG, TLS, Answer, Scripted, step

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report, State

Make = Callable[..., Endpoint]
CHECKS = {"smtp": check_smtp, "pop3": check_pop3, "imap": check_imap}
MODES = {"none": TlsMode.NONE, "starttls": TlsMode.REQUIRE, "implicit": TlsMode.IMPLICIT}
ANA = Login("ana@example.test", "ana-secret")
SASL = Login("ana@example.test", "ana-secret", sasl=True)
LOGINS = {"nobody": Login(), "password": ANA, "PLAIN": SASL, "CRAM-MD5": SASL}
CHALLENGE = "PDE4OTYuNjk3MTcwOTUyQG14LnRlc3Q+"

# From the connected socket on. Without TLS: the greeting, what the server offers (IMAP says so
# with its greeting), the login, and one for all that is asked then, QUIT included. Implicit TLS
# has a ClientHello before the greeting, which comes when the handshake ends. STARTTLS has its
# command and the ClientHello, and what is offered has to be asked again (RFC 3207 §4.2, RFC 2595
# §3.1, RFC 9051 §6.2.1). CRAM-MD5 has a challenge. Nobody has nothing to ask POP3 and IMAP for;
# POP3 has QUIT left, and LOGOUT is not waited for.
TABLE = {
    # protocol, TLS: nobody, password, PLAIN, CRAM-MD5
    ("smtp", "none"): (3, 4, 4, 5),
    ("smtp", "starttls"): (6, 7, 7, 8),
    ("smtp", "implicit"): (4, 5, 5, 6),
    ("pop3", "none"): (3, 4, 4, 5),
    ("pop3", "starttls"): (6, 7, 7, 8),
    ("pop3", "implicit"): (4, 5, 5, 6),
    ("imap", "none"): (1, 3, 3, 4),
    ("imap", "starttls"): (4, 6, 6, 7),
    ("imap", "implicit"): (2, 4, 4, 5),
}
ROWS = [
    (protocol, tls, login, count)
    for (protocol, tls), counts in TABLE.items()
    for login, count in zip(LOGINS, counts, strict=True)
]


def smtp(mechanism: str = "PLAIN") -> Scripted:
    return Scripted(
        "220 mx.test ESMTP",
        {
            "EHLO": f"250-mx.test\n250-PIPELINING\n250-STARTTLS\n250 AUTH {mechanism}",
            "STARTTLS": "220 go" + TLS,
            "AUTH": "235 2.7.0 in",
            "AUTH CRAM-MD5": [f"334 {CHALLENGE}", "235 2.7.0 in"],
            "MAIL": "250 2.1.0 ok",
            "RCPT": "250 2.1.5 ok",
            "RSET": "250 ok",
            "QUIT": "221 bye",
        },
    )


def pop3(mechanism: str = "PLAIN") -> Scripted:
    return Scripted(
        "+OK ready",
        {
            "CAPA": f"+OK\nUSER\nPIPELINING\nSTLS\nSASL {mechanism}\n.",
            "STLS": "+OK go" + TLS,
            "AUTH": "+OK in",
            "AUTH CRAM-MD5": [f"+ {CHALLENGE}", "+OK in"],
            "USER": "+OK",
            "PASS": "+OK in",
            "STAT": "+OK 1 320",
            "QUIT": "+OK bye",
        },
    )


def imap(mechanism: str = "PLAIN") -> Scripted:
    offer = f"CAPABILITY IMAP4rev1 SASL-IR STARTTLS ACL AUTH={mechanism}"
    return Scripted(
        f"* OK [{offer}] ready",
        {
            "CAPABILITY": f"* {offer}\n{{tag}} OK",
            "STARTTLS": "{tag} OK go" + TLS,
            "LOGIN": "{tag} OK in",
            "AUTHENTICATE": "{tag} OK in",
            "AUTHENTICATE CRAM-MD5": [f"+ {CHALLENGE}", "{tag} OK in"],
            "EXAMINE": "* 2 EXISTS\n{tag} OK [READ-ONLY] open",
            "SELECT": "* 0 EXISTS\n{tag} OK [READ-WRITE] open",
            "MYRIGHTS": '* MYRIGHTS "Outbox" lrswi\n{tag} OK',
            "LIST": '* LIST () "/" INBOX\n{tag} OK',
            "LOGOUT": HANG,  # nobody waits for what it says
        },
    )


SERVERS = {"smtp": smtp, "pop3": pop3, "imap": imap}


class Count:
    """Passes bytes between a check and a server, and counts how often the check had to wait."""

    def __init__(self, upstream: int) -> None:
        self.round_trips = 0
        self.port = 0
        self._upstream = upstream
        self._turn_begins = True
        self._tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Count]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        there, to_there = await asyncio.open_connection("127.0.0.1", self._upstream)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(there, writer, from_server=True))
                group.create_task(self._pass(reader, to_there, from_server=False))
        finally:
            for one in (writer, to_there):
                one.transport.abort()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, from_server: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if from_server and self._turn_begins:
                    self.round_trips += 1
                self._turn_begins = not from_server
                sink.write(data)
            sink.close()


@pytest.mark.parametrize(("protocol", "tls", "login", "count"), ROWS)
async def test_a_check_waits_for_as_few_round_trips_as_the_protocol_allows(  # noqa: PLR0917, PLR0913 - the table's columns, and fixtures
    protocol: str, tls: str, login: str, count: int, endpoint: Make, good: ssl.SSLContext
) -> None:
    server = SERVERS[protocol]("CRAM-MD5" if login == "CRAM-MD5" else "PLAIN")
    server.tls, server.implicit = good, tls == "implicit"
    good.num_tickets = 0  # tickets come at any time, and would pass for an answer
    async with server, Count(server.port).running() as wire:
        report = await CHECKS[protocol](endpoint(wire.port, MODES[tls]), LOGINS[login])

    assert report.code == "ok", str(report)
    assert wire.round_trips == count, "\n".join(f"{x.who} {x.text}" for x in report.transcript)


async def checked(
    server: Scripted, changed: dict[str, Answer], endpoint: Make, login: Login = ANA
) -> Report:
    server.answers.update(changed)
    async with server:
        return await CHECKS[server_name(server)](endpoint(server.port, timeout=1), login)


def server_name(server: Scripted) -> str:
    return {"2": "smtp", "+": "pop3", "*": "imap"}[str(server.greeting)[0]]


@pytest.mark.parametrize(
    ("make", "changed", "code", "where"),
    [
        (smtp, {"MAIL": "421 4.7.0 too many messages"}, "rate_limited", "sender"),
        (smtp, {"MAIL": "553 5.7.1 not owned by user", "RCPT": DROP}, "sender_refused", "sender"),
        (smtp, {"RCPT": "554 5.7.1 Relay denied", "RSET": DROP}, "relay_denied", "recipient"),
        (smtp, {"RCPT": DROP}, "dropped", "recipient"),
        (pop3, {"USER": "-ERR nobody of that name"}, "auth_rejected", "authentication"),
        (pop3, {"USER": "-ERR nobody", "PASS": DROP}, "auth_rejected", "authentication"),
        (pop3, {"PASS": "-ERR [IN-USE] locked"}, "pop3_locked", "authentication"),
        (pop3, {"STAT": "-ERR [IN-USE] locked", "QUIT": DROP}, "pop3_locked", "mailbox"),
        (pop3, {"STAT": DROP}, "dropped", "mailbox"),
        (imap, {"EXAMINE": "{tag} NO none"}, "folder_missing", "inbox"),
        (imap, {"EXAMINE": "* BYE shutting down"}, "dropped", "inbox"),
        (imap, {"SELECT": DROP}, "dropped", "outbox"),
    ],
)
async def test_a_refusal_amid_commands_sent_together_is_that_of_its_step_alone(
    make: Callable[[], Scripted],
    changed: dict[str, Answer],
    code: str,
    where: str,
    endpoint: Make,
) -> None:
    server = make()
    report = await checked(server, changed, endpoint)

    assert report.failing_step is not None
    assert (report.code, report.failing_step.name) == (code, where), str(report)
    names = [one.name for one in report.steps]
    later = report.steps[names.index(where) + 1 :]
    assert {one.state for one in later} == {State.SKIPPED}
    assert report.also == ()
    assert len([line for line in server.seen if line.startswith(("AUTH", "PASS"))]) <= 1


async def test_a_server_that_falls_silent_is_said_to_owe_the_right_answer(endpoint: Make) -> None:
    for make, changed, owed in (
        (smtp, {"MAIL": HANG, "RCPT": HANG, "RSET": HANG, "QUIT": HANG}, "MAIL"),
        (pop3, {"STAT": HANG, "QUIT": HANG}, "STAT"),
        (imap, {"EXAMINE": HANG, "SELECT": HANG, "MYRIGHTS": HANG}, "EXAMINE"),
    ):
        report = await checked(make(), dict(changed), endpoint)

        assert report.finding is not None
        assert report.finding.saw == f"No answer to {owed} within 1 s."


async def test_a_missing_inbox_is_looked_for_on_the_same_connection(endpoint: Make) -> None:
    server = imap()
    listing = '* LIST () "/" Outbox\n* LIST () "/" Posteingang\n{tag} OK'
    report = await checked(server, {"EXAMINE": "{tag} NO none", "LIST": listing}, endpoint)

    assert report.finding is not None
    assert "Posteingang" in report.finding.saw
    assert [line.split()[1] for line in server.seen] == [
        *("LOGIN", "EXAMINE", "SELECT", "MYRIGHTS", "LIST", "LOGOUT"),
    ]
    assert server.connections == 1


async def test_an_answer_that_overtakes_another_is_told_apart_by_its_tag(endpoint: Make) -> None:
    early = '* MYRIGHTS "Outbox" lrs\nA4 OK rights\n* 3 EXISTS\n{tag} OK [READ-WRITE] open'
    report = await checked(imap(), {"SELECT": early, "MYRIGHTS": HANG}, endpoint)

    assert (report.code, step(report, "outbox").state) == ("folder_readonly", State.WARNED)


async def test_nothing_is_sent_together_where_that_is_not_offered(endpoint: Make) -> None:
    server = pop3()
    report = await checked(
        server, {"CAPA": "+OK\nUSER\n.", "USER": "-ERR nobody of that name"}, endpoint
    )

    assert report.code == "auth_rejected"
    assert server.seen == ["CAPA", f"USER {ANA.user}", "QUIT"], "the password is not sent"


async def test_a_password_sent_together_with_the_name_is_masked(endpoint: Make) -> None:
    for changed in ({}, {"PASS": "-ERR ana-secret is wrong"}, {"USER": "-ERR", "PASS": HANG}):
        report = await checked(pop3(), dict(changed), endpoint)

        assert "PASS ****" in [line.text for line in report.transcript]
        assert "ana-secret" not in f"{report!r}{report.transcript!r}{report.as_dict()}"


async def test_the_goodbye_tells_what_the_server_said_or_that_nobody_waited(endpoint: Make) -> None:
    for make, words in (
        (smtp, "bye"),
        (pop3, "bye"),
        (imap, "LOGOUT is sent; its answer is not waited for."),
    ):
        server = make()
        report = await checked(server, {}, endpoint)

        assert step(report, "goodbye").evidence == (words,)
        assert server.seen[-1].endswith(("QUIT", "LOGOUT"))
