"""What a practice server shows of itself when TLS begins: the choices, without the makers."""

from __future__ import annotations

import enum


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
