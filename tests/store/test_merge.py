"""The one rule of all stores, by itself: what merges, what clashes, what is written."""

from __future__ import annotations

from typing import Any

import pytest
from edits import ANA, COMPANY, USER, change, everywhere
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import Conflict, StoreError
from mailwidgets.settings.documents import ANY, UNSET, Change
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Note
from mailwidgets.store.merge import merge, places_of
from mailwidgets.store.written import FORMAT, Written

PLACE = ANA.place(USER)


def written(place: Place = PLACE, **content: Any) -> Written:  # noqa: ANN401 - any JSON
    return Written(place, "f", content)


def held(value: object) -> Written:
    return written(id="ana", settings={"pop3": {} if value is None else {"port": value}})


def test_every_place_is_asked_for_once() -> None:
    note = Note(public_keys={PLACE: "k", Place(COMPANY): "k"})

    assert places_of([*everywhere(1), *everywhere(2)], note, [PLACE]) == [
        Place(COMPANY), PLACE, ANA.place(Level.WORKSTATION)
    ]  # fmt: skip
    assert places_of([], Note(), []) == []


@given(*[st.sampled_from([None, 1, 2, 3])] * 3)
def test_a_change_clashes_unless_what_is_stored_is_its_base_or_its_value(
    stored: int | None, base: int | None, value: int | None
) -> None:
    one = change(USER, "pop3.port", value, base=UNSET if base is None else base)

    try:
        merged = merge({PLACE: held(stored)}, [one], Note(id="aa"))
    except Conflict as conflict:
        (clash,) = conflict.clashes
        assert stored not in (base, value)
        assert clash[2:] == tuple(
            "" if side is None else str(side) for side in (base, stored, value)
        )
        return
    assert stored in (base, value)
    if merged is None:
        assert stored == value
        return
    port = merged.contents[PLACE]["settings"].get("pop3", {}).get("port")
    assert port == value != stored
    assert [(one.before, one.after) for one in merged.commit.edits] == [(stored, value)]


@given(st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2]))
def test_a_change_of_anything_never_clashes(stored: int | None, value: int | None) -> None:
    merged = merge({PLACE: held(stored)}, [change(USER, "pop3.port", value, base=ANY)], Note())

    assert (merged is None) == (stored == value)


def test_nothing_that_was_handed_in_is_changed() -> None:
    content = {"id": "ana", "settings": {"pop3": {"port": 1, "later": {}}}, "x": [1]}
    before = {"id": "ana", "settings": {"pop3": {"port": 1, "later": {}}}, "x": [1]}

    merge({PLACE: written(**content)}, [change(USER, "pop3.port", None)], Note())

    assert content == before


def test_a_clash_in_one_place_stops_all() -> None:
    documents = {one.place: written(one.place, id=one.place.id) for one in everywhere(1)}

    with pytest.raises(Conflict) as caught:
        merge(documents, [*everywhere(1), change(USER, "pop3.port", 1, base=5)], Note())

    assert [clash.name for clash in caught.value.clashes] == ["pop3.port"]


def test_a_public_key_alone_makes_a_commit_without_edits() -> None:
    note = Note(id="aa", public_keys={PLACE: "x25519:A"})

    merged = merge({PLACE: held(1)}, [], note)
    assert merged
    assert merged.contents[PLACE]["public_key"] == "x25519:A"
    assert merged.commit.edits == ()
    assert merge({PLACE: Written(PLACE, "f", merged.contents[PLACE])}, [], note) is None


def test_a_secret_is_never_in_a_commit() -> None:
    one = change(USER, "pop3.password", Sealed("v1:00000000:AAAA"))
    stored = written(id="ana", settings={"pop3": {"password": "typed in the clear"}})

    merged = merge({PLACE: stored}, [one], Note())

    assert merged
    assert [(edit.before, edit.after) for edit in merged.commit.edits] == [("set", "set")]
    assert "typed" not in repr(merged.commit)
    assert "AAAA" not in repr(merged.commit)


def test_a_newer_format_is_refused_only_where_it_would_be_written() -> None:
    newer = {"format": FORMAT + 1, "id": "ana", "settings": {}}
    documents = {PLACE: written(**newer), Place(COMPANY): written(Place(COMPANY))}

    assert merge(documents, [change(COMPANY, "pop3.port", 1)], Note())
    with pytest.raises(StoreError, match="update first"):
        merge(documents, [change(USER, "pop3.port", 1)], Note())
    with pytest.raises(StoreError, match="update first"):
        merge(documents, [], Note(), touch=[PLACE])


def test_a_setting_and_its_lock_do_not_meet() -> None:
    place = Place(COMPANY)
    both = [
        Change(place, ("pop3", "port"), 995, UNSET),
        Change(place, ("pop3", "port"), "policy", UNSET, lock=True),
    ]

    merged = merge({place: written(place)}, both, Note(id="aa"))

    assert merged
    assert merged.contents[place] == {
        "format": FORMAT,
        "commit": "aa",
        "settings": {"pop3": {"port": 995}},
        "locks": {"pop3": {"port": "policy"}},
    }
