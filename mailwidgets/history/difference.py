"""What differs: between two moments of a store, or between two identities' effective values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.history.histories import histories
from mailwidgets.history.moments import Moment
from mailwidgets.settings.documents import UNSET, Document, Key
from mailwidgets.settings.levels import Place
from mailwidgets.settings.resolve import Resolution, Value
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import SET, Commit, Edit, Slot
from mailwidgets.store.protocol import Store

_ATTEMPTS: Final = 20  # to see a place and its history without a commit in between


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting, or its lock, that is not the same at two moments.

    Attributes:
        edit: whose, which, and its values at both moments; of a secret only ``"set"``.
        commit: the last commit that changed it in between, with all its edits there; ``None``
            where the document was edited outside mailwidgets.
    """

    edit: Edit
    commit: Commit | None

    @property
    def by(self) -> str:
        """Return who changed it last; empty for someone outside mailwidgets."""
        return self.commit.by if self.commit else ""

    @property
    def at(self) -> datetime | None:
        """Return when it was changed last, in UTC; ``None`` where nobody knows."""
        return self.commit.at if self.commit else None

    def __str__(self) -> str:
        """Return it in words; safe on a terminal."""
        if self.commit is None:
            return f"{self.edit}  (edited outside mailwidgets)"
        head = str(replace(self.commit, why="", edits=(), snapshot="", undoes="", outside=()))
        return f"{self.edit}  ({head})"

    def turned(self) -> Difference:
        """Return it as seen from the other moment."""
        edit = replace(self.edit, before=self.edit.after, after=self.edit.before)
        return replace(self, edit=edit)


@dataclass(slots=True)
class _Trace:
    """What the history of one place says of each slot, read from the newest commit on.

    Attributes:
        newest: the last edit between the two moments, and its commit.
        oldest: what was there before the first edit between them.
        earlier: what the last edit up to the first moment left, as far as that is known.
    """

    newest: dict[Slot, tuple[Edit, Commit]] = field(default_factory=dict)
    oldest: dict[Slot, Any] = field(default_factory=dict)
    earlier: dict[Slot, Any] = field(default_factory=dict)


def differences(store: Store, place: Place, first: Moment, last: Moment) -> list[Difference]:
    """Return what differs in one place between two moments, in the panel's order.

    What was edited outside mailwidgets has no date, but the next commit there tells that it
    happened. Until then it counts as done just now: it shows where one of the moments is now, or
    where a later commit of the same setting lies between them.

    >>> first = servers.moment(next(servers.history()).id)
    >>> _ = servers.commit([servers.change("smtp.port", 465)])
    >>> place = servers.documents().user.place
    >>> [str(one.edit) for one in differences(servers.store, place, first, servers.moment("now"))]
    ['smtp.port (user ana): ... → 465']

    Args:
        store: whose history tells it.
        place: whose settings.
        first: what ``before`` stands for.
        last: what ``after`` stands for; it may be the earlier one.

    Raises:
        StoreError: if the place or its history cannot be read.
    """
    if first.at is None:
        return [one.turned() for one in differences_to_now(store, place, last)[1]]
    if last.at is None:
        return differences_to_now(store, place, first)[1]
    if last.at < first.at:
        return [one.turned() for one in differences(store, place, last, first)]
    return _in_order(_between(_trace(store, place, first, last, whole=False)))


def differences_to_now(
    store: Store, place: Place, first: Moment
) -> tuple[Document, list[Difference]]:
    """Return a place's document, and what differs there from what was stored at a moment.

    >>> first = servers.moment(next(servers.history()).id)
    >>> _ = servers.commit([servers.change("smtp.port", 465)])
    >>> place = servers.documents().user.place
    >>> document, found = differences_to_now(servers.store, place, first)
    >>> [str(one.edit) for one in found]
    ['smtp.port (user ana): ... → 465']

    Raises:
        StoreError: if the place or its history cannot be read.
    """
    for _ in range(_ATTEMPTS):
        document = document_of(store, place)
        if first.at is None:
            return document, []
        trace = _trace(store, place, first, Moment(None, ""), whole=True)
        if document_of(store, place) == document:
            found = [*_between(trace, document), *_outside(trace, document)]
            return document, _in_order(iter(found))
    raise StoreError(f"the settings of {place} change faster than they can be read: try again")


