"""One setting in a form: its control, where its value comes from, a way back, and its lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from mailwidgets.draft import ports
from mailwidgets.draft.draft import Draft
from mailwidgets.draft.obstacles import blocked, idle, unreadable
from mailwidgets.forms.clash import ClashBox
from mailwidgets.forms.lockbox import LockBox
from mailwidgets.languages.texts import _
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import Value
from mailwidgets.widgets import field_markup, words
from mailwidgets.widgets.controls import Shown, control_for, takes_text
from mailwidgets.widgets.field_markup import Note
from mailwidgets.widgets.look import button, mark, plain, shared


class Row(widgets.VBox):
    """A setting's part of a form; ``show`` brings it into line with the draft.

    Attributes:
        setting: what is edited.
        control: the setting's widget and its adapter.
        note: origin beside it; error and help below it.
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
        self.add_class(f"mw-kind-{setting.field.kind}")

    def show(self, value: Value) -> None:
        """Show the draft as it is now.

        Args:
            value: how the setting would stand if the draft were saved.
        """
        draft, setting = self._draft, self.setting
        at_company = draft.at_company
        place = draft.place(setting)
        refusal = draft.sight.refusals[place]
        why = self._why(value, refusal)
        typed = draft.text(setting.id)
        self._show_control(value, None if typed is None else typed.typed, readonly=bool(why))
        error = "" if typed is None else typed.rule
        edited = draft.dirty(setting.id)
        news = draft.elsewhere(setting.id)
        self.note.value = field_markup.note(
            Note(
                words.origin(value, at_company=at_company),
                setting.help,
                aside=words.aside(value, at_company=at_company),
                error=error,
                edited=edited,
                why=why,
                trouble=self._trouble(value, writable=not why),
                moved=words.moved(draft.moved(setting.id)),
                news=[words.elsewhere(one, level=place.level) for one in news],
                usual=self._usual(),
            )
        )
        mark(self, "mw-elsewhere", on=bool(news))
        mark(self, "mw-invalid", on=bool(error))
        mark(self, "mw-changed", on=edited)
        if why:
            unfit = at_company and draft.text(setting.id, lock=True) is not None
            self._show_reset(_("Discard this edit"), offered=edited or bool(error) or unfit)
        else:
            own = getattr(draft.sections[setting.section], setting.key)
            told = words.without(setting, words.inherited(value, at_company=at_company))
            self._show_reset(told, offered=own is not None or bool(error))
        self._show_lock(value.locked, writable=not refusal)
        self._show_clashes()

    def _why(self, value: Value, refusal: str) -> str:
        """Return why the field cannot be edited; empty where it can."""
        draft, at_company = self._draft, self._draft.at_company
        why = blocked(value, at_company=at_company, refusal="")
        why = why or idle(self.setting, draft.resolution(), at_company=at_company)
        if refusal and not why:
            return _("Read-only: the reason stands above.")  # once, at the head of the form
        return why

    def _show_control(self, value: Value, typed: str | None, *, readonly: bool) -> None:
        at_company = self._draft.at_company
        own = getattr(self._draft.sections[self.setting.section], self.setting.key)
        fallback = words.inherited(value, at_company=at_company)
        fixed = value.effective
        if at_company:
            fixed = fallback if own is None else own
        self.control.show(
            Shown(
                own,
                fixed if readonly else fallback,
                readonly=readonly,
                typed=typed,
                unreadable=bool(self._unreadable(value)),
                usual=self._usual(),
            )
        )

    def _unreadable(self, value: Value) -> str:
        draft = self._draft
        identity, at_company = draft.servers.identity, draft.at_company
        return unreadable(value, identity, draft.sight, at_company=at_company)

    def _trouble(self, value: Value, *, writable: bool) -> str:
        """Return what is wrong with a stored password, or would be with one typed here."""
        trouble = self._unreadable(value)
        if self.setting.secret and writable and not trouble:
            trouble = self._draft.sight.unsealable.get(self._draft.place(self.setting), "")
        return trouble and f"{trouble.rstrip('.')}."

    def _usual(self) -> Mapping[int, str]:
        """Return the usual ports of the section as the draft has it."""
        if self.setting.field.kind != "port":
            return {}
        section, draft = self.setting.section, self._draft
        modes = ports.modes_of(draft.resolution(), section, at_company=draft.at_company)
        return ports.usual(section, modes)

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
            self.reset.description = told
            named = _("{setting}: {what}").format(setting=self.setting.marked_label, what=told)
            self.reset.tooltip = named

    def _on_reset(self) -> None:
        """Go back to the inherited value; where nothing can be edited any more, drop the edit."""
        if self.control.widget.disabled:
            key = self.setting.id
            locks = [self._draft.slot(key, lock=True)] if self._draft.at_company else []
            self._draft.take_theirs(self._draft.slot(key), *locks)
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
