"""Taking back: one commit, or all that came after a moment, as a commit of its own.

What goes back is planned first, from the documents and their history, and then committed with
what was read as its base: whatever changes in between is a conflict, and nothing is lost.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mailwidgets.errors import (
    CannotUndo,
    Clash,
    DamagedDocument,
    InvalidValue,
    ReadOnlyStore,
    StoreError,
    WrongLevel,
)
from mailwidgets.history.difference import differences_to_now, document_of
from mailwidgets.history.histories import histories
from mailwidgets.history.moments import Moment
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.settings.documents import UNSET, Change, Document
from mailwidgets.settings.levels import Place
from mailwidgets.settings.sections import SETTINGS, fit
from mailwidgets.store.commits import Commit, Edit, Slot, printable
from mailwidgets.store.protocol import Store

_LISTED: Final = 10  # obstacles of a kind in a message, and edits of a commit there
_LONGEST_WHY: Final = 1000  # characters, as any text


@dataclass(frozen=True, slots=True)
class Left:
    """What cannot be taken back at all.

    Attributes:
        what: the setting and its place, or the place.
        why: in words.
    """

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be taken back, and what stands in its way.

    Attributes:
        title: what is to be taken back, in words.
        changes: what goes back, each with what is stored now as its base.
        later: later commits that stand on the same settings, the newest first, each with those
            edits alone.
        clashes: what was edited outside mailwidgets since.
        left: what cannot come back.
        undoes: the commit's id; empty for a moment.
    """

    title: str
    changes: tuple[Change, ...]
    later: tuple[Commit, ...] = ()
    clashes: tuple[Clash, ...] = ()
    left: tuple[Left, ...] = ()
    undoes: str = ""

    def checked(self, *, force: bool) -> tuple[Change, ...]:
        """Return the changes, if nothing stands in their way or they are forced.

        Raises:
            CannotUndo: with all the reasons.
        """
        obstacles = list(self._obstacles())
        if obstacles and not (force and self.changes):
            advice = "Take the later ones back first, or force it" if self.later else "Force it"
            hint = f"{advice}: what can go back then does, whatever came later."
            lines = [f"{self.title} cannot be taken back as it is. Nothing was stored."]
            raise CannotUndo(
                "\n".join([*lines, *obstacles, *([hint] if self.changes else [])]), self.clashes
            )
        return self.changes

    def _obstacles(self) -> Iterator[str]:
        if self.later:
            yield "Later commits changed the same settings:"
            yield from _first(f"  {abridged(commit, _LISTED)}" for commit in self.later)
        yield from _first(
            printable(
                f"Edited outside mailwidgets since: {one.name} ({one.place}) was "
                f"{one.base or 'unset'}, is {one.theirs or 'unset'} now, and would become "
                f"{one.yours or 'unset'}"
            )
            for one in self.clashes
        )
        yield from _first(f"{left.what} cannot come back: {left.why}" for left in self.left)
        if self.undoes and not self.changes and not self.left:
            yield "It changed no setting."

    def told(self, why: str) -> str:
        """Return the message that goes with the commit: what a person noted, and what stayed."""
        if not self.left:
            return why
        stayed = f"left as it is: {', '.join(one.what for one in self.left)}"[:_LONGEST_WHY]
        room = max(_LONGEST_WHY - len(stayed) - 2, 0)
        return "; ".join(filter(None, (why[:room], stayed)))


def abridged(commit: Commit, most: int) -> str:
    """Return a commit as an entry of a log, of its edits only so many.

    >>> made = servers.commit([servers.change("smtp.port", 25), servers.change("smtp.tls", "none")])
    >>> abridged(made, 1).splitlines()[-1]
    '    and 1 more'
    """
    more = len(commit.edits) - most
    told = str(replace(commit, edits=commit.edits[:most]))
    return f"{told}\n    and {more:,} more" if more > 0 else told


def _first(lines: Iterable[str]) -> Iterator[str]:
    told = iter(lines)
    yield from itertools.islice(told, _LISTED)
    if more := sum(1 for _ in told):
        yield f"  and {more:,} more"


def plan_undo(store: Store, commit: Commit) -> Plan:
    """Return what it takes to take back a commit; a place that cannot be read is left.

    >>> made = servers.commit([servers.change("smtp.port", 465)])
    >>> [change.base for change in plan_undo(servers.store, made).changes]
    [465]

    Args:
        store: where it was made.
        commit: as much of it as is known; it is read again in each of its places.
    """
    changes: list[Change] = []
    clashes: list[Clash] = []
    left: list[Left] = []
    later: dict[str, Commit] = {}
    for place in commit.places:
        seen = _seen(store, place, commit)
        if isinstance(seen, Left):
            left.append(seen)
            continue
        document, mine, since = seen
        for edit in mine.edits:
            change = _inverse(edit, document)
            if isinstance(change, Left):
                left.append(change)
                continue
            changes.append(change)
            standing = _standing(since, edit.slot)
            for one in standing:
                held = later.get(one.id, replace(one, edits=()))
                touching = tuple(each for each in one.edits if each.slot == edit.slot)
                later[one.id] = replace(held, edits=held.edits + touching)
            if not standing:
                clashes += _clash(edit, change)
    if (unseen := commit.spread - len(commit.places)) > 0:
        left.append(
            Left(
                ngettext(
                    "What it changed in {count} more place",
                    "What it changed in {count} more places",
                    unseen,
                ).format(count=number(unseen)),
                _("you do not see the history there"),
            )
        )
    newest_first = sorted(later.values(), key=lambda one: (one.at, one.id), reverse=True)
    return Plan(
        printable(f"Commit {commit.short} of {commit.by}"),
        tuple(changes),
        tuple(newest_first),
        tuple(clashes),
        tuple(left),
        commit.id,
    )


