"""From a field to the control that edits it: text boxes, lists, check boxes, password fields."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
from traitlets import Unicode

from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import _
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.fields import Choice, Field, YesNo
from mailwidgets.settings.secret import Sealed
from mailwidgets.widgets.look import plain

_MULTILINE = ("pem", "list")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a control is to show.

    Attributes:
        own: the value at the edited level, ``None`` where that level has none.
        inherited: the value that would be in force without it.
        readonly: whether the person cannot edit it here; then ``inherited`` is in force.
        typed: the text that is marked as wrong, and so must stay as it is; ``None`` where none is.
        unreadable: whether a password is stored that cannot be read here.
        usual: what is offered for it, such as the usual ports.
    """

    own: Any
    inherited: Any
    readonly: bool = False
    typed: str | None = None
    unreadable: bool = False
    usual: Collection[object] = ()

    @property
    def value(self) -> Any:  # noqa: ANN401 - a value has its field's type
        """Return the value that a control without placeholder shows."""
        return self.inherited if self.readonly or self.own is None else self.own


class Control:
    """One setting's widget and what flows through it.

    Attributes:
        widget: what the page shows, with the setting's label.

    Args:
        setting: what is edited.
        widget: shows it.
        edit: takes typed text, or the chosen value.
    """

    def __init__(
        self, setting: Setting, widget: widgets.DOMWidget, edit: Callable[[Any], None]
    ) -> None:
        self.setting = setting
        self.widget = widget
        self._edit = edit
        self._showing = False
        widget.observe(self._on_value, "value")

    def show(self, shown: Shown) -> None:
        """Bring the widget into line with the draft."""
        self._showing = True
        try:
            self.widget.disabled = shown.readonly
            self._show(shown)
        finally:
            self._showing = False

    def _show(self, shown: Shown) -> None:
        self.widget.value = shown.value

    def _on_value(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if not self._showing:
            self._edit(change.new)


class TextControl(Control):
    """A text box: shows the level's own value; the inherited one stands in grey."""

    def _show(self, shown: Shown) -> None:
        field = self.setting.field
        self.widget.placeholder = "" if shown.readonly else _typed(field, shown.inherited)
        if shown.typed is not None and not shown.readonly:
            self.widget.value = shown.typed
            return
        value = shown.value if shown.readonly else shown.own
        # What a person is typing stays as typed as long as it means the same.
        if not _means(field, self.widget.value, value):
            self.widget.value = _typed(field, value)


class PortControl(TextControl):
    """A text box that offers the usual ports, and takes any."""

    def _show(self, shown: Shown) -> None:
        options = tuple(str(one) for one in shown.usual)
        if self.widget.options != options:
            self.widget.options = options
        super()._show(shown)


class SecretControl(Control):
    """A password box: takes what is typed and forgets it; a stored one is never shown."""

    def _show(self, shown: Shown) -> None:
        self.widget.placeholder = self._words(shown)

    def _words(self, shown: Shown) -> str:
        if shown.unreadable:
            return _("set, but cannot be read here")
        if shown.readonly:
            return self.setting.field.shown(shown.inherited)
        if shown.own is None:
            return _("set by a wider level") if shown.inherited is not None else _("not set")
        return _("set") if isinstance(shown.own, Sealed) else _("typed, not saved yet")

    def _on_value(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if change.new:
            self._edit(change.new)
            self.widget.value = ""


class SecretInput(widgets.Password):
    """A password box whose text the kernel never sends back to the page.

    ipywidgets echoes what a page typed to every page of the kernel, unless told otherwise.
    """

    value = Unicode(help="What was typed, until it is taken.").tag(sync=True, echo_update=False)


def control_for(setting: Setting, edit: Callable[[Any], None]) -> Control:
    """Return the control for a setting.

    Args:
        setting: what is edited.
        edit: takes typed text (text boxes, password boxes) or the chosen value (the others).
    """
    label = setting.marked_label
    field = setting.field
    if setting.secret:
        box = plain(SecretInput, description=label, continuous_update=False)
        return SecretControl(setting, box, edit)
    if field.kind == "checkbox":
        return Control(setting, plain(widgets.Checkbox, description=label, indent=False), edit)
    if isinstance(field, YesNo | Choice):
        keys = field.choices if isinstance(field, Choice) else (True, False)
        choices = [(field.shown(key), key) for key in keys]
        return Control(setting, plain(widgets.Dropdown, description=label, options=choices), edit)
    if field.kind == "port":
        return PortControl(setting, plain(widgets.Combobox, description=label), edit)
    if field.kind in _MULTILINE:
        return TextControl(setting, plain(widgets.Textarea, description=label, rows=4), edit)
    return TextControl(setting, plain(widgets.Text, description=label), edit)


def takes_text(setting: Setting) -> bool:
    """Return whether a setting's control hands on text, which may be wrong, or a fit value."""
    return setting.field.kind not in ("checkbox", "yes_no", "choice")


def _typed(field: Field, value: Any) -> str:  # noqa: ANN401 - a value has its field's type
    """Return a value as a person would type it."""
    if value is None:
        return ""
    if field.kind == "pem":
        return str(value)
    return "\n".join(value) if field.kind == "list" else field.shown(value)


def _means(field: Field, text: str, value: Any) -> bool:  # noqa: ANN401 - likewise
    """Return whether typed text stands for a value."""
    if text == _typed(field, value):
        return True
    try:
        return bool(field.parse(text) == value)
    except InvalidValue:
        return False
