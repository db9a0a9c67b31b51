"""How a bench is set up before an exercise; frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Scene:
    """How a bench is set up before an exercise.

    Values are texts as a person types them, with gaps for what each run has anew: ``{pop3s}`` is
    a port, ``{user}`` and ``{password}`` are Ana's account (see ``Bench.facts``).

    Attributes:
        values: Ana's settings, each at its own level, by dotted name; they count over settings
            with which everything works. ``None``: it is not set.
        company: values at the company's level.
        locks: reasons of the company's locks, by dotted name; ``_`` looks them up.
        others: what other users have set, by user and dotted name.
        empty: whether nothing but the practice servers' authority is set beforehand.
        fault: the fault of the laboratory that is on; empty: none.
        protocols: which servers it befalls; empty: all that it can.
    """

    values: Mapping[str, str | None] = field(default_factory=dict)
    company: Mapping[str, str] = field(default_factory=dict)
    locks: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    empty: bool = False
    fault: str = ""
    protocols: tuple[str, ...] = ()


WORKING: Final = Scene()
"""All four sections are set up, and work."""
