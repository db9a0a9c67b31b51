"""A server's certificate: read for evidence, compared with pins, and why it was not accepted."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import ipaddress
import re
import ssl
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault

if TYPE_CHECKING:
    from cryptography import x509

_EXPIRING_DAYS, _MOST_NAMES = 21, 12

# OpenSSL's X509_V_ERR_… numbers (openssl-verification-options(1), x509_vfy.h)
_NOT_YET, _EXPIRED = 9, 10
_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN = 18, 19
_NO_ISSUER = frozenset((2, 20, 21))
_WRONG_NAME = frozenset((62, 64))
_CODES = {
    _NOT_YET: "cert_not_yet",
    _EXPIRED: "cert_expired",
    **dict.fromkeys((_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN), "cert_untrusted"),
    **dict.fromkeys(_NO_ISSUER, "cert_chain"),
    **dict.fromkeys(_WRONG_NAME, "cert_name"),
}
_WEAK = frozenset((66, 67, 68))


@dataclass(frozen=True, slots=True)
class Certificate:
    """What there is to know about a certificate, safe to show.

    Attributes:
        subject: whom it is for, as ``CN=mail.example.com``.
        issuer: who issued it.
        names: DNS names and IP addresses it is for.
        begins: start of its validity, UTC.
        ends: end of its validity, UTC.
        fingerprint: SHA-256, 64 hexadecimal digits.
        names_issuer_url: it says where its issuer's certificate is to be had (RFC 5280
            §4.2.2.1), as those of public CAs do.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: dt.datetime
    ends: dt.datetime
    fingerprint: str
    names_issuer_url: bool

    def evidence(self) -> tuple[str, ...]:
        """Return the certificate in a few short sentences."""
        return (
            f"Certificate for {self.for_names}, issued by {self.issuer}.",
            f"Valid from {self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d}.",
            f"SHA-256 fingerprint {self.fingerprint}.",
        )

    @property
    def for_names(self) -> str:
        """Return the names it is for, in words."""
        more = len(self.names) - _MOST_NAMES
        listed = ", ".join(self.names[:_MOST_NAMES])
        return f"{listed} and {more} more" if more > 0 else listed or self.subject


