"""SMTP: login, sender and recipient, and what the server means by refusing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from scripted import DROP, HANG, Answer, Scripted, step

from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.errors import InvalidValue
from mailwidgets.reports.report import Report, State

Make = Callable[..., Endpoint]
OFFER = "250-mx.test\n250-SIZE 1000\n250 AUTH PLAIN LOGIN CRAM-MD5"
SERVER: dict[str, Answer] = {
    "EHLO": OFFER,
    "AUTH": "235 2.7.0 in",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}
ANA = Login("ana@example.test", "ana-secret")


async def checked(
    endpoint: Make,
    changed: dict[str, Answer],
    login: Login = ANA,
    **more: Any,  # noqa: ANN401 - whatever the check takes
) -> tuple[Report, list[str]]:
    async with Scripted("220 mx ESMTP", {**SERVER, **changed}) as server:
        report = await check_smtp(endpoint(server.port, timeout=1), login, **more)
        return report, server.seen


async def test_the_user_name_serves_as_sender_and_recipient_where_it_is_an_address(
    endpoint: Make,
) -> None:
    report, seen = await checked(endpoint, {})

    assert report.code == "ok", str(report)
    assert seen[2:] == [
        "MAIL FROM:<ana@example.test>",
        "RCPT TO:<ana@example.test>",
        "RSET",
        "QUIT",
    ]


async def test_the_null_sender_and_the_postmaster_serve_where_it_is_none(endpoint: Make) -> None:
    _, seen = await checked(endpoint, {}, Login("ana", "ana-secret"))

    assert seen[2:4] == ["MAIL FROM:<>", "RCPT TO:<postmaster>"]


async def test_the_given_sender_goes_before_the_user_name(endpoint: Make) -> None:
    _, seen = await checked(endpoint, {}, sender="office@bücher.example")

    assert seen[2] == "MAIL FROM:<office@xn--bcher-kva.example>"


async def test_no_message_is_ever_sent(endpoint: Make) -> None:
    _, seen = await checked(
        endpoint, {"EHLO": "250-mx\n250-PIPELINING\n250-CHUNKING\n250 AUTH PLAIN"}
    )

    assert not [line for line in seen if line.startswith(("DATA", "BDAT"))]


async def test_with_pipelining_three_commands_go_at_once(endpoint: Make) -> None:
    answers: dict[str, Answer] = {
        "EHLO": "250-mx\n250-PIPELINING\n250 AUTH PLAIN",
        "MAIL": HANG,
        "RCPT": HANG,
        "RSET": "250 ok\n550 5.7.1 Relaying denied\n250 ok",
    }
    report, seen = await checked(endpoint, answers)

    assert report.code == "relay_denied", str(report)
    assert seen[-1] == "QUIT", "the conversation is still in order"


async def test_a_refused_sender_leaves_a_pipelined_conversation_in_order(endpoint: Make) -> None:
    answers: dict[str, Answer] = {
        "EHLO": "250-mx\n250-PIPELINING\n250 AUTH PLAIN",
        "MAIL": "553 5.7.1 not owned by user",
        "RCPT": "503 no sender",
    }
    report, seen = await checked(endpoint, answers)

    assert (report.code, step(report, "sender").state) == ("sender_refused", State.FAILED)
    assert step(report, "recipient").state is State.SKIPPED
    assert seen[-1] == "QUIT"


async def test_without_a_user_name_nobody_logs_in(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {}, Login())

    assert report.code == "ok", str(report)
    assert step(report, "authentication").state is State.SKIPPED
    assert not [line for line in seen if line.startswith("AUTH")]


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"AUTH": "535 5.7.8 authentication failed"}, "auth_rejected", "password"),
        (
            {"AUTH": "534-5.7.9 Application-specific\n534 5.7.9 password"},
            "auth_app_password",
            "password",
        ),
        ({"AUTH": "535 5.7.139 Authentication unsuccessful, basic"}, "auth_disabled", "user"),
        ({"AUTH": "454 4.7.0 Too many login attempts"}, "rate_limited", "user"),
        ({"AUTH": "454 4.7.0 Temporary authentication failure"}, "busy", "name"),
        ({"AUTH": "421 4.3.2 shutting down"}, "busy", "name"),
        ({"AUTH": "530 5.7.0 Must issue a STARTTLS command first"}, "auth_needs_tls", "tls"),
        ({"AUTH": "538 encryption required"}, "auth_needs_tls", "tls"),
        ({"AUTH": "504 5.5.4 mechanism not supported"}, "auth_mechanism", "sasl"),
        ({"AUTH": "503 5.5.1 authentication not enabled"}, "auth_not_offered", "port"),
        ({"EHLO": "250 mx"}, "auth_not_offered", "port"),
        ({"EHLO": "250-mx\n250 STARTTLS"}, "auth_needs_tls", "tls"),
        ({"EHLO": "250-mx\n250 AUTH GSSAPI"}, "auth_mechanism", "sasl"),
        ({"EHLO": "550 5.7.1 go away"}, "ehlo_rejected", "ehlo"),
        ({"EHLO": "501 5.5.4 invalid name"}, "ehlo_rejected", "ehlo"),
        ({"MAIL": "530 5.7.0 Authentication required"}, "auth_missing", "user"),
        ({"MAIL": "550 5.7.60 SendAsDenied"}, "sender_refused", "user"),
        ({"MAIL": "552 5.2.2 mailbox full"}, "over_quota", "user"),
        ({"MAIL": "552 5.3.4 message too big"}, "size_limit", "user"),
        ({"RCPT": "554 5.7.1 Relay access denied"}, "relay_denied", "user"),
        ({"RCPT": "450 4.7.1 <pc>: Helo command rejected"}, "ehlo_rejected", "ehlo"),
        ({"RCPT": "553 5.7.1 Sender address rejected: not owned"}, "sender_refused", "user"),
        ({"RCPT": "550 5.1.8 domain not found"}, "sender_refused", "user"),
        ({"RCPT": "550 5.7.25 reverse DNS not found"}, "sender_refused", "user"),
        ({"RCPT": "554 5.7.1 Client host blocked using bl.test"}, "greeting_refused", "name"),
        ({"RCPT": "452 4.2.2 over quota"}, "over_quota", "user"),
        ({"RCPT": "421 4.7.0 too many messages, rate limited"}, "rate_limited", "user"),
        ({"RCPT": DROP}, "dropped", "name"),
        ({"MAIL": "not a reply"}, "malformed_reply", "name"),
    ],
)
async def test_what_a_refusal_means(
    changed: dict[str, Answer], code: str, field: str, endpoint: Make
) -> None:
    report, seen = await checked(endpoint, changed)

    assert report.finding is not None
    assert (report.code, report.finding.field, report.ok) == (code, field, False), str(report)
    assert len([line for line in seen if line.startswith("AUTH")]) <= 1, "one attempt, never two"


async def test_a_stranger_who_is_refused_is_told_to_log_in(endpoint: Make) -> None:
    refused: dict[str, Answer] = {"MAIL": "550 5.7.1 not allowed"}
    stranger, _ = await checked(endpoint, refused, Login())
    assert stranger.code == "auth_missing"

    nobody_can, _ = await checked(endpoint, {**refused, "EHLO": "250 mx"}, Login())
    assert nobody_can.code == "sender_refused"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("450 4.7.1 Greylisted, try again later", "greylisted"),
        ("451 4.7.1 come back later", "greylisted"),
        ("550 5.1.1 User unknown", "recipient_refused"),
    ],
)
async def test_what_is_no_reason_to_fail_is_a_warning(
    reply: str, code: str, endpoint: Make
) -> None:
    report, seen = await checked(endpoint, {"RCPT": reply})

    assert (report.code, report.ok) == (code, True), str(report)
    assert step(report, "recipient").state is State.WARNED
    assert seen[-2:] == ["RSET", "QUIT"]


async def test_greylisting_at_mail_warns_and_skips_the_recipient(endpoint: Make) -> None:
    report, _ = await checked(endpoint, {"MAIL": "451 4.7.1 Greylisted"})

    assert (report.code, report.ok) == ("greylisted", True)
    assert step(report, "recipient").state is State.SKIPPED
    assert step(report, "goodbye").state is State.PASSED


async def test_a_server_without_ehlo_is_greeted_with_helo(endpoint: Make) -> None:
    changed: dict[str, Answer] = {"EHLO": "502 not implemented", "HELO": "250 mx"}
    report, seen = await checked(endpoint, changed, Login(), ehlo="pc.example.test")

    assert report.code == "ok"
    assert seen[:2] == ["EHLO pc.example.test", "HELO pc.example.test"]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("pc.example.test", "pc.example.test"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("[192.0.2.1]", "[192.0.2.1]"),
    ],
)
async def test_the_ehlo_name_goes_as_typed(typed: str, sent: str, endpoint: Make) -> None:
    _, seen = await checked(endpoint, {}, ehlo=typed)

    assert seen[0] == f"EHLO {sent}"


@pytest.mark.parametrize(
    ("fqdn", "sent"),
    [
        ("pc.example.test", "pc.example.test"),
        ("pc", "[127.0.0.1]"),
        ("localhost.local", "[127.0.0.1]"),
    ],
)
async def test_without_an_ehlo_name_the_fqdn_serves_or_the_address(
    fqdn: str, sent: str, endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getfqdn", lambda: fqdn)

    _, seen = await checked(endpoint, {})

    assert seen[0] == f"EHLO {sent}"


async def test_an_address_beyond_ascii_needs_smtputf8(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {}, sender="jürgen@example.test")
    assert report.code == "smtputf8_missing"
    assert not [line for line in seen if line.startswith("MAIL")]

    offer: dict[str, Answer] = {"EHLO": "250-mx\n250-SMTPUTF8\n250 AUTH PLAIN"}
    report, seen = await checked(endpoint, offer, sender="jürgen@example.test")
    assert report.code == "ok", str(report)
    assert seen[2] == "MAIL FROM:<jürgen@example.test> SMTPUTF8"


async def test_plain_is_used_without_sasl_and_the_strongest_with_it(endpoint: Make) -> None:
    _, seen = await checked(endpoint, {})
    assert seen[1].startswith("AUTH PLAIN ")
    assert base64.b64decode(seen[1].split()[2]) == b"\0ana@example.test\0ana-secret"

    _, seen = await checked(endpoint, {"AUTH": "504 no"}, Login("ana", "x-secret", sasl=True))
    assert seen[1] == "AUTH CRAM-MD5"


async def test_login_is_used_where_plain_is_not_offered(endpoint: Make) -> None:
    changed: dict[str, Answer] = {
        "EHLO": "250-mx\n250 AUTH LOGIN",
        "AUTH LOGIN": ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 in"],
    }
    report, seen = await checked(endpoint, changed)

    assert report.code == "ok", str(report)
    assert [base64.b64decode(line) for line in seen[2:4]] == [b"ana@example.test", b"ana-secret"]


async def test_a_better_mechanism_than_no_sasl_has_is_offered_as_the_fix(endpoint: Make) -> None:
    report, _ = await checked(endpoint, {"EHLO": "250-mx\n250 AUTH SCRAM-SHA-256"})

    assert report.finding is not None
    assert (report.code, report.finding.fix) == ("auth_mechanism", (("sasl", True),))


async def test_a_refused_token_shows_the_status_the_server_gave(endpoint: Make) -> None:
    status = base64.b64encode(b'{"status":"401","schemes":"bearer"}').decode()
    changed: dict[str, Answer] = {
        "EHLO": "250-mx\n250 AUTH PLAIN XOAUTH2",
        "AUTH XOAUTH2": [f"334 {status}", "535 5.7.8 no"],
    }
    report, seen = await checked(endpoint, changed, Login("ana", "t0ken-t0ken", token=True))

    assert report.finding is not None
    assert (report.code, "401" in report.finding.saw) == ("auth_token", True)
    assert seen[2] == "", "the failure is answered, so that the server's verdict comes"


async def test_a_long_initial_response_waits_for_the_first_challenge(endpoint: Make) -> None:
    changed: dict[str, Answer] = {
        "EHLO": "250-mx\n250 AUTH XOAUTH2",
        "AUTH XOAUTH2": ["334 ", "235 in"],
    }
    report, seen = await checked(endpoint, changed, Login("ana", "t" * 900, token=True))

    assert report.code == "ok", str(report)
    assert seen[1] == "AUTH XOAUTH2"


async def test_a_server_that_proves_nothing_is_not_trusted(endpoint: Make) -> None:
    changed: dict[str, Answer] = {"EHLO": "250-mx\n250 AUTH SCRAM-SHA-256", "AUTH": "235 in"}
    report, _ = await checked(endpoint, changed, Login("ana", "ana-secret", sasl=True))

    assert (report.code, step(report, "authentication").state) == (
        "server_not_proven",
        State.FAILED,
    )


async def test_an_exchange_that_makes_no_sense_is_cancelled(endpoint: Make) -> None:
    changed: dict[str, Answer] = {
        "EHLO": "250-mx\n250 AUTH SCRAM-SHA-256",
        "AUTH": [f"334 {base64.b64encode(b'r=nonsense').decode()}", "501 cancelled"],
    }
    report, seen = await checked(endpoint, changed, Login("ana", "ana-secret", sasl=True))

    assert report.code == "malformed_reply"
    assert seen[2] == "*"


async def test_a_missing_goodbye_does_not_fail_the_check(endpoint: Make) -> None:
    for silence in (HANG, DROP):
        report, _ = await checked(endpoint, {"QUIT": silence})

        assert report.code == "ok", str(report)
        assert step(report, "goodbye").ms < 1_500


@pytest.mark.parametrize("value", ["a\r\nRSET", "a\nb", "a\0b", "\ud800"])
async def test_what_would_be_another_protocol_line_is_wrong_use(value: str, endpoint: Make) -> None:
    with pytest.raises(InvalidValue) as caught:
        Login(value, "x")
    assert value not in str(caught.value)
    with pytest.raises(InvalidValue):
        Login("x", value)
    with pytest.raises(InvalidValue):
        await check_smtp(endpoint(25), ANA, ehlo=value)
    with pytest.raises(InvalidValue):
        await check_smtp(endpoint(25), ANA, sender=value)
    with pytest.raises(InvalidValue):
        endpoint(25, host=value)
