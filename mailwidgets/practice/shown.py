"""What a practice server shows of itself: names, and what may be wrong when TLS begins."""

from __future__ import annotations

import enum
from typing import Final

ZONE: Final = "practice.example"
"""Below which the servers have names, for those who ask a name server that knows them."""
NAMES: Final = tuple(f"{one}.{ZONE}" for one in ("pop3", "smtp", "imap", "mail"))
"""All of them: one for each protocol, and one for all three."""
OLD_NAME: Final = f"old-mail.{ZONE}"
"""A name from which the servers have moved: it still leads there, and no certificate has it."""


class Certificate(enum.StrEnum):
    """What may be right or wrong with a server's certificate."""

    GOOD = "good"
    EXPIRED = "expired"
    NOT_YET = "not yet"
    """Valid from tomorrow on."""
    EXPIRING = "expiring"
    """For five more days."""
    OTHER_NAME = "other name"
    UNKNOWN_CA = "unknown CA"
    """Of an authority that nobody here has heard of."""
    HALF_A_CHAIN = "half a chain"
    """Of an intermediate authority, whose own certificate is not sent."""


class Versions(enum.StrEnum):
    """Which versions of TLS a server speaks."""

    MODERN = "modern"
    """1.2 and 1.3."""
    ONLY_10 = "1.0"
    ONLY_12 = "1.2"
    ONLY_13 = "1.3"
