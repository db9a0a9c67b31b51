"""IMAP: LOGIN or AUTHENTICATE, Inbox and Outbox, and what the server means by refusing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from scripted import HANG, Answer, Scripted, step

from mailwidgets.checks.imap import check_imap
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report, State

Make = Callable[..., Endpoint]
GREETING = "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready"
SERVER: dict[str, Answer] = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\n{tag} OK",
    "LOGIN": "{tag} OK in",
    "AUTHENTICATE": "{tag} OK in",
    "EXAMINE": "* 2 EXISTS\n{tag} OK [READ-ONLY] open",
    "SELECT": "* 0 EXISTS\n{tag} OK [READ-WRITE] open",
    "LIST": '* LIST () "/" INBOX\n* LIST () "/" Outbox\n{tag} OK',
    "LOGOUT": "* BYE see you\n{tag} OK",
}
MISSING = "{tag} NO [NONEXISTENT] no such mailbox"
ANA = Login("ana", "ana-secret")


async def checked(
    endpoint: Make,
    changed: dict[str, Answer],
    login: Login = ANA,
    greeting: str = GREETING,
    **more: Any,  # noqa: ANN401 - whatever the check takes
) -> tuple[Report, list[str]]:
    async with Scripted(greeting, {**SERVER, **changed}) as server:
        report = await check_imap(endpoint(server.port, timeout=1), login, **more)
        return report, server.seen


async def test_both_folders_are_opened_and_nothing_is_changed(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {})

    assert report.code == "ok", str(report)
    assert seen == [
        'A1 LOGIN "ana" "ana-secret"',
        'A2 EXAMINE "INBOX"',
        'A3 SELECT "Outbox"',
        "A4 LOGOUT",
    ]
    assert step(report, "inbox").evidence == ("Inbox: 2 messages.",)


async def test_capabilities_are_asked_for_where_the_greeting_has_none(endpoint: Make) -> None:
    _, seen = await checked(endpoint, {}, greeting="* OK ready")

    assert seen[0] == "A1 CAPABILITY"


@pytest.mark.parametrize("secret", ["two words", 'qu"ote', "back\\slash", "a{5}", "%*()"])
async def test_login_quotes_whatever_is_ascii(secret: str, endpoint: Make) -> None:
    _, seen = await checked(endpoint, {}, Login(secret, secret))

    quoted = '"' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert seen[0] == f"A1 LOGIN {quoted} {quoted}"


async def test_login_sends_what_is_not_ascii_as_literals(endpoint: Make) -> None:
    changed: dict[str, Answer] = {"LOGIN": ["+ go", "+ go", "{tag} OK in"]}
    report, seen = await checked(endpoint, changed, Login("jürgen", "pä ☃"))

    assert report.code == "ok", str(report)
    assert seen[:3] == ["A1 LOGIN {7}", "jürgen {7}", "pä ☃"]


async def test_a_refused_literal_is_a_refused_login(endpoint: Make) -> None:
    changed: dict[str, Answer] = {"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] no"}
    report, seen = await checked(endpoint, changed, Login("jürgen", "pä"))

    assert report.code == "auth_rejected"
    assert seen[1] == "A2 LOGOUT"


async def test_literals_go_at_once_where_the_server_takes_them_so(endpoint: Make) -> None:
    login, greeting = Login("ana", "pä"), "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready"
    report, seen = await checked(endpoint, {"LOGIN": [HANG, "{tag} OK in"]}, login, greeting)

    assert report.code == "ok", str(report)
    assert seen[:2] == ['A1 LOGIN "ana" {3+}', "pä"]


async def test_logindisabled_is_obeyed(endpoint: Make) -> None:
    greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready"
    report, seen = await checked(endpoint, {}, greeting=greeting)

    assert report.code == "auth_needs_tls"
    assert seen == ["A1 LOGOUT"]


async def test_sasl_uses_the_initial_response_only_where_it_is_offered(endpoint: Make) -> None:
    login = Login("ana", "ana-secret", sasl=True)
    response = base64.b64encode(b"\0ana\0ana-secret").decode()
    _, seen = await checked(endpoint, {}, login)
    assert seen[0] == f"A1 AUTHENTICATE PLAIN {response}"

    greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready"
    changed: dict[str, Answer] = {"AUTHENTICATE": ["+ ", "{tag} OK in"]}
    report, seen = await checked(endpoint, changed, login, greeting)
    assert seen[:2] == ["A1 AUTHENTICATE PLAIN", response]
    assert report.code == "ok", str(report)


@pytest.mark.parametrize(
    ("reply", "code", "field"),
    [
        ("{tag} NO [AUTHENTICATIONFAILED] wrong", "auth_rejected", "password"),
        ("{tag} NO wrong", "auth_rejected", "password"),
        ("{tag} NO [PRIVACYREQUIRED] TLS first", "auth_needs_tls", "tls"),
        ("{tag} NO [CONTACTADMIN] disabled", "auth_disabled", "user"),
        ("{tag} NO [UNAVAILABLE] later", "busy", "name"),
        ("{tag} NO [LIMIT] too many logins", "rate_limited", "user"),
        (
            "{tag} NO [ALERT] Application-specific password required",
            "auth_app_password",
            "password",
        ),
        ("{tag} NO IMAP access is disabled for this mailbox", "pop3_disabled", "user"),
        ("* BYE Too many invalid logins", "rate_limited", "user"),
        ("* BYE closing", "dropped", "name"),
    ],
)
async def test_what_a_refused_login_means(
    reply: str, code: str, field: str, endpoint: Make
) -> None:
    report, seen = await checked(endpoint, {"LOGIN": reply})

    assert report.finding is not None
    assert (report.code, report.finding.field) == (code, field), str(report)
    assert len([line for line in seen if "LOGIN" in line]) == 1


async def test_a_missing_inbox_fails(endpoint: Make) -> None:
    report, _ = await checked(endpoint, {"EXAMINE": MISSING}, inbox="Posteingang")

    assert report.finding is not None
    assert (report.code, report.finding.field, report.ok) == ("folder_missing", "inbox", False)
    assert step(report, "outbox").state is State.SKIPPED


async def test_a_missing_outbox_is_a_warning_that_names_the_nearest_folder(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {"SELECT": MISSING}, outbox="Outbocks")

    assert report.finding is not None
    assert (report.code, report.finding.field, report.ok) == ("folder_missing", "outbox", True)
    assert report.finding.fix == (("outbox", "Outbox"),)
    assert "Outbocks" in report.finding.meaning
    assert seen[-1].endswith("LOGOUT")


async def test_a_folder_under_a_prefix_is_offered_as_the_server_lists_it(endpoint: Make) -> None:
    listing = '* LIST () "." INBOX\n* LIST () "." INBOX.Outbox\n{tag} OK'
    report, _ = await checked(endpoint, {"SELECT": MISSING, "LIST": listing})

    assert report.finding is not None
    assert (report.code, report.finding.fix) == ("folder_prefix", (("outbox", "INBOX.Outbox"),))


async def test_the_outbox_is_skipped_where_mail_goes_by_smtp(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {"SELECT": MISSING}, use_smtp_account=True)

    assert report.code == "ok"
    assert step(report, "outbox").state is State.SKIPPED
    assert not [line for line in seen if "SELECT" in line]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"SELECT": "{tag} OK [READ-ONLY] open"}, "folder_readonly"),
        ({"SELECT": "{tag} NO [NOPERM] not yours"}, "folder_readonly"),
        ({"SELECT": "{tag} NO [OVERQUOTA] full"}, "over_quota"),
    ],
)
async def test_what_is_wrong_with_the_outbox_itself_is_a_warning(
    changed: dict[str, Answer], code: str, endpoint: Make
) -> None:
    report, _ = await checked(endpoint, changed)

    assert (report.code, report.ok, step(report, "outbox").state) == (code, True, State.WARNED)


async def test_the_right_to_insert_is_asked_for_where_there_are_rights(endpoint: Make) -> None:
    greeting = "* OK [CAPABILITY IMAP4rev1 ACL] ready"
    without = {"MYRIGHTS": '* MYRIGHTS "Outbox" lrs\n{tag} OK'}
    report, _ = await checked(endpoint, without, greeting=greeting)
    assert report.code == "folder_readonly"

    with_it = {"MYRIGHTS": '* MYRIGHTS "Outbox" lrswipkxte\n{tag} OK'}
    report, _ = await checked(endpoint, with_it, greeting=greeting)
    assert report.code == "ok", str(report)


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("Gesendete Objekte", '"Gesendete Objekte"'),
        ("Entwürfe & Co", '"Entw&APw-rfe &- Co"'),
        ('say "hi" \\ bye', '"say \\"hi\\" \\\\ bye"'),
    ],
)
async def test_any_folder_name_is_quoted_and_encoded(name: str, wire: str, endpoint: Make) -> None:
    _, seen = await checked(endpoint, {}, outbox=name)

    assert seen[2] == f"A3 SELECT {wire}"


async def test_a_listing_with_literals_is_read(endpoint: Make) -> None:
    listing = '* LIST () "/" {6}\nOutbox\n{tag} OK'
    report, _ = await checked(endpoint, {"SELECT": MISSING, "LIST": listing}, outbox="outbox")

    assert report.finding is not None
    assert report.finding.fix == (("outbox", "Outbox"),)


@pytest.mark.parametrize(
    "answer",
    [
        b'* LIST () "/" {999999999}\r\n',
        b'* LIST () "/" {0}\r\n' * 200,
        "* LIST () / broken\n{tag} OK",
        b"B9 OK another tag\r\n",
    ],
)
async def test_a_hostile_listing_ends_the_check(answer: Answer, endpoint: Make) -> None:
    report, _ = await checked(endpoint, {"SELECT": MISSING, "LIST": answer})

    assert not report.ok
    assert report.code in {"line_too_long", "malformed_reply"}


async def test_a_preauthenticated_connection_needs_no_login(endpoint: Make) -> None:
    report, seen = await checked(endpoint, {}, greeting="* PREAUTH [CAPABILITY IMAP4rev1] hi")

    assert report.code == "ok", str(report)
    assert step(report, "authentication").state is State.SKIPPED
    assert "EXAMINE" in seen[0]


async def test_preauth_is_no_way_around_required_tls(endpoint: Make) -> None:
    greeting = "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi"
    async with Scripted(greeting, SERVER) as server:
        report = await check_imap(endpoint(server.port, TlsMode.REQUIRE), ANA)

    assert (report.code, step(report, "tls").state) == ("starttls_missing", State.FAILED)