def plan_return(store: Store, places: Iterable[Place], moment: Moment) -> Plan:
    """Return what it takes to go back to what some places held at a moment.

    A place that is damaged, or that this person may not read, is left.

    >>> moment = servers.moment(next(servers.history()).id)
    >>> plan_return(servers.store, [servers.documents().user.place], moment).changes
    ()

    Raises:
        StoreError: if the store cannot be reached.
    """
    changes: list[Change] = []
    left: list[Left] = []
    for place in places:
        try:
            document, found = differences_to_now(store, place, moment)
        except (DamagedDocument, ReadOnlyStore) as error:  # a lost connection concerns them all
            left.append(
                Left(printable(str(place)), _("it cannot be read ({error})").format(error=error))
            )
            continue
        for one in found:
            change = _inverse(one.edit, document)
            if isinstance(change, Left):
                left.append(change)
            else:
                changes.append(change)
    return Plan(f"What changed since {printable(str(moment))}", tuple(changes), left=tuple(left))


def _seen(
    store: Store, place: Place, commit: Commit
) -> tuple[Document, Commit, Sequence[Commit]] | Left:
    """Return a place's document, the commit there, and what came later, the newest first."""
    what = printable(str(place))
    try:
        # Before its history: a commit in between is then either seen or a conflict.
        document = document_of(store, place)
        mine = next((one for one in histories(store, [place]) if one.id == commit.id), None)
        if mine is None:
            return Left(what, _("the commit changed it, too, but you do not see its history there"))
        slots = {edit.slot for edit in mine.edits}
        newer = itertools.takewhile(lambda one: one.id != mine.id, histories(store, [place]))
        since = [one for one in newer if slots & {edit.slot for edit in one.edits}]
    except StoreError as error:
        why = _("the commit changed it, too, but it cannot be read ({error})")
        return Left(what, why.format(error=error))
    return document, mine.seen_from(place), since


def _inverse(edit: Edit, document: Document) -> Change | Left:
    """Return the change that puts back what was there before an edit, or why there is none."""
    what = printable(f"{edit.name} ({edit.place})")
    if edit.key not in SETTINGS:
        return Left(what, _("this version of mailwidgets does not know the setting"))
    if edit.secret and edit.before is not None:
        return Left(what, _("history does not keep passwords; set the old one anew"))
    base = document.get(edit.key, lock=edit.lock)
    try:
        value = _kept(edit, edit.before)
        return fit(Change(edit.place, edit.key, value, base, lock=edit.lock))
    except (InvalidValue, WrongLevel) as error:
        why = _("what was there is no longer allowed: {error}")
        return Left(what, printable(why.format(error=error)))


def _kept(edit: Edit, value: Any) -> object:  # noqa: ANN401 - JSON of any type
    """Return a value of history as a document holds it.

    Raises:
        InvalidValue: if a rule that came later refuses it.
    """
    if value is None:
        return UNSET
    return value if edit.lock else SETTINGS[edit.key].field.from_json(value)


def _standing(since: Sequence[Commit], slot: Slot) -> list[Commit]:
    """Return the later commits of a slot, less those that were taken back, and what did that."""
    touching = [one for one in since if any(edit.slot == slot for edit in one.edits)]
    ids = {one.id for one in touching}
    gone: set[str] = set()
    for one in touching:  # the newest first: what took back a taking back is met before it
        if one.id not in gone and one.undoes in ids:
            gone |= {one.id, one.undoes}
    return [one for one in touching if one.id not in gone]


def _clash(edit: Edit, change: Change) -> list[Clash]:
    """Return what is stored though no commit since put it there; of secrets nobody can tell."""
    if edit.secret or change.base == change.value:
        return []
    try:
        after = _kept(edit, edit.after)
    except InvalidValue:  # a document that holds it counts as unset, too
        after = UNSET
    if change.base == after:
        return []
    field = SETTINGS[edit.key].field
    theirs, yours = (
        "" if one is UNSET else str(one) if edit.lock else field.shown(one)
        for one in (change.base, change.value)
    )
    return [Clash(edit.name, str(edit.place), edit.shown(edit.after), theirs, yours)]
