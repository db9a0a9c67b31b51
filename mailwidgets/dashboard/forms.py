"""The forms of a dashboard, each made when it is first asked for, and the names of its tabs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from mailwidgets.draft.draft import Draft
from mailwidgets.forms.form import SectionForm
from mailwidgets.languages.texts import _
from mailwidgets.settings.declare import ADVANCED
from mailwidgets.settings.sections import SECTIONS

VALUES: Final = "values"
PAST: Final = "history"


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


def titles(draft: Draft) -> dict[str, str]:
    """Return what the tabs are called, a form's with what there is to look at in it.

    That is ● for edits, ◆ for news and ⚠ for a conflict.
    """
    views = {VALUES: _("Effective values"), PAST: _("History")}
    return {name: _title(name, draft) for name in SECTIONS} | views


def _title(name: str, draft: Draft) -> str:
    title = SECTIONS[name].title if SECTIONS[name].test_label else _(ADVANCED)
    if draft.changes([name]) or draft.wrong([name]):
        title += " ●"
    changed = {one.slot[1] for one in draft.news.all() if one.slot[1][0] == name}
    if draft.disputes([name]):
        return f"{title} ⚠"
    return f"{title} ◆{len(changed)}" if changed else title
