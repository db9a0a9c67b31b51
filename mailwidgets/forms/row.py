"""One setting in a form: its control, where its value comes from, a way back, and its lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.draft.obstacles import blocked, unreadable
from mailwidgets.forms.clash import ClashBox
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import Value
from mailwidgets.widgets import markup, words
from mailwidgets.widgets.controls import Shown, control_for, takes_text
from mailwidgets.widgets.look import button, mark, plain, shared

_READ_ONLY: Final = "Read-only: the reason stands above."


class Row(widgets.VBox):
    """A setting's part of a form; ``show`` brings it into line with the draft.

    Attributes:
        setting: what is edited.
        control: the setting's widget and its adapter.
        note: error, origin and help below it.
        reset: removes the edited level's own value, or an edit that cannot be saved any more;
            there once it was wanted.
        lock: the company's lock, once the company's level was edited.
        clashes: conflicts about the value and about its lock, once there was one.
    """

    def __init__(self, draft: Draft, setting: Setting) -> None:
        self.setting = setting
        self._draft = draft
        self.control = control_for(setting, self._edit)
        self.note = plain(widgets.HTML)
        self.note.add_class("mw-note")
        # A page with a hundred widgets less opens sooner: most values are inherited.
        self.reset: widgets.Button | None = None
        self.lock: LockBox | None = None
        self.clashes: dict[bool, ClashBox] = {}
        self._parts: list[widgets.Widget] = [self.control.widget, self.note]
        super().__init__(self._parts, layout=shared(widgets.Layout))
        self.add_class("mw-row")
        self.add_class(f"mw-{setting.section}-{setting.key}")

    def show(self, value: Value) -> None:
        """Show the draft as it is now.

        Args:
            value: how the setting would stand if the draft were saved.
        """
        draft, setting = self._draft, self.setting
        at_company = draft.at_company
        own = getattr(draft.sections[setting.section], setting.key)
        place = draft.place(setting)
        refusal = draft.sight.refusals[place]
        why = blocked(value, at_company=at_company, refusal="")
        if refusal and not why:
            why = _READ_ONLY  # the reason stands once, at the head of the form
        trouble = unreadable(value, draft.servers.identity, draft.sight, at_company=at_company)
        error, edited = draft.errors.get(setting.id, ""), draft.dirty(setting.id)
        fallback = words.inherited(value, at_company=at_company)
        here = fallback if own is None else own
        fixed = here if at_company else value.effective
        self.control.show(
            Shown(
                own,
                fixed if why else fallback,
                readonly=bool(why),
                wrong=bool(error),
                unreadable=bool(trouble),
            )
        )
        if setting.secret and not why:
            trouble = trouble or draft.sight.unsealable.get(place, "")
        trouble = trouble and f"{trouble.rstrip('.')}."
        news = draft.elsewhere(setting.id)
        self.note.value = markup.note(
            words.origin(value, at_company=at_company),
            setting.help,
            aside=words.aside(value, at_company=at_company),
            error=error,
            edited=edited,
            why=why,
            trouble=trouble,
            news=[words.elsewhere(one, level=place.level) for one in news],
        )
        mark(self, "mw-elsewhere", on=bool(news))
        mark(self, "mw-invalid", on=bool(error))
        mark(self, "mw-changed", on=edited)
        if why:
            self._show_reset("Discard this edit", offered=edited or bool(error))
        else:
            told = words.without(setting, fallback)
            self._show_reset(told, offered=own is not None or bool(error))
        self._show_lock(value.locked, writable=not refusal)
        self._show_clashes()

    def _edit(self, entered: Any) -> None:  # noqa: ANN401 - a value has its field's type
        if takes_text(self.setting):
            self._draft.enter(self.setting.id, entered)
        else:
            self._draft.put(self.setting.id, entered)

    def _show_reset(self, told: str, *, offered: bool) -> None:
        mark(self, "mw-resettable", on=offered)
        if offered:
            if self.reset is None:
                self.reset = button("", self._on_reset, "mw-reset")
                self._add(self.reset)
            self.reset.description = f"↺ {told}"
            self.reset.tooltip = f"{self.setting.marked_label}: {told}"

    def _on_reset(self) -> None:
        """Go back to the inherited value; where nothing can be edited any more, drop the edit."""
        if self.control.widget.disabled:
            place = self._draft.place(self.setting)
            for lock in (False, True):
                self._draft.take_theirs((place, self.setting.id, lock))
        else:
            self._draft.put(self.setting.id, None)
            self.control.widget.focus()  # the button is gone

    def _show_lock(self, reason: str | None, *, writable: bool) -> None:
        lockable = self._draft.at_company and self.setting.level is not Level.COMPANY
        mark(self, "mw-lockable", on=lockable)
        if lockable:
            if self.lock is None:
                self.lock = LockBox(self._draft, self.setting)
                self._add(self.lock)
            self.lock.show(reason, writable=writable)

    def _show_clashes(self) -> None:
        found = {one.slot[2]: one for one in self._draft.disputed(self.setting.id)}
        mark(self, "mw-clashing", on=bool(found))
        for lock, dispute in found.items():
            if lock not in self.clashes:
                box = ClashBox(self._draft, self.setting, self._refocus(lock=lock), lock=lock)
                self.clashes[lock] = box
                self._add(box)
            self.clashes[lock].show(dispute)
        for lock, box in self.clashes.items():
            mark(box, "mw-folded", on=lock not in found)

    def _refocus(self, *, lock: bool) -> Callable[[], None]:
        """Return what puts the focus back to the value, or to its lock."""

        def refocus() -> None:
            wanted = self.lock.ticked if lock and self.lock else self.control.widget
            wanted.focus()

        return refocus

    def _add(self, part: widgets.Widget) -> None:
        self._parts.append(part)
        self.children = tuple(self._parts)


class LockBox(widgets.HBox):
    """The company's lock on a setting: a check box and a reason for everyone to read."""

    def __init__(self, draft: Draft, setting: Setting) -> None:
        self._draft = draft
        self._key = setting.id
        self._showing = False
        lock = f"Lock {setting.label} for everyone"
        self.ticked = plain(widgets.Checkbox, description=lock, indent=False)
        self.reason = plain(
            widgets.Text, description="Reason", placeholder="shown at the locked field"
        )
        self.ticked.observe(self._on_edit, "value")
        self.reason.observe(self._on_edit, "value")
        super().__init__([self.ticked, self.reason], layout=shared(widgets.Layout))
        self.add_class("mw-lock")

    def show(self, reason: str | None, *, writable: bool) -> None:
        """Show the lock's reason, or that there is no lock."""
        self._showing = True
        try:
            self.ticked.value = reason is not None
            self.ticked.disabled = self.reason.disabled = not writable
            if reason is not None and self.reason.value != reason:
                self.reason.value = reason
        finally:
            self._showing = False

    def _on_edit(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if not self._showing:
            self._draft.lock(self._key, self.reason.value if self.ticked.value else None)
