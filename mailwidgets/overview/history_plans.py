"""What taking back would do, and how two moments differ: worked out before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailwidgets.errors import Clash, StoreError
from mailwidgets.everyone.shifts import Impact, Shift
from mailwidgets.history.difference import Difference
from mailwidgets.history.moments import NOW
from mailwidgets.history.undo import Left, Plan
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.history_rows import (
    ChangeRow,
    as_edit,
    change_rows,
    name_of,
    places_told,
)
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import Commit

MINE: Final = "mine"  # the three places of the acting identity
EVERYWHERE: Final = "everywhere"


@dataclass(frozen=True, slots=True)
class Later:
    """A later commit that stands on settings that are to be taken back.

    Attributes:
        commit: who, when and why.
        names: which settings.
    """

    commit: Commit
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan as a person decides on it.

    Attributes:
        plan: what would be carried out.
        changes: what would change, from what is stored to what would be.
        alike: how many settings are as they would become already.
        later: later commits that would be overruled.
        refusals: why this person may not write a place that would change.
        others: what changes for others, a line each.
        unknown: why it is not known for whom something changes.
    """

    plan: Plan
    changes: tuple[ChangeRow, ...]
    alike: int = 0
    later: tuple[Later, ...] = ()
    refusals: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def clashes(self) -> tuple[Clash, ...]:
        """Return what was edited by hand since."""
        return self.plan.clashes

    @property
    def left(self) -> tuple[Left, ...]:
        """Return what cannot come back, with the reasons."""
        return self.plan.left

    @property
    def overrules(self) -> bool:
        """Return whether it undoes what was changed since."""
        return bool(self.later or self.clashes)

    @property
    def forced(self) -> bool:
        """Return whether something stands in its way, so that it has to be insisted on."""
        return self.overrules or bool(self.left)

    @property
    def possible(self) -> bool:
        """Return whether there is anything to do that this person may do."""
        return bool(self.changes) and not self.refusals


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One setting that differs between two moments.

    Attributes:
        change: which, and both its values.
        commit: the last commit that changed it in between; ``None`` where it was edited by hand.
    """

    change: ChangeRow
    commit: Commit | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two moments.

    Attributes:
        places: place by place, in words, with what differs there.
        troubles: why some could not be compared.
    """

    places: tuple[tuple[str, Level, tuple[DiffRow, ...]], ...]
    troubles: tuple[str, ...] = ()


def propose_undo(servers: Servers, commit: Commit) -> Proposal:
    """Return what taking back a commit would do.

    Raises:
        UnknownMoment: if it is not there any more.
        StoreError: if the store cannot be read.
    """
    return _proposal(servers, servers.plan_undo(commit.id))


def propose_return(servers: Servers, at: datetime, scope: str = MINE) -> Proposal:
    """Return what going back to a moment would do.

    Args:
        servers: whose store.
        at: the moment; what was committed right then stays.
        scope: ``mine``, a level of the acting identity, or ``everywhere``.

    Raises:
        StoreError: if the store cannot be read.
    """
    if scope == EVERYWHERE:
        return _proposal(servers, servers.plan_return(at, everywhere=True))
    places = [] if scope == MINE else [servers.identity.place(Level(scope))]
    return _proposal(servers, servers.plan_return(at, places=places))


def compare(
    servers: Servers, first: datetime | None, last: datetime | None, *, mine: bool
) -> Comparison:
    """Return what differs between two moments; ``None`` stands for now.

    Raises:
        StoreError: if the history cannot be read.
    """
    troubles: list[StoreError] = []
    found = servers.diff(first or NOW, last or NOW, everywhere=not mine, passed_over=troubles)
    held: dict[Place, list[Difference]] = {}
    for one in found:
        held.setdefault(one.edit.place, []).append(one)
    places = tuple(
        (whose.told, whose.level, tuple(map(_diff_row, some)))
        for place, some in held.items()
        for whose in places_told([place])
    )
    return Comparison(places, tuple(dict.fromkeys(map(str, troubles))))


def _diff_row(one: Difference) -> DiffRow:
    (row,) = change_rows([one.edit])
    return DiffRow(row, one.commit)


def _proposal(servers: Servers, plan: Plan) -> Proposal:
    changes = [one for one in plan.changes if one.base != one.value]
    refusals = {place: servers.store.refusal(place) for place in {one.place for one in changes}}
    others: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    if changes:
        try:
            impact = servers.impact(changes).beside(servers.identity)
            others, unknown = tuple(_told(impact)), impact.unread
        except StoreError as error:
            unknown = (str(error),)
    return Proposal(
        plan=plan,
        changes=change_rows(map(as_edit, changes)),
        alike=len(plan.changes) - len(changes),
        later=tuple(
            Later(one, tuple(name_of(edit.key, lock=edit.lock) for edit in one.edits))
            for one in plan.later
        ),
        refusals=tuple(dict.fromkeys(filter(None, refusals.values()))),
        others=others,
        unknown=unknown,
    )


def _told(impact: Impact) -> Iterable[str]:
    for shift in impact.shifts:
        if shift.level is not Level.COMPANY:  # that one is among the changes themselves
            yield _shift_told(shift)


def _shift_told(shift: Shift) -> str:
    sides = [one.value or _("not set") for one in (shift.before, shift.after)]
    if sides[0] == sides[1]:
        sides = [
            f"{one.value or _('not set')} ({_(one.origin)})" for one in (shift.before, shift.after)
        ]
    return _("{setting}: {before} → {after}, for {whose}").format(
        setting=name_of(SETTINGS[shift.key].id),
        before=sides[0],
        after=sides[1],
        whose=_whose(shift),
    )


def _whose(shift: Shift) -> str:
    level = shift.level
    told = [one.told for one in places_told(Place(level, id_) for id_ in shift.ids)]
    if shift.everyone_else:
        told.append(
            _("every user without a value of their own")
            if level is Level.USER
            else _("every workstation without a value of its own")
        )
    if len(told) < 2:  # noqa: PLR2004 - both those with a document and those without
        return "".join(told)
    return _("{some} and {others}").format(some=told[0], others=told[1])


def done_told(commit: Commit | None, title: str, *, back: bool) -> str:
    """Return what was done, for the person who asked for it.

    Args:
        commit: what was stored; ``None`` where there was nothing to change.
        title: the commit that was taken back, or the moment, in words.
        back: whether it was a moment.
    """
    if commit is None:
        return _("Nothing to do: everything is as it was already.")
    count = len(commit.edits)
    told = ngettext("{count} setting changed.", "{count} settings changed.", count)
    head = _("Back to {moment}.") if back else _("Taken back: {commit}.")
    words = {"moment": title, "commit": title}
    return f"{head.format(**words)} {told.format(count=number(count))}"
