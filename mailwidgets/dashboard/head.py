"""The dashboard's head: whose values it shows, at which level, and in which language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets

from mailwidgets.dashboard.strip import Strip
from mailwidgets.draft.draft import Draft
from mailwidgets.languages import texts
from mailwidgets.languages.texts import LANGUAGES, _, spoken
from mailwidgets.settings.levels import Identity
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import button, mark, plain, shared


@dataclass(frozen=True)
class Acts:
    """What the head's controls do."""

    reload: Callable[[], None]
    level: Callable[[bool], None]
    speak: Callable[[str], None]
    undo: Callable[[], None]
    redo: Callable[[], None]


class Head(widgets.VBox):
    """Title and controls of the whole dashboard.

    Attributes:
        company: turns the forms to the company's level.
        hint: what that means, while they are.
        undo, redo: take the last step in the forms back, and do it again.
        done: what that was.
        reload: reads the store again.
        strip: what changed elsewhere.
        language: the language of the page.

    Args:
        identity: whose values are shown.
        acts: what the controls do.
    """

    def __init__(self, identity: Identity, acts: Acts) -> None:
        self._acts = acts
        self.company = plain(widgets.Checkbox, description=_("Edit company level"), indent=False)
        self.company.add_class("mw-company")
        self.company.observe(self._on_company, "value")
        self.hint = plain(widgets.HTML)
        self.undo = button(_("Undo"), acts.undo, "mw-plain", "mw-back")
        self.redo = button(_("Redo"), acts.redo, "mw-plain", "mw-forth")
        self.done = plain(widgets.HTML)
        self.done.add_class("mw-done")
        self.reload = button(_("Reload"), acts.reload, "mw-plain", "mw-again")
        self.reload.tooltip = _("Read the store again")
        choices = [(LANGUAGES[tag], tag) for tag in texts.COMPLETE]
        self.language = plain(
            widgets.Dropdown, description=_("Language"), options=choices, value=spoken()
        )
        self.language.add_class("mw-language")
        mark(self.language, "mw-folded", on=len(choices) == 1)
        self.language.observe(lambda change: acts.speak(change.new), "value")
        title = plain(
            widgets.HTML, markup.header(_("Mail servers"), identity.user, identity.workstation)
        )
        title.add_class("mw-title")
        edits = plain(widgets.HBox, [self.done, self.undo, self.redo, self.reload, self.language])
        edits.add_class("mw-controls")
        top = plain(widgets.HBox, [title, edits])
        top.add_class("mw-head")
        self.strip = Strip(self.reload)
        level = plain(widgets.HBox, [self.company, self.strip])
        level.add_class("mw-level")
        super().__init__([top, level, self.hint], layout=shared(widgets.Layout))

    def show(self, draft: Draft | None) -> None:
        """Bring the controls into line with the draft; there is none without a store."""
        self.company.disabled = draft is None
        self.company.value = draft is not None and draft.at_company
        back, forth = (draft.can_undo, draft.can_redo) if draft is not None else ("", "")
        _offer(self.undo, _("Undo: {step}").format(step=back) if back else _("Nothing to undo"))
        _offer(self.redo, _("Redo: {step}").format(step=forth) if forth else _("Nothing to redo"))
        # Not disabled, or a pressed button would lose the focus with the last step.
        mark(self.undo, "mw-idle", on=not back)
        mark(self.redo, "mw-idle", on=not forth)

    def tell(self, text: str) -> None:
        """Say what was taken back, or done again."""
        self.done.value = markup.hint(text)

    def _on_company(self, _change: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        told = _(
            "You edit the company's level: values for everyone who has none of their own. "
            "A lock makes one binding, whatever else is stored."
        )
        self.hint.value = markup.message(told, kind="warn") if self.company.value else ""
        self._acts.level(self.company.value)


def _offer(control: widgets.Button, step: str) -> None:
    if control.tooltip != step:
        control.tooltip = step
