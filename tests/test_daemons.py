"""The real servers are what they claim to be, as the standard library's clients see them."""

from __future__ import annotations

import base64
import hmac
import imaplib
import json
import poplib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

import pytest
from daemons.accounts import ANA, BOB, CARLA, ODD, UNICODE_FOLDERS, User, token
from daemons.authority import WRONG_NAME, Authority
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from daemons.process import (
    PORTS,
    Daemon,
    DaemonFailed,
    free_ports,
    localhost_addresses,
    start,
    until,
)
from daemons.variants import MECHANISMS, TOKEN_MECHANISMS, MailServer
from scramp import ScramClient

SECONDS = 20
Answer = Callable[[bytes], bytes]
Ask = Callable[..., MailServer]


# A client's side of each mechanism: challenge in, response out; empty before the first word.


def answer(mechanism: str, user: User, secret: str | None = None) -> Answer:
    password = user.password if secret is None else secret
    login, key = user.login.encode(), password.encode()
    if mechanism == "PLAIN":
        return lambda _: b"\0" + login + b"\0" + key
    if mechanism == "LOGIN":
        words = iter((login, key))
        return lambda _: next(words)
    if mechanism == "CRAM-MD5":
        return lambda challenge: login + b" " + hmac.new(key, challenge, "md5").hexdigest().encode()
    if mechanism in TOKEN_MECHANISMS:
        bearer = f"auth=Bearer {token(user) if secret is None else secret}\1\1"
        # Dovecot insists on the name, which RFC 7628 §3.1 leaves open.
        name = user.login.replace("=", "=3D").replace(",", "=2C")
        first = f"user={user.login}\1" if mechanism == "XOAUTH2" else f"n,a={name},\1"
        # The second word answers the server's error in JSON (RFC 7628 §3.2.3).
        tokens = iter((f"{first}{bearer}".encode(), b"\1"))
        return lambda _: next(tokens)
    return scram(mechanism, user.login, password)


def scram(mechanism: str, login: str, password: str) -> Answer:
    client = ScramClient([mechanism], login, password)

    def first(_: bytes) -> str:
        return str(client.get_client_first())

    def final(challenge: bytes) -> str:
        client.set_server_first(challenge.decode())
        return str(client.get_client_final())

    def verify(challenge: bytes) -> str:
        client.set_server_final(challenge.decode())
        return ""

    steps = iter((first, final, verify))
    return lambda challenge: next(steps)(challenge).encode()


# One connection of the standard library each, with the TLS that the server asks for.


@contextmanager
def imap(server: MailServer, context: ssl.SSLContext | None = None) -> Iterator[imaplib.IMAP4]:
    context = context or server.context()
    if server.tls == "implicit":
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            server.host, server.port, ssl_context=context, timeout=SECONDS
        )
    else:
        client = imaplib.IMAP4(server.host, server.port, timeout=SECONDS)
    try:
        if server.tls == "starttls":
            client.starttls(context)
        yield client
    finally:
        # No LOGOUT, which would wait for an answer. A failed handshake has closed the socket.
        with suppress(OSError):
            client.shutdown()


@contextmanager
def pop3(server: MailServer, context: ssl.SSLContext | None = None) -> Iterator[poplib.POP3]:
    context = context or server.context()
    if server.tls == "implicit":
        client: poplib.POP3 = poplib.POP3_SSL(
            server.host, server.port, context=context, timeout=SECONDS
        )
    else:
        client = poplib.POP3(server.host, server.port, timeout=SECONDS)
    try:
        if server.tls == "starttls":
            client.stls(context)
        yield client
    finally:
        with suppress(OSError):
            client.close()


@contextmanager
def smtp(server: MailServer, context: ssl.SSLContext | None = None) -> Iterator[smtplib.SMTP]:
    context = context or server.context()
    if server.tls == "implicit":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, context=context, timeout=SECONDS
        )
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    with closing(client):
        if server.tls == "starttls":
            client.starttls(context=context)
        client.ehlo()
        yield client


