"""TLS on the wire: versions, ciphers, pins, and every reason not to accept a certificate."""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
from collections.abc import Callable

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID
from scripted import DROP, TLS, Scripted, step

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.connection.tls import unverified_context, verifying_context
from mailwidgets.reports.report import Report, State

Make = Callable[..., Endpoint]
MakeContext = Callable[[trustme.LeafCert], ssl.SSLContext]
POP3 = {
    "CAPA": "+OK\nUSER\nSTLS\n.",
    "STLS": "+OK go" + TLS,
    "USER": "+OK",
    "PASS": "+OK in",
    "STAT": "+OK 1 20",
    "QUIT": "+OK bye",
}
ANA = Login("ana", "ana-secret")
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


async def checked(
    context: ssl.SSLContext, endpoint: Make, *, implicit: bool = False, **more: object
) -> Report:
    """Return what the check finds at a server with that certificate, and what it said there."""
    async with Scripted("+OK ready", POP3, tls=context, implicit=implicit) as server:
        mode = TlsMode.IMPLICIT if implicit else TlsMode.REQUIRE
        report = await check_pop3(endpoint(server.port, mode, **more), ANA)
        said = " ".join(server.seen)
    assert report.ok or ANA.password not in said, "the password went over a broken connection"
    return report


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(
    ("names", "valid", "code", "saw"),
    [
        (("localhost",), (-30, -2), "cert_expired", "2 days ago"),
        (("localhost",), (1, 30), "cert_not_yet", "It begins on"),
        (("mail.other.test", "*.other.test"), (-1, 90), "cert_name", "mail.other.test"),
        (("localhost",), (-1, 10), "cert_expiring", "in 9 days"),
        (("localhost",), (-1, 90), "ok", ""),
    ],
)
async def test_a_certificate_is_judged_by_its_dates_and_names(  # noqa: PLR0913, PLR0917 - a table
    names: tuple[str, ...],
    valid: tuple[int, int],
    code: str,
    saw: str,
    implicit: bool,  # noqa: FBT001 - a parameter of the table
    ca: trustme.CA,
    server_context: MakeContext,
    endpoint: Make,
) -> None:
    cert = ca.issue_cert(*names, not_before=NOW + valid[0] * DAY, not_after=NOW + valid[1] * DAY)

    report = await checked(server_context(cert), endpoint, implicit=implicit)

    assert report.code == code, str(report)
    assert step(report, "tls").state is State.PASSED
    evidence = " ".join(step(report, "certificate").evidence)
    assert hashlib.sha256(_der(cert)).hexdigest() in evidence
    if report.finding:
        assert saw in report.finding.saw
        assert report.failing_step is None or report.failing_step.name == "certificate"


async def test_a_certificate_for_another_name_offers_the_name_that_leads_to_this_server(
    ca: trustme.CA, server_context: MakeContext, endpoint: Make
) -> None:
    cert = ca.issue_cert("mail.example.test", "localhost", "*.example.test")

    report = await checked(server_context(cert), endpoint, host="127.0.0.1")

    assert report.finding is not None
    assert (report.code, report.finding.fix) == ("cert_name", (("name", "localhost"),))
    assert "leads to this very server" in report.finding.advice


async def test_a_certificates_name_that_leads_nowhere_is_told_but_not_offered(
    ca: trustme.CA, server_context: MakeContext, endpoint: Make
) -> None:
    cert = ca.issue_cert("mail.example.test", "*.example.test")

    report = await checked(server_context(cert), endpoint)

    assert report.finding is not None
    assert (report.code, report.finding.fix) == ("cert_name", ())
    assert "mail.example.test" in report.finding.saw
    assert report.finding.advice


async def test_a_certificates_name_that_checks_may_not_connect_to_is_not_offered(
    ca: trustme.CA, server_context: MakeContext, endpoint: Make
) -> None:
    cert = ca.issue_cert("localhost")

    report = await checked(
        server_context(cert), endpoint, host="127.0.0.1", allowed_hosts=("127.0.0.1",)
    )

    assert report.finding is not None
    assert (report.code, report.finding.fix) == ("cert_name", ())


