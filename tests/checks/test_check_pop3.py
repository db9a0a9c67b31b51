"""POP3: USER and PASS or AUTH, STAT, and what the server means by refusing."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from scripted import Answer, Scripted, step

from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.reports.report import Report, State

Make = Callable[..., Endpoint]
SERVER: dict[str, Answer] = {
    "CAPA": "+OK\nTOP\nUSER\nSASL PLAIN LOGIN\n.",
    "USER": "+OK",
    "PASS": "+OK in",
    "AUTH": "+OK in",
    "STAT": "+OK 1 320",
    "QUIT": "+OK bye",
}
ANA = Login("ana", "ana-secret")


async def checked(
    endpoint: Make, changed: dict[str, Answer], login: Login = ANA
) -> tuple[Report, list[str]]:
    async with Scripted("+OK ready", {**SERVER, **changed}) as server:
        report = await check_pop3(endpoint(server.port, timeout=1), login)
        return report, server.seen


async def test_the_mailbox_is_counted(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {})

    assert report.code == "ok", str(report)
    assert seen == ["CAPA", "USER ana", "PASS ana-secret", "STAT", "QUIT"]
    assert step(report, "mailbox").evidence == ("1 message, 320 octets.",)


async def test_any_user_name_and_password_goes_as_it_is(endpoint: Make) -> None:
    login = Login('jürgen "q" \\', ' pä ss"wo\\rd ☃ ')
    _, seen = await checked(endpoint, {}, login)

    assert seen[1:3] == [f"USER {login.user}", f"PASS {login.password}"]


async def test_sasl_uses_auth_with_the_initial_response(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {}, Login("ana", "ana-secret", sasl=True))

    assert report.code == "ok", str(report)
    response = base64.b64encode(b"\0ana\0ana-secret").decode()
    assert seen[1] == f"AUTH PLAIN {response}"


async def test_a_response_beyond_255_octets_waits_for_the_challenge(endpoint: Make) -> None:
    login = Login("ana", "p" * 250, sasl=True)
    report, seen = await checked(endpoint, {"AUTH": ["+ ", "+OK in"]}, login)

    assert report.code == "ok", str(report)
    assert seen[1] == "AUTH PLAIN"


async def test_a_server_without_capa_still_takes_user_and_pass(endpoint: Make) -> None:
    report, _ = await checked(endpoint, {"CAPA": "-ERR unknown command"})

    assert report.code == "ok", str(report)


async def test_without_a_user_name_there_is_no_mailbox_to_look_at(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {}, Login())

    assert report.code == "ok"
    assert seen == ["CAPA", "QUIT"]
    assert step(report, "mailbox").state is State.SKIPPED


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"PASS": "-ERR [AUTH] wrong"}, "auth_rejected", "password"),
        ({"PASS": "-ERR nope"}, "auth_rejected", "password"),
        ({"USER": "-ERR nobody of that name"}, "auth_rejected", "password"),
        ({"PASS": "-ERR [IN-USE] locked"}, "pop3_locked", "user"),
        ({"PASS": "-ERR [SYS/PERM] not enabled for POP"}, "pop3_disabled", "user"),
        ({"PASS": "-ERR [SYS/TEMP] later"}, "busy", "name"),
        ({"PASS": "-ERR [LOGIN-DELAY] too soon"}, "rate_limited", "user"),
        (
            {"PASS": "-ERR [AUTH] Application-specific password required"},
            "auth_app_password",
            "password",
        ),
        ({"STAT": "-ERR [IN-USE] locked"}, "pop3_locked", "user"),
        ({"STAT": "-ERR what"}, "command_refused", "name"),
        ({"CAPA": "+OK\nSTLS\n."}, "auth_needs_tls", "tls"),
        ({"CAPA": "+OK\nSASL PLAIN\n."}, "auth_mechanism", "sasl"),
    ],
)
async def test_what_a_refusal_means(
    changed: dict[str, Answer], code: str, field: str, endpoint: Make
) -> None:
    report, seen = await checked(endpoint, changed)

    assert report.finding is not None
    assert (report.code, report.finding.field) == (code, field), str(report)
    assert len([line for line in seen if line.startswith("PASS")]) <= 1


async def test_a_mechanism_that_both_sides_lack_lists_both_sides(endpoint: Make) -> None:
    report, _ = await checked(
        endpoint, {"CAPA": "+OK\nUSER\nSASL GSSAPI\n."}, Login("ana", "x", sasl=True)
    )

    assert report.finding is not None
    assert report.code == "auth_mechanism"
    assert "GSSAPI" in report.finding.saw
    assert "SCRAM-SHA-256" in report.finding.saw


async def test_no_password_is_sent_where_user_is_offered_only_under_tls(endpoint: Make) -> None:
    _, seen = await checked(endpoint, {"CAPA": "+OK\nSTLS\n."})

    assert seen == ["CAPA", "QUIT"]
