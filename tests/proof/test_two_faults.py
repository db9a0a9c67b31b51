"""Two faults at once: the first that blocks is the finding, what else was seen is mentioned."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
import trustme
from check_fixtures import ca, no_other_ports, nothing_stays_behind  # noqa: F401 - fixtures
from scripted import Answer

from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.reports.report import Report, State
from proof.scenarios_login import IMAP
from proof.scenarios_names import broken_ipv6
from proof.scenarios_network import SMTP
from proof.scenarios_stage import Stage, against, scripted
from proof.scenarios_tls import POP3

DAY = dt.timedelta(days=1)
MISSING = "{tag} NO [NONEXISTENT] no such mailbox"


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path, ca: trustme.CA) -> Stage:  # noqa: F811
    return Stage(request, tmp_path, ca)


def also(report: Report) -> list[str]:
    return [found.code for found in report.also]


def issued(by: trustme.CA, *names: str, begins: int, ends: int) -> ssl.SSLContext:
    now = dt.datetime.now(dt.UTC)
    leaf = by.issue_cert(*names, not_before=now + begins * DAY, not_after=now + ends * DAY)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


async def checked(stage: Stage, context: ssl.SSLContext, **answers: Answer) -> Report:
    at = scripted("+OK ready", {**POP3, **answers}, context=lambda _: context)
    return await against("pop3", at, tls=TlsMode.REQUIRE)(stage)


async def test_an_unknown_issuer_leads_and_date_and_name_are_mentioned(stage: Stage) -> None:
    context = issued(trustme.CA(), "mail.other.test", begins=-30, ends=-2)

    report = await checked(stage, context)

    assert report.code == "cert_untrusted", str(report)
    assert also(report) == ["cert_name", "cert_expired"]
    assert "2 days ago" in report.also[1].saw
    assert "(cert_expired)" in str(report)


async def test_a_wrong_name_leads_before_a_date(stage: Stage) -> None:
    expired = await checked(stage, issued(stage.ca, "a.test", "b.test", begins=-30, ends=-2))
    not_yet = await checked(stage, issued(stage.ca, "a.test", begins=2, ends=30))
    ending = await checked(stage, issued(stage.ca, "a.test", begins=-2, ends=5))

    assert {expired.code, not_yet.code, ending.code} == {"cert_name"}
    assert [also(one) for one in (expired, not_yet, ending)] == [
        ["cert_expired"],
        ["cert_not_yet"],
        ["cert_expiring"],
    ]


async def test_an_expired_certificate_alone_is_mentioned_once(stage: Stage) -> None:
    report = await checked(stage, issued(stage.ca, "localhost", begins=-30, ends=-2))

    assert (report.code, also(report)) == ("cert_expired", [])


async def test_a_refused_login_leads_before_a_certificate_that_ends_soon(stage: Stage) -> None:
    context = issued(stage.ca, "localhost", begins=-2, ends=5)

    report = await checked(stage, context, PASS="-ERR [AUTH] wrong")

    assert (report.code, also(report)) == ("auth_rejected", ["cert_expiring"]), str(report)
    certificate = next(step for step in report.steps if step.name == "certificate")
    assert certificate.state is State.WARNED


async def test_a_refused_login_leads_before_broken_ipv6(stage: Stage) -> None:
    reach = broken_ipv6({**SMTP, "AUTH": "535 5.7.8 wrong"})

    report = await reach(stage)

    assert (report.code, also(report)) == ("auth_rejected", ["unreachable_ipv6"]), str(report)
    assert "::1" in report.also[0].saw


async def test_inbox_leads_where_outbox_is_missing_as_well(stage: Stage) -> None:
    server = scripted("* OK ready", {**IMAP, "EXAMINE": MISSING, "SELECT": MISSING})

    report = await against("imap", server, inbox="Posteingang", outbox="Postausgang")(stage)

    assert report.code == "folder_missing", str(report)
    assert report.finding is not None
    assert report.finding.field == "inbox"
    assert [(found.code, found.field) for found in report.also] == [("folder_missing", "outbox")]
    assert "Postausgang" in report.also[0].saw
