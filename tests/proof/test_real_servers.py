"""What Dovecot and Postfix do when something is wrong, and what the checks make of it."""

from __future__ import annotations

import pytest
from daemons.accounts import ANA, BOB, CARLA, ODD
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from daemons.variants import MailServer, Protocol, Tls

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report

PROTOCOLS: tuple[Protocol, ...] = ("pop3", "imap", "smtp")


class Servers:
    def __init__(self, dovecot: Dovecot, postfix: Postfix) -> None:
        self._starts = {"pop3": dovecot.pop3, "imap": dovecot.imap, "smtp": postfix.smtp}

    def at(self, protocol: Protocol, tls: Tls, variant: str = "standard") -> MailServer:
        return self._starts[protocol](tls, variant)


@pytest.fixture
def servers(dovecot: Dovecot, postfix: Postfix) -> Servers:
    return Servers(dovecot, postfix)


async def check(  # noqa: PLR0913 - each may differ from a login that works
    at: MailServer,
    mode: TlsMode = TlsMode.REQUIRE,
    *,
    user: str = ANA.login,
    password: str = ANA.password,
    sasl: bool = False,
    force_tls12: bool = False,
    pins: tuple[str, ...] = (),
    **more: str,
) -> Report:
    endpoint = Endpoint(
        at.host, at.port, mode, 3.0, force_tls12=force_tls12, ca_pem=at.ca_pem, pins=pins
    )
    login = Login(user, password, sasl=sasl)
    climb = {"pop3": check_pop3, "imap": check_imap, "smtp": check_smtp}[at.protocol]
    return await climb(endpoint, login, **more)  # type: ignore[operator, no-any-return]


@pytest.mark.parametrize(
    ("variant", "codes"),
    [
        ("expired", {"cert_expired"}),
        ("not-yet", {"cert_not_yet"}),
        ("wrong-name", {"cert_name"}),
        ("self-signed", {"cert_untrusted"}),
        ("unknown-ca", {"cert_untrusted"}),
        # Verification says the same of an unknown CA and of a chain with a gap.
        ("no-intermediate", {"cert_untrusted", "cert_chain"}),
        ("tls1.1", {"tls_version"}),
        # Postfix sends the alert; Dovecot hangs up without a word.
        ("no-cipher", {"tls_cipher", "dropped"}),
    ],
)
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_what_is_wrong_with_tls_is_told_before_a_password_is_sent(
    servers: Servers, protocol: Protocol, tls: Tls, variant: str, codes: set[str]
) -> None:
    report = await check(servers.at(protocol, tls, variant))

    assert report.code in codes, f"{report}\n{report.transcript}"
    sent = [line.text for line in report.transcript if line.who == "C"]
    assert not any(word in line for line in sent for word in ("AUTH", "LOGIN", "USER", "PASS"))
    steps = {step.name: step.state for step in report.steps}
    assert steps["authentication"] == "skipped"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_a_certificate_about_to_expire_is_a_warning_with_its_date(
    servers: Servers, protocol: Protocol
) -> None:
    report = await check(servers.at(protocol, "starttls", "expiring"))

    assert (report.ok, report.code) == (True, "cert_expiring"), str(report)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_forced_tls_12_meets_servers_with_and_without_it(
    servers: Servers, protocol: Protocol
) -> None:
    with_it = await check(servers.at(protocol, "starttls", "tls1.2"), force_tls12=True)
    both = await check(servers.at(protocol, "starttls"), force_tls12=True)
    without = await check(servers.at(protocol, "starttls", "tls1.3"), force_tls12=True)

    assert (with_it.code, both.code) == ("ok", "ok"), f"{with_it}\n{both}"
    assert "TLSv1.2" in str(both)
    assert without.code == "tls_version", str(without)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_one_certificate_is_accepted_by_its_fingerprint_and_no_other(
    servers: Servers, protocol: Protocol
) -> None:
    at = servers.at(protocol, "implicit", "self-signed")
    assert at.certificate is not None

    right = await check(at, pins=(at.certificate.fingerprint,))
    wrong = await check(at, pins=("ab" * 32,))

    assert right.code == "ok", str(right)
    assert wrong.code == "cert_fingerprint", str(wrong)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_no_starttls_means_no_login_where_tls_is_required(
    servers: Servers, protocol: Protocol
) -> None:
    report = await check(servers.at(protocol, "none", "clear"))

    assert report.code == "starttls_missing", str(report)
    assert ANA.password not in str(report.transcript)


