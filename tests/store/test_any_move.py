"""Everything that one store keeps, taken over by another: from each kind to each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from backends import Backend
from edits import ANA, BOB, COMPANY, USER, change, everywhere

from mailwidgets.errors import StoreError
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Moved, Note
from mailwidgets.store.protocol import Store

Open = Callable[[Backend], Store]
LONG = Identity("é" * 300, "WS/1")
UNKNOWN = {"extra": [1, {"a": None, "é": "😀"}], "settings": {"later": {"x": 1.5}}}


@pytest.fixture
def here(store: Store, backend: Backend) -> Store:
    """Return a store with history, unknown keys, locks, secrets, an edit past the store."""
    backend.put_raw(BOB.place(USER), {"id": "bob", **UNKNOWN})
    store.commit(everywhere(1), Note("ana", "first", id="a1" * 16))
    store.commit([change(COMPANY, "imap.port", "policy", lock=True)], Note("root", id="b2" * 16))
    store.commit([change(USER, "pop3.password", Sealed("v1:00000000:AAAA"))])
    store.commit([change(USER, "pop3.port", 1, who=BOB)], Note("bob", public_keys={}))
    store.commit(everywhere(2, LONG), Note("é", snapshot="s"), touch=[ANA.place(USER)])
    content = backend.raw(ANA.place(USER)) or {}
    backend.put_raw(ANA.place(USER), {**content, "by hand": True})
    store.commit([change(USER, "pop3.port", 2)], Note("ana", undoes="b2" * 16))
    return store


def all_places(store: Store) -> list[Place]:
    return [place for level in Level for place in store.places(level)]


def kept(store: Store, backend: Backend) -> dict[Place, Any]:
    """Return all that a store keeps, by place."""
    return {
        place: (backend.raw(place), list(store.history([place]))) for place in all_places(store)
    }


def test_what_is_kept_of_a_place_is_its_document_and_history(here: Store, backend: Backend) -> None:
    for place in all_places(here):
        moved = here.moved(place)
        assert moved.place == place
        assert dict(moved.content) == backend.raw(place)
        assert list(moved.commits) == list(here.history([place]))
        assert all(edit.place == place for one in moved.commits for edit in one.edits)
    empty = here.moved(Place(USER, "nobody"))
    assert (dict(empty.content), empty.commits) == ({}, ())


def test_another_store_takes_over_everything(
    here: Store, backend: Backend, elsewhere: Backend, opening: Open
) -> None:
    there = opening(elsewhere)
    there.adopt([here.moved(place) for place in all_places(here)])

    assert kept(there, elsewhere) == kept(here, backend)
    places = all_places(here)
    assert list(there.history(places)) == list(here.history(places))
    for who in (ANA, BOB, LONG):
        assert there.read(who) == here.read(who)


def test_history_goes_on_where_it_was_taken_over(
    here: Store, elsewhere: Backend, opening: Open
) -> None:
    there = opening(elsewhere)
    there.adopt([here.moved(place) for place in all_places(here)])
    before = [one.id for one in here.history([ANA.place(USER)])]

    made = there.commit([change(USER, "pop3.port", 3, base=2)])

    newest, *rest = there.history([ANA.place(USER)])
    assert made
    assert (newest.id, newest.outside) == (made.id, ())
    assert newest.at > rest[0].at
    assert [one.id for one in rest] == before
    assert newest.edits[0].before == 2


def test_taking_over_again_changes_nothing(here: Store, elsewhere: Backend, opening: Open) -> None:
    there = opening(elsewhere)
    everything = [here.moved(place) for place in all_places(here)]
    there.adopt(everything[:2])
    versions = there.version(ANA)

    there.adopt(everything[:2])
    assert there.version(ANA) == versions
    there.adopt(everything)
    there.adopt([])

    assert [there.moved(place).commits for place in all_places(here)] == [
        one.commits for one in everything
    ]


def test_a_place_that_holds_something_else_is_never_overwritten(
    here: Store, elsewhere: Backend, opening: Open
) -> None:
    there = opening(elsewhere)
    there.commit([change(USER, "pop3.port", 77)])
    before = kept(there, elsewhere)

    with pytest.raises(StoreError, match="ana"):
        there.adopt([here.moved(place) for place in all_places(here)])

    assert kept(there, elsewhere) == before


def test_a_document_without_history_is_taken_over_too(
    backend: Backend, elsewhere: Backend, opening: Open
) -> None:
    old = {"format": 1, "id": "bob", **UNKNOWN}
    backend.put_raw(BOB.place(USER), old)

    there = opening(elsewhere)
    there.adopt([opening(backend).moved(BOB.place(USER))])

    assert elsewhere.raw(BOB.place(USER)) == old
    assert list(there.history([BOB.place(USER)])) == []


def test_what_is_not_known_is_read_as_it_is_written(store: Store, backend: Backend) -> None:
    company = Place(COMPANY)
    known: dict[str, Any] = {"pop3": {"port": 1}}
    beside = {"pop3": {"new": {"a": 1}}, "later": {"x": 1.5}, "odd": 5}
    backend.put_raw(BOB.place(USER), {"id": "bob", "settings": known, "locks": 7})
    backend.put_raw(company, {"format": 2, "settings": beside, "locks": {"later": {"x": "why"}}})

    (bob,) = store.read_all(USER)
    (found,) = store.read_all(COMPANY)

    assert (dict(bob.values), bob.unknown) == ({("pop3", "port"): 1}, {})
    assert found.unknown == {"settings": beside, "locks": {"later": {"x": "why"}}}
    assert "later" not in repr(found)


def test_a_moved_place_shows_no_secret_in_its_repr(here: Store) -> None:
    moved = here.moved(ANA.place(USER))

    assert isinstance(moved, Moved)
    assert "AAAA" not in repr(moved)
