"""What changes do to the values in force, told to people and to programs. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Final

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import printable

NAMED: Final = 3  # ids that are told before "and 809 more"
TOLD: Final = 5  # ways in which one setting changes; as_dict() has them all


@dataclass(frozen=True, slots=True, order=True)
class Side:
    """What is in force on one side of a change, and why.

    Attributes:
        value: as a person reads it; empty for none, of a secret only ``set``, or ``set, another``.
        origin: where it comes from, in words: ``company, locked: policy``.
    """

    value: str
    origin: str

    def __str__(self) -> str:
        """Return ``587 (company)``; safe on a terminal."""
        return printable(f"{self.value or _('none')} ({self.origin})")


@dataclass(frozen=True, slots=True)
class Shift:
    """One setting that changes in the same way for some users or workstations.

    Attributes:
        key: (section, setting).
        before: what is in force now.
        after: what would be.
        ids: the users or workstations with a document whose effective value this is, sorted.
        everyone_else: whether it is so, too, for all who store nothing.
    """

    key: Key
    before: Side
    after: Side
    ids: tuple[str, ...] = ()
    everyone_else: bool = False

    @property
    def level(self) -> Level:
        """Return whose values they are: the setting's own level."""
        return SETTINGS[self.key].level

    @property
    def whose(self) -> str:
        """Return for whom, in words: ``812 users (ana, bob, eva and 809 more)``."""
        if self.level is Level.COMPANY:
            return _("the company")
        told = [_counted(self.level, self.ids)] if self.ids else []
        if self.everyone_else:
            user = self.level is Level.USER
            every = _("every user that has stored nothing")
            told.append(every if user else _("every workstation that has stored nothing"))
        return _(" and ").join(told)

    def __str__(self) -> str:
        """Return ``smtp.port: 25 (default) → 587 (company) for 2 users (ana, bob)``."""
        told = _("{setting}: {before} → {after} for {whose}")
        name = ".".join(self.key)
        return told.format(setting=name, before=self.before, after=self.after, whose=self.whose)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "setting": ".".join(self.key),
            "level": self.level.value,
            "before": self.before.value,
            "before_from": self.before.origin,
            "after": self.after.value,
            "after_from": self.after.origin,
            "ids": list(self.ids),
            "everyone_else": self.everyone_else,
        }


@dataclass(frozen=True, slots=True)
class Impact:
    """What changes would do to the values in force; false where they do nothing.

    Attributes:
        shifts: by setting in the panel's order, the widest first.
        unchanged: of each setting that the company changes, the users or workstations with a
            document whom that does not reach, most often for a value of their own.
        unread: documents that cannot be read, each with the reason: nothing is known of them.
    """

    shifts: tuple[Shift, ...] = ()
    unchanged: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether any effective value changes, or where it comes from."""
        return bool(self.shifts)

    @property
    def users(self) -> tuple[str, ...]:
        """Return the users with a document whose values change, sorted."""
        return self._ids(Level.USER)

    @property
    def workstations(self) -> tuple[str, ...]:
        """Return the workstations with a document whose values change, sorted."""
        return self._ids(Level.WORKSTATION)

    def _ids(self, level: Level) -> tuple[str, ...]:
        return tuple(
            sorted({one for shift in self.shifts if shift.level is level for one in shift.ids})
        )

    def beside(self, identity: Identity) -> Impact:
        """Return what is changed for others than the one who changes it."""
        own = {level: identity.place(level).id for level in (Level.USER, Level.WORKSTATION)}
        others = (
            replace(shift, ids=tuple(one for one in shift.ids if one != own.get(shift.level)))
            for shift in self.shifts
        )
        kept = (one for one in others if one.ids or one.everyone_else or one.level is Level.COMPANY)
        return replace(self, shifts=tuple(kept))

    def __str__(self) -> str:
        """Return a line per shift, in plain text; of many of one setting the first few."""
        lines: list[str] = []
        for key, group in groupby(self.shifts, key=lambda one: one.key):
            shifts = list(group)
            lines += map(str, shifts[:TOLD])
            if rest := sorted(id_ for one in shifts[TOLD:] for id_ in one.ids):
                whose = _counted(shifts[0].level, rest)
                told = _("{setting}: changes otherwise for {whose}")
                lines.append(told.format(setting=".".join(key), whose=whose))
        told = _("{setting}: unchanged for {whose}")
        lines += [
            told.format(setting=".".join(key), whose=_counted(SETTINGS[key].level, ids))
            for key, ids in self.unchanged.items()
        ]
        lines += [_("not known: {reason}").format(reason=reason) for reason in self.unread]
        return "\n".join(lines) or _("No effective value changes.")

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, complete."""
        return {
            "shifts": [shift.as_dict() for shift in self.shifts],
            "unchanged": {".".join(key): list(ids) for key, ids in self.unchanged.items()},
            "unread": list(self.unread),
        }


def _counted(level: Level, ids: Sequence[str]) -> str:
    """Return ``1 user (ana)`` or ``812 users (ana, bob, eva and 809 more)``."""
    names = printable(", ".join(ids[:NAMED]))
    if len(ids) > NAMED:
        more = len(ids) - NAMED
        told = ngettext("{names} and {count} more", "{names} and {count} more", more)
        names = told.format(names=names, count=number(more))
    if level is Level.USER:
        told = ngettext("{count} user ({names})", "{count} users ({names})", len(ids))
    else:
        told = ngettext("{count} workstation ({names})", "{count} workstations ({names})", len(ids))
    return told.format(count=number(len(ids)), names=names)
