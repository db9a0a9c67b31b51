"""Moments in a store's past, as people name them: a time, a commit, a snapshot.

::

    now                                  everything there is
    2026-11-23  2026-11-23T18:00+01:00   a time; a date means its beginning, here where no offset is
    2 hours ago  yesterday 18:00         a time, too; a day means its beginning
    5f0e9a31                             right after the commit whose id begins so
    before the move                      a snapshot: a commit that only names the moment after it
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from mailwidgets.errors import InvalidValue, StoreError, UnknownMoment
from mailwidgets.history.histories import everywhere, histories
from mailwidgets.settings import rules
from mailwidgets.settings.levels import Place
from mailwidgets.store.commits import Commit, printable
from mailwidgets.store.protocol import Store

NOW: Final = "now"

_ID = re.compile(r"[0-9a-f]{4,32}\Z", re.IGNORECASE)
_WHOLE_ID = 32
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_AGO = re.compile(
    r"(\d{1,9} ?|an? )(sec|second|min|minute|h|hour|d|day|w|week)s? ago\Z", re.IGNORECASE
)
_UNITS = {unit[0]: unit for unit in ("seconds", "minutes", "hours", "days", "weeks")}
_DAY = re.compile(r"(today|yesterday)(?: (\d\d?):(\d\d))?\Z", re.IGNORECASE)
_LONGEST_NAME = 100
_LISTED = 10  # snapshots or commits in a message


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant of a store's past; a commit of that instant is part of it.

    Attributes:
        at: when, with its offset; ``None`` for now, whatever clocks say.
        words: how a person named it.
    """

    at: datetime | None
    words: str

    def holds(self, commit: Commit) -> bool:
        """Return whether a commit had been made by then."""
        return self.at is None or commit.at <= self.at

    def __str__(self) -> str:
        """Return the words."""
        return self.words


def parse_time(text: str, now: datetime) -> datetime | None:
    """Return the time that a text names, with its offset; ``None`` if it is no time.

    >>> now = datetime.fromisoformat("2026-11-23T18:00+01:00")
    >>> parse_time("2 hours ago", now).isoformat()
    '2026-11-23T16:00:00+01:00'
    >>> parse_time("before the move", now) is None
    True

    Args:
        text: a date or time of ISO 8601, with hyphens; ``2 hours ago``; ``yesterday``, or
            ``today 9:30``.
        now: with an offset; what is not said to be elsewhere is meant there.

    Raises:
        UnknownMoment: if it looks like a time, but there is none such.
    """
    word = text.strip()
    try:
        if ago := _AGO.match(word):
            count = int(ago[1]) if ago[1][0].isdigit() else 1
            return now - timedelta(**{_UNITS[ago[2][0].lower()]: count})
        if day := _DAY.match(word):
            date = now.date() - timedelta(days=day[1].lower() == "yesterday")
            return datetime.combine(date, time(int(day[2] or 0), int(day[3] or 0))).astimezone()
        if not _DATE.match(word):
            return None
        found = datetime.fromisoformat(word)
        return found if found.tzinfo else found.astimezone()
    except (ValueError, OverflowError) as error:
        raise UnknownMoment(
            f"{printable(text)!r} is no time: expected one such as 2026-11-23, 2026-11-23T18:00, "
            f"2026-11-23T18:00+01:00, 'yesterday 18:00' or '2 hours ago' ({error})"
        ) from error


def fit_name(name: str) -> str:
    """Return a snapshot's name as it is kept: one line, not to be taken for another moment.

    >>> fit_name(" before the move ")
    'before the move'
    >>> fit_name("2026-11-23")
    Traceback (most recent call last):
        ...
    mailwidgets.errors.InvalidValue: '2026-11-23' reads as a time or as the id of a commit: ...

    Raises:
        InvalidValue: if it is empty, too long, or reads as a time or as a commit's id.
    """
    fit = rules.text(name)
    if not fit or len(fit) > _LONGEST_NAME:
        raise InvalidValue(
            f"A snapshot's name has 1 to {_LONGEST_NAME} characters, not {len(fit)}."
        )
    try:
        taken = fit.lower() == NOW or parse_time(fit, datetime.now().astimezone()) is not None
    except UnknownMoment:
        taken = True
    if taken or _ID.match(fit):
        raise InvalidValue(
            f"{fit!r} reads as a time or as the id of a commit: a snapshot needs a name that "
            "does not."
        )
    return fit