def document_of(store: Store, place: Place) -> Document:
    """Return one place's document, whatever became of the others; an absent one is empty.

    >>> place = servers.documents().user.place
    >>> document_of(servers.store, place).get(("pop3", "user"))
    'ana@practice.example'

    Raises:
        StoreError: if it cannot be read.
    """
    return next(store.read_each([place]), Document(place))


def _trace(store: Store, place: Place, first: Moment, last: Moment, *, whole: bool) -> _Trace:
    """Return what the history says, read no further than the first moment unless more is needed.

    What lies before that tells only what someone edited outside mailwidgets. Where an earlier
    commit already met such edits, nobody knows what they were: what came before it is not told.
    """
    trace, reached = _Trace(), False
    try:
        for commit in histories(store, [place]):
            if first.holds(commit):
                reached = True
                if not whole:
                    break
                for edit in commit.edits:
                    trace.earlier.setdefault(edit.slot, edit.after)
                if commit.outside:
                    break
            elif last.holds(commit):
                whole = whole or bool(commit.outside)
                for edit in commit.edits:
                    trace.newest.setdefault(edit.slot, (edit, commit))
                    trace.oldest[edit.slot] = edit.before
    except DamagedDocument:
        if not reached:  # else all that lies between the moments is known
            raise
    return trace


def _between(trace: _Trace, document: Document | None = None) -> Iterator[Difference]:
    """Yield what commits between the moments changed, and what became of it where that is known."""
    for slot, (newest, commit) in trace.newest.items():
        edit = replace(newest, before=trace.earlier.get(slot, trace.oldest[slot]))
        there = newest.after if document is None else _stored(document, newest)
        if _same(newest, newest.after, there):
            # Of a secret that was set and set again, nobody knows whether it is the old one.
            if not _same(edit, edit.before, edit.after) or (edit.secret and edit.after):
                yield Difference(edit, commit)
        elif not _same(edit, edit.before, there):
            yield Difference(replace(edit, after=there), None)


def _outside(trace: _Trace, document: Document) -> Iterator[Difference]:
    """Yield what is stored now though the last commit that touched it left something else."""
    for (place, key, lock), left in trace.earlier.items():
        edit = Edit(place, key, left, left, lock)
        there = _stored(document, edit)
        if edit.slot not in trace.newest and not _same(edit, left, there):
            yield Difference(replace(edit, after=there), None)


def _stored(document: Document, edit: Edit) -> Any:  # noqa: ANN401 - JSON of any type
    """Return what is stored now, as history would have it."""
    if edit.key not in SETTINGS:  # a document does not tell; what the last commit left is likely
        return edit.after
    value = document.get(edit.key, lock=edit.lock)
    if value is UNSET or edit.lock:
        return None if value is UNSET else value
    return SET if edit.secret else SETTINGS[edit.key].field.to_json(value)


def _same(edit: Edit, one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON of any type
    return bool(one == other) or bool(_kept(edit, one) == _kept(edit, other))


def _kept(edit: Edit, value: Any) -> Any:  # noqa: ANN401 - JSON of any type
    """Return a value as it would be kept, so that 1.0 and 1 are one number, a list a tuple."""
    if value is None or edit.lock or edit.secret or edit.key not in SETTINGS:
        return value
    try:
        return SETTINGS[edit.key].field.from_json(value)
    except ValueError:  # a rule that came later refuses it
        return value


def _in_order(found: Iterator[Difference]) -> list[Difference]:
    known: dict[Key, int] = {key: number for number, key in enumerate(SETTINGS)}
    return sorted(
        found, key=lambda one: (known.get(one.edit.key, len(known)), one.edit.key, one.edit.lock)
    )


@dataclass(frozen=True, slots=True)
class Contrast:
    """One setting as it stands for two identities.

    Attributes:
        one: its value for the first, with its origin.
        other: its value for the second.
    """

    one: Value
    other: Value

    @property
    def differs(self) -> bool:
        """Return whether the values in force differ; two secrets of two places count as two."""
        return bool(self.one.effective != self.other.effective)


def contrasts(one: Resolution, other: Resolution, *, every: bool = False) -> list[Contrast]:
    """Return the settings whose effective values differ between two identities, or every one.

    >>> ana, ben = (servers.as_seen_by(one).resolve() for one in ("ana", "ben"))
    >>> [one.one.setting.name for one in contrasts(ana, ben)][:3]
    ['pop3.port', 'pop3.timeout', 'pop3.user']
    """
    rows = [Contrast(one[key], other[key]) for key in one]
    return [row for row in rows if every or row.differs]
