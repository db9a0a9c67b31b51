"""The real servers are what they claim to be, as the standard library's clients see them."""

from __future__ import annotations

import base64
import imaplib
import json
import poplib
import socket
import ssl
from collections.abc import Callable

import pytest
from daemons.accounts import ANA, BOB, CARLA, ODD, UNICODE_FOLDERS, token
from daemons.authority import WRONG_NAME, Authority
from daemons.clients import SECONDS, answer, imap, login, pop3, smtp, tls_version
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from daemons.process import (
    PORTS,
    localhost_addresses,
)
from daemons.variants import MECHANISMS, TOKEN_MECHANISMS, MailServer

Ask = Callable[..., MailServer]


@pytest.fixture(params=["imap", "pop3", "smtp"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each protocol in turn: ``ask(tls, variant)`` gives its server."""
    servers = request.getfixturevalue("postfix" if request.param == "smtp" else "dovecot")
    found: Ask = getattr(servers, request.param)
    return found


def no_handshake(server: MailServer, context: ssl.SSLContext) -> bool:
    """Whether the two find nothing in common.

    Postfix says so in an alert; Dovecot's logins close the connection without one, which
    Python's versions report in different ways.
    """
    with pytest.raises(ssl.SSLError) as failure:
        tls_version(server, context)
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
    assert tls_version(ask(tls, variant), authority.context()) == version


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_old_tls_is_all_that_an_old_server_has(ask: Ask, tls: str, authority: Authority) -> None:
    server = ask(tls, "tls1.1")
    assert no_handshake(server, authority.context())
    old = authority.context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.deprecated_call():
        old.minimum_version = ssl.TLSVersion.TLSv1
    assert tls_version(server, old) == "TLSv1.1"


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
        tls_version(ask(tls, variant), authority.context())
    assert failure.value.verify_code == error


def test_a_self_signed_certificate_passes_where_it_is_trusted_itself(ask: Ask) -> None:
    server = ask("implicit", "self-signed")
    assert server.certificate is not None
    context = ssl.create_default_context(cadata=server.certificate.pem)
    # As Python 3.13 does by default.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert tls_version(server, context)


def test_an_expiring_certificate_still_passes(ask: Ask, authority: Authority) -> None:
    assert tls_version(ask("implicit", "expiring"), authority.context())


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
