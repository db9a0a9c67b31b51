"""SASL (RFC 4422): which mechanism to take, and how a ladder drives it; no input or output.

A ladder takes ``initial`` (None where the server speaks first), passes each challenge to
``respond`` and, once the server reports success, calls ``finish``: for SCRAM that is where it
shows whether the server knows the password too. All bytes here are without base64.

SMTP's AUTH with the challenge of RFC 2195 §2, for user ``tim`` and password ``tanstaaftanstaaf``::

    C: AUTH CRAM-MD5
    S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
    C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
    S: 235 Authentication successful
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from mailwidgets.protocols.mechanisms import (
    CramMd5,
    Login,
    OAuthBearer,
    Plain,
    SaslError,
    ServerNotProven,
    XOAuth2,
)
from mailwidgets.protocols.octets import shown

__all__ = [
    "PREFERENCE",
    "TOKEN_PREFERENCE",
    "Mechanism",
    "SaslError",
    "ServerNotProven",
    "mechanism",
    "strongest",
]

PREFERENCE = ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN")
"""The mechanisms for a password, the strongest first."""

TOKEN_PREFERENCE = ("OAUTHBEARER", "XOAUTH2")
"""The mechanisms for an access token, the standard's own first."""


class Mechanism(Protocol):
    """One authentication exchange, seen from the client.

    Attributes:
        name: as registered, in upper case.
        plaintext: whoever reads the line learns the secret itself.
        initial: the first message, or None where the server speaks first.
        error: what the server said about a failure in the middle of the exchange (a token's
            JSON status, SCRAM's ``invalid-proof``), safe to show, else ``""``. The exchange
            then runs to its end, and the server's own refusal follows.
        complete: nothing more is to be sent, and what the server must prove is proven.
    """

    name: str
    plaintext: bool
    initial: bytes | None
    error: str
    complete: bool

    def respond(self, challenge: bytes) -> bytes:
        """Return the answer to a challenge.

        An empty challenge asks for the initial response, where none went with the command.

        Raises:
            SaslError: the challenge makes no sense here; cancel the exchange with ``*``.
        """

    def finish(self, data: bytes | None) -> None:
        """Take the server's success, with the data it came with, if any.

        Raises:
            ServerNotProven: success without the proof that the mechanism demands.
        """


def strongest(offered: Iterable[str], *, token: bool = False) -> str | None:
    """Return the strongest mechanism both sides have, or None.

    Those that end in ``-PLUS`` bind to the TLS channel, which this client does not do.

    >>> strongest(["LOGIN", "plain", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS"])
    'SCRAM-SHA-1'

    Args:
        offered: the server's mechanisms, in any case.
        token: the secret is an access token, so only mechanisms for tokens will do.
    """
    names = {name.upper() for name in offered}
    return next((one for one in (TOKEN_PREFERENCE if token else PREFERENCE) if one in names), None)


def mechanism(name: str, user: str, password: str, *, host: str, port: int) -> Mechanism:
    """Return a new exchange of the mechanism.

    >>> exchange = mechanism("cram-md5", "tim", "tanstaaftanstaaf", host="mx.example", port=25)
    >>> exchange.respond(b"<1896.697170952@postoffice.reston.mci.net>")
    b'tim b913a602c7eda7a495b4e6e7334d3890'
    >>> exchange.complete
    True

    Args:
        name: one of ``PREFERENCE`` or ``TOKEN_PREFERENCE``, in any case.
        user: the name to log in with.
        password: the password, or the access token where the mechanism takes one.
        host: the server's name as the client knows it, an A-label where it is an IDN.
        port: the server's port.

    Raises:
        SaslError: no such mechanism, or one that cannot carry this user name or password; nothing
            was sent yet, so a weaker mechanism may still do.
    """
    match name.upper():
        case "SCRAM-SHA-256" | "SCRAM-SHA-1" as scram:
            # A check without SCRAM need not wait for scramp and its ASN.1 reader.
            from mailwidgets.protocols.scram import Scram  # noqa: PLC0415 - see above

            return Scram(scram, user, password)
        case "CRAM-MD5":
            return CramMd5(user, password)
        case "PLAIN":
            return Plain(user, password)
        case "LOGIN":
            return Login(user, password)
        case "OAUTHBEARER":
            return OAuthBearer(user, password, host=host, port=port)
        case "XOAUTH2":
            return XOAuth2(user, password)
    known = ", ".join(PREFERENCE + TOKEN_PREFERENCE)
    raise SaslError(f"expected one of the mechanisms {known}, got {shown(name, 40)}")
