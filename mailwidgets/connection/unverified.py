"""Why a certificate was not accepted: what the TLS library's verdict means for this one."""

from __future__ import annotations

import datetime as dt
import re
import ssl

from mailwidgets.connection.certificate import Certificate, expired, not_yet, wrong_name
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault

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


def unread(error: ssl.SSLCertVerificationError) -> Fault:
    """Return why verification failed, in the TLS library's words alone."""
    number = error.verify_code
    told = _("{reason} (verify error {number}).")
    if number in _WEAK:
        told = _("Its key or signature is too weak: {reason} (verify error {number}).")
    reason = shown(error.verify_message or str(error))
    return Fault(_CODES.get(number, "cert_invalid"), told.format(reason=reason, number=number))


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
            return expired(cert, now)
        case "cert_not_yet":
            return not_yet(cert, now)
        case "cert_name":
            return wrong_name(cert, host)
        case "cert_untrusted":
            alone = error.verify_code == _SELF_SIGNED
            why = (
                _("It is self-signed.") if alone else _("The root the server sends is not trusted.")
            )
            return _untrusted(cert, why)
        case "cert_chain":
            return _no_issuer(cert, sent, _authorities(ca_pem))
    return unread(error)


def _untrusted(cert: Certificate, why: str) -> Fault:
    return Fault(
        "cert_untrusted",
        _("{why} Issuer: {issuer}. SHA-256 {fingerprint}.").format(
            why=why, issuer=cert.issuer, fingerprint=cert.fingerprint
        ),
    )


def _authorities(ca_pem: str) -> frozenset[str]:
    """Return whom PEM certificates are for."""
    from cryptography import x509  # noqa: PLC0415 - 30 ms that few checks need

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
        fault = _untrusted(
            cert, _("A CA of its issuer's name is added here, but with another key.")
        )
        fault.advice = _(
            "The CA was renewed, or someone imitates it: confirm its present certificate with "
            "the server's owner, and add that one."
        )
        return fault
    intermediate = re.search(r"intermediate|issuing|sub[- ]?ca\b", cert.issuer, re.IGNORECASE)
    if sent <= 1 and (cert.names_issuer_url or intermediate):
        return Fault(
            "cert_chain",
            _("Its issuer is neither sent nor known here: {issuer}.").format(issuer=cert.issuer),
            advice=_(
                "Have the server send its whole chain. If the issuer is a CA of the company's own, "
                "add that CA's certificate instead."
            ),
        )
    fault = _untrusted(cert, _("Its issuer is not known here."))
    fault.advice = _(
        "If the company has a CA of its own, add its certificate. If it is there already, the "
        "server leaves out an intermediate certificate. Else confirm the fingerprint with the "
        "server's owner and pin it."
    )
    return fault