@pytest.mark.parametrize("protocol", ["pop3", "imap"])
async def test_a_login_that_the_server_wants_under_tls_only_is_not_tried_without(
    servers: Servers, protocol: Protocol
) -> None:
    report = await check(servers.at(protocol, "none", "tls-first"), TlsMode.NONE)

    assert report.code == "auth_needs_tls", str(report)


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_plaintext_on_a_tls_port_is_told_from_a_silent_server(
    servers: Servers, protocol: Protocol
) -> None:
    report = await check(servers.at(protocol, "implicit"), TlsMode.NONE)

    assert report.code == "plain_on_tls_port", str(report)


async def test_tls_on_a_plaintext_port_is_told_with_what_the_server_said(servers: Servers) -> None:
    report = await check(servers.at("smtp", "none", "clear"), TlsMode.IMPLICIT)

    assert report.code == "tls_on_plain_port", str(report)


@pytest.mark.parametrize(
    ("protocol", "other"), [("imap", "pop3"), ("pop3", "smtp"), ("smtp", "imap")]
)
async def test_another_protocol_is_named(
    servers: Servers, protocol: Protocol, other: Protocol
) -> None:
    at = servers.at(other, "starttls")
    endpoint = Endpoint(at.host, at.port, TlsMode.NONE, 3.0, ca_pem=at.ca_pem)
    climb = {"pop3": check_pop3, "imap": check_imap, "smtp": check_smtp}[protocol]

    report = await climb(endpoint, Login())  # type: ignore[operator]

    assert report.code == "wrong_protocol", str(report)
    assert other.upper() in str(report)


@pytest.mark.parametrize("sasl", [False, True])
@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_names_and_passwords_in_unicode_with_quotes_and_blanks_log_in(
    servers: Servers,
    protocol: Protocol,
    sasl: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    at = servers.at(protocol, "starttls")
    more = {"sender": ODD.address} if protocol == "smtp" else {}

    report = await check(at, user=ODD.login, password=ODD.password, sasl=sasl, **more)

    assert report.code == "ok", str(report)
    assert ODD.password not in f"{report!r}{report.transcript}"


async def test_folders_in_any_unicode_are_found(servers: Servers) -> None:
    at = servers.at("imap", "starttls")
    for name in ANA.folders:
        report = await check(at, outbox=name)
        assert report.code == "ok", f"{name}\n{report}"


async def test_a_missing_outbox_warns_and_a_missing_inbox_fails(servers: Servers) -> None:
    at = servers.at("imap", "implicit")

    outbox = await check(at, user=BOB.login, password=BOB.password)
    inbox = await check(at, inbox="Posteingang")

    assert (outbox.ok, outbox.code) == (True, "folder_missing"), str(outbox)
    assert (inbox.ok, inbox.code) == (False, "folder_missing"), str(inbox)
    assert outbox.finding is not None
    assert outbox.finding.field == "outbox"
    assert inbox.finding is not None
    assert inbox.finding.field == "inbox"


async def test_a_folder_under_another_prefix_is_offered_as_the_server_names_it(
    servers: Servers,
) -> None:
    at = servers.at("imap", "starttls")

    report = await check(at, user=CARLA.login, password=CARLA.password, outbox="Sent")

    assert report.code == "folder_prefix", str(report)
    assert "INBOX.Sent" in str(report)


async def test_a_login_may_not_send_as_someone_else(servers: Servers) -> None:
    at = servers.at("smtp", "starttls", "own-sender")

    own = await check(at, sender=ANA.address)
    other = await check(at, sender="boss@example.test")

    assert own.code == "ok", str(own)
    assert other.code == "sender_refused", str(other)


async def test_what_only_a_login_opens_is_told(servers: Servers) -> None:
    at = servers.at("smtp", "starttls", "login-required")

    report = await check(at, user="", password="", sender=ANA.address)

    assert report.code in {"relay_denied", "auth_missing"}, str(report)


async def test_an_ehlo_name_that_the_server_refuses_is_told_at_ehlo_or_at_rcpt(
    servers: Servers,
) -> None:
    for variant in ("strict-ehlo", "strict-ehlo at RCPT"):
        at = servers.at("smtp", "starttls", variant)
        report = await check(at, sender=ANA.address, ehlo="-bad-.example")
        assert report.code == "ehlo_rejected", f"{variant}\n{report}"


async def test_data_is_never_sent(servers: Servers) -> None:
    report = await check(servers.at("smtp", "starttls"), sender=ANA.address)

    sent = [line.text.split()[0] for line in report.transcript if line.who == "C"]
    assert "RSET" in sent
    assert "DATA" not in sent
