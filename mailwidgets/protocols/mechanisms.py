"""The mechanisms of SASL that need no library, as small state machines; pure.

::

    SaslError (ValueError)   the exchange cannot begin or go on; never holds a secret
    └── ServerNotProven      the server claims success and has not proven itself
"""

from __future__ import annotations

import hmac
import json
from typing import NoReturn

from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown

_LONGEST_TOKEN_ERROR = 4096  # bytes of JSON that are read; the real ones have some hundred


class SaslError(ValueError):
    """The exchange cannot begin or go on; the message says why and never holds a secret."""


class ServerNotProven(SaslError):
    """The server claims success and has not proven that it knows the password."""


class Exchange:
    """What all mechanisms have in common; without a proof, success is success."""

    name = ""
    plaintext = True

    def __init__(self, initial: bytes | None = None) -> None:
        """Begin with the client's first message, or with None where the server speaks first."""
        self.initial = initial
        self.error = ""
        self.complete = False
        self._asked = False

    def finish(self, data: bytes | None) -> None:
        """Take the server's word for its success."""

    def first(self) -> bytes:
        """Return the initial response to the server that asks for it, but once."""
        if self.initial is None or self._asked:
            raise self.unexpected()
        self._asked = True
        return self.initial

    def unexpected(self) -> SaslError:
        """Return the error for a challenge where none can be."""
        return SaslError(f"{self.name}: expected the server's verdict, got another challenge")

    def __repr__(self) -> str:
        """Return the mechanism's name; the rest is secret."""
        return f"<{type(self).__name__} {self.name}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle is a file in the clear.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"{self!r} is not pickled: its password would be written in the clear")


class Plain(Exchange):
    """PLAIN (RFC 4616): user name and password as UTF-8 in one message."""

    name = "PLAIN"

    def __init__(self, user: str, password: str) -> None:
        if "\0" in user + password:
            raise SaslError("PLAIN cannot carry a NUL in the user name or the password")
        super().__init__(b"\0".join((b"", octets_of(user), octets_of(password))))
        self.complete = True

    def respond(self, challenge: bytes) -> bytes:
        """Return the message to a server that took no initial response, whatever it says."""
        del challenge
        return self.first()


class Login(Exchange):
    """LOGIN (draft-murchison-sasl-login): the user name, then the password, each when asked.

    Prompts differ from server to server and in language, so only their order counts.
    """

    name = "LOGIN"

    def __init__(self, user: str, password: str) -> None:
        super().__init__()
        self._answers = [octets_of(password), octets_of(user)]

    def respond(self, challenge: bytes) -> bytes:
        """Return the user name to the first prompt and the password to the second."""
        del challenge
        if not self._answers:
            raise self.unexpected()
        answer = self._answers.pop()
        self.complete = not self._answers
        return answer


class CramMd5(Exchange):
    """CRAM-MD5 (RFC 2195): a digest of the server's challenge under the password."""

    name = "CRAM-MD5"
    plaintext = False

    def __init__(self, user: str, password: str) -> None:
        super().__init__()
        self._user, self._password = octets_of(user), octets_of(password)

    def respond(self, challenge: bytes) -> bytes:
        """Return the user name and the digest of the one challenge there is."""
        if self.complete:
            raise self.unexpected()
        if not challenge:
            raise SaslError("CRAM-MD5: expected a challenge to digest, got an empty one")
        self.complete = True
        digest = hmac.new(self._password, challenge, "md5").hexdigest()
        return b"%b %b" % (self._user, digest.encode("ascii"))


class _Token(Exchange):
    """A bearer token; a failure comes as JSON in a challenge and wants an answer of its own."""

    answer_to_error = b""

    def __init__(self, message: str, token: str) -> None:
        super().__init__(octets_of(message))
        self.complete = True
        self._token = token

    def respond(self, challenge: bytes) -> bytes:
        """Keep the status of the server's JSON in ``error`` and return what ends the exchange."""
        if not challenge.strip():
            return self.first()
        if self.error:
            raise self.unexpected()
        self.error = _token_status(challenge, self._token)
        return self.answer_to_error


class XOAuth2(_Token):
    """XOAUTH2, Google's and Microsoft's own: the token and the user name in one message."""

    name = "XOAUTH2"

    def __init__(self, user: str, token: str) -> None:
        _refuse_controls(self.name, user, token)
        super().__init__(f"user={user}\x01auth=Bearer {token}\x01\x01", token)


class OAuthBearer(_Token):
    """OAUTHBEARER (RFC 7628): the token, for this user at this server."""

    name = "OAUTHBEARER"
    answer_to_error = b"\x01"  # RFC 7628 §3.2.3: the client must answer, and with this

    def __init__(self, user: str, token: str, *, host: str, port: int) -> None:
        _refuse_controls(self.name, user, token, host)
        name = user.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 §4: saslname
        super().__init__(
            f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01", token
        )


def octets_of(text: str) -> bytes:
    """Return the text as UTF-8; where it is none, the error must not carry it."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise SaslError(_("the user name or secret holds half a surrogate pair")) from None


def _refuse_controls(name: str, *values: str) -> None:
    """Refuse what would add a field of its own to the message."""
    if any(character < " " or character == "\x7f" for value in values for character in value):
        told = _("{mechanism} cannot carry a control character in user name, token or host")
        raise SaslError(told.format(mechanism=name))


def _token_status(challenge: bytes, token: str) -> str:
    """Return the status of the JSON that refuses a token (RFC 7628 §3.2.2), safe to show."""
    try:
        told = json.loads(challenge[:_LONGEST_TOKEN_ERROR])
    except (ValueError, RecursionError):  # cut, not JSON, or nested to no end
        told = None
    status = told.get("status") if isinstance(told, dict) else None
    text = challenge.decode("utf-8", "backslashreplace") if status is None else str(status)
    # A server may well repeat what it was sent.
    return shown(text.replace(token, "****") if token else text, 80) or "refused"