def login(server: MailServer, mechanism: str, user: User, secret: str | None = None) -> bool:
    """Log in once with that mechanism; whether the server agreed."""
    respond = answer(mechanism, user, secret)
    with ExitStack() as stack:
        if server.protocol == "imap":
            client = stack.enter_context(imap(server))
            try:
                client.authenticate(mechanism, respond)
            except imaplib.IMAP4.error:
                return False
            return client.select()[0] == "OK"
        if server.protocol == "pop3":
            return pop3_auth(stack.enter_context(pop3(server)), mechanism, respond)
        return smtp_auth(stack.enter_context(smtp(server)), mechanism, respond)


def pop3_auth(client: poplib.POP3, mechanism: str, respond: Answer) -> bool:
    """AUTH (RFC 5034), which poplib lacks."""
    line = f"AUTH {mechanism}".encode()
    while True:
        client.sock.sendall(line + b"\r\n")
        reply = client.file.readline()
        if not reply.startswith(b"+ "):
            return reply.startswith(b"+OK")
        line = base64.b64encode(respond(base64.b64decode(reply[2:])))


def smtp_auth(client: smtplib.SMTP, mechanism: str, respond: Answer) -> bool:
    """AUTH (RFC 4954); smtplib's own refuses passwords beyond ASCII."""
    code, reply = client.docmd("AUTH", mechanism)
    while code == 334:
        code, reply = client.docmd(base64.b64encode(respond(base64.b64decode(reply))).decode())
    return code == 235


