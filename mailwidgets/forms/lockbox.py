"""The company's lock on a setting: a check box, and a reason for everyone to read."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.languages.texts import _
from mailwidgets.settings.declare import Setting
from mailwidgets.widgets import field_markup
from mailwidgets.widgets.look import mark, plain, shared


class LockBox(widgets.VBox):
    """Locks a setting and says why; without a reason nothing is locked.

    Attributes:
        ticked: whether it is to be locked.
        reason: why.
        note: what is wrong with the reason.

    Args:
        draft: where the lock goes.
        setting: what is locked.
    """

    def __init__(self, draft: Draft, setting: Setting) -> None:
        self._draft = draft
        self._key = setting.id
        self._showing = False
        lock = _("Lock {setting} for everyone").format(setting=_(setting.label))
        self.ticked = plain(widgets.Checkbox, description=lock, indent=False)
        self.reason = plain(
            widgets.Text,
            description=_("Reason"),
            placeholder=_("for example: one server for all, ask the help desk"),
        )
        self.note = plain(widgets.HTML)
        self.note.add_class("mw-note")
        self.ticked.observe(self._on_edit, "value")
        self.reason.observe(self._on_edit, "value")
        parts = [self.ticked, self.reason, self.note]
        super().__init__(parts, layout=shared(widgets.Layout))
        self.add_class("mw-lock")

    def show(self, reason: str | None, *, writable: bool) -> None:
        """Show the lock's reason, or that there is no lock.

        Args:
            reason: the one that would be in force; a text that does not fit stands over it.
            writable: whether the person may change it.
        """
        text = self._draft.text(self._key, lock=True)
        wanted = reason if text is None else text.typed
        self._showing = True
        try:
            self.ticked.value = wanted is not None
            self.ticked.disabled = not writable
            self.reason.disabled = not writable or wanted is None
            # Blanks at its end stay while somebody is typing on.
            if wanted is not None and self.reason.value.strip() != wanted.strip():
                self.reason.value = wanted
        finally:
            self._showing = False
        mark(self, "mw-locking", on=wanted is not None)
        self.note.value = field_markup.lock_note("" if text is None else text.rule)

    def _on_edit(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if self._showing:
            return
        self._draft.lock(self._key, self.reason.value if self.ticked.value else None)
        if change.owner is self.ticked and change.new:
            self.reason.focus()
