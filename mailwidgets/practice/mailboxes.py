"""What the protocols ask of the mailboxes they share; whoever keeps them has these three."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """One message in a mailbox.

    Attributes:
        unique_id: names it for as long as the mailbox lives, as POP3's UIDL wants (RFC 1939 §7).
        content: its bytes, exactly as they came.
    """

    unique_id: str
    content: bytes = field(repr=False)


class Mailboxes(Protocol):
    """The mailboxes of all accounts; an address is an account's, as it is written there."""

    async def deliver(self, address: str, message: bytes) -> None:
        """Put a message into the account's INBOX, its bytes unchanged."""

    async def messages(self, address: str, folder: str = "INBOX") -> list[Stored]:
        """Return what is in a folder, oldest first; KeyError where there is no such folder."""

    async def delete(self, address: str, unique_ids: Collection[str]) -> None:
        """Remove these messages from INBOX; one that is gone already is no error."""
