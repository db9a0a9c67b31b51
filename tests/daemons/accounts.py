"""The people who have mailboxes on the test servers, their folders, and tokens for them."""

from __future__ import annotations

import base64
import hmac
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

FIRST_MESSAGE = "From: postmaster@example.test\nSubject: Welcome\n\nYour mailbox is ready.\n"

# Dovecot checks OAuth tokens by itself with this key: no authorization server is needed.
TOKEN_KEY = b"a key that only these tests use.."
AUDIENCE = "mail"


@dataclass(frozen=True)
class User:
    """A login and its mailboxes.

    Attributes:
        login: the user name, as SASL sends it.
        password: its password.
        address: where mail for this user goes, and what it may send as.
        folders: every mailbox but INBOX, under the name that LIST gives it (decoded).
        prefix: what the server puts before each folder's name.
        separator: what separates the levels of a folder's name.
    """

    login: str
    password: str = field(repr=False)
    address: str
    folders: tuple[str, ...] = ()
    prefix: str = ""
    separator: str = "/"

    def make_maildir(self, home: Path) -> None:
        """Create a Maildir++ with INBOX, one message in it, and the folders."""
        names = [f".{name.removeprefix(self.prefix)}" for name in self.folders]
        for name in ("", *(name.replace(self.separator, ".") for name in names)):
            for part in ("cur", "new", "tmp"):
                (home / "Maildir" / name / part).mkdir(parents=True)
        (home / "Maildir/new/1.first.localhost").write_text(FIRST_MESSAGE, encoding="ascii")


UNICODE_FOLDERS = ("Gesendete Objekte", "Отправленные", "送信済み & Co")

ANA = User("ana", "ana-secret", "ana@example.test", ("Outbox", "Archive/2026", *UNICODE_FOLDERS))
# A login that is an address; and a mailbox without Outbox.
BOB = User("bob@example.test", "bob-secret", "bob@example.test")
# Courier's layout: everything below INBOX.
CARLA = User(
    "carla",
    "carla-secret",
    "carla@example.test",
    ("INBOX.Outbox", "INBOX.Sent", "INBOX.Sent.2026"),
    prefix="INBOX.",
    separator=".",
)
# Everything a naive client forgets to quote or to encode.
ODD = User('jürgen müller "q" \\ @x', 'pä ss"wo\\rd ☃', "juergen@example.test", ("Outbox",))
USERS = (ANA, BOB, CARLA, ODD)


def token(user: User, seconds: float = 3600) -> str:
    """Return an OAuth access token (a JWT, RFC 7519) for XOAUTH2 and OAUTHBEARER.

    Args:
        user: whose token it is.
        seconds: how long it is still good; negative for one that has expired.
    """
    now = int(time.time())
    claims: dict[str, str | int] = {
        "sub": user.login,
        "aud": AUDIENCE,
        "iat": now - 7200,
        "exp": now + int(seconds),
    }
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{signed}.{_base64url(hmac.digest(TOKEN_KEY, signed.encode(), 'sha256'))}"


def _part(claims: dict[str, str | int]) -> str:
    return _base64url(json.dumps(claims).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
