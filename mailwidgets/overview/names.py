"""Known names to choose from: a few that fit what is typed, of however many there are. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

OFFERED: Final = 50  # a longer list is slow to show, and nobody reads it


def offered(names: Iterable[str], typed: str, limit: int = OFFERED) -> tuple[str, ...]:
    """Return the names that hold what is typed, in any case; those that begin with it first."""
    wanted = typed.strip().casefold()
    fitting = (
        (not folded.startswith(wanted), folded, name)
        for name in names
        if wanted in (folded := name.casefold())
    )
    return tuple(name for _, _, name in heapq.nsmallest(limit, fitting))
