"""A conflict at its field: what both sides made of it, and two ways out."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from mailwidgets.draft.disputes import Dispute, lock_label
from mailwidgets.draft.draft import Draft
from mailwidgets.languages.texts import _
from mailwidgets.settings.declare import Setting
from mailwidgets.store.commits import Slot
from mailwidgets.widgets import field_markup
from mailwidgets.widgets.look import button, plain, shared


class ClashBox(widgets.VBox):
    """Shows one conflict as long as there is one.

    Attributes:
        told: base, theirs and yours.
        mine, theirs: the buttons that decide it.

    Args:
        draft: whose conflict.
        setting: what it is about.
        lock: whether it is about the company's lock on it.
        decided: called afterwards: the buttons vanish, and the focus has to go somewhere.
    """

    def __init__(
        self, draft: Draft, setting: Setting, decided: Callable[[], None], *, lock: bool = False
    ) -> None:
        self._draft = draft
        self._decided = decided
        self._shown: Dispute | None = None
        name = lock_label(setting.id) if lock else setting.marked_label
        self.told = plain(widgets.HTML)
        self.mine = button(
            _("Keep mine: {setting}").format(setting=name), lambda: self._decide(draft.keep_mine)
        )
        self.theirs = button(
            _("Take theirs: {setting}").format(setting=name),
            lambda: self._decide(draft.take_theirs),
        )
        buttons = plain(widgets.HBox, [self.mine, self.theirs])
        buttons.add_class("mw-ways")
        super().__init__([self.told, buttons], layout=shared(widgets.Layout))
        self.add_class("mw-clash-box")

    def show(self, found: Dispute) -> None:
        """Show a conflict; the form hides the box where there is none."""
        self._shown = found
        self.told.value = field_markup.dispute(found)

    def _decide(self, way: Callable[[Slot], None]) -> None:
        if self._shown is not None:
            way(self._shown.slot)
            self._shown = None
            self._decided()
