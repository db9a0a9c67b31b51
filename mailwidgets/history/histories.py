"""The histories of many places as one, the newest commit first, read no further than asked for."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from mailwidgets.errors import DamagedDocument, ReadOnlyStore, StoreError
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Commit, joined
from mailwidgets.store.protocol import Store

_Order = tuple[datetime, str]


def everywhere(store: Store) -> list[Place]:
    """Return all places of all levels that hold a document.

    >>> [str(place) for place in everywhere(servers.store)]
    ['company', 'user ana', 'workstation practice']

    Raises:
        StoreError: if the store cannot be read.
    """
    return [place for level in Level for place in store.places(level)]


def histories(
    store: Store, places: Sequence[Place], *, passed_over: list[StoreError] | None = None
) -> Iterator[Commit]:
    """Return the commits that touched some places, the newest first.

    >>> _ = servers.snapshot("as it was")
    >>> [commit.snapshot for commit in histories(servers.store, everywhere(servers.store))]
    ['as it was', '']

    Args:
        store: where they are kept.
        places: any number of them.
        passed_over: is given the errors of places that are damaged, or that this person may not
            read, while the others go on; without it the first such place ends the reading.

    Raises:
        StoreError: if the history cannot be read.
    """
    return store.history(places) if passed_over is None else _chain(store, places, passed_over)


def order(commit: Commit) -> _Order:
    """Return what sorts commits by time; two of one instant by their ids.

    >>> commits = list(servers.history())
    >>> commits == sorted(commits, key=order, reverse=True)
    True
    """
    return (commit.at, commit.id)


def _chain(
    store: Store,
    places: Sequence[Place],
    passed_over: list[StoreError],
    before: _Order | None = None,
) -> Iterator[Commit]:
    """Yield commits, those before a moment; where a place fails, halve until it is found."""
    try:
        for commit in store.history(places):
            if before is None or order(commit) < before:
                yield commit
                before = order(commit)
    except (DamagedDocument, ReadOnlyStore) as error:  # a lost connection concerns them all
        if len(places) == 1:
            passed_over.append(error)
            return
    else:
        return
    half = len(places) // 2
    chains = [_chain(store, part, passed_over, before) for part in (places[:half], places[half:])]
    for _, found in itertools.groupby(heapq.merge(*chains, key=order, reverse=True), key=order):
        commit = joined(found)
        edits = {edit.slot: edit for edit in commit.edits}
        outside = dict.fromkeys(commit.outside)
        yield replace(commit, edits=tuple(edits.values()), outside=tuple(outside))
