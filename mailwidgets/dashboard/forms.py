"""The forms of a dashboard, each made when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailwidgets.draft.draft import Draft
from mailwidgets.forms.form import SectionForm
from mailwidgets.settings.sections import SECTIONS


class Forms(Mapping[str, SectionForm]):
    """The form of each section, by name.

    Attributes:
        made: those that were asked for.

    Args:
        draft: what they edit; without one there are none.
    """

    def __init__(self, draft: Draft | None = None) -> None:
        self._draft = draft
        self._shown = ""
        self.made: dict[str, SectionForm] = {}

    def show(self, tab: str) -> None:
        """Know which tab is seen: of all forms, at most the one there follows each key."""
        self._shown = tab
        for section, form in self.made.items():
            form.visible = section == tab

    def __getitem__(self, section: str) -> SectionForm:
        if section not in self.made:
            if self._draft is None or section not in SECTIONS:
                raise KeyError(section)
            self.made[section] = SectionForm(self._draft, section)
            self.made[section].visible = section == self._shown
        return self.made[section]

    def __iter__(self) -> Iterator[str]:
        return iter(SECTIONS)

    def __len__(self) -> int:
        return len(SECTIONS)