async def test_an_ip_address_must_stand_in_the_certificate_too(
    ca: trustme.CA, server_context: MakeContext, endpoint: Make
) -> None:
    cert = ca.issue_cert("localhost")

    report = await checked(server_context(cert), endpoint, host="127.0.0.1")

    assert report.code == "cert_name"


async def test_a_ca_that_nobody_knows_is_untrusted(
    server_context: MakeContext, endpoint: Make
) -> None:
    report = await checked(server_context(trustme.CA().issue_cert("localhost")), endpoint)

    assert report.code == "cert_untrusted"
    assert report.finding is not None
    assert "intermediate" in report.finding.advice, "what else it may be must be said"


async def test_a_self_signed_certificate_is_untrusted_and_its_fingerprint_is_there(
    endpoint: Make,
) -> None:
    context, der = _issued("localhost", issuer="localhost")

    report = await checked(context, endpoint)

    assert report.code == "cert_untrusted"
    assert report.finding is not None
    assert "self-signed" in report.finding.saw
    assert hashlib.sha256(der).hexdigest() in report.finding.saw


@pytest.mark.parametrize(
    ("issuer", "url"),
    [("Example Issuing CA 3", ""), ("R11", "http://r11.example.test/ca.der")],
)
async def test_a_server_that_leaves_out_its_intermediate_certificate(
    issuer: str, url: str, endpoint: Make
) -> None:
    context, _ = _issued("localhost", issuer=issuer, url=url)

    report = await checked(context, endpoint)

    assert report.code == "cert_chain"


async def test_a_pinned_certificate_needs_no_ca(
    server_context: MakeContext, endpoint: Make
) -> None:
    cert = trustme.CA().issue_cert("another.name.test")
    digits = hashlib.sha256(_der(cert)).hexdigest()
    with_colons = ":".join(digits[i : i + 2] for i in range(0, 64, 2)).upper()

    for pins in ((digits,), ("00" * 32, with_colons), ("sha256:" + digits,)):
        report = await checked(server_context(cert), endpoint, pins=pins)

        assert report.code == "ok", str(report)


async def test_another_certificate_than_the_pinned_one_is_refused_even_with_a_trusted_chain(
    good: ssl.SSLContext, endpoint: Make
) -> None:
    report = await checked(good, endpoint, pins=("00" * 32,))

    assert (report.code, step(report, "certificate").state) == ("cert_fingerprint", State.FAILED)


async def test_a_ca_that_cannot_be_read_is_a_finding(good: ssl.SSLContext, endpoint: Make) -> None:
    report = await checked(good, endpoint, ca_pem="no certificate at all")

    assert report.code == "ca_unreadable"


