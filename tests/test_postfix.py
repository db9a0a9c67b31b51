"""Postfix takes, delivers, discards and refuses mail as its variants promise."""

from __future__ import annotations

from email.message import EmailMessage

from daemons.accounts import ANA, BOB, ODD, User
from daemons.clients import SECONDS, imap, smtp
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from daemons.process import until
from daemons.variants import MailServer


def handed_over(server: MailServer, to: str) -> int:
    """How many messages have left the queue for that address, says the log."""
    lines = server.log.read_text(encoding="utf-8").splitlines()
    return sum(f"to=<{to}>" in line and "status=sent" in line for line in lines)


def test_mail_sent_by_smtp_arrives_in_a_mailbox(dovecot: Dovecot, postfix: Postfix) -> None:
    server = postfix.smtp("implicit")
    before = handed_over(server, BOB.address)
    message = EmailMessage()
    message["From"], message["To"] = ANA.address, BOB.address
    message["Subject"] = subject = f"sent {id(message)}"
    message.set_content("hello")
    with smtp(server) as mailer:
        mailer.login(ANA.login, ANA.password)
        assert mailer.send_message(message) == {}
    assert until(lambda: handed_over(server, BOB.address) > before, SECONDS)
    with imap(dovecot.imap()) as client:
        client.login(BOB.login, BOB.password)
        client.select()
        assert client.search(None, "SUBJECT", f'"{subject}"')[1] != [b""]


def recipient(server: MailServer, sender: str, to: str, user: User | None = None) -> int:
    """The code that RCPT TO gets."""
    with smtp(server) as mailer:
        if user:
            mailer.login(user.login, user.password)
        assert mailer.mail(sender)[0] == 250
        return mailer.rcpt(to)[0]


def test_only_a_login_may_send_outside(postfix: Postfix) -> None:
    server = postfix.smtp()
    assert recipient(server, ANA.address, "x@outside.example") == 554
    assert recipient(server, ANA.address, "x@outside.example", ANA) == 250


def test_mail_for_outside_is_discarded(postfix: Postfix) -> None:
    server = postfix.smtp()
    to = f"{id(server)}@outside.example"
    with smtp(server) as mailer:
        mailer.login(ANA.login, ANA.password)
        assert mailer.sendmail(ANA.address, to, "Subject: away\r\n\r\n") == {}
    assert until(lambda: handed_over(server, to) == 1, SECONDS)
    lines = server.log.read_text(encoding="utf-8").splitlines()
    assert all("postfix/discard" in line for line in lines if f"to=<{to}>" in line)


def test_recipients_at_home_are_known_by_name(postfix: Postfix) -> None:
    server = postfix.smtp("none", "clear no-auth")
    for to in (ANA.address, ODD.address, "postmaster", "postmaster@example.test"):
        assert recipient(server, "x@outside.example", to) == 250
    assert recipient(server, "x@outside.example", "who@example.test") == 550


def test_a_login_sends_as_itself_only(postfix: Postfix) -> None:
    server = postfix.smtp("starttls", "own-sender")
    assert recipient(server, ANA.address, BOB.address, ANA) == 250
    assert recipient(server, BOB.address, BOB.address, BOB) == 250
    assert recipient(server, BOB.address, ANA.address, ANA) == 553


def test_a_server_may_offer_no_login(postfix: Postfix) -> None:
    for server in (postfix.smtp("none", "clear no-auth"), postfix.smtp("implicit", "no-auth")):
        with smtp(server) as mailer:
            assert not mailer.has_extn("auth")
            assert mailer.docmd("AUTH", "PLAIN")[0] == 503


def test_a_server_may_require_login_or_tls(postfix: Postfix) -> None:
    server = postfix.smtp("starttls", "login-required")
    assert recipient(server, ANA.address, BOB.address) == 554
    assert recipient(server, ANA.address, BOB.address, ANA) == 250
    with smtp(postfix.smtp("none", "tls-required")) as mailer:
        assert mailer.mail(ANA.address)[0] == 530


def test_a_malformed_ehlo_name_is_refused_at_once_or_at_rcpt(postfix: Postfix) -> None:
    with smtp(postfix.smtp("none", "strict-ehlo")) as mailer:
        assert mailer.ehlo("bad_name!")[0] == 501
        assert mailer.ehlo("client.example.test")[0] == 250
    with smtp(postfix.smtp("none", "strict-ehlo at RCPT")) as mailer:
        assert mailer.ehlo("bad_name!")[0] == 250
        assert mailer.mail("")[0] == 250
        assert mailer.rcpt(BOB.address)[0] == 501
