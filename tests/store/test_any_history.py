"""What every store remembers of a commit, whatever it is made of."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from backends import Backend
from edits import ANA, BOB, COMPANY, USER, WORKSTATION, change, everywhere

from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Commit, Note
from mailwidgets.store.protocol import Store

Another = Callable[[], Store]
OWN = [ANA.place(level) for level in Level]
PLACE = ANA.place(USER)


def edits(commit: Commit) -> list[tuple[str, str, object, object]]:
    """Return what a commit says of its edits: place, name, before, after."""
    return sorted((str(one.place), one.name, one.before, one.after) for one in commit.edits)


def test_a_commit_tells_who_when_why_and_what(store: Store, another: Another) -> None:
    store.commit([change(USER, "pop3.port", 110)])
    before = datetime.now(UTC)
    made = store.commit(
        [
            change(USER, "pop3.port", 995),
            change(USER, "imap.outbox", "Gesendet ü"),
            change(COMPANY, "imap.port", "policy", lock=True),
            change(COMPANY, "trust.allowed_hosts", ("a.example", "b.example")),
        ],
        Note("bob", "moved to TLS — é", snapshot="summer", undoes="ab" * 16, id="cd" * 16),
    )
    after = datetime.now(UTC)

    told, _ = another().history(OWN)
    assert made
    assert before <= told.at <= after
    assert told.at.utcoffset() == timedelta(0)
    assert (told.by, told.why, told.snapshot) == ("bob", "moved to TLS — é", "summer")
    assert (told.undoes, told.id, told.outside) == ("ab" * 16, "cd" * 16, ())
    assert {*told.places} == {Place(COMPANY), PLACE}
    assert edits(told) == [
        ("company", "lock of imap.port", None, "policy"),
        ("company", "trust.allowed_hosts", None, ["a.example", "b.example"]),
        ("user ana", "imap.outbox", None, "Gesendet ü"),
        ("user ana", "pop3.port", 110, 995),
    ]
    assert (made.id, made.at, made.by, edits(made)) == (told.id, told.at, told.by, edits(told))


def test_history_is_told_newest_first(store: Store, another: Another) -> None:
    made = [
        (store if number % 2 else another()).commit([change(USER, "pop3.timeout", number)])
        for number in range(1, 8)
    ]

    told = list(store.history([PLACE]))
    assert [one.id for one in told] == [one.id for one in reversed(made) if one]
    assert [one.at for one in told] == sorted((one.at for one in told), reverse=True)
    assert [one.edits[0].before for one in told] == [6, 5, 4, 3, 2, 1, None]


def test_the_history_of_a_place_shows_that_place_alone(store: Store) -> None:
    store.commit(everywhere(1))
    store.commit([change(USER, "pop3.port", 1, who=BOB), change(COMPANY, "pop3.port", 2)])
    store.commit([change(WORKSTATION, "smtp.name", "m.example")])

    assert [edits(one) for one in store.history([PLACE])] == [
        [("user ana", "pop3.timeout", None, 1)]
    ]
    of_company = list(store.history([Place(COMPANY)]))
    assert [edits(one) for one in of_company] == [
        [("company", "pop3.port", None, 2)],
        [("company", "pop3.timeout", None, 1)],
    ]
    assert {*of_company[0].places} == {Place(COMPANY), BOB.place(USER)}


def test_a_commit_in_several_places_is_told_once_with_all_of_them(store: Store) -> None:
    made = store.commit(everywhere(1))

    (told,) = store.history(OWN)
    assert made
    assert told.id == made.id
    assert {*told.places} == {*OWN}
    assert len(told.edits) == 3
    assert list(store.history([])) == []


def test_a_place_asked_for_twice_is_told_once(store: Store) -> None:
    store.commit([change(USER, "pop3.port", 1)])

    (told,) = store.history([PLACE, PLACE])
    assert len(told.edits) == 1


def test_of_a_secret_history_says_only_that_it_was_set(store: Store) -> None:
    for text in ("AAAA", "BBBB"):
        store.commit([change(USER, "pop3.password", Sealed(f"v1:00000000:{text}"))])
    store.commit([change(USER, "pop3.password", None)])

    told = list(store.history([PLACE]))
    assert [(one.edits[0].before, one.edits[0].after) for one in told] == [
        ("set", None),
        ("set", "set"),
        (None, "set"),
    ]
    assert not any(text in repr(told) for text in ("AAAA", "BBBB", "v1:"))


def test_a_secret_typed_into_a_document_never_reaches_history(
    store: Store, backend: Backend
) -> None:
    typed = {"id": "ana", "settings": {"pop3": {"password": "hunter2"}}}
    backend.put_raw(PLACE, typed)
    made = store.commit([change(USER, "pop3.password", Sealed("v1:00000000:AAAA"))])

    (told,) = store.history([PLACE])
    assert (told.edits[0].before, told.edits[0].after) == ("set", "set")
    assert "hunter2" not in repr((made, told))


def test_a_refused_value_is_told_as_it_stood(store: Store, backend: Backend) -> None:
    backend.put_raw(PLACE, {"id": "ana", "settings": {"pop3": {"port": ["abc", {"x": None}]}}})
    store.commit([change(USER, "pop3.port", 995)])

    (told,) = store.history([PLACE])
    assert edits(told) == [("user ana", "pop3.port", ["abc", {"x": None}], 995)]


def test_a_snapshot_is_a_commit_that_touches_without_changing(store: Store) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    before = store.version(ANA)
    made = store.commit([], Note("ana", "before the move", snapshot="v1"), touch=OWN)

    told, _ = store.history(OWN)
    assert made
    assert (told.id, told.snapshot, told.why) == (made.id, "v1", "before the move")
    assert told.edits == ()
    assert {*told.places} == {*OWN}
    assert {store.read(ANA).at(level).commit for level in Level} == {made.id}
    assert store.version(ANA) != before
    assert store.places(USER) == (PLACE,)
    assert len(list(store.history([Place(COMPANY)]))) == 1


def test_touching_beside_a_change_writes_both_places(store: Store) -> None:
    made = store.commit([change(USER, "pop3.port", 995)], touch=[Place(COMPANY)])

    assert made
    assert {*made.places} == {PLACE, Place(COMPANY)}
    assert store.read(ANA).company.commit == made.id


def test_a_clock_that_goes_back_does_not_turn_history_round(
    store: Store, another: Another, turn_clock: Callable[[timedelta], None]
) -> None:
    store.commit(everywhere(1))
    for number, hours in enumerate((-1, -1000, 2, -5, -5, 1), 2):
        turn_clock(timedelta(hours=hours))
        another().commit(everywhere(number))

    for places in ([PLACE], [Place(COMPANY)], OWN):
        told = list(store.history(places))
        assert [{edit.after for edit in one.edits} & {*range(9)} for one in told] == [
            {number} for number in range(7, 0, -1)
        ]
        assert all(newer.at > older.at for newer, older in itertools.pairwise(told))


def test_history_survives_many_commits(store: Store, another: Another) -> None:
    count = 300
    for number in range(1, count + 1):
        store.commit([change(USER, "pop3.timeout", number)], Note("ana", f"no. {number}"))

    told = list(another().history([PLACE]))
    assert [one.why for one in told] == [f"no. {number}" for number in range(count, 0, -1)]
    first = next(iter(store.history([PLACE])))
    assert first.why == f"no. {count}"


def test_a_long_text_and_odd_characters_survive_in_history(store: Store) -> None:
    why = 'Zeile 1\nZeile 2\t"\\\u2028 😀 ' + "x" * 20_000
    store.commit([change(USER, "pop3.user", "a\\u0000é😀")], Note("Zoë <é>", why))

    (told,) = store.history([PLACE])
    assert (told.why, told.by, told.edits[0].after) == (why, "Zoë <é>", "a\\u0000é😀")


def test_an_edit_past_the_store_is_noticed_by_the_next_commit(
    store: Store, backend: Backend
) -> None:
    """A file is compared with what the last commit wrote; so is a row's content."""
    store.commit(everywhere(1))
    content = backend.raw(PLACE)
    assert content
    content["settings"]["pop3"]["timeout"] = 77
    backend.put_raw(PLACE, content)

    store.commit(everywhere(2))
    store.commit(everywhere(3))

    newest, noticed, first = store.history(OWN)
    assert (newest.outside, noticed.outside, first.outside) == ((), (PLACE,), ())
    assert ("user ana", "pop3.timeout", 77, 2) in edits(noticed)
    assert [one.outside for one in store.history([Place(COMPANY)])] == [(), (), ()]


def test_a_document_that_was_there_before_any_commit_has_no_history(
    store: Store, backend: Backend
) -> None:
    backend.put_raw(PLACE, {"format": 1, "id": "ana", "settings": {"pop3": {"port": 1}}})
    assert list(store.history([PLACE])) == []

    store.commit([change(USER, "pop3.port", 2)])

    (told,) = store.history([PLACE])
    assert (edits(told), told.outside) == ([("user ana", "pop3.port", 1, 2)], ())


@pytest.mark.parametrize("level", list(Level))
def test_a_refused_commit_leaves_no_history(store: Store, level: Level) -> None:
    store.commit(everywhere(1))
    before = [one.id for one in store.history(OWN)]
    wrong = change(level, "pop3.name" if level is WORKSTATION else "pop3.timeout", None, base=5)
    if level is WORKSTATION:
        wrong = change(level, "pop3.name", None, base="other.example")

    with pytest.raises(Exception, match="someone else changed"):
        store.commit([*everywhere(2), wrong])

    assert [one.id for one in store.history(OWN)] == before
