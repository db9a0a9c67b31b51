"""Settings and their effective values as pandas tables: the one module here that needs pandas."""

from __future__ import annotations

import pandas as pd

from mailwidgets.settings.declare import Setting
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import Resolution, Value
from mailwidgets.settings.sections import SETTINGS

DECLARED = ("Label", "Level", "Kind", "Choices", "Default", "Ours", "Help")
COLUMNS = ("Level", "Default", "Company", "User", "Workstation", "Effective", "From")


def settings_table() -> pd.DataFrame:
    """Return what can be set: a row per setting, indexed by (section, setting).

    >>> settings_table().loc[("smtp", "tls"), ["Level", "Kind", "Choices", "Default"]].tolist()
    ['user', 'choice', 'none, require, auto, implicit', 'Auto']

    Columns: Label, Level, Kind of value, Choices that there are, Default, Ours (whether the panel
    lacks it) and Help.
    """
    rows = [
        (
            one.label,
            one.level.value,
            one.field.kind,
            ", ".join(getattr(one.field, "choices", ())),
            cell(one, one.default),
            one.ours,
            one.help,
        )
        for one in SETTINGS.values()
    ]
    index = pd.MultiIndex.from_tuples(list(SETTINGS), names=["section", "setting"])
    table = pd.DataFrame(rows, index=index, columns=list(DECLARED), dtype=object)
    return table.astype({"Ours": bool})


def effective_table(resolution: Resolution) -> pd.DataFrame:
    """Return a row per setting, indexed by (section, setting), in the panel's order.

    Columns: Level, Default, Company, User, Workstation, Effective (numbers as numbers, choices
    and yes/no in words, a secret as ``set``, nothing as an empty text) and From, in words.

    >>> table = effective_table(servers.resolve())
    >>> table.loc[("smtp", "tls"), ["Default", "Effective", "From"]].tolist()
    ['Auto', 'SSL/TLS', 'user']
    """
    rows = [_row(value) for value in resolution.values()]
    index = pd.MultiIndex.from_tuples(list(resolution), names=["section", "setting"])
    return pd.DataFrame(rows, index=index, columns=list(COLUMNS), dtype=object)


def _row(value: Value) -> list[object]:
    setting = value.setting
    kept = [cell(setting, getattr(value, level.value)) for level in Level]
    return [
        setting.level.value,
        cell(setting, setting.default),
        *kept,
        cell(setting, value.effective),
        value.from_words,
    ]


def cell(setting: Setting, value: object) -> object:
    """Return a value as a table holds it: a number, or words; a secret as ``set``.

    >>> value = servers.resolve()["smtp", "password"]
    >>> cell(value.setting, value.effective)
    'set'
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else setting.field.shown(value)
