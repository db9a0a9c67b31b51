"""From the name to a ready conversation: every fault on the way, and who speaks first."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import pytest
from scripted import DROP, HANG, TLS, Scripted, step

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report, State

Make = Callable[..., Endpoint]
SMTP = {
    "EHLO": "250-mx.test\n250-STARTTLS\n250 AUTH PLAIN",
    "STARTTLS": "220 go" + TLS,
    "AUTH PLAIN": "235 2.7.0 in",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}
UNDER_TLS = {"EHLO": "250-mx.test\n250 AUTH PLAIN"}
PLAIN_ONLY = {**SMTP, "EHLO": "250-mx.test\n250 AUTH PLAIN"}
ANA = Login("ana@example.test", "ana-secret")


def names(report: Report) -> list[str]:
    return [one.name for one in report.steps]


async def test_a_name_that_does_not_exist_is_told_from_a_resolver_that_is_silent(
    endpoint: Make,
) -> None:
    report = await check_smtp(endpoint(25, host="mail.nowhere.invalid"), ANA)

    assert (report.code, step(report, "name").state) == ("dns_not_found", State.FAILED)
    assert report.finding is not None
    assert report.finding.field == "name"
    assert "mail.nowhere.invalid" in report.finding.saw


async def test_an_empty_name_is_a_finding_and_no_exception(endpoint: Make) -> None:
    report = await check_pop3(endpoint(110, host="  "), ANA)

    assert report.code == "name_missing"


async def test_a_host_beyond_the_allowed_ones_is_not_even_looked_up(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("socket.getaddrinfo")

    report = await check_imap(
        endpoint(143, host="evil.test", allowed_hosts=("*.example.test",)), ANA
    )

    assert report.code == "host_not_allowed"


async def test_a_port_where_nothing_listens_is_refused(endpoint: Make, free_port: int) -> None:
    report = await check_smtp(endpoint(free_port), ANA)

    assert (report.code, step(report, "connection").state) == ("refused", State.FAILED)
    assert [one.state for one in report.steps[3:]] == [State.SKIPPED] * 8
    assert names(report)[:2] == ["settings", "name"]


async def test_a_port_that_drops_packets_times_out(
    endpoint: Make, black_hole: tuple[str, int]
) -> None:
    report = await check_smtp(endpoint(black_hole[1], host="127.0.0.1", timeout=0.3), ANA)

    assert report.code == "timeout_connect"
    assert report.finding is not None
    assert report.finding.field == "port"


async def test_every_step_passes_over_starttls(endpoint: Make, good: ssl.SSLContext) -> None:
    async with Scripted("220 mx ESMTP", SMTP, under_tls=UNDER_TLS, tls=good) as server:
        report = await check_smtp(endpoint(server.port, TlsMode.REQUIRE), ANA)

    assert report.code == "ok", str(report)
    assert {one.state for one in report.steps} == {State.PASSED}
    assert names(report)[3:7] == ["greeting", "capabilities", "tls", "certificate"]
    assert step(report, "tls").evidence[0].startswith("TLSv1.3")
    assert [line.split()[0] for line in server.seen] == (
        ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "RSET", "QUIT"]
    )


async def test_with_implicit_tls_the_handshake_comes_before_the_greeting(
    endpoint: Make, good: ssl.SSLContext
) -> None:
    async with Scripted("220 mx", SMTP, under_tls=UNDER_TLS, tls=good, implicit=True) as server:
        report = await check_smtp(endpoint(server.port, TlsMode.IMPLICIT), ANA)

    assert report.code == "ok", str(report)
    assert names(report)[3:7] == ["tls", "certificate", "greeting", "capabilities"]


@pytest.mark.parametrize("mode", [TlsMode.REQUIRE, TlsMode.AUTO])
async def test_on_an_unknown_port_silence_means_implicit_tls_on_the_same_connection(
    mode: TlsMode, endpoint: Make, good: ssl.SSLContext
) -> None:
    async with Scripted("220 mx", SMTP, under_tls=UNDER_TLS, tls=good, implicit=True) as server:
        report = await check_smtp(endpoint(server.port, mode, timeout=1), ANA)

    assert report.code == "ok", str(report)
    assert server.connections == 1
    assert "silent" in " ".join(step(report, "connection").evidence)


async def test_auto_goes_on_in_the_clear_on_loopback_and_says_so(endpoint: Make) -> None:
    async with Scripted("220 mx", PLAIN_ONLY) as server:
        report = await check_smtp(endpoint(server.port, TlsMode.AUTO), ANA)

    assert report.code == "ok", str(report)
    assert step(report, "tls").state is State.SKIPPED
    assert "without TLS" in step(report, "tls").evidence[0]


async def test_auto_sends_no_password_in_the_clear_to_another_machine(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailwidgets.connection.wire.is_loopback", lambda _: False)

    async with Scripted("220 mx", PLAIN_ONLY) as server:
        report = await check_smtp(endpoint(server.port, TlsMode.AUTO), ANA)
        nobody = await check_smtp(endpoint(server.port, TlsMode.AUTO), Login())
        asked_for = await check_smtp(endpoint(server.port, TlsMode.NONE), ANA)

    assert (report.code, step(report, "authentication").state) == ("starttls_missing", State.FAILED)
    assert not [line for line in server.seen[:2] if line.startswith("AUTH")]
    assert server.seen[1] == "QUIT"
    assert nobody.code == asked_for.code == "ok"


async def test_required_tls_that_is_not_offered_never_goes_on(endpoint: Make) -> None:
    async with Scripted("220 mx", PLAIN_ONLY) as server:
        report = await check_smtp(endpoint(server.port, TlsMode.REQUIRE), ANA)

    assert (report.code, step(report, "tls").state) == ("starttls_missing", State.FAILED)
    assert server.seen == ["EHLO [127.0.0.1]", "QUIT"]


async def test_starttls_that_is_offered_and_refused(endpoint: Make) -> None:
    answers = {**SMTP, "STARTTLS": "454 4.7.0 TLS not available"}
    async with Scripted("220 mx", answers) as server:
        report = await check_smtp(endpoint(server.port, TlsMode.REQUIRE), ANA)

    assert report.code == "starttls_refused"


@pytest.mark.parametrize("mode", [TlsMode.REQUIRE, TlsMode.AUTO])
async def test_what_stands_behind_the_answer_to_starttls_is_never_taken_for_an_answer(
    mode: TlsMode, endpoint: Make
) -> None:
    injected = b"220 go\r\n250-mx.test\r\n250 AUTH PLAIN INJECTED\r\n"
    async with Scripted("220 mx", {**SMTP, "STARTTLS": injected}) as server:
        report = await check_smtp(endpoint(server.port, mode), ANA)

    assert (report.code, step(report, "tls").state) == ("starttls_injection", State.FAILED)
    assert report.finding is not None
    assert "INJECTED" in report.finding.saw
    assert [line.split()[0] for line in server.seen] == ["EHLO", "STARTTLS"]


async def test_a_plain_client_on_a_tls_port_is_told_at_once(
    endpoint: Make, good: ssl.SSLContext
) -> None:
    async with Scripted("220 mx", tls=good, implicit=True) as server:
        report = await check_smtp(endpoint(server.port, timeout=20), Login(), ehlo="pc.test")

    assert (report.code, step(report, "greeting").state) == ("plain_on_tls_port", State.FAILED)
    assert report.finding is not None
    assert (report.finding.field, report.finding.fix) == ("tls", (("tls", "implicit"),))
    assert report.ms < 10_000


async def test_a_server_silent_with_and_without_tls_is_told_from_one_that_wants_tls(
    endpoint: Make,
) -> None:
    async with Scripted(None) as server:
        plain = await check_imap(endpoint(server.port, timeout=0.4), ANA)
        implicit = await check_imap(endpoint(server.port, TlsMode.IMPLICIT, timeout=0.4), ANA)

    assert plain.code == implicit.code == "silent_server"


async def test_a_late_greeting_is_no_silence(endpoint: Make) -> None:
    class Late(Scripted):
        async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if self.connections == 1:
                await second.wait()
                await super().talk(reader, writer)
            else:
                second.set()  # the probe has come: now the first client is greeted
                await reader.read()

    second = asyncio.Event()
    async with Late("220 mx", SMTP) as server:
        report = await check_smtp(endpoint(server.port, timeout=4), Login())

    assert report.code == "ok", str(report)
    assert server.connections == 2


async def test_a_tls_client_on_a_plain_port_sees_what_the_server_says(endpoint: Make) -> None:
    async with Scripted("220 mx.test ESMTP ready") as server:
        report = await check_smtp(endpoint(server.port, TlsMode.IMPLICIT), ANA)

    assert (report.code, step(report, "tls").state) == ("tls_on_plain_port", State.FAILED)
    assert report.finding is not None
    assert "220 mx.test ESMTP ready" in report.finding.saw
    assert report.finding.fix == (), "nobody answered EHLO, so nobody offered STARTTLS"


@pytest.mark.parametrize(
    ("greeting", "code", "named"),
    [
        ("* OK [CAPABILITY IMAP4rev1] ready", "wrong_protocol", "IMAP"),
        ("+OK ready", "wrong_protocol", "POP3"),
        ("SSH-2.0-OpenSSH_9.2", "wrong_protocol", "SSH"),
        ("220 ftp.test FTP server ready", "wrong_protocol", "FTP"),
        ("HTTP/1.1 302 Found", "captive_portal", "web server"),
        ("what is this", "malformed_reply", "protocol"),
        ("421 4.3.2 too many connections", "busy", ""),
        ("554 5.7.1 your address is blocked", "greeting_refused", ""),
        (DROP, "dropped", ""),
    ],
)
async def test_another_greeting_than_expected_is_named(
    greeting: str, code: str, named: str, endpoint: Make
) -> None:
    async with Scripted(greeting) as server:
        report = await check_smtp(endpoint(server.port), ANA)

    assert (report.code, step(report, "greeting").state) == (code, State.FAILED)
    assert report.finding is not None
    assert named in report.finding.meaning


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        ("* BYE [UNAVAILABLE] down for maintenance", "busy"),
        ("* BYE not from there", "greeting_refused"),
        ("220 mx ESMTP", "wrong_protocol"),
    ],
)
async def test_an_imap_server_that_turns_the_client_away(
    greeting: str, code: str, endpoint: Make
) -> None:
    async with Scripted(greeting) as server:
        report = await check_imap(endpoint(server.port), ANA)

    assert report.code == code


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        ("-ERR [SYS/TEMP] come back", "busy"),
        ("-ERR go away", "greeting_refused"),
        ("* OK IMAP4rev1", "wrong_protocol"),
    ],
)
async def test_a_pop3_server_that_turns_the_client_away(
    greeting: str, code: str, endpoint: Make
) -> None:
    async with Scripted(greeting) as server:
        report = await check_pop3(endpoint(server.port), ANA)

    assert report.code == code


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"2" * 70_000, "line_too_long"),
        (b"250-more\r\n" * 2_000, "line_too_long"),
        ("no reply at all", "malformed_reply"),
        (DROP, "dropped"),
        (HANG, "deadline"),
    ],
)
async def test_a_hostile_or_broken_reply_ends_the_check_in_time(
    answer: str | bytes, code: str, endpoint: Make
) -> None:
    async with Scripted("220 mx", {"EHLO": answer}) as server:
        report = await check_smtp(endpoint(server.port, timeout=0.5), ANA, ehlo="pc.example.test")

    assert (report.code, step(report, "capabilities").state) == (code, State.FAILED)
    assert len(report.transcript) <= 501
    assert report.ms < 5_000


async def test_a_dropped_connection_names_the_command_before_it(endpoint: Make) -> None:
    async with Scripted("220 mx", {**PLAIN_ONLY, "MAIL": DROP}) as server:
        report = await check_smtp(endpoint(server.port), ANA)

    assert report.finding is not None
    assert (report.code, report.finding.saw) == (
        "dropped",
        "The server closed the connection after MAIL.",
    )


class Dripping(Scripted):
    """Sends another byte of an endless line all the time."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        while True:
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.05)


async def test_a_server_that_drips_meets_the_deadline_of_four_timeouts(endpoint: Make) -> None:
    async with Dripping(None) as server:
        report = await check_smtp(endpoint(server.port, timeout=0.25), ANA)

    assert report.code == "deadline"
    assert report.finding is not None
    assert report.finding.field == "timeout"
    assert 900 < report.ms < 3_000
