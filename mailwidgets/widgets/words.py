"""What a form says about a value: where it comes from and what it hides. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import Value


def inherited(value: Value, *, at_company: bool) -> Any:  # noqa: ANN401 - a value has its field's type
    """Return what would be in force if the edited level had no value."""
    if not at_company and value.setting.level is not Level.COMPANY and value.company is not None:
        return value.company
    return value.setting.default


def origin(value: Value, *, at_company: bool) -> str:
    """Return where the value comes from: ``default``, ``company``, ``from POP3 (user)``."""
    if (value.company if at_company else value.effective) is None and value.setting.default is None:
        return "not set"
    if at_company:
        return "default" if value.company is None else "company"
    return replace(value, locked=None).from_words


def aside(value: Value, *, at_company: bool) -> str:
    """Return what else is stored for the setting and not in force, or in force instead."""
    told = value.shown
    narrower = value.setting.level is not Level.COMPANY
    remarks = [value.problem] if value.problem else []
    if value.shadowed:
        remarks.append(f"The {value.setting.level}'s own value is not in force: {told(value.own)}.")
    elif at_company and narrower and value.own is not None:
        remarks.append(f"This {value.setting.level} has its own value: {told(value.own)}.")
    elif narrower and not at_company and value.own is not None and value.company is not None:
        remarks.append(f"Instead of the company's: {told(value.company)}.")
    return " ".join(remarks)
