"""Workflow e-mail: by SMTP, or by IMAP with the acting user's SMTP behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from scripted import DROP, HANG, Answer, Scripted

from mailwidgets.checks.imap import STEPS as IMAP_STEPS
from mailwidgets.checks.ladder import CheckCancelled
from mailwidgets.checks.smtp import STEPS as SMTP_STEPS
from mailwidgets.checks.workflow import SmtpTarget, check_workflow_imap, check_workflow_smtp
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.reports.report import Report, State, Step

Make = Callable[..., Endpoint]
IMAP: dict[str, Answer] = {
    "LOGIN": "{tag} OK in",
    "EXAMINE": "* 2 EXISTS\n{tag} OK [READ-ONLY] open",
    "SELECT": "* 0 EXISTS\n{tag} OK [READ-WRITE] open",
    "LIST": '* LIST () "/" INBOX\n{tag} OK',
    "LOGOUT": "* BYE see you\n{tag} OK",
}
SMTP: dict[str, Answer] = {
    "EHLO": "250-mx\n250 AUTH PLAIN",
    "AUTH": "235 in",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}
GREETING = "* OK [CAPABILITY IMAP4rev1] ready"
MISSING = "{tag} NO [NONEXISTENT] no such mailbox"
COMPANY = Login("office", "office-secret")
ANA = Login("ana@example.test", "ana-secret")


async def checked(
    endpoint: Make,
    imap: dict[str, Answer],
    smtp: dict[str, Answer] | None = None,
    **more: Any,  # noqa: ANN401 - whatever the check takes
) -> tuple[Report, list[str], list[str]]:
    """Return the report, and what the IMAP and the SMTP server heard; without ``smtp`` is none."""
    async with (
        Scripted(GREETING, {**IMAP, **imap}) as first,
        Scripted("220 mx", {**SMTP, **(smtp or {})}) as second,
    ):
        fallback = SmtpTarget(endpoint(second.port), ANA, "pc.example.test")
        report = await check_workflow_imap(
            endpoint(first.port),
            COMPANY,
            sender="office@example.test",
            fallback=None if smtp is None else fallback,
            **more,
        )
        return report, first.seen, second.seen


def states(report: Report, via: str) -> set[State]:
    return {step.state for step in report.steps if step.via == via}


async def test_by_smtp_the_sender_is_proven_with_the_companys_login(endpoint: Make) -> None:
    async with Scripted("220 mx", SMTP) as server:
        report = await check_workflow_smtp(
            endpoint(server.port), COMPANY, sender="office@example.test", ehlo="pc.example.test"
        )

    assert (report.section, report.code) == ("workflow", "ok")
    assert "MAIL FROM:<office@example.test>" in server.seen
    assert "RCPT TO:<office@example.test>" in server.seen


async def test_a_refused_sender_names_the_workflows_own_field(endpoint: Make) -> None:
    async with Scripted("220 mx", {**SMTP, "MAIL": "550 5.7.60 no SendAs"}) as server:
        report = await check_workflow_smtp(
            endpoint(server.port), COMPANY, sender="boss@example.test", ehlo="pc.example.test"
        )

    assert report.finding is not None
    assert (report.code, report.finding.field) == ("sender_refused", "sender")


async def test_where_imap_works_smtp_is_not_asked(endpoint: Make) -> None:
    report, _, smtp = await checked(endpoint, {}, {})

    assert report.code == "ok", str(report)
    assert smtp == []
    assert states(report, "smtp") == {State.SKIPPED}
    assert [step.via for step in report.steps] == ["imap"] * len(IMAP_STEPS) + ["smtp"] * len(
        SMTP_STEPS
    )


async def test_a_missing_outbox_warns_where_smtp_works(endpoint: Make) -> None:
    told: list[Step] = []
    report, _, smtp = await checked(endpoint, {"SELECT": MISSING}, {}, on_step=told.append)

    assert (report.code, report.ok) == ("folder_missing", True), str(report)
    assert report.finding is not None
    assert "by SMTP" in report.finding.meaning
    assert "MAIL FROM:<office@example.test>" in smtp, "the workflow's sender, the user's login"
    outbox = [step.state for step in told if (step.via, step.name) == ("imap", "outbox")]
    assert outbox == [State.RUNNING, State.FAILED, State.WARNED]


@pytest.mark.parametrize("smtp", [{"AUTH": "535 5.7.8 no"}, None])
async def test_a_missing_outbox_fails_where_smtp_does_not_work(
    smtp: dict[str, Answer] | None, endpoint: Make
) -> None:
    report, _, _ = await checked(endpoint, {"SELECT": MISSING}, smtp)

    assert (report.code, report.ok) == ("folder_missing", False), str(report)
    assert (State.FAILED in states(report, "smtp")) is (smtp is not None)


async def test_any_failure_of_imap_goes_by_smtp_and_both_attempts_show(endpoint: Make) -> None:
    report, _, _ = await checked(endpoint, {"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] no"}, {})

    assert (report.code, report.ok) == ("auth_rejected", True), str(report)
    assert State.PASSED in states(report, "smtp")
    assert "220 mx" in [line.text for line in report.transcript]
    assert [line.ms for line in report.transcript] == sorted(line.ms for line in report.transcript)


async def test_smtp_is_no_way_around_a_missing_inbox(endpoint: Make) -> None:
    report, _, _ = await checked(endpoint, {"EXAMINE": MISSING}, {})

    assert report.finding is not None
    assert (report.ok, report.finding.field) == (False, "inbox")


async def test_use_smtp_account_goes_to_smtp_at_once(endpoint: Make) -> None:
    report, imap, smtp = await checked(endpoint, {}, {}, use_smtp_account=True)

    assert report.code == "ok", str(report)
    assert imap == []
    assert smtp[-1] == "QUIT"
    assert states(report, "imap") == {State.SKIPPED}


async def test_smtp_at_once_without_smtp_settings_is_a_finding(endpoint: Make) -> None:
    report, _, _ = await checked(endpoint, {}, None, use_smtp_account=True)

    assert (report.code, report.ok) == ("fallback_missing", False)


@pytest.mark.parametrize("at", ["imap", "smtp"])
async def test_a_cancelled_check_shows_how_far_it_came(at: str, endpoint: Make) -> None:
    async with (
        Scripted(GREETING, {**IMAP, "LOGIN": HANG if at == "imap" else DROP}) as imap,
        Scripted("220 mx", {**SMTP, "AUTH": HANG}) as smtp,
    ):
        fallback = SmtpTarget(endpoint(smtp.port, timeout=30), ANA, "pc.example.test")
        there = asyncio.Event()

        def on_step(step: Step) -> None:
            if (step.via, step.name, step.state) == (at, "authentication", State.RUNNING):
                there.set()

        check = check_workflow_imap(
            endpoint(imap.port, timeout=30), COMPANY, fallback=fallback, on_step=on_step
        )
        task = asyncio.create_task(check)
        await there.wait()
        task.cancel()
        with pytest.raises(CheckCancelled) as caught:
            await task

    failed = [step for step in caught.value.report.steps if step.state is State.FAILED]
    assert (failed[-1].via, failed[-1].name) == (at, "authentication")
    assert failed[-1].finding is not None
    assert failed[-1].finding.code == "cancelled"


async def test_what_is_wrong_by_smtp_points_at_the_smtp_settings_with_its_fix(
    endpoint: Make,
) -> None:
    report, _, _ = await checked(
        endpoint, {}, {"EHLO": "250-mx\n250 AUTH SCRAM-SHA-256"}, use_smtp_account=True
    )

    found = report.finding
    assert found is not None
    assert (found.code, found.section, found.field) == ("auth_mechanism", "smtp", "sasl")
    assert found.fix == (("sasl", True),)


async def test_a_refused_sender_by_smtp_is_still_the_workflows_own_field(endpoint: Make) -> None:
    report, _, _ = await checked(endpoint, {}, {"MAIL": "550 5.7.60 no"}, use_smtp_account=True)

    found = report.finding
    assert found is not None
    assert (found.code, found.section, found.field) == ("sender_refused", "", "sender")


async def test_a_missing_fallback_is_looked_for_in_the_smtp_settings(endpoint: Make) -> None:
    report, _, _ = await checked(endpoint, {}, None, use_smtp_account=True)

    assert report.finding is not None
    assert (report.finding.section, report.finding.field) == ("smtp", "name")
