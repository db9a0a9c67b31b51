"""Whom a save concerns: the others whose values in force it changes, found beside the loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailwidgets.draft.disputes import label_of
from mailwidgets.errors import MailwidgetsError
from mailwidgets.everyone.shifts import Impact, Shift
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import Change, Key
from mailwidgets.settings.levels import Level
from mailwidgets.store.commits import printable
from mailwidgets.widgets import words
from mailwidgets.widgets.save_markup import Row

_FIRST: Final = 3  # names in a sentence
_LISTED: Final = 200  # names in the list below it


@dataclass(frozen=True, slots=True)
class Concern:
    """What a save would change for others.

    Attributes:
        shifts: the settings whose values change, in the panel's order, each with those others
            who are known and what it is before and after.
        users: the others known to have another value in force then, sorted; likewise
            ``workstations``.
        everyone_else: whether it is so for everyone who has stored nothing, too.
        unread: documents of which nothing is known, each with the reason.
        trouble: why all that cannot be told; empty where it can.
    """

    shifts: tuple[Shift, ...] = ()
    users: tuple[str, ...] = ()
    workstations: tuple[str, ...] = ()
    everyone_else: bool = False
    unread: tuple[str, ...] = ()
    trouble: str = ""

    def __bool__(self) -> bool:
        """Return whether the person has to be asked."""
        return bool(self.trouble or self.shifts or self.unread)


def reaches_others(changes: Iterable[Change]) -> bool:
    """Return whether changes may concern anyone but the one who makes them."""
    return any(change.place.level is Level.COMPANY for change in changes)


def concern(servers: Servers, changes: Sequence[Change]) -> Concern:
    """Return whom changes concern; it looks at everyone, which takes its time.

    Nobody is, where the store knows of nobody else: then the first person sets it up.
    """
    own = servers.identity
    try:
        others = {
            level: tuple(
                sorted(one.id for one in servers.store.places(level) if one != own.place(level))
            )
            for level in (Level.USER, Level.WORKSTATION)
        }
        if not others[Level.USER] and not others[Level.WORKSTATION]:
            return Concern()
        impact = servers.impact(changes).beside(own)
    except (MailwidgetsError, OSError) as error:
        return Concern(trouble=str(error))
    return _of(impact, others[Level.USER])


def _of(impact: Impact, others: tuple[str, ...]) -> Concern:
    """Return what an impact on others comes to: a company's setting is everyone's."""
    # Where a value comes from is no matter to those who have it.
    shifts = tuple(one for one in impact.shifts if one.before.value != one.after.value)
    impact = replace(impact, shifts=shifts)
    whole = any(shift.level is Level.COMPANY for shift in shifts)
    return Concern(
        shifts,
        others if whole else impact.users,
        impact.workstations,
        whole or any(shift.everyone_else for shift in shifts),
        impact.unread,
    )


def sentences(found: Concern) -> list[str]:
    """Return what a save would change for others, in sentences, the most important one first."""
    if found.trouble:
        why = found.trouble.rstrip(". ")
        return [_("Whom this concerns cannot be found out: {why}.").format(why=why)]
    of_people = [one.key for one in found.shifts if one.level is not Level.WORKSTATION]
    of_seats = [one.key for one in found.shifts if one.level is Level.WORKSTATION]
    told = []
    if found.users:
        said = ngettext(
            "This changes what {count} other has in force: {settings}, for {names}.",
            "This changes what {count} others have in force: {settings}, for {names}.",
            len(found.users),
        )
        told.append(_filled(said, of_people, found.users))
    if found.workstations:
        said = ngettext(
            "This changes what is in force on {count} other workstation: {settings}, on {names}.",
            "This changes what is in force on {count} other workstations: {settings}, on {names}.",
            len(found.workstations),
        )
        told.append(_filled(said, of_seats, found.workstations))
    if told and found.everyone_else:
        told.append(_("It holds for everyone who has stored nothing, too."))
    elif found.everyone_else:
        said = _("This changes what everyone has in force who has stored nothing: {settings}.")
        told.append(_filled(said, [*of_people, *of_seats], ()))
    if not found.shifts:
        told.append(_("Nobody else is known to be concerned, but not all can be read."))
    unknown = _("Not known: {why}.")
    return told + [unknown.format(why=one.rstrip(". ")) for one in found.unread]


def rows(found: Concern) -> list[Row]:
    """Return the same setting by setting, with everyone's name."""
    return [
        Row(
            label_of(one.key),
            one.before.value or _("none"),
            one.after.value or _("none"),
            _whose(one),
        )
        for one in found.shifts
    ]


def _filled(told: str, keys: Iterable[Key], names: Sequence[str]) -> str:
    return told.format(
        count=number(len(names)), settings=words.listed(keys), names=_named(names, _FIRST)
    )


def _whose(shift: Shift) -> str:
    if shift.level is Level.COMPANY:
        return _("everyone")
    named = [_named(shift.ids, _LISTED)] if shift.ids else []
    if shift.everyone_else:
        named.append(_("everyone who has stored nothing"))
    return ", ".join(named)


def _named(names: Sequence[str], most: int) -> str:
    """Return names, as many as can be read: ``ana, bob, eva … (and 34 more)``."""
    first, more = ", ".join(map(printable, names[:most])), len(names) - most
    if more <= 0:
        return first
    told = ngettext("{names} … (and {count} more)", "{names} … (and {count} more)", more)
    return told.format(names=first, count=number(more))