def snapshots(
    store: Store, places: Sequence[Place], *, passed_over: list[StoreError] | None = None
) -> list[Commit]:
    """Return the commits that name a moment, the newest first; see ``histories``.

    >>> _ = servers.snapshot("as it was")
    >>> [one.snapshot for one in snapshots(servers.store, everywhere(servers.store))]
    ['as it was']

    Raises:
        StoreError: if the history cannot be read.
    """
    found = histories(store, places, passed_over=passed_over)
    return [commit for commit in found if commit.snapshot]


def parse_moment(text: str | datetime, store: Store, places: Sequence[Place]) -> Moment:
    """Return the moment that a person names.

    >>> made = servers.snapshot("as it was")
    >>> parse_moment("as it was", servers.store, made.places).at == made.at
    True

    Args:
        text: ``now``, a time, the beginning of a commit's id, or a snapshot's name; of a
            ``datetime`` without an offset it is meant here.
        store: whose past it is.
        places: where its snapshots are, and where its commit is looked for first.

    Raises:
        UnknownMoment: if there is none of that name, or several.
        StoreError: if the history cannot be read.
    """
    if isinstance(text, datetime):
        return Moment(text.astimezone(), text.isoformat(sep=" "))
    word = text.strip()
    if word.lower() == NOW:
        return Moment(None, NOW)
    at = parse_time(word, datetime.now().astimezone())
    if at is not None:
        return Moment(at, word)
    if _ID.match(word):
        commit = find_commit(word, store, places)
        return Moment(commit.at, commit.short)
    unread: list[StoreError] = []
    known = snapshots(store, places, passed_over=unread)
    found = [commit for commit in known if commit.snapshot == word]
    if len(found) == 1:
        return Moment(found[0].at, word)
    if found:
        raise UnknownMoment(
            f"there are {len(found)} snapshots called {printable(word)!r}: name one by its "
            f"commit, {', '.join(commit.short for commit in found[:_LISTED])}"
        )
    names = ", ".join(dict.fromkeys(commit.snapshot for commit in known[:_LISTED]))
    raise UnknownMoment(
        f"no moment is called {printable(word)!r}: expected now, a time such as 2026-11-23T18:00 "
        "or '2 hours ago', a commit's id, or a snapshot's name "
        f"({printable(names) or 'there is none yet'}){_missed(unread)}"
    )


def find_commit(prefix: str, store: Store, places: Sequence[Place]) -> Commit:
    """Return the commit whose id begins as given, as much of it as this person may see.

    >>> made = servers.commit([servers.change("smtp.port", 465)])
    >>> find_commit(made.id[:8], servers.store, made.places) == made
    True

    Args:
        prefix: at least 4 hexadecimal digits.
        store: whose history is searched.
        places: where it is looked for first; then everywhere that can be read.

    Raises:
        UnknownMoment: if there is none, or several.
        StoreError: if the history cannot be read.
    """
    wanted = prefix.strip().lower()
    if not _ID.match(wanted):
        raise UnknownMoment(
            f"{printable(prefix)!r} is no commit's id: expected its first 4 to 32 hexadecimal "
            "digits, as mailwidgets history shows them. undo --to goes back to a time or a snapshot"
        )
    unread: list[StoreError] = []
    found = _beginning(wanted, store, places, unread)
    if not found or found[0].spread > len(found[0].places):
        found = _beginning(wanted, store, everywhere(store), unread)
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(printable(commit.id) for commit in found[:_LISTED])
        raise UnknownMoment(f"{len(found)} commits begin with {wanted}: {listed}. Give more digits")
    raise UnknownMoment(f"no commit begins with {wanted}{_missed(unread)}")


def _missed(unread: Sequence[StoreError]) -> str:
    return "".join(f". Not searched: {error}" for error in dict.fromkeys(map(str, unread)))


def _beginning(
    wanted: str, store: Store, places: Sequence[Place], unread: list[StoreError]
) -> list[Commit]:
    found = []
    for commit in histories(store, places, passed_over=unread):
        if commit.id.startswith(wanted):
            found.append(commit)
            if len(wanted) == _WHOLE_ID:
                break
    return found
