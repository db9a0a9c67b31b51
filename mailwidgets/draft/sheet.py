"""The sections' traits as one sheet: what the edited level holds, and what is written there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailwidgets.settings.declare import Section
from mailwidgets.settings.documents import UNSET, Documents, Key
from mailwidgets.settings.levels import Level
from mailwidgets.settings.sections import SECTIONS, SETTINGS


class Sheet:
    """A ``Section`` instance per section, whose traits are the values at one level.

    Attributes:
        sections: the instances by name.

    Args:
        written: called with a setting and its value whenever anybody but ``show`` sets a trait.
    """

    def __init__(self, written: Callable[[Key, object], None]) -> None:
        self._written = written
        self._showing = False
        self.sections: dict[str, Section] = {}
        for name, section in SECTIONS.items():
            self.sections[name] = section()
            self.sections[name].observe(self._on_trait)

    def show(self, documents: Documents, *, at_company: bool) -> None:
        """Show documents: each setting at the company's level, or at its own."""
        self._showing = True
        try:
            for key, setting in SETTINGS.items():
                level = Level.COMPANY if at_company else setting.level
                kept = documents.at(level).get(key)
                setattr(self.sections[key[0]], key[1], None if kept is UNSET else kept)
        finally:
            self._showing = False

    def _on_trait(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if not self._showing:
            value = UNSET if change.new is None else change.new
            self._written((change.owner.section, change.name), value)
