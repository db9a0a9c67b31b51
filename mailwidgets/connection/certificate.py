"""A server's certificate: read for evidence, compared with pins, with a host's name and dates."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import ipaddress
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailwidgets.languages.texts import _, ngettext
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault

if TYPE_CHECKING:
    from cryptography import x509

_EXPIRING_DAYS, _MOST_NAMES = 21, 12


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
            _("Certificate for {names}, issued by {issuer}.").format(
                names=self.for_names, issuer=self.issuer
            ),
            _("Valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}.").format(
                begins=self.begins, ends=self.ends
            ),
            _("SHA-256 fingerprint {fingerprint}.").format(fingerprint=self.fingerprint),
        )

    @property
    def for_names(self) -> str:
        """Return the names it is for, in words."""
        more = len(self.names) - _MOST_NAMES
        listed = ", ".join(self.names[:_MOST_NAMES])
        if more <= 0:
            return listed or self.subject
        told = ngettext("{names} and {count} more", "{names} and {count} more", more)
        return told.format(names=listed, count=more)


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
        raise Fault(
            "cert_invalid", _("It cannot be read: {reason}.").format(reason=shown(str(error)))
        ) from error


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
        raise Fault(
            "cert_fingerprint",
            _("SHA-256 fingerprint {seen}; pinned: {pinned}.").format(
                seen=seen, pinned=", ".join(wanted)
            ),
        )


def expiring(cert: Certificate, now: dt.datetime | None = None) -> Fault | None:
    """Return the warning that a certificate has under 21 days left, if it has."""
    left = cert.ends - (now or dt.datetime.now(dt.UTC))
    if left >= dt.timedelta(days=_EXPIRING_DAYS):
        return None
    if left < dt.timedelta(0):  # accepted all the same, for it is pinned
        told = ngettext(
            "It ended on {time}, {count} day ago.",
            "It ended on {time}, {count} days ago.",
            (-left).days,
        )
        return Fault("cert_expiring", told.format(time=_day(cert.ends), count=(-left).days))
    told = ngettext(
        "It ends on {time}, in {count} day.", "It ends on {time}, in {count} days.", left.days
    )
    return Fault("cert_expiring", told.format(time=_day(cert.ends), count=left.days))


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
        found.append(wrong_name(cert, host))
    if now < cert.begins:
        found.append(not_yet(cert, now))
    elif now > cert.ends:
        found.append(expired(cert, now))
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


def _day(moment: dt.datetime) -> str:
    return _("{at:%Y-%m-%d %H:%M} UTC").format(at=moment.astimezone(dt.UTC))


def not_yet(cert: Certificate, now: dt.datetime) -> Fault:
    """Return that a certificate is not valid yet."""
    told = _("It begins on {begins}; this machine's clock says {now}.")
    return Fault("cert_not_yet", told.format(begins=_day(cert.begins), now=_day(now)))


def expired(cert: Certificate, now: dt.datetime) -> Fault:
    """Return that a certificate, or one above it, has expired."""
    ago = now - cert.ends
    if ago < dt.timedelta(0):
        told = _("A CA certificate above it has expired; itself ends {time}.")
        return Fault("cert_expired", told.format(time=_day(cert.ends)))
    told = ngettext(
        "It expired on {time}, {count} day ago.",
        "It expired on {time}, {count} days ago.",
        ago.days,
    )
    return Fault("cert_expired", told.format(time=_day(cert.ends), count=ago.days))


def wrong_name(cert: Certificate, host: str) -> Fault:
    """Return that a certificate is not for a host."""
    told = _("It is for {names}, not for {host}.")
    return Fault("cert_name", told.format(names=cert.for_names, host=shown(host)))
