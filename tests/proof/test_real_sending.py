"""Messages sent through Dovecot and Postfix, read back, and compared octet for octet."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from string import Template

import pytest
from daemons import dovecot as dovecot_module
from daemons.accounts import ANA, BOB, ODD, User
from daemons.authority import Authority
from daemons.clients import SECONDS, imap
from daemons.dovecot import Dovecot
from daemons.dovecot_conf import CONFIGURATION
from daemons.postfix import Postfix
from daemons.process import find_program, short_folder, until
from daemons.variants import MailServer

from mailwidgets.checks.sending import send_by_imap, send_by_smtp
from mailwidgets.checks.workflow import SmtpTarget
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.practice import Practice
from mailwidgets.protocols.message import Letter, build
from mailwidgets.reports.report import State

TEXT = ".\n..\n.dots at the start\nFrom here on \n\n" + "long " * 400 + "\nend\n"
LETTERS = {
    "utf-8": Letter(ANA.address, BOB.address, "Büro שלום 日本", "Grüße 😀", TEXT + "ö"),
    "us-ascii": Letter(ANA.address, BOB.address, 'Doe, "J."', "Hello", TEXT, "us-ascii"),
    "iso-8859-2": Letter(ANA.address, BOB.address, "Žluť", "kůň", TEXT + "ů", "latin2"),
    "koi8-r": Letter(ANA.address, BOB.address, "Привет", "дом", "Привет\n.\n", "koi8-r"),
    "iso-2022-jp": Letter(ANA.address, BOB.address, "日本", "件名", "日本語\n.\n", "iso-2022-jp"),
    "shift_jis": Letter(ANA.address, BOB.address, "日本", "件名", "日本語\n.\n", "shift_jis"),
}
QUOTA = """
mail_plugins = quota acl
protocol imap {
  mail_plugins = quota acl imap_quota imap_acl
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage=4k
  quota_grace = 0
  acl = vfile:$home/acls
}
mailbox_list_index = yes
"""


def at(server: MailServer) -> Endpoint:
    return Endpoint(server.host, server.port, TlsMode.REQUIRE, 5.0, ca_pem=server.ca_pem)


def login(user: User) -> Login:
    return Login(user.login, user.password, sasl=True)


def meant(letter: Letter, data: bytes) -> bytes:
    """The letter built anew, with the time and the number that the message read back has."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    unique = message["Message-ID"].removeprefix("<").partition("@")[0]
    return build(letter, date=message["Date"].datetime, unique=unique).data


def newest(server: MailServer, user: User, folder: str) -> bytes:
    with imap(server) as client:
        client.login(user.login, user.password)
        status, (count,) = client.select(f'"{folder}"')
        assert (status, isinstance(count, bytes)) == ("OK", True)
        assert isinstance(count, bytes)
        _, data = client.fetch(count.decode(), "(BODY.PEEK[] FLAGS)")
        assert isinstance(data[0], tuple)
        return data[0][1]


def flags(server: MailServer, user: User, folder: str) -> str:
    with imap(server) as client:
        client.login(user.login, user.password)
        _, (count,) = client.select(f'"{folder}"')
        assert isinstance(count, bytes)
        _, data = client.fetch(count.decode(), "(FLAGS)")
        return str(data[0])


def assert_says(data: bytes, letter: Letter, charset: str) -> None:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert message["Subject"] == letter.subject
    assert message["From"].addresses[0].display_name == letter.name
    assert message["From"].addresses[0].addr_spec == letter.sender
    assert message["To"] == letter.to
    assert message.get_content_charset() == charset
    wanted = letter.text if letter.text.endswith("\n") else letter.text + "\n"
    assert message.get_content().replace("\r\n", "\n") == wanted


@pytest.mark.parametrize("charset", LETTERS)
async def test_what_dovecot_has_in_outbox_is_octet_for_octet_what_was_meant(
    dovecot: Dovecot, charset: str
) -> None:
    server = dovecot.imap()
    letter = LETTERS[charset]

    report = await send_by_imap(at(server), login(ANA), letter)

    assert report.code == "ok", str(report)
    data = newest(server, ANA, "Outbox")
    assert data == meant(letter, data)
    assert_says(data, letter, charset)
    assert "\\Seen" in flags(server, ANA, "Outbox")
    assert "\\Draft" not in flags(server, ANA, "Outbox")


async def test_an_outbox_of_any_name_takes_it(dovecot: Dovecot) -> None:
    server = dovecot.imap("implicit")
    endpoint = Endpoint(server.host, server.port, TlsMode.IMPLICIT, 5.0, ca_pem=server.ca_pem)
    for name in ("送信済み & Co", "Gesendete Objekte"):
        report = await send_by_imap(endpoint, login(ANA), LETTERS["us-ascii"], outbox=name)
        assert report.code == "ok", str(report)


