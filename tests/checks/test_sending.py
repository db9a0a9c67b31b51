"""Sending a test message: by SMTP, by IMAP, and by the one where the other fails, once in all."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from scripted import DROP, HANG, Answer, Scripted, step

from mailwidgets.checks.ladder import CheckCancelled
from mailwidgets.checks.sending import IMAP_STEPS, SMTP_STEPS, send_by_imap, send_by_smtp
from mailwidgets.checks.workflow import SmtpTarget
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.errors import InvalidValue
from mailwidgets.protocols.message import Letter
from mailwidgets.reports.report import Report, State, Step

Make = Callable[..., Endpoint]
SECRET = "c4n4ry-Pässwört"
COMPANY = Login("office@example.test", SECRET)
ANA = Login("ana@example.test", SECRET)
LETTER = Letter("office@example.test", "ben@example.test", name="Büro", text="Hello\nLAST")
SMTP: dict[str, Answer] = {
    "EHLO": "250-mx\n250 AUTH PLAIN",
    "AUTH": "235 in",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go",
    ".": "250 2.0.0 queued as 4711",
    "QUIT": "221 bye",
}
GREETING = "* OK [CAPABILITY IMAP4rev1] ready"
# The last line of the text, and behind it the empty one that ends the command.
TAKEN = (HANG, "* 1 EXISTS\n{tag} OK [APPENDUID 7 1] done")
IMAP: dict[str, Answer] = {
    "LOGIN": "{tag} OK in",
    "APPEND": "+ go",
    "LAST": TAKEN,
    "LIST": '* LIST () "/" INBOX\n* LIST () "/" "Outbox 2"\n{tag} OK',
    "SELECT": "{tag} NO [NONEXISTENT] no such mailbox",
    "LOGOUT": "* BYE see you\n{tag} OK",
}


async def by_smtp(
    endpoint: Make,
    answers: Mapping[str, Answer] | None = None,
    letter: Letter = LETTER,
    login: Login = COMPANY,
) -> tuple[Report, list[str]]:
    async with Scripted("220 mx", {**SMTP, **(answers or {})}) as server:
        report = await send_by_smtp(endpoint(server.port), login, letter, ehlo="pc.example.test")
        return report, server.seen


async def by_imap(  # noqa: PLR0913 - a server each way, and what they say
    endpoint: Make,
    imap: Mapping[str, Answer] | None = None,
    smtp: Mapping[str, Answer] | None = None,
    *,
    letter: Letter = LETTER,
    greeting: str = GREETING,
    fallback: bool = True,
    **more: Any,  # noqa: ANN401 - whatever sending takes
) -> tuple[Report, list[str], list[str]]:
    """Return the report, and what the IMAP and the SMTP server heard."""
    async with (
        Scripted(greeting, {**IMAP, **(imap or {})}) as first,
        Scripted("220 mx", {**SMTP, **(smtp or {})}) as second,
    ):
        target = SmtpTarget(endpoint(second.port), ANA, "pc.example.test")
        report = await send_by_imap(
            endpoint(first.port), COMPANY, letter, fallback=target if fallback else None, **more
        )
        return report, first.seen, second.seen


def via(report: Report, protocol: str) -> list[Step]:
    return [one for one in report.steps if one.via == protocol]


def states(report: Report, protocol: str) -> set[State]:
    return {one.state for one in via(report, protocol)}


def said(seen: list[str], word: str) -> str:
    return next(line for line in seen if word in line)


def message_in(seen: list[str], first: str, last: str) -> list[str]:
    """The lines between the command that announces a message and the one that ends it."""
    start = next(index for index, line in enumerate(seen) if first in line)
    return seen[start + 1 : seen.index(last, start)]


# By SMTP


async def test_a_message_goes_by_smtp_and_the_servers_receipt_is_shown(endpoint: Make) -> None:
    report, seen = await by_smtp(endpoint)

    assert report.code == "ok", str(report)
    assert [one.name for one in report.steps] == ["composition", *SMTP_STEPS]
    assert seen[2:5] == [
        "MAIL FROM:<office@example.test>",
        "RCPT TO:<ben@example.test>",
        "DATA",
    ]
    sent = message_in(seen, "DATA", ".")
    assert sent[0] == "From: =?utf-8?b?QsO8cm8=?= <office@example.test>"
    assert sent[-2:] == ["Hello", "LAST"]
    assert seen[-1] == "QUIT"
    assert "queued as 4711" in step(report, "message").evidence[-1]
    assert "| Hello" in [line.text for line in report.transcript]


async def test_dots_that_begin_a_line_are_doubled(endpoint: Make) -> None:
    letter = Letter("a@b.example", "c@d.example", text=".\n..\nend")
    _, seen = await by_smtp(endpoint, {".": HANG, "END": ["250 ok"]}, letter)

    assert message_in(seen, "DATA", "end")[-2:] == ["..", "..."]


async def test_what_ehlo_offers_goes_into_mail_and_nothing_else(endpoint: Make) -> None:
    offers = "250-mx\n250-SIZE 10000\n250-8BITMIME\n250-SMTPUTF8\n250 AUTH PLAIN"
    _, seen = await by_smtp(endpoint, {"EHLO": offers})
    utf8 = Letter("büro@bücher.example", "ben@example.test", text="Grüße\nLAST")
    _, other = await by_smtp(endpoint, {"EHLO": offers}, utf8)

    octets = sum(len(line) + 2 for line in message_in(seen, "DATA", "."))
    assert f"MAIL FROM:<office@example.test> SIZE={octets}" in seen
    mail = next(line for line in other if line.startswith("MAIL"))
    assert mail.startswith("MAIL FROM:<büro@xn--bcher-kva.example> SMTPUTF8 BODY=8BITMIME SIZE=")


@pytest.mark.parametrize(
    ("sender", "to"), [("büro@example.test", "c@d.example"), ("a@b.example", "jürgen@d.example")]
)
async def test_a_local_part_beyond_ascii_needs_a_server_with_smtputf8(
    sender: str, to: str, endpoint: Make
) -> None:
    report, seen = await by_smtp(endpoint, None, Letter(sender, to))

    assert report.code == "smtputf8_missing", str(report)
    assert not any(line.startswith("MAIL") for line in seen)
    assert seen[-1] == "QUIT"


async def test_a_domain_beyond_ascii_needs_no_smtputf8(endpoint: Make) -> None:
    report, seen = await by_smtp(endpoint, None, Letter("a@bücher.example", "c@д.example"))

    assert report.ok, str(report)
    assert "MAIL FROM:<a@xn--bcher-kva.example>" in seen
    assert "RCPT TO:<c@xn--d1a.example>" in seen


async def test_a_message_above_the_servers_limit_is_not_sent(endpoint: Make) -> None:
    report, seen = await by_smtp(endpoint, {"EHLO": "250-mx\n250-SIZE 100\n250 AUTH PLAIN"})

    assert report.code == "size_limit", str(report)
    assert "100 octets" in str(report)
    assert not any(line.startswith("MAIL") for line in seen)


@pytest.mark.parametrize(
    ("answers", "failing", "code"),
    [
        ({"MAIL": "550 5.7.60 SendAs denied"}, "sender", "sender_refused"),
        ({"RCPT": "550 5.1.1 no such user"}, "recipient", "recipient_refused"),
        ({"RCPT": "450 4.7.1 Greylisted"}, "recipient", "greylisted"),
        ({"RCPT": "554 5.7.1 Relay access denied"}, "recipient", "relay_denied"),
        ({"DATA": "554 5.5.1 no valid recipients"}, "message", "message_refused"),
        ({".": "554 5.7.1 looks like spam"}, "message", "message_refused"),
        ({".": "552 5.3.4 too big"}, "message", "size_limit"),
        ({".": "452 4.2.2 mailbox full"}, "message", "over_quota"),
        ({".": "451 4.3.0 try again"}, "message", "busy"),
        (
            {".": "554 5.2.252 SendAsDenied; not allowed to send as office"},
            "message",
            "sender_refused",
        ),
        ({"DATA": DROP}, "message", "dropped"),
        ({"AUTH": "535 5.7.8 no"}, "authentication", "auth_rejected"),
    ],
)
@pytest.mark.parametrize("offers", ["", "250-PIPELINING\n"])
async def test_a_message_that_is_refused_was_not_sent_and_the_report_says_where(
    answers: dict[str, Answer], failing: str, code: str, offers: str, endpoint: Make
) -> None:
    ehlo = f"250-mx\n{offers}250 AUTH PLAIN"
    report, seen = await by_smtp(endpoint, {"EHLO": ehlo, **answers})

    assert not report.ok
    assert report.failing_step is not None
    assert (report.failing_step.name, report.code) == (failing, code), str(report)
    if failing in {"sender", "recipient"}:
        assert "DATA" not in seen
        assert seen[-1] == "QUIT"


async def test_a_refused_recipient_is_no_matter_of_the_senders_field(endpoint: Make) -> None:
    report, _ = await by_smtp(endpoint, {"RCPT": "550 5.1.1 no such user"})

    assert report.finding is not None
    assert report.finding.field == ""
    assert "recipient" in report.finding.advice


@pytest.mark.parametrize("end", [DROP, HANG, "nonsense", "* OK"])
async def test_without_an_answer_to_the_final_dot_the_server_may_have_the_message(
    end: str, endpoint: Make
) -> None:
    async with Scripted("220 mx", {**SMTP, ".": end}) as server:
        report = await send_by_smtp(
            endpoint(server.port, timeout=0.5), COMPANY, LETTER, ehlo="pc.example.test"
        )

    assert report.code == "delivery_unknown", str(report)
    assert report.finding is not None
    assert "may have taken the message" in report.finding.meaning
    assert server.connections == 1


async def test_an_answer_that_comes_before_the_message_is_none(endpoint: Make) -> None:
    report, seen = await by_smtp(endpoint, {"DATA": "354 go\n250 queued"})

    assert report.code == "malformed_reply", str(report)
    assert "." not in seen


async def test_cancelled_after_the_final_dot_the_report_says_that_all_was_sent(
    endpoint: Make,
) -> None:
    async with Scripted("220 mx", {**SMTP, ".": HANG}) as server:
        sending = send_by_smtp(
            endpoint(server.port, timeout=30), COMPANY, LETTER, ehlo="pc.example.test"
        )
        task = asyncio.create_task(sending)
        while "." not in server.seen:
            server.heard.clear()
            await asyncio.wait_for(server.heard.wait(), 10)
        task.cancel()
        with pytest.raises(CheckCancelled) as caught:
            await task

    report = caught.value.report
    assert report.code == "cancelled"
    assert "may have taken it" in str(report)


async def test_nobody_logs_in_without_a_user_name(endpoint: Make) -> None:
    report, seen = await by_smtp(endpoint, None, LETTER, Login())

    assert report.code == "ok", str(report)
    assert not any(line.startswith("AUTH") for line in seen)


# The message


async def test_without_a_sender_the_login_sends_where_it_is_an_address(endpoint: Make) -> None:
    report, seen = await by_smtp(endpoint, None, Letter("", "ben@example.test"))
    other, unseen = await by_smtp(endpoint, None, Letter("", "b@c.example"), Login("office", "x"))

    assert report.code == "ok", str(report)
    assert "MAIL FROM:<office@example.test>" in seen
    assert (other.code, other.finding and other.finding.field) == ("sender_missing", "sender")
    assert unseen == []


@pytest.mark.parametrize(
    ("charset", "text"), [("iso-8859-2", "日本"), ("utf-16", "x"), ("rot13", "x"), ("nope", "x")]
)
async def test_a_charset_that_cannot_carry_the_message_is_told_before_any_connection(
    charset: str, text: str, endpoint: Make
) -> None:
    letter = Letter("a@b.example", "c@d.example", text=text, charset=charset)
    report, seen = await by_smtp(endpoint, None, letter)
    other, _, _ = await by_imap(endpoint, letter=letter)

    assert (report.code, other.code) == ("charset_refused", "charset_refused")
    assert report.finding is not None
    assert (report.finding.field, report.finding.fix) == ("charset", (("charset", "utf-8"),))
    assert seen == []
    assert states(other, "imap") == states(other, "smtp") == {State.SKIPPED}


@pytest.mark.parametrize("what", ["subject", "name", "to", "sender"])
@pytest.mark.parametrize("breaker", ["\r\nBcc: all@example.test", "\n", "\r", "\0", "\u2028"])
async def test_nothing_typed_adds_a_header(what: str, breaker: str, endpoint: Make) -> None:
    fields = {"sender": "a@b.example", "to": "c@d.example", what: f"a@b.example{breaker}"}
    told = "recipient" if what == "to" else what
    with pytest.raises(InvalidValue, match=told):
        await send_by_smtp(endpoint(1), COMPANY, Letter(**fields))


# By IMAP


async def test_a_message_goes_into_outbox_and_smtp_is_not_asked(endpoint: Make) -> None:
    report, seen, smtp = await by_imap(endpoint, outbox="Gesendet & weg")

    assert report.code == "ok", str(report)
    assert [one.name for one in via(report, "imap")] == list(IMAP_STEPS)
    assert states(report, "smtp") == {State.SKIPPED}
    assert smtp == []
    sent = message_in(seen, "APPEND", "LAST")
    octets = sum(len(line) + 2 for line in [*sent, "LAST"])
    assert said(seen, "APPEND") == f'A2 APPEND "Gesendet &- weg" (\\Seen) {{{octets}}}'
    assert "To: ben@example.test" in sent, "the recipient is in the message alone"
    assert "APPENDUID 7 1" in str(report)


@pytest.mark.parametrize(
    ("capability", "mark"), [("LITERAL+", "+"), ("LITERAL-", "+"), ("IDLE", "")]
)
async def test_the_server_is_not_waited_for_where_it_need_not_be(
    capability: str, mark: str, endpoint: Make
) -> None:
    greeting = f"* OK [CAPABILITY IMAP4rev1 {capability}] ready"
    answers = {"APPEND": HANG} if mark else {}
    report, seen, _ = await by_imap(endpoint, answers, greeting=greeting)

    assert report.code == "ok", str(report)
    announced = said(seen, "APPEND")
    assert announced.endswith(f"{mark}}}")
    assert mark or not announced.endswith("+}")


async def test_literal_minus_is_for_small_messages_only(endpoint: Make) -> None:
    letter = Letter("a@b.example", "c@d.example", text="a word\n" * 700 + "LAST")
    greeting = "* OK [CAPABILITY IMAP4rev1 LITERAL-] ready"
    report, seen, _ = await by_imap(endpoint, greeting=greeting, letter=letter)

    assert report.code == "ok", str(report)
    assert not said(seen, "APPEND").endswith("+}")


async def test_an_address_beyond_ascii_goes_by_imap_where_utf8_is_accepted(endpoint: Make) -> None:
    letter = Letter("büro@example.test", "c@d.example", text="LAST")
    greeting = "* OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT LITERAL+] ready"
    answers: dict[str, Answer] = {"ENABLE": "* ENABLED UTF8=ACCEPT\n{tag} OK", "APPEND": HANG}
    report, seen, _ = await by_imap(
        endpoint, answers, greeting=greeting, letter=letter, outbox="Gesendet ü"
    )

    assert report.code == "ok", str(report)
    assert "A2 ENABLE UTF8=ACCEPT" in seen
    assert said(seen, "APPEND").startswith('A3 APPEND "Gesendet ü" (\\Seen) UTF8 (~{')
    assert seen[seen.index("LAST") + 1] == ")"


async def test_an_address_beyond_ascii_goes_by_smtp_where_imap_cannot_carry_it(
    endpoint: Make,
) -> None:
    letter = Letter("büro@example.test", "c@d.example", text="LAST")
    ehlo = "250-mx\n250-SMTPUTF8\n250 AUTH PLAIN"
    report, imap, smtp = await by_imap(endpoint, None, {"EHLO": ehlo}, letter=letter)

    assert (report.ok, report.code) == (True, "smtputf8_missing"), str(report)
    assert not any("APPEND" in line for line in imap)
    assert "MAIL FROM:<büro@example.test> SMTPUTF8" in smtp


REFUSALS: tuple[tuple[dict[str, Answer], str, str], ...] = (
    ({"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] no"}, "authentication", "auth_rejected"),
    ({"LOGIN": "{tag} OK in", "APPEND": "{tag} NO [TRYCREATE] none"}, "message", "folder_missing"),
    ({"APPEND": "{tag} NO [OVERQUOTA] full"}, "message", "over_quota"),
    ({"APPEND": "{tag} NO [NOPERM] not yours"}, "message", "folder_readonly"),
    ({"APPEND": "{tag} NO [TOOBIG] no"}, "message", "size_limit"),
    ({"APPEND": "{tag} NO [LIMIT] enough for today"}, "message", "rate_limited"),
    ({"APPEND": "{tag} BAD what"}, "message", "message_refused"),
    ({"LAST": [HANG, "{tag} NO [OVERQUOTA] full"]}, "message", "over_quota"),
    ({"LAST": [HANG, "{tag} NO I dislike it"]}, "message", "message_refused"),
    ({"APPEND": "* BYE going down\n"}, "message", "dropped"),
    ({"APPEND": DROP}, "message", "dropped"),
    ({"LOGIN": DROP}, "authentication", "dropped"),
)


@pytest.mark.parametrize(("answers", "failing", "code"), REFUSALS)
async def test_whatever_fails_by_imap_the_message_goes_by_smtp_once_with_both_in_the_report(
    answers: dict[str, Answer], failing: str, code: str, endpoint: Make
) -> None:
    report, imap, smtp = await by_imap(endpoint, answers)

    assert (report.ok, report.code) == (True, code), str(report)
    warned = [one for one in via(report, "imap") if one.state is State.WARNED]
    assert [one.name for one in warned] == [failing]
    assert report.finding is not None
    assert "went by SMTP instead" in report.finding.meaning
    assert State.PASSED in states(report, "smtp")
    assert sum("APPEND" in line for line in imap) <= 1
    assert smtp.count("DATA") == smtp.count(".") == 1
    assert "MAIL FROM:<office@example.test>" in smtp, "the workflow's sender, the user's login"


@pytest.mark.parametrize(("answers", "failing", "code"), REFUSALS)
async def test_without_a_fallback_the_same_fails_and_says_that_none_is_set(
    answers: dict[str, Answer], failing: str, code: str, endpoint: Make
) -> None:
    report, _, smtp = await by_imap(endpoint, answers, fallback=False)

    assert (report.ok, report.code) == (False, code), str(report)
    assert report.failing_step is not None
    assert (report.failing_step.via, report.failing_step.name) == ("imap", failing)
    assert "fallback_missing" in [found.code for found in report.also]
    assert smtp == []


async def test_a_server_that_cannot_be_reached_by_imap_is_passed_by(
    endpoint: Make, free_port: int
) -> None:
    async with Scripted("220 mx", SMTP) as server:
        target = SmtpTarget(endpoint(server.port), ANA, "pc.example.test")
        report = await send_by_imap(endpoint(free_port), COMPANY, LETTER, fallback=target)

    assert (report.ok, report.code) == (True, "refused"), str(report)
    assert "." in server.seen


async def test_where_both_fail_imap_leads_and_smtp_is_told_as_well(endpoint: Make) -> None:
    report, _, _ = await by_imap(
        endpoint, {"LOGIN": "{tag} NO [AUTHENTICATIONFAILED] no"}, {"AUTH": "535 5.7.8 no"}
    )

    assert (report.ok, report.code) == (False, "auth_rejected")
    found = report.finding
    assert found is not None
    assert (found.section, found.severity) == ("", State.FAILED)
    other = next(one for one in report.also if one.section == "smtp")
    assert (other.code, other.field) == ("auth_rejected", "password")


async def test_a_missing_outbox_names_the_folder_that_may_be_meant(endpoint: Make) -> None:
    report, _, _ = await by_imap(endpoint, {"APPEND": "{tag} NO [TRYCREATE] none"})

    assert report.finding is not None
    assert report.finding.fix == (("outbox", "Outbox 2"),)


@pytest.mark.parametrize("end", [DROP, HANG, "* BYE shutting down", "nonsense"])
@pytest.mark.parametrize("capability", ["LITERAL+", "IDLE"])
async def test_a_message_that_imap_may_have_taken_does_not_go_by_smtp(
    end: str, capability: str, endpoint: Make
) -> None:
    answers: dict[str, Answer] = {
        "APPEND": HANG if capability == "LITERAL+" else "+ go",
        "LAST": [HANG, end],
    }
    async with (
        Scripted(f"* OK [CAPABILITY IMAP4rev1 {capability}] hi", {**IMAP, **answers}) as imap,
        Scripted("220 mx", SMTP) as smtp,
    ):
        target = SmtpTarget(endpoint(smtp.port), ANA, "pc.example.test")
        report = await send_by_imap(
            endpoint(imap.port, timeout=0.5), COMPANY, LETTER, fallback=target
        )

    assert (report.ok, report.code) == (False, "delivery_unknown"), str(report)
    assert states(report, "smtp") == {State.SKIPPED}
    assert "must not go twice" in str(report)
    assert (imap.connections, smtp.connections) == (1, 0)


async def test_appendlimit_is_obeyed(endpoint: Make) -> None:
    greeting = "* OK [CAPABILITY IMAP4rev1 APPENDLIMIT=100] ready"
    report, imap, _ = await by_imap(endpoint, greeting=greeting, fallback=False)

    assert report.code == "size_limit", str(report)
    assert not any("APPEND" in line for line in imap)


async def test_use_smtp_account_goes_to_smtp_at_once(endpoint: Make) -> None:
    report, imap, smtp = await by_imap(endpoint, use_smtp_account=True)
    other, _, _ = await by_imap(endpoint, use_smtp_account=True, fallback=False)

    assert report.code == "ok", str(report)
    assert imap == []
    assert "." in smtp
    assert states(report, "imap") == {State.SKIPPED}
    assert (other.code, other.ok) == ("fallback_missing", False)


async def test_a_login_is_not_sent_over_a_connection_that_others_read(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailwidgets.connection.wire.is_loopback", lambda _: False)
    async with Scripted("220 mx", SMTP) as server:
        from mailwidgets.connection.endpoint import TlsMode  # noqa: PLC0415 - read beside its use

        report = await send_by_smtp(
            endpoint(server.port, TlsMode.AUTO), COMPANY, LETTER, ehlo="pc.example.test"
        )

    assert report.code == "starttls_missing", str(report)
    assert not any(line.startswith("AUTH") for line in server.seen)


async def test_hosts_that_are_not_allowed_are_not_connected_to(endpoint: Make) -> None:
    report = await send_by_smtp(endpoint(25, allowed_hosts=("mail.example.test",)), COMPANY, LETTER)

    assert report.code == "host_not_allowed"


async def test_steps_are_told_as_they_happen_and_once_more_when_a_failure_is_made_good(
    endpoint: Make,
) -> None:
    told: list[Step] = []
    await by_imap(endpoint, {"APPEND": "{tag} NO [OVERQUOTA] full"}, on_step=told.append)

    message = [one.state for one in told if (one.via, one.name) == ("imap", "message")]
    assert message == [State.RUNNING, State.FAILED, State.WARNED]
    assert next(one.name for one in told if one.via == "") == "composition"


async def test_no_report_of_a_sending_shows_a_password(endpoint: Make) -> None:
    told: list[Step] = []
    echo = f"NO I dislike {SECRET} and {base64.b64encode(SECRET.encode()).decode()}"
    for answers in ({"LAST": [HANG, f"{{tag}} {echo}"]}, {"LOGIN": f"{{tag}} {echo}"}):
        report, _, _ = await by_imap(endpoint, answers, {".": f"554 {echo}"}, on_step=told.append)
        text = f"{report!r}{report}{report.transcript!r}{report.as_dict()}{told!r}"
        plain = base64.b64encode(f"\0ana@example.test\0{SECRET}".encode()).decode()
        for form in ("c4n4ry", SECRET, base64.b64encode(SECRET.encode()).decode(), plain):
            assert form not in text, text
