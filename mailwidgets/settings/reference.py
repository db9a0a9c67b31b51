"""The settings as a Markdown table, made from their declarations: for the README and the docs."""

from __future__ import annotations

from mailwidgets.settings.declare import Section, Setting
from mailwidgets.settings.sections import SECTIONS

_HEAD = ("Setting", "Label", "Kind", "Default", "What it is for")


def settings_reference() -> str:
    """Return a Markdown table per section, every setting in the panel's order.

    A value's kind names its choices; settings of our own are marked with an asterisk.

    >>> print(settings_reference())
    **POP3**
    <BLANKLINE>
    | Setting | Label | Kind | Default | What it is for |
    ...
    | `pop3.port` | POP3 port (u) | port | 110 | TCP port the server listens on. ...
    ...
    """
    return "\n\n".join(_table(section) for section in SECTIONS.values()) + "\n"


def _table(section: type[Section]) -> str:
    rows = [_row(setting) for setting in section.settings()]
    lines = [f"| {' | '.join(row)} |" for row in (_HEAD, tuple("---" for _ in _HEAD), *rows)]
    return "\n".join([f"**{section.title}**", "", *lines])


def _row(setting: Setting) -> tuple[str, ...]:
    choices = getattr(setting.field, "choices", {})
    kind = ", ".join(f"`{key}`" for key in choices) or setting.field.kind.replace("_", "/")
    star = "\\*" if setting.ours else ""
    default = setting.field.shown(setting.default)
    return (f"`{setting.name}`{star}", setting.marked_label, kind, default, setting.help)
