"""Who may log in to the practice servers, and how a login is proven."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """One person, or one program, with a mailbox on the practice servers.

    Attributes:
        address: mail address; it is the login name too.
        password: the password; kept out of the repr.
        name: what people call it.
    """

    address: str
    password: str = field(repr=False)
    name: str

    @property
    def user(self) -> str:
        """Return the login name: the full address."""
        return self.address

    def accepts(self, password: bytes) -> bool:
        """Return whether this is the password, in constant time; UTF-8 as on the wire."""
        return hmac.compare_digest(self.password.encode(), password)


ACCOUNTS = (
    Account("ana@practice.example", "ana-practice", "Ana"),
    Account("ben@practice.example", "ben-practice", "Ben"),
    Account("workflow@practice.example", "workflow-practice", "Workflow"),
)

# Compared with where there is no such user, so that both refusals take as long.
_NOBODY = Account("", "no password is this one", "nobody")


class Accounts:
    """The accounts of one run, found by address and by login.

    Args:
        accounts: at least one; the first also gets the postmaster's mail.

    Raises:
        ValueError: none given, or two with the same address.
    """

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.all = tuple(accounts)
        self._by_address = {account.address.lower(): account for account in self.all}
        if not self.all or len(self._by_address) != len(self.all):
            given = ", ".join(account.address for account in self.all) or "none"
            raise ValueError(f"expected one account or more, each address once; came: {given}")
        self.domains = frozenset(address.rpartition("@")[2] for address in self._by_address)

    def receiving(self, address: str) -> Account | None:
        """Return whose mailbox takes mail for the address, in any case of letters.

        A bare ``postmaster`` is always there (RFC 5321 §4.5.1).
        """
        local, _, domain = address.lower().rpartition("@")
        if domain == "postmaster" or (local == "postmaster" and domain in self.domains):
            return self._by_address.get(address.lower(), self.all[0])
        return self._by_address.get(address.lower())

    def login(self, user: bytes, password: bytes) -> Account | None:
        """Return the account of user and password (PLAIN, LOGIN, USER/PASS), or None."""
        account = self._named(user)
        return account if account.accepts(password) and account is not _NOBODY else None

    def login_cram_md5(self, challenge: bytes, response: bytes) -> Account | None:
        """Return the account whose password answers the challenge (RFC 2195 §2), or None."""
        user, _, digest = response.rpartition(b" ")
        account = self._named(user)
        expected = hmac.digest(account.password.encode(), challenge, "md5").hex().encode()
        right = hmac.compare_digest(expected, digest)
        return account if right and account is not _NOBODY else None

    def _named(self, user: bytes) -> Account:
        """Return the account of a login name, exactly as written, or nobody's."""
        return next((a for a in self.all if a.user.encode() == user), _NOBODY)