@functools.lru_cache(maxsize=16)
def read(der: bytes) -> Certificate:
    """Return what a certificate says.

    Raises:
        Fault: ``cert_invalid``, it cannot be read.
    """
    from cryptography import x509  # noqa: PLC0415 - 30 ms that a check without TLS need not pay

    odd = (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd numbers and lengths
            cert = x509.load_der_x509_certificate(der)
            return Certificate(
                subject=shown(cert.subject.rfc4514_string()),
                issuer=shown(cert.issuer.rfc4514_string()),
                names=tuple(shown(name, 80) for name in _names(cert)),
                begins=cert.not_valid_before_utc,
                ends=cert.not_valid_after_utc,
                fingerprint=fingerprint(der),
                names_issuer_url=_names_issuer_url(cert),
            )
    except (ValueError, TypeError, *odd) as error:  # cryptography's TypeError, of an odd name
        raise Fault("cert_invalid", f"It cannot be read: {shown(str(error))}.") from error


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 fingerprint of a certificate, 64 hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def _names(cert: x509.Certificate) -> list[str]:
    from cryptography import x509  # noqa: PLC0415 - see read()

    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    dns = names.get_values_for_type(x509.DNSName)
    return [*dns, *(str(ip) for ip in names.get_values_for_type(x509.IPAddress))]


def _names_issuer_url(cert: x509.Certificate) -> bool:
    from cryptography import x509  # noqa: PLC0415 - see read()

    try:
        access = cert.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return False
    return any(x.access_method == x509.oid.AuthorityInformationAccessOID.CA_ISSUERS for x in access)


def must_be_pinned(der: bytes, pins: Sequence[str]) -> None:
    """Refuse a certificate that has none of the pinned fingerprints.

    Raises:
        Fault: ``cert_fingerprint``.
    """
    seen = fingerprint(der)
    wanted = [re.sub(r"^sha-?256[=:]?|[^0-9a-f]", "", pin.strip().lower()) for pin in pins]
    if seen not in wanted:
        raise Fault("cert_fingerprint", f"SHA-256 fingerprint {seen}; pinned: {', '.join(wanted)}.")


def expiring(cert: Certificate, now: dt.datetime | None = None) -> Fault | None:
    """Return the warning that a certificate has under 21 days left, if it has."""
    left = cert.ends - (now or dt.datetime.now(dt.UTC))
    if left >= dt.timedelta(days=_EXPIRING_DAYS):
        return None
    if left < dt.timedelta(0):  # accepted all the same, for it is pinned
        return Fault("cert_expiring", f"It ended on {_day(cert.ends)}, {(-left).days} days ago.")
    return Fault("cert_expiring", f"It ends on {_day(cert.ends)}, in {left.days} days.")


def others(cert: Certificate, host: str, now: dt.datetime) -> list[Fault]:
    """Return what is wrong with a certificate's names and dates, whoever issued it.

    Verification looks at the issuer first and stops at the first fault; this tells the rest.

    Args:
        cert: the server's certificate.
        host: the name it should be for.
        now: the present moment, with a time zone.
    """
    found = []
    if not _is_for(cert.names, host):
        found.append(_wrong_name(cert, host))
    if now < cert.begins:
        found.append(_not_yet(cert, now))
    elif now > cert.ends:
        found.append(_expired(cert, now))
    elif soon := expiring(cert, now):
        found.append(soon)
    return found


def _is_for(names: Sequence[str], host: str) -> bool:
    """Return whether a host is among the names, a wildcard standing for one label (RFC 6125)."""
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        below = host.lower().partition(".")[2]
        return any(
            name.lower() == host.lower() or (below and name.lower() == f"*.{below}")
            for name in names
        )
    return address in names


def unread(error: ssl.SSLCertVerificationError) -> Fault:
    """Return why verification failed, in the TLS library's words alone."""
    number = error.verify_code
    weak = "Its key or signature is too weak: " if number in _WEAK else ""
    reason = shown(error.verify_message or str(error))
    return Fault(_CODES.get(number, "cert_invalid"), f"{weak}{reason} (verify error {number}).")


def not_verified(
    error: ssl.SSLCertVerificationError, host: str, cert: Certificate, sent: int, ca_pem: str = ""
) -> Fault:
    """Return why verification failed.

    Args:
        error: what the TLS library said.
        host: the name the certificate should have been for.
        cert: the server's certificate.
        sent: how many certificates the server sent, 0 where that cannot be known.
        ca_pem: the PEM certificates that are trusted beside the system's.
    """
    now = dt.datetime.now(dt.UTC)
    match _CODES.get(error.verify_code):
        case "cert_expired":
            return _expired(cert, now)
        case "cert_not_yet":
            return _not_yet(cert, now)
        case "cert_name":
            return _wrong_name(cert, host)
        case "cert_untrusted":
            alone = error.verify_code == _SELF_SIGNED
            why = "It is self-signed." if alone else "The root the server sends is not trusted."
            return _untrusted(cert, why)
        case "cert_chain":
            return _no_issuer(cert, sent, _authorities(ca_pem))
    return unread(error)


def _day(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _not_yet(cert: Certificate, now: dt.datetime) -> Fault:
    return Fault(
        "cert_not_yet", f"It begins on {_day(cert.begins)}; this machine's clock says {_day(now)}."
    )


def _expired(cert: Certificate, now: dt.datetime) -> Fault:
    ago = now - cert.ends
    if ago < dt.timedelta(0):
        return Fault(
            "cert_expired", f"A CA certificate above it has expired; itself ends {_day(cert.ends)}."
        )
    return Fault("cert_expired", f"It expired on {_day(cert.ends)}, {ago.days} days ago.")


def _wrong_name(cert: Certificate, host: str) -> Fault:
    return Fault("cert_name", f"It is for {cert.for_names}, not for {shown(host)}.")


def _untrusted(cert: Certificate, why: str) -> Fault:
    return Fault("cert_untrusted", f"{why} Issuer: {cert.issuer}. SHA-256 {cert.fingerprint}.")


def _authorities(ca_pem: str) -> frozenset[str]:
    """Return whom PEM certificates are for."""
    from cryptography import x509  # noqa: PLC0415 - see read()

    try:
        found = x509.load_pem_x509_certificates(ca_pem.encode())
    except ValueError:  # none: unreadable ones have failed the handshake before
        return frozenset()
    return frozenset(shown(one.subject.rfc4514_string()) for one in found)


def _no_issuer(cert: Certificate, sent: int, authorities: frozenset[str]) -> Fault:
    """Tell a missing intermediate from an unknown CA, as far as the certificate tells.

    OpenSSL has one number for both. A server that sends several certificates sends its chain; one
    that sends a single certificate lacks an intermediate where there must be one: public CAs
    never issue from their root, and their certificates say where the issuer's is to be had. The
    identifier of the issuer's key (RFC 5280 §4.2.1.1) tells no more: that no trusted key has it is
    known already.
    """
    if cert.issuer in authorities:
        fault = _untrusted(cert, "A CA of its issuer's name is added here, but with another key.")
        fault.advice = (
            "The CA was renewed, or someone imitates it: confirm its present certificate with the"
            " server's owner, and add that one."
        )
        return fault
    intermediate = re.search(r"intermediate|issuing|sub[- ]?ca\b", cert.issuer, re.IGNORECASE)
    if sent <= 1 and (cert.names_issuer_url or intermediate):
        return Fault(
            "cert_chain",
            f"Its issuer is neither sent nor known here: {cert.issuer}.",
            advice="Have the server send its whole chain. If the issuer is a CA of the company's"
            " own, add that CA's certificate instead.",
        )
    fault = _untrusted(cert, "Its issuer is not known here.")
    fault.advice = (
        "If the company has a CA of its own, add its certificate. If it is there already, the"
        " server leaves out an intermediate certificate. Else confirm the fingerprint with the"
        " server's owner and pin it."
    )
    return fault