async def test_a_server_with_old_versions_only_is_found_out_without_sending_anything(
    ca: trustme.CA, server_context: MakeContext, endpoint: Make
) -> None:
    context = server_context(ca.issue_cert("localhost"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1

    report = await checked(context, endpoint)

    assert report.code == "tls_version"
    assert report.finding is not None
    assert "TLSv1.1" in report.finding.meaning


async def test_force_tls12_offers_tls12_and_nothing_else(
    ca: trustme.CA, server_context: MakeContext, endpoint: Make
) -> None:
    context = server_context(ca.issue_cert("localhost"))
    forced = await checked(context, endpoint, force_tls12=True)
    assert step(forced, "tls").evidence[0].startswith("TLSv1.2")

    context.minimum_version = ssl.TLSVersion.TLSv1_3
    report = await checked(context, endpoint, force_tls12=True)

    assert report.code == "tls_version"
    assert report.finding is not None
    assert report.finding.field == "force_tls12"
    assert report.finding.fix == (("force_tls12", False),)


@pytest.mark.parametrize(
    ("alert", "code"),
    [(40, "tls_cipher"), (71, "tls_cipher"), (70, "tls_version"), (80, "tls_failed")],
)
async def test_what_a_servers_alert_means(alert: int, code: str, endpoint: Make) -> None:
    record = bytes((21, 3, 3, 0, 2, 2, alert))  # RFC 8446 §6: a fatal alert
    async with Scripted("+OK ready", {**POP3, "STLS": ["+OK go", record]}) as server:
        report = await check_pop3(endpoint(server.port, TlsMode.REQUIRE), ANA)

    assert (report.code, step(report, "tls").state) == (code, State.FAILED)


async def test_a_server_that_hangs_up_in_every_handshake(
    endpoint: Make,
) -> None:
    async with Scripted("+OK ready", {**POP3, "STLS": ["+OK go", DROP]}) as server:
        report = await check_pop3(endpoint(server.port, TlsMode.REQUIRE), ANA)

    assert report.code == "dropped"
    assert report.finding is not None
    assert "whatever the client offers" in report.finding.meaning


async def test_plain_text_in_place_of_the_handshake_after_starttls_is_an_injection(
    endpoint: Make,
) -> None:
    answers = {**POP3, "STLS": ["+OK go", b"+OK injected\r\n" * 3]}
    async with Scripted("+OK ready", answers) as server:
        report = await check_pop3(endpoint(server.port, TlsMode.REQUIRE), ANA)

    assert report.code == "starttls_injection"


async def test_capabilities_are_asked_again_under_tls(good: ssl.SSLContext, endpoint: Make) -> None:
    under_tls = {"CAPA": "+OK\nUSER\nSASL SCRAM-SHA-256 PLAIN\n.", "AUTH PLAIN": "+OK"}
    clear = {**POP3, "CAPA": "+OK\nUSER\nSTLS\nSASL CRAM-MD5\n."}
    async with Scripted("+OK ready", clear, under_tls=under_tls, tls=good) as server:
        login = Login("ana", "ana-secret", sasl=True)
        report = await check_pop3(endpoint(server.port, TlsMode.REQUIRE, timeout=0.5), login)

    assert server.seen[-1].startswith("AUTH SCRAM-SHA-256"), "the offer made in the clear was used"
    assert "SCRAM-SHA-256" in step(report, "certificate").evidence[-1]


async def test_what_imap_offers_in_the_clear_counts_no_more_under_tls(
    good: ssl.SSLContext, endpoint: Make
) -> None:
    greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=CRAM-MD5] ready"
    clear = {"STARTTLS": "{tag} OK go" + TLS}
    under_tls = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256\n{tag} OK",
        "AUTHENTICATE": "{tag} NO no",
        "LOGOUT": "{tag} OK",
    }
    async with Scripted(greeting, clear, under_tls=under_tls, tls=good) as server:
        login = Login("ana", "ana-secret", sasl=True)
        await check_imap(endpoint(server.port, TlsMode.REQUIRE), login)

    assert server.seen[1:3] == ["A2 CAPABILITY", "A3 AUTHENTICATE SCRAM-SHA-256"]


@pytest.mark.parametrize("force", [False, True])
def test_nothing_older_than_tls12_is_ever_offered(force: bool) -> None:  # noqa: FBT001 - a switch
    contexts = (verifying_context("", force_tls12=force), unverified_context(force_tls12=force))
    for context in contexts:
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert (context.maximum_version is ssl.TLSVersion.TLSv1_2) is force


def _der(cert: trustme.LeafCert) -> bytes:
    return ssl.PEM_cert_to_DER_cert(cert.cert_chain_pems[0].bytes().decode())


def _issued(name: str, *, issuer: str, url: str = "") -> tuple[ssl.SSLContext, bytes]:
    """Return a server's context with a certificate of an issuer that sends nothing of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = key if issuer == name else ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 90 * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    if url:
        access = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    cert = builder.sign(signer, hashes.SHA256())
    pem = cert.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return context, cert.public_bytes(serialization.Encoding.DER)
