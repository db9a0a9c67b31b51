"""Where it works instead: one look at the other ports, offered as values that fill the draft."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import pytest
from scripted import TLS, Scripted

from mailwidgets.checks.counter_probe import ALTERNATIVES, Alternative
from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.ladder import CheckRun
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.checks.workflow import SmtpTarget, check_workflow_imap
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report, State, Step

Make = Callable[..., Endpoint]
SMTP = {"EHLO": "250-mx.test\n250 STARTTLS", "STARTTLS": "220 go" + TLS, "QUIT": "221 bye"}
CLEAR = {**SMTP, "EHLO": "250 mx.test"}
ANA = Login("ana@example.test", "ana-secret")


def elsewhere(
    monkeypatch: pytest.MonkeyPatch, protocol: str, *others: tuple[Scripted, bool]
) -> None:
    alternatives = tuple(Alternative(server.port, implicit=tls) for server, tls in others)
    monkeypatch.setitem(ALTERNATIVES, protocol, alternatives)


def fix(report: Report) -> tuple[tuple[str, str | int], ...]:
    assert report.finding is not None
    return report.finding.fix


async def test_a_refused_port_offers_the_usual_one_after_a_single_look(
    endpoint: Make, free_port: int, good: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Step] = []
    async with (
        Scripted("220 mx", tls=good, implicit=True) as implicit,
        Scripted("220 mx", SMTP) as starttls,
    ):
        elsewhere(monkeypatch, "smtp", (implicit, True), (starttls, False))
        report = await check_smtp(
            endpoint(free_port), ANA, ehlo="pc.example.test", on_step=told.append
        )

    assert report.code == "refused"
    assert fix(report) == (("port", implicit.port), ("tls", "implicit"))
    assert report.finding is not None
    assert f"port {implicit.port} answers with TLS" in report.finding.advice
    failed = [step for step in told if step.state is State.FAILED]
    assert [bool(step.finding and step.finding.fix) for step in failed] == [False, True]
    assert implicit.seen == [], "nothing is sent where no certificate was verified"
    assert (implicit.connections, starttls.connections) == (1, 0)
    assert any("one more connection" in line.text for line in report.transcript)


async def test_a_port_whose_packets_are_dropped_offers_the_usual_one(
    endpoint: Make, black_hole: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted("220 mx", SMTP) as there:
        elsewhere(monkeypatch, "smtp", (there, False))
        at = endpoint(black_hole[1], host="127.0.0.1", timeout=0.5)
        report = await check_smtp(at, ANA, ehlo="pc.example.test")

    assert (report.code, there.connections) == ("timeout_connect", 1)
    assert fix(report) == (("port", there.port), ("tls", "require"))


async def test_another_protocols_port_offers_the_right_one(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted("* OK IMAP4rev1 ready") as here, Scripted("220 mx", SMTP) as there:
        elsewhere(monkeypatch, "smtp", (there, False))
        report = await check_smtp(endpoint(here.port), ANA, ehlo="pc.example.test")

    assert (report.code, there.connections) == ("wrong_protocol", 1)
    assert fix(report) == (("port", there.port), ("tls", "require"))


async def test_a_port_that_begins_in_the_clear_offers_starttls_if_it_has_it(
    endpoint: Make, good: ssl.SSLContext
) -> None:
    async with Scripted("220 mx", SMTP, tls=good) as here:
        report = await check_smtp(endpoint(here.port, TlsMode.IMPLICIT), ANA)

    assert (report.code, here.connections) == ("tls_on_plain_port", 2)
    assert fix(report) == (("tls", "require"),)
    assert not any(line.startswith("AUTH") for line in here.seen)


async def test_a_port_that_begins_in_the_clear_and_has_no_starttls_offers_nothing(
    endpoint: Make,
) -> None:
    async with Scripted("220 mx", CLEAR) as here:
        report = await check_smtp(endpoint(here.port, TlsMode.IMPLICIT), ANA)

    assert (report.code, fix(report), here.connections) == ("tls_on_plain_port", (), 2)


async def test_missing_starttls_offers_the_port_with_implicit_tls_alone(
    endpoint: Make, good: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        Scripted("220 mx", CLEAR) as here,
        Scripted("220 mx", SMTP) as starttls,
        Scripted("220 mx", tls=good, implicit=True) as implicit,
    ):
        elsewhere(monkeypatch, "smtp", (starttls, False), (implicit, True))
        report = await check_smtp(endpoint(here.port, TlsMode.REQUIRE), ANA, ehlo="pc.test")

    assert report.code == "starttls_missing"
    assert fix(report) == (("port", implicit.port), ("tls", "implicit"))
    assert (here.connections, starttls.connections, implicit.connections) == (1, 0, 1)


async def test_silence_on_a_tls_port_takes_one_look_to_tell(
    endpoint: Make, good: ssl.SSLContext
) -> None:
    async with Scripted("220 mx", tls=good, implicit=True) as here:
        report = await check_smtp(endpoint(here.port, timeout=1), ANA)

    assert (report.code, fix(report)) == ("plain_on_tls_port", (("tls", "implicit"),))
    assert here.connections <= 2


async def test_imap_and_pop3_have_yes_and_no_for_tls(
    endpoint: Make, good: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear = "* OK [CAPABILITY IMAP4rev1] ready"
    async with (
        Scripted(clear) as here,
        Scripted(clear, tls=good, implicit=True) as there,
    ):
        elsewhere(monkeypatch, "imap", (there, True))
        report = await check_imap(endpoint(here.port, TlsMode.REQUIRE), ANA)

    assert report.code == "starttls_missing"
    assert fix(report) == (("port", there.port), ("tls", True))


async def test_another_protocol_with_tls_is_no_alternative(
    endpoint: Make, free_port: int, good: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted("+OK POP3", tls=good, implicit=True) as server:
        elsewhere(monkeypatch, "smtp", (server, True))
        report = await check_smtp(endpoint(free_port), ANA, ehlo="pc.example.test")

    assert (report.code, fix(report)) == ("refused", ())


async def test_a_port_that_says_nothing_offers_nothing(
    endpoint: Make, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted(None) as silent, Scripted("220 mx", SMTP) as good_one:
        elsewhere(monkeypatch, "smtp", (silent, True), (good_one, False))
        report = await asyncio.wait_for(
            check_smtp(endpoint(free_port, timeout=1), ANA, ehlo="pc.example.test"), 30
        )

    assert (report.code, fix(report)) == ("refused", ())
    assert (silent.connections, good_one.connections) == (1, 0)


async def test_it_is_cancelled_at_once_and_keeps_what_was_found(
    endpoint: Make, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted(None) as silent:
        elsewhere(monkeypatch, "smtp", (silent, True))
        run = CheckRun(lambda: check_smtp(endpoint(free_port, timeout=30), ANA))
        run.start()
        await silent.connected.wait()
        run.cancel()
        report = await asyncio.wait_for(run.report(), 1)

    assert report.code == "refused"


async def test_no_other_port_is_looked_at_where_another_fault_says_enough(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted("220 mx", SMTP) as there, Scripted("554 go away") as here:
        elsewhere(monkeypatch, "smtp", (there, False))
        report = await check_smtp(endpoint(here.port), ANA)

    assert (report.code, fix(report), there.connections) == ("greeting_refused", (), 0)


async def test_a_fix_of_the_fallback_is_for_the_smtp_settings(
    endpoint: Make, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted("220 mx", SMTP) as there:
        elsewhere(monkeypatch, "smtp", (there, False))
        fallback = SmtpTarget(endpoint(free_port), ANA, "pc.example.test")
        report = await check_workflow_imap(
            endpoint(free_port), ANA, fallback=fallback, use_smtp_account=True
        )

    assert report.finding is not None
    found = report.finding
    assert (found.code, found.section, found.field) == ("refused", "smtp", "port")
    assert report.finding.fix == (("port", there.port), ("tls", "require"))
    assert f"port {there.port} answers" in report.finding.advice
