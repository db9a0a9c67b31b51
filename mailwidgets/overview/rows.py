"""The values in force as rows to look at, alone or beside those of somebody else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailwidgets.history.difference import Contrast
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import DEFAULT, Resolution, Value
from mailwidgets.settings.sections import SECTIONS

BORROWED, LOCKED = "borrowed", "locked"
# Where a value in force may come from, from the widest to the narrowest, then what is special.
ORIGINS: Final[Mapping[str, str]] = {
    DEFAULT: N_("Default"),
    Level.COMPANY.value: N_("Company"),
    Level.USER.value: N_("User"),
    Level.WORKSTATION.value: N_("Workstation"),
    BORROWED: N_("Borrowed"),
    LOCKED: N_("Locked"),
}
# The same within a line.
_WORDS: Final[Mapping[str, str]] = {
    DEFAULT: N_("default"),
    Level.COMPANY.value: N_("company"),
    Level.USER.value: N_("user"),
    Level.WORKSTATION.value: N_("workstation"),
}
_SPOKEN: Final = frozenset({"yes_no", "checkbox", "choice"})  # their values are our own words


@dataclass(frozen=True, slots=True)
class Row:
    """One setting, as it stands for one identity or for two.

    Attributes:
        value: for the one.
        other: for the other; ``None`` where nothing is compared.
        cells: what each column shows, by its name; a secret as ``set``.
        origin: where the value in force comes from, one of ``ORIGINS``.
        haystack: all that a search looks through, case folded.
    """

    value: Value
    other: Value | None
    cells: Mapping[str, str]
    origin: str
    haystack: str

    @property
    def setting(self) -> Setting:
        """Return which one it is."""
        return self.value.setting

    @property
    def key(self) -> Key:
        """Return (section, setting)."""
        return self.value.setting.id

    @property
    def sides(self) -> tuple[Value, ...]:
        """Return the value for each identity."""
        return (self.value,) if self.other is None else (self.value, self.other)

    @property
    def changed(self) -> bool:
        """Return whether a value in force is not the built-in default."""
        return any(side.effective != side.setting.default for side in self.sides)

    @property
    def different(self) -> bool:
        """Return whether the two values in force differ; of two passwords nobody can tell."""
        return self.other is not None and Contrast(self.value, self.other).differs

    def raw(self, column: str) -> Any:  # noqa: ANN401 - a value has its field's type
        """Return what a column sorts by: a number where the cell is one, else the cell."""
        side = self.other if column.startswith("other") else self.value
        found = _kept(side, column.removeprefix("other_")) if side else None
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return found if is_number else self.cells.get(column, "")


def rows(found: Resolution, other: Resolution | None = None) -> tuple[Row, ...]:
    """Return a row for each setting, in the panel's order."""
    return tuple(_row(value, other[key] if other else None) for key, value in found.items())


def origin_of(value: Value) -> str:
    """Return where a value in force comes from: exactly one of ``ORIGINS``."""
    if value.locked is not None:
        return LOCKED
    return BORROWED if value.borrowed is not None else value.origin


def origin_words(value: Value) -> str:
    """Return where a value in force comes from, in a line: ``from POP3 (user)``."""
    origin = level_word(value.origin)
    if value.locked is not None:
        return _("{origin}, locked: {reason}").format(origin=origin, reason=value.locked)
    if value.borrowed is not None:
        lender = section_title(value.borrowed)
        return _("from {section} ({origin})").format(section=lender, origin=origin)
    return origin


def level_word(level: str) -> str:
    """Return ``default`` or a level's name within a line."""
    return _(_WORDS[level])


def section_title(section: str) -> str:
    """Return a section's title."""
    return _(SECTIONS[section].title)


def label_of(setting: Setting) -> str:
    """Return a setting's label with the mark of its level."""
    return f"{_(setting.label)} ({setting.level.mark})"


def shown(setting: Setting, value: Any) -> str:  # noqa: ANN401 - a value has its field's type
    """Return a value as a person reads it; a secret as ``set``, nothing as an empty text."""
    told = setting.field.shown(value)
    if setting.secret:
        return _("set") if told else ""
    return _(told) if setting.field.kind in _SPOKEN else told


def _kept(value: Value, column: str) -> Any:  # noqa: ANN401 - a value has its field's type
    if column == DEFAULT:
        return value.setting.default
    return getattr(value, column) if column in {"effective", *Level} else None


def _row(value: Value, other: Value | None) -> Row:
    setting = value.setting
    cells = {"setting": label_of(setting)}
    for prefix, side in (("", value), ("other_", other)):
        if side is not None:
            told = {name: shown(setting, _kept(side, name)) for name in (DEFAULT, *Level)}
            told |= {"effective": shown(setting, side.effective), "from": origin_words(side)}
            cells |= {f"{prefix}{name}": text for name, text in told.items()}
    words = [setting.name, section_title(setting.section), *cells.values()]
    words += [_(ORIGINS[origin_of(side)]) for side in (value, other) if side is not None]
    return Row(value, other, cells, origin_of(value), "\n".join(words).casefold())