@pytest.fixture(params=["imap", "pop3", "smtp"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each protocol in turn: ``ask(tls, variant)`` gives its server."""
    servers = request.getfixturevalue("postfix" if request.param == "smtp" else "dovecot")
    found: Ask = getattr(servers, request.param)
    return found


def version_of(server: MailServer, context: ssl.SSLContext) -> str | None:
    with ExitStack() as stack:
        client: imaplib.IMAP4 | poplib.POP3 | smtplib.SMTP
        if server.protocol == "imap":
            client = stack.enter_context(imap(server, context))
        elif server.protocol == "pop3":
            client = stack.enter_context(pop3(server, context))
        else:
            client = stack.enter_context(smtp(server, context))
        assert isinstance(client.sock, ssl.SSLSocket)
        return client.sock.version()


def no_handshake(server: MailServer, context: ssl.SSLContext) -> bool:
    """Whether the two find nothing in common.

    Postfix says so in an alert; Dovecot's logins close the connection without one, which
    Python's versions report in different ways.
    """
    with pytest.raises(ssl.SSLError) as failure:
        version_of(server, context)
    return not isinstance(failure.value, ssl.SSLCertVerificationError)


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism_logs_in(ask: Ask, tls: str, mechanism: str) -> None:
    assert login(ask(tls), mechanism, ANA)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_server_of_one_mechanism_knows_no_other(ask: Ask, mechanism: str) -> None:
    server = ask("starttls", f"only {mechanism}")
    assert server.mechanisms == (mechanism,)
    assert login(server, mechanism, ANA)
    other = "LOGIN" if mechanism == "PLAIN" else "PLAIN"
    assert not login(server, other, ANA)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_a_wrong_password_is_refused(ask: Ask, mechanism: str) -> None:
    assert not login(ask(), mechanism, ANA, "wrong")


@pytest.mark.parametrize("mechanism", TOKEN_MECHANISMS)
def test_an_expired_token_is_refused(ask: Ask, mechanism: str) -> None:
    assert not login(ask(), mechanism, ANA, token(ANA, seconds=-60))


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_odd_names_and_passwords_log_in(ask: Ask, mechanism: str) -> None:
    assert login(ask(), mechanism, ODD)


@pytest.mark.parametrize(
    ("variant", "version"), [("standard", "TLSv1.3"), ("tls1.2", "TLSv1.2"), ("tls1.3", "TLSv1.3")]
)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_version_is_the_newest_allowed(
    ask: Ask, tls: str, variant: str, version: str, authority: Authority
) -> None:
    assert version_of(ask(tls, variant), authority.context()) == version


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_old_tls_is_all_that_an_old_server_has(ask: Ask, tls: str, authority: Authority) -> None:
    server = ask(tls, "tls1.1")
    assert no_handshake(server, authority.context())
    old = authority.context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.deprecated_call():
        old.minimum_version = ssl.TLSVersion.TLSv1
    assert version_of(server, old) == "TLSv1.1"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_force_tls_1_2_fails_where_only_1_3_is_spoken(
    ask: Ask, tls: str, authority: Authority
) -> None:
    context = authority.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert no_handshake(ask(tls, "tls1.3"), context)


def test_no_cipher_is_common(ask: Ask, authority: Authority) -> None:
    assert no_handshake(ask("implicit", "no-cipher"), authority.context())


# OpenSSL's X509_V_ERR numbers.
@pytest.mark.parametrize(
    ("variant", "error"),
    [
        ("expired", 10),
        ("not-yet", 9),
        ("wrong-name", 62),
        ("self-signed", 18),
        ("unknown-ca", 20),
        ("no-intermediate", 20),
    ],
)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_faulty_certificate_is_refused_for_its_fault(
    ask: Ask, tls: str, variant: str, error: int, authority: Authority
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError) as failure:
        version_of(ask(tls, variant), authority.context())
    assert failure.value.verify_code == error


def test_a_self_signed_certificate_passes_where_it_is_trusted_itself(ask: Ask) -> None:
    server = ask("implicit", "self-signed")
    assert server.certificate is not None
    context = ssl.create_default_context(cadata=server.certificate.pem)
    # As Python 3.13 does by default.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert version_of(server, context)


def test_an_expiring_certificate_still_passes(ask: Ask, authority: Authority) -> None:
    assert version_of(ask("implicit", "expiring"), authority.context())


def test_a_server_shows_the_certificate_it_claims(ask: Ask) -> None:
    server = ask("implicit", "wrong-name")
    assert server.certificate is not None
    shown = ssl.get_server_certificate((server.host, server.port), timeout=SECONDS)
    assert ssl.PEM_cert_to_DER_cert(shown) == ssl.PEM_cert_to_DER_cert(server.certificate.pem)
    assert len(server.certificate.fingerprint) == 64
    assert WRONG_NAME not in server.host


def test_a_clear_server_has_logins_and_no_tls(dovecot: Dovecot, postfix: Postfix) -> None:
    with imap(dovecot.imap("none", "clear")) as client:
        assert "STARTTLS" not in client.capabilities
        assert client.login(ANA.login, ANA.password)[0] == "OK"
    with pop3(dovecot.pop3("none", "clear")) as popper:
        assert "STLS" not in popper.capa()
        popper.user(ANA.login)
        popper.pass_(ANA.password)
    with smtp(postfix.smtp("none", "clear")) as mailer:
        assert not mailer.has_extn("starttls")
        mailer.login(ANA.login, ANA.password)


def test_a_tls_first_server_takes_no_password_in_the_clear(
    dovecot: Dovecot, postfix: Postfix
) -> None:
    with imap(dovecot.imap("none", "tls-first")) as client:
        assert "LOGINDISABLED" in client.capabilities
        with pytest.raises(imaplib.IMAP4.error, match="PRIVACYREQUIRED"):
            client.login(ANA.login, ANA.password)
    with pop3(dovecot.pop3("none", "tls-first")) as popper:
        assert "USER" not in popper.capa()
        with pytest.raises(poplib.error_proto, match="disallowed"):
            popper.user(ANA.login)
    with smtp(postfix.smtp("none", "tls-first")) as mailer:
        assert not mailer.has_extn("auth")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_tls_first_server_takes_passwords_under_tls(ask: Ask, tls: str) -> None:
    assert login(ask(tls, "tls-first"), "PLAIN", ANA)


def listed(client: imaplib.IMAP4) -> set[str]:
    lines = [line for line in client.list()[1] if isinstance(line, bytes)]
    return {line.decode().rpartition('" ')[2].strip('"') for line in lines}


def test_everyone_has_an_inbox_with_a_message_and_their_own_folders(dovecot: Dovecot) -> None:
    server = dovecot.imap()
    # Modified UTF-7 (RFC 3501 §5.1.3), written down by an independent hand.
    encoded = {"Gesendete Objekte", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", "&kAFP4W4IMH8- &- Co"}
    assert len(encoded) == len(UNICODE_FOLDERS)
    for user, names in {
        ANA: {"INBOX", "Outbox", "Archive", "Archive/2026", *encoded},
        BOB: {"INBOX"},
        CARLA: {"INBOX", *CARLA.folders},
        ODD: {"INBOX", "Outbox"},
    }.items():
        with imap(server) as client:
            client.authenticate("PLAIN", answer("PLAIN", user))
            assert listed(client) == names
            count = client.select("INBOX", readonly=True)[1][0]
            assert isinstance(count, bytes)
            assert int(count) >= 1


def test_bob_has_no_outbox(dovecot: Dovecot) -> None:
    with imap(dovecot.imap()) as client:
        client.login(BOB.login, BOB.password)
        status, text = client.status("Outbox", "(MESSAGES)")
        assert status == "NO"
        assert text[0].startswith(b"Mailbox doesn't exist: Outbox")


def test_a_message_appended_through_one_variant_is_seen_through_another(dovecot: Dovecot) -> None:
    with imap(dovecot.imap("implicit")) as client:
        client.login(CARLA.login, CARLA.password)
        message = b"Subject: stored\r\n\r\nhere\r\n"
        assert client.append("INBOX.Outbox", "", "", message)[0] == "OK"
    with imap(dovecot.imap("none", "clear")) as client:
        client.login(CARLA.login, CARLA.password)
        client.select("INBOX.Outbox")
        assert client.search(None, "SUBJECT", "stored")[1] != [b""]


def test_mail_sent_by_smtp_arrives_in_a_mailbox(dovecot: Dovecot, postfix: Postfix) -> None:
    message = EmailMessage()
    message["From"], message["To"] = ANA.address, BOB.address
    message["Subject"] = subject = f"sent {id(message)}"
    message.set_content("hello")
    with smtp(postfix.smtp("implicit")) as mailer:
        mailer.login(ANA.login, ANA.password)
        assert mailer.send_message(message) == {}
    with imap(dovecot.imap()) as client:
        client.login(BOB.login, BOB.password)
        client.select()
        assert until(lambda: client.search(None, "SUBJECT", f'"{subject}"')[1] != [b""], SECONDS)


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

    def gone() -> bool:
        lines = server.log.read_text(encoding="utf-8").splitlines()
        return any("postfix/discard" in line and f"to=<{to}>" in line for line in lines)

    assert until(gone, SECONDS), server.log.read_text(encoding="utf-8")


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


def test_both_address_families_answer_on_localhost(ask: Ask) -> None:
    server = ask("none")
    for host in localhost_addresses():
        with socket.create_connection((host, server.port), timeout=SECONDS) as connection:
            assert connection.recv(100)
    assert server.port in PORTS


def test_wrong_wishes_are_named(dovecot: Dovecot) -> None:
    with pytest.raises(ValueError, match="no variant 'nothing'; there are standard, clear"):
        dovecot.imap("none", "nothing")
    with pytest.raises(ValueError, match="'clear' has no TLS"):
        dovecot.imap("starttls", "clear")


def test_no_secret_is_in_a_server_s_repr(dovecot: Dovecot) -> None:
    assert ANA.password not in repr(dovecot.imap())


def test_a_token_says_whose_it_is() -> None:
    claims = token(ANA).split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"] == "ana"


def test_a_daemon_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def launch() -> Daemon:
        return Daemon(["sh", "-c", "echo bad setting; exit 78"], log, "ready", [])

    with pytest.raises(DaemonFailed, match=r"(?s)sh ended with status 78.*bad setting"):
        start(launch)


def test_a_taken_port_is_tried_again_elsewhere(tmp_path: Path) -> None:
    scripts = iter(["echo Address already in use; exit 1", "echo ready; exec sleep 60"])
    daemon = start(lambda: Daemon(["sh", "-c", next(scripts)], tmp_path / "log", "ready", []))
    daemon.stop()


def test_stop_ends_children_that_do_not_listen(tmp_path: Path) -> None:
    # Both shells ignore the polite signal; the kill that follows does not ask.
    script = "trap '' TERM; sh -c 'sleep 60; :' & echo ready; sleep 60; :"
    daemon = start(lambda: Daemon(["sh", "-c", script], tmp_path / "log", "ready", []))
    daemon.stop(patience=0.1)


def test_free_ports_are_distinct_and_below_the_ephemeral_ones() -> None:
    ports = free_ports(50, ["127.0.0.1"])
    assert len(set(ports)) == 50
    assert all(port in PORTS for port in ports)
