"""A commit's record: what one place keeps of it, and what becomes of it again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from edits import ANA, BOB, COMPANY, JSON, USER
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.settings.levels import Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import Commit, Edit, Note, joined, read_record

PLACES = (Place(COMPANY), ANA.place(USER), BOB.place(USER))
AT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
VALUES = JSON.map(lambda value: json.loads(json.dumps(value)))
EDITS = st.builds(
    Edit,
    st.sampled_from(PLACES),
    st.sampled_from(sorted(SETTINGS)) | st.tuples(st.just("later"), st.text()),
    VALUES,
    VALUES,
    st.booleans(),
)
COMMITS = st.builds(
    Commit,
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - asked for so
    st.text(),
    st.text(),
    st.lists(EDITS, max_size=5).map(tuple),
    st.just(PLACES),
    st.text(),
    st.text("0123456789abcdef", max_size=32),
    st.sets(st.sampled_from(PLACES)).map(
        lambda some: tuple(place for place in PLACES if place in some)
    ),
)


@given(COMMITS)
def test_the_records_of_all_places_make_the_commit_again(commit: Commit) -> None:
    records = {place: json.loads(json.dumps(commit.seen_from(place).record())) for place in PLACES}

    again = joined(read_record(record, place) for place, record in records.items())

    by_place = sorted(commit.edits, key=lambda edit: PLACES.index(edit.place))
    assert again == Commit(**{name: getattr(commit, name) for name in Commit.__slots__} | {
        "edits": tuple(by_place)
    })  # fmt: skip


def test_a_record_of_one_place_is_short() -> None:
    edit = Edit(ANA.place(USER), ("pop3", "port"), None, 995)

    assert Commit("a1", AT, "ana", edits=(edit,), places=(ANA.place(USER),)).record() == {
        "commit": "a1",
        "at": "2026-11-23T18:00:00+00:00",
        "by": "ana",
        "edits": [{"setting": "pop3.port", "before": None, "after": 995}],
    }


GOOD: dict[str, Any] = {"commit": "a1", "at": AT.isoformat(), "by": "ana", "edits": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "soon"},
        {"at": "2026-11-23T18:00:00"},
        {"at": 5},
        {"at": "9999-12-31T23:59:59.999999+00:00"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"edits": 5},
        {"edits": [5]},
        {"edits": [{"setting": "pop3.port"}]},
        {"edits": [{"setting": 5, "before": 1, "after": 2}]},
        {"places": [["nowhere", "x"]]},
        {"places": [["user", "x", "y"]]},
        {"places": [["user", ""]]},
        {"places": "x"},
    ],
)
def test_a_record_that_is_not_what_was_written_is_refused_in_one_of_three_ways(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_record(GOOD | wrong, ANA.place(USER))


@given(st.dictionaries(st.sampled_from(["commit", "at", "by", "edits", "places", "why"]), JSON))
def test_whatever_a_record_holds_reading_it_raises_nothing_else(record: dict[str, Any]) -> None:
    try:
        read_record(GOOD | record, ANA.place(USER))
    except (KeyError, TypeError, ValueError):
        return


def test_a_time_of_another_zone_is_the_same_moment() -> None:
    there = AT.astimezone(timezone(timedelta(hours=5)))

    read = read_record(GOOD | {"at": there.isoformat()}, ANA.place(USER)).at
    assert (read, read.utcoffset()) == (AT, timedelta(0))


def test_every_note_has_an_id_of_its_own() -> None:
    ids = {Note().id for _ in range(100)}

    assert len(ids) == 100
    assert {len(one) for one in ids} == {32}


def test_a_commit_comes_after_the_one_before_whatever_the_clock_says() -> None:
    later = datetime.now(UTC) + timedelta(days=400)

    assert Note().commit([], PLACES, since=later).at > later
    assert Note().commit([], PLACES, since=AT - timedelta(days=400)).at >= AT - timedelta(days=400)
    assert Note().commit([], PLACES).at.tzinfo is UTC


def test_an_edit_shows_values_as_people_read_them() -> None:
    def shown(name: str, value: object, *, lock: bool = False) -> str:
        section, _, key = name.partition(".")
        edit = Edit(PLACES[0], (section, key), None, value, lock)
        return edit.shown(edit.after)

    assert shown("pop3.port", 995) == "995"
    assert shown("pop3.port", None) == ""
    assert shown("pop3.port", ["refused"]) == "['refused']"
    assert shown("pop3.port", "policy", lock=True) == "policy"
    assert shown("pop3.password", "set") == "set"
    assert shown("later.thing", {"x": 1}) == "{'x': 1}"
    assert Edit(PLACES[0], ("pop3", "port"), None, "x", lock=True).name == "lock of pop3.port"


def test_a_commit_of_many_places_says_in_each_of_them_only_how_many_there_are() -> None:
    places = tuple(Place(USER, f"u{number}") for number in range(30))
    edits = tuple(Edit(place, ("pop3", "port"), None, 995) for place in places)
    commit = Commit("a1", AT, "ana", edits=edits, places=places)

    records = {place: part.record() for place, part in commit.parts().items()}
    read = [read_record(record, place) for place, record in records.items()]

    assert {record["places"] for record in records.values()} == {30}
    assert read[3].places == (places[3],)
    assert {one.spread for one in read} == {30}
    assert read[3].record() == records[places[3]]
    whole = joined(read)
    assert (whole.places, whole.edits) == (places, edits)


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("ana_role", "ana (as ana_role)  new port"),
        ("ana", "ana  new port"),
        (None, "ana  new port"),
    ],
)
def test_a_commit_tells_as_whom_the_database_knew_its_writer(role: str | None, told: str) -> None:
    commit = Commit("a1", AT, "ana", "new port", places=PLACES, role=role)

    assert str(commit).endswith(f"  {told}")
