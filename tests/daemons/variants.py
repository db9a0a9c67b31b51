"""How one server differs from the standard one, as data; the same names for all protocols."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from daemons.accounts import User
from daemons.authority import Certificate

Protocol = Literal["imap", "pop3", "smtp"]
Tls = Literal["none", "starttls", "implicit"]

PASSWORD_MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
TOKEN_MECHANISMS = ("XOAUTH2", "OAUTHBEARER")
MECHANISMS = (*PASSWORD_MECHANISMS, *TOKEN_MECHANISMS)


@dataclass(frozen=True)
class Variant:
    """A server's set-up.

    Attributes:
        certificate: which of the authority's certificates it shows.
        versions: the oldest and the newest TLS version it speaks; None: no TLS at all.
        ciphers: OpenSSL's list of ciphers; empty: the server's own choice.
        mechanisms: the SASL mechanisms it offers; empty: no authentication.
        auth_needs_tls: whether it refuses authentication without TLS.
    """

    certificate: str = "good"
    versions: tuple[str, str] | None = ("TLSv1.2", "TLSv1.3")
    ciphers: str = ""
    mechanisms: tuple[str, ...] = MECHANISMS
    auth_needs_tls: bool = False


VARIANTS = {
    "standard": Variant(),
    "clear": Variant(versions=None),
    "tls-first": Variant(mechanisms=("PLAIN", "LOGIN"), auth_needs_tls=True),
    # OpenSSL 3 speaks versions before 1.2 at security level 0 only.
    "tls1.1": Variant(versions=("TLSv1", "TLSv1.1"), ciphers="ALL:@SECLEVEL=0"),
    "tls1.2": Variant(versions=("TLSv1.2", "TLSv1.2")),
    "tls1.3": Variant(versions=("TLSv1.3", "TLSv1.3")),
    # A cipher for RSA keys, which the certificates here do not have: no handshake succeeds.
    "no-cipher": Variant(versions=("TLSv1.2", "TLSv1.2"), ciphers="ECDHE-RSA-AES256-GCM-SHA384"),
    **{
        name: Variant(certificate=name)
        for name in (
            "expired",
            "not-yet",
            "expiring",
            "wrong-name",
            "self-signed",
            "unknown-ca",
            "no-intermediate",
        )
    },
    # One mechanism each, so that a login proves that very mechanism.
    **{f"only {mechanism}": Variant(mechanisms=(mechanism,)) for mechanism in MECHANISMS},
}


@dataclass(frozen=True)
class MailServer:
    """One port of a running server, with all that a client needs to know.

    Attributes:
        protocol: imap, pop3 or smtp.
        variant: its name in VARIANTS or, for SMTP, in postfix.SMTP_VARIANTS.
        host: the name to connect to.
        port: 1 to 65535.
        tls: how a client is meant to get TLS on this port.
        mechanisms: the SASL mechanisms it offers, under TLS where it has it.
        certificate: what it shows; None without TLS.
        ca_pem: the CA to trust. The certificates of some variants do not come from it.
        users: who may log in.
        log: the server's log, for a failing test.
    """

    protocol: Protocol
    variant: str
    host: str
    port: int
    tls: Tls
    mechanisms: tuple[str, ...]
    certificate: Certificate | None
    ca_pem: str = field(repr=False)
    users: tuple[User, ...]
    log: Path

    def context(self) -> ssl.SSLContext:
        """Return a client's context that trusts ``ca_pem`` and nothing else."""
        return ssl.create_default_context(cadata=self.ca_pem)


def find(variants: dict[str, Variant], name: str, tls: Tls) -> Variant:
    """Return the variant of that name.

    Raises:
        ValueError: there is none, or it has no TLS and the caller wants it.
    """
    if name not in variants:
        raise ValueError(f"no variant {name!r}; there are {', '.join(variants)}")
    if variants[name].versions is None and tls != "none":
        raise ValueError(f"variant {name!r} has no TLS: ask for tls='none', not {tls!r}")
    return variants[name]