@pytest.mark.parametrize("charset", LETTERS)
async def test_what_arrives_through_postfix_is_octet_for_octet_what_was_meant(
    dovecot: Dovecot, postfix: Postfix, charset: str
) -> None:
    letter = LETTERS[charset]

    report = await send_by_smtp(at(postfix.smtp()), login(ANA), letter, ehlo="client.example.test")

    assert report.code == "ok", str(report)
    said = "\n".join(line.text for line in report.transcript)
    found = re.search(r"Message-ID: (<[^>]+>)", said)
    assert found is not None
    received: list[bytes] = []
    assert until(lambda: arrived(dovecot.imap(), found[1], received), SECONDS)
    assert received[-1].endswith(b"\r\n" + meant(letter, received[-1]))
    assert_says(received[-1], letter, charset)


def arrived(server: MailServer, message_id: str, received: list[bytes]) -> bool:
    with imap(server) as client:
        client.login(BOB.login, BOB.password)
        client.select()
        numbers = client.search(None, "HEADER", "Message-ID", f'"{message_id}"')[1][0].split()
        for number in numbers:
            data = client.fetch(number.decode(), "(BODY.PEEK[])")[1]
            assert isinstance(data[0], tuple)
            received.append(data[0][1])
    return bool(received)


async def test_a_missing_outbox_goes_by_postfix_with_both_attempts_in_the_report(
    dovecot: Dovecot, postfix: Postfix
) -> None:
    fallback = SmtpTarget(at(postfix.smtp()), login(ANA), "client.example.test")
    letter = Letter(ANA.address, BOB.address)

    report = await send_by_imap(at(dovecot.imap()), login(BOB), letter, fallback=fallback)

    assert (report.ok, report.code) == (True, "folder_missing"), str(report)
    sent = [step for step in report.steps if step.name == "message"]
    assert [(step.via, step.state) for step in sent] == [
        ("imap", State.WARNED),
        ("smtp", State.PASSED),
    ]


async def test_postfix_refuses_a_sender_that_is_not_the_logins(postfix: Postfix) -> None:
    server = postfix.smtp("starttls", "own-sender")
    letter = Letter(BOB.address, BOB.address)

    report = await send_by_smtp(at(server), login(ANA), letter, ehlo="client.example.test")

    assert report.code == "sender_refused", str(report)
    assert "DATA" not in [line.text for line in report.transcript]


async def test_postfix_takes_an_address_beyond_ascii(postfix: Postfix) -> None:
    letter = Letter("büro@example.test", "jürgen@bücher.example", "Büro")

    report = await send_by_smtp(at(postfix.smtp()), login(ANA), letter, ehlo="client.example.test")

    assert report.code == "ok", str(report)
    mail = next(line.text for line in report.transcript if line.text.startswith("MAIL"))
    assert "SMTPUTF8" in mail


@pytest.fixture(scope="module")
def strict(authority: Authority) -> Iterator[Dovecot]:
    """Dovecot with a quota of 4 KiB, and folders that one may only read."""
    program = find_program("dovecot")
    if program is None:
        pytest.skip("dovecot is not installed: apt-get install dovecot-core dovecot-imapd")
    with pytest.MonkeyPatch.context() as patch, short_folder() as home:
        patch.setattr(dovecot_module, "CONFIGURATION", Template(CONFIGURATION.template + QUOTA))
        servers = Dovecot(program, authority, home)
        try:
            server = servers.imap()
            acls = home / "standard" / "acls"
            acls.write_text("Archive/2026 owner lr\n", encoding="ascii")
            acls.chmod(0o644)
            assert server.port
            yield servers
        finally:
            servers.stop()


async def test_a_full_mailbox_is_told_as_such(strict: Dovecot) -> None:
    letter = Letter(ODD.address, BOB.address, text="a line\n" * 1000)

    report = await send_by_imap(at(strict.imap()), login(ODD), letter)

    assert report.code == "over_quota", str(report)
    assert "fallback_missing" in [found.code for found in report.also]


async def test_a_folder_that_one_may_only_read_is_told_as_such(strict: Dovecot) -> None:
    letter = Letter(ANA.address, BOB.address)

    report = await send_by_imap(at(strict.imap()), login(ANA), letter, outbox="Archive/2026")

    assert report.code == "folder_readonly", str(report)
    assert report.finding is not None
    assert report.finding.field == "outbox"


@pytest.mark.parametrize("charset", LETTERS)
async def test_the_practice_servers_keep_the_very_octets(charset: str) -> None:
    ana, ben = "ana@practice.example", "ben@practice.example"
    kept = LETTERS[charset]
    letter = Letter(ana, ben, kept.name, kept.subject, kept.text, kept.charset)
    with Practice.start() as practice:
        account = Login(ana, "ana-practice")
        ports = {
            name: Endpoint(
                "localhost", practice.ports[name], TlsMode.REQUIRE, 5.0, ca_pem=practice.ca_pem
            )
            for name in ("smtp", "imap")
        }
        smtp = await send_by_smtp(ports["smtp"], account, letter, ehlo="client.example.test")
        by_imap = await send_by_imap(ports["imap"], account, letter)

        assert (smtp.code, by_imap.code) == ("ok", "ok"), f"{smtp}\n{by_imap}"
        received = practice.messages(ben)[-1]
        (outbox,) = practice.messages(ana, "Outbox")
        assert received == meant(letter, received)
        assert outbox == meant(letter, outbox)
        assert_says(outbox, letter, charset)
