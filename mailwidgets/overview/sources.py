"""Where values come from: how many of each section, by origin. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mailwidgets.overview.rows import ORIGINS, Row
from mailwidgets.settings.sections import SECTIONS

SHADES: Final = 4  # how many tell a larger share from a smaller one


@dataclass(frozen=True, slots=True)
class Sources:
    """How many values in force come from where.

    Attributes:
        counts: by section, then by origin; every section and origin is there.
    """

    counts: Mapping[str, Mapping[str, int]]

    def total(self, origin: str) -> int:
        """Return how many of all sections come from there."""
        return sum(counts[origin] for counts in self.counts.values())

    def shade(self, section: str, origin: str) -> int:
        """Return how large a part of its section that is: 0 for none, up to ``SHADES``."""
        counts = self.counts[section]
        whole = sum(counts.values())
        return -(-counts[origin] * SHADES // whole) if whole else 0


def sources(rows: Iterable[Row]) -> Sources:
    """Return where the values of the first identity come from."""
    found = Counter((row.setting.section, row.origin) for row in rows)
    return Sources(
        {section: {origin: found[section, origin] for origin in ORIGINS} for section in SECTIONS}
    )
