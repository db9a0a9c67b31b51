"""The history as a list shows it, read from the store no further than is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mailwidgets.errors import StoreError
from mailwidgets.history.histories import everywhere
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.location import folder_of
from mailwidgets.overview.history_rows import (
    ChangeRow,
    CommitRow,
    change_rows,
    commit_words,
    places_told,
    taken_back,
    title_of,
)
from mailwidgets.overview.history_sieve import Sieve
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Commit, Edit

PAGE: Final = 20  # commits that are shown at once
# Every place has a history of its own to look into: 0.1 ms each in a folder.
FEW: Final = 1000  # places that are looked into unless somebody asks for more
_ASKED: Final = 20  # places of a commit whose rights are looked at
_BEYOND: Final = 1000  # commits after the last one shown among which an open one is looked for
_NAMES: Final = 10_000  # users whose names can be offered


@dataclass(frozen=True, slots=True)
class Page:
    """What a list of commits shows.

    Attributes:
        rows: the commits, the newest first.
        more: whether there are older ones.
        mine: whether only the places of the acting identity were read.
        many: how many places the store has where that is why; else 0.
        troubles: why some places, or what is older there, could not be read.
        limited: whether there may be places that this person does not see.
        may_return: the levels at which this person may go back to a moment.
        people: users and workstations of the store; empty where they were not read.
    """

    rows: tuple[CommitRow, ...]
    more: bool
    mine: bool
    many: int = 0
    troubles: tuple[str, ...] = ()
    limited: bool = False
    may_return: tuple[Level, ...] = ()
    people: tuple[str, ...] = ()

    def commit(self, id_: str) -> Commit | None:
        """Return a commit that is shown."""
        return next((row.commit for row in self.rows if row.commit.id == id_), None)


class Outdated(Exception):
    """Nobody waits for what is being read any more."""


def read_page(
    servers: Servers,
    sieve: Sieve,
    count: int = PAGE,
    *,
    until: str = "",
    outdated: Callable[[], bool] = bool,
) -> Page:
    """Return the newest commits that are asked for.

    Args:
        servers: whose store, for which identity.
        sieve: which commits.
        count: how many.
        until: the id of a commit that is to be among them, even where that makes them more.
        outdated: asked now and then whether to give up.

    Raises:
        StoreError: if the history cannot be read.
        Outdated: if it was to be given up.
    """
    own = [servers.identity.place(level) for level in Level]
    seen: list[Place] = []
    mine = bool(sieve.mine)
    if not mine:
        seen = everywhere(servers.store)
        mine = sieve.mine is None and len(seen) > FEW
    passed_over: list[StoreError] = []
    places = own if mine else list(dict.fromkeys([*own, *seen]))
    commits = servers.history(places, passed_over=passed_over)
    chosen, more = _chosen(_live(commits, outdated), sieve, count, until)
    refusals = {place: servers.store.refusal(place) for place in own}
    return Page(
        rows=_rows(chosen, _Rights(servers, refusals)),
        more=more,
        mine=mine,
        many=len(seen) if mine else 0,
        troubles=tuple(dict.fromkeys(map(str, passed_over))),
        limited=bool(refusals[own[0]]),
        may_return=tuple(place.level for place, why in refusals.items() if not why),
        people=tuple(place.id for place in seen[:_NAMES] if place.id),
    )


@dataclass(frozen=True, slots=True)
class ByHand:
    """What somebody edited in the documents of an identity, and no commit tells of yet.

    Attributes:
        changes: which settings.
        version: the store's token for what was looked at; empty before that.
    """

    changes: tuple[ChangeRow, ...] = ()
    version: str = ""


def by_hand(servers: Servers, seen: str = "") -> ByHand | None:
    """Return what was edited by hand; ``None`` where the store's version was seen before.

    Only a folder has documents to be edited. Their whole histories are read for it.

    Raises:
        StoreError: if they cannot be read.
    """
    if folder_of(servers.store) is None:
        return None
    version = servers.store.version(servers.identity)
    if version == seen:
        return None
    found = servers.diff(datetime.now(UTC), passed_over=[])
    return ByHand(change_rows(one.edit for one in found if one.commit is None), version)


class _Rights:
    """Who may write which place, each asked once."""

    def __init__(self, servers: Servers, known: dict[Place, str]) -> None:
        self._store = servers.store
        self._known = dict(known)

    def any(self, places: Iterable[Place]) -> bool:
        """Return whether this person may write one of some places, as far as they are asked."""
        for place in list(places)[:_ASKED]:
            if place not in self._known:
                self._known[place] = self._store.refusal(place)
            if not self._known[place]:
                return True
        return False


def _live(commits: Iterable[Commit], outdated: Callable[[], bool]) -> Iterable[Commit]:
    for commit in commits:
        if outdated():
            raise Outdated
        yield commit


def _chosen(
    commits: Iterable[Commit], sieve: Sieve, count: int, until: str
) -> tuple[list[tuple[Commit, list[Edit]]], bool]:
    """Return commits with the edits that are asked for, and whether there are more of them."""
    found: list[tuple[Commit, list[Edit]]] = []
    beyond: list[tuple[Commit, list[Edit]]] = []
    met, more = not until, False
    for commit in commits:
        asked = sieve.passed(commit)
        if asked is None:
            continue
        if len(found) >= count and (met or len(beyond) >= _BEYOND):
            more = True
            break
        (found if len(found) < count else beyond).append((commit, list(asked)))
        met = met or commit.id == until
    if met:
        return found + beyond, more
    return found, more or bool(beyond)


def _rows(chosen: list[tuple[Commit, list[Edit]]], rights: _Rights) -> tuple[CommitRow, ...]:
    known = {commit.id: commit for commit, _edits in chosen}
    gone = taken_back(known.values())
    return tuple(_row(commit, asked, known, gone, rights) for commit, asked in chosen)


def _row(
    commit: Commit,
    asked: list[Edit],
    known: dict[str, Commit],
    gone: dict[str, Commit],
    rights: _Rights,
) -> CommitRow:
    first = change_rows(asked)
    slots = {edit.slot for edit in asked}
    changes = first + change_rows(edit for edit in commit.edits if edit.slot not in slots)
    takes_back = ""
    if commit.undoes:
        earlier = known.get(commit.undoes)
        takes_back = commit_words(earlier) if earlier else commit.undoes[:12]
    return CommitRow(
        commit=commit,
        title=title_of(commit, changes),
        whose=places_told(commit.places),
        changes=changes,
        asked=len(first),
        taken_back=gone.get(commit.id),
        takes_back=takes_back,
        outside=", ".join(one.told for one in places_told(commit.outside)),
        may_undo=bool(commit.edits) and rights.any(commit.places),
    )


def many_told(page: Page) -> str:
    """Return why only the places of the acting identity were read; empty where that was asked."""
    if not page.many:
        return ""
    return _(
        "This store holds {count} users and workstations: only what concerns you is shown. "
        "Untick “Only what concerns me” to look into everyone's history."
    ).format(count=number(page.many))
