"""Everything about one setting for one identity: what each level holds, and which decides. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mailwidgets.languages.texts import _
from mailwidgets.overview.rows import ORIGINS, label_of, section_title, shown
from mailwidgets.overview.seen import Seen, Trace
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import BORROWERS, DEFAULT, Value
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import Slot

Traces = Mapping[Slot, Trace]


@dataclass(frozen=True, slots=True)
class Held:
    """What one level holds of a setting.

    Attributes:
        level: its name, for a person; of a lender with the lender's.
        shown: its value; empty where it has none.
        state: in force, or what keeps it from being; empty where there is nothing to say.
        in_force: whether it decides.
        stored: whether a person set it, so that somebody is to be named for it.
        trace: who did; ``None`` as long as that is being read.
    """

    level: str
    shown: str
    state: str = ""
    in_force: bool = False
    stored: bool = False
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """One setting for one identity.

    Attributes:
        held: what the levels hold, the narrowest first; a lender's before them.
        remarks: the lock, the loan, and what is passed over, a sentence each.
        lock: who locked it; ``None`` without a lock, or as long as that is being read.
    """

    held: tuple[Held, ...]
    remarks: tuple[str, ...]
    lock: Trace | None = None


def detail(seen: Seen, key: Key, traces: Traces) -> Detail:
    """Return all about a setting.

    Args:
        seen: what the store holds.
        key: (section, setting).
        traces: who stored what, as far as it was read.
    """
    value = seen.resolution[key]
    held = _held(seen, value, traces)
    if value.borrowed is not None:
        held = [*_lent(seen, value, traces), *held]
    lock = traces.get((seen.identity.place(Level.COMPANY), key, True)) if value.locked else None
    return Detail(tuple(held), tuple(_remarks(seen, value)), lock)


def _held(seen: Seen, value: Value, traces: Traces) -> list[Held]:
    setting = value.setting
    found = []
    for level in dict.fromkeys((setting.level, Level.COMPANY)):
        kept = getattr(value, level.value)
        slot = (seen.identity.place(level), setting.id, False)
        decides = value.origin == level.value and value.borrowed is None
        found.append(
            Held(
                _(ORIGINS[level.value]),
                shown(setting, kept),
                _state(value, level) if kept is not None else "",
                decides,
                kept is not None,
                traces.get(slot),
            )
        )
    default = value.origin == DEFAULT and value.borrowed is None
    state = _("In force") if default else ""
    found.append(Held(_(ORIGINS[DEFAULT]), shown(setting, setting.default), state, default))
    return found


def _lent(seen: Seen, value: Value, traces: Traces) -> list[Held]:
    """Return what the section that an account is borrowed from holds, where it decides."""
    lender = seen.resolution[value.source]
    section = section_title(value.source[0])
    return [
        Held(
            _("{section}: {level}").format(section=section, level=one.level),
            one.shown,
            one.state,
            in_force=True,
            stored=one.stored,
            trace=one.trace,
        )
        for one in _held(seen, lender, traces)
        if one.in_force
    ]


def _state(value: Value, level: Level) -> str:
    """Return what becomes of a value that a level holds."""
    if value.borrowed is not None:
        return _("Shadowed: the account is borrowed")
    if value.origin == level.value:
        return _("In force")
    if value.locked is not None:
        return _("Shadowed: the company has locked this setting")
    return _("For those who have no value of their own")


def _remarks(seen: Seen, value: Value) -> list[str]:
    remarks = []
    if value.locked is not None:
        remarks.append(_("Locked by the company: {reason}").format(reason=value.locked))
    if value.borrowed is not None:
        section = value.setting.section
        switch = SETTINGS[section, BORROWERS[section]]
        lender = label_of(SETTINGS[value.source])
        remarks.append(
            _("Borrowed from {section}, {setting}, since “{switch}” is on.").format(
                section=section_title(value.borrowed), setting=lender, switch=label_of(switch)
            )
        )
    problems = dict.fromkeys((value.problem, seen.resolution[value.source].problem))
    remarks += [
        _("What is stored is passed over: {problem}").format(problem=one) for one in problems if one
    ]
    return remarks
