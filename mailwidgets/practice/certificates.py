"""A certificate authority that lives as long as one run; the one module over trustme.

It makes bad certificates too, for those who practise what to do about them.
"""

from __future__ import annotations

import datetime as dt
import ssl
import warnings

import trustme

from mailwidgets.practice.shown import NAMES, Certificate, Versions

#: The names under which a server on this machine is reached.
LOOPBACK = ("localhost", "127.0.0.1", "::1", *NAMES)
_ELSEWHERE = "mail.elsewhere.example"
_DAY = dt.timedelta(days=1)
_ALONE = {
    Versions.ONLY_10: ssl.TLSVersion.TLSv1,
    Versions.ONLY_12: ssl.TLSVersion.TLSv1_2,
    Versions.ONLY_13: ssl.TLSVersion.TLSv1_3,
}


class Authority:
    """A throw-away certificate authority; its key never leaves memory."""

    def __init__(self) -> None:
        self._ca = trustme.CA(
            organization_name="mailwidgets practice",
            organization_unit_name="throw-away certificate authority",
        )
        self._contexts: dict[tuple[Certificate, Versions], ssl.SSLContext] = {}

    @property
    def ca_pem(self) -> str:
        """Return the authority's own certificate, to be trusted by clients."""
        return self._ca.cert_pem.bytes().decode("ascii")

    def server_context(
        self, certificate: Certificate = Certificate.GOOD, versions: Versions = Versions.MODERN
    ) -> ssl.SSLContext:
        """Return a server's TLS settings; the same certificate at every call.

        Args:
            certificate: what is right or wrong with it.
            versions: which versions of TLS it offers.
        """
        known = certificate, versions
        if known not in self._contexts:
            self._contexts[known] = self._made(certificate, versions)
        return self._contexts[known]

    def _made(self, certificate: Certificate, versions: Versions) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._issued(certificate).configure_cert(context)
        if versions in _ALONE:
            if versions is Versions.ONLY_10:  # which OpenSSL holds to be insecure, and rightly
                context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():  # Python says the same of it
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = _ALONE[versions]
                context.maximum_version = _ALONE[versions]
        return context

    def _issued(self, certificate: Certificate) -> trustme.LeafCert:
        now = dt.datetime.now(dt.UTC)
        since, until = now - 30 * _DAY, now + 365 * _DAY
        authority: trustme.CA = self._ca
        names: tuple[str, ...] = LOOPBACK
        if certificate is Certificate.EXPIRED:
            until = now - 3 * _DAY
        elif certificate is Certificate.NOT_YET:
            since = now + _DAY
        elif certificate is Certificate.EXPIRING:
            until = now + 5 * _DAY
        elif certificate is Certificate.OTHER_NAME:
            names = (_ELSEWHERE,)
        elif certificate is Certificate.UNKNOWN_CA:
            authority = trustme.CA(organization_name="somebody else")
        elif certificate is Certificate.HALF_A_CHAIN:
            authority = trustme.CA(
                parent_cert=self._ca,
                path_length=0,
                organization_name="mailwidgets practice",
                organization_unit_name="intermediate certificate authority",
            )
        issued = authority.issue_cert(
            *names,
            organization_name="mailwidgets practice",
            organization_unit_name="practice mail server",
            not_before=since,
            not_after=until,
        )
        if certificate is Certificate.HALF_A_CHAIN:
            key, leaf = issued.private_key_pem.bytes(), issued.cert_chain_pems[0].bytes()
            issued = trustme.LeafCert(key, leaf, [])
        return issued
