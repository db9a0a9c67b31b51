"""What every store must do, whatever it is made of: reading, committing, clashing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from backends import Backend
from edits import ANA, BOB, COMPANY, PORT, USER, WORKSTATION, change, everywhere

from mailwidgets.errors import Conflict, DamagedDocument, InvalidValue, StoreError, WrongLevel
from mailwidgets.settings.documents import UNSET, Change, Document
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.store.commits import Note
from mailwidgets.store.protocol import Store
from mailwidgets.store.written import FORMAT

Another = Callable[[], Store]
TIMEOUT = ("pop3", "timeout")
FIRST, SECOND, THIRD = (Sealed(f"v1:00000000:{letter * 4}") for letter in "ABC")


def values(store: Store, who: Identity = ANA) -> dict[Any, object]:
    return dict(store.read(who).user.values)


def everything(backend: Backend) -> list[object]:
    return [backend.raw(ANA.place(level)) for level in Level]


def test_what_was_never_stored_is_empty(store: Store) -> None:
    read = store.read(ANA)

    assert read.company == Document(Place(COMPANY))
    assert read.user == Document(Place(USER, "ana"))
    assert read.workstation == Document(Place(WORKSTATION, "WS-01"))
    assert [store.places(level) for level in Level] == [(), (), ()]
    assert [list(store.read_all(level)) for level in Level] == [[], [], []]
    assert list(store.history([ANA.place(level) for level in Level])) == []
    assert store.version(ANA) == store.version(ANA)


def test_a_place_says_where_it_is_as_the_command_line_takes_it(store: Store) -> None:
    assert isinstance(store.location, str)
    assert store.location


def test_what_is_committed_is_read_again_by_another_store(store: Store, another: Another) -> None:
    commit = store.commit(
        [
            change(USER, "pop3.port", 995),
            change(USER, "pop3.password", FIRST),
            change(USER, "pop3.timeout", 2.5),
            change(USER, "pop3.tls", value=False),
            change(USER, "imap.outbox", "Ausgang/Ünïcode 😀"),
            change(COMPANY, "trust.allowed_hosts", ("a.example", "b.example")),
            change(COMPANY, "pop3.port", "policy", lock=True),
            change(WORKSTATION, "pop3.name", "mail.example"),
        ]
    )

    read = another().read(ANA)
    assert read.user.values == {
        PORT: 995,
        ("pop3", "password"): FIRST,
        TIMEOUT: 2.5,
        ("pop3", "tls"): False,
        ("imap", "outbox"): "Ausgang/Ünïcode 😀",
    }
    assert read.company.values == {("trust", "allowed_hosts"): ("a.example", "b.example")}
    assert read.company.locks == {PORT: "policy"}
    assert read.workstation.values == {("pop3", "name"): "mail.example"}
    assert commit
    assert {read.at(level).commit for level in Level} == {commit.id}


def test_a_company_may_keep_a_fallback_for_everyones_setting(store: Store) -> None:
    store.commit([change(COMPANY, "pop3.port", 995), change(COMPANY, "pop3.name", "m.example")])

    read = store.read(BOB)
    assert read.company.values == {PORT: 995, ("pop3", "name"): "m.example"}
    assert read.user.values == {}


def test_a_lock_is_set_and_lifted(store: Store) -> None:
    store.commit([change(COMPANY, "pop3.port", "policy", lock=True)])
    store.commit([change(COMPANY, "pop3.port", 995)])
    assert store.read(ANA).company.locks == {PORT: "policy"}

    store.commit([change(COMPANY, "pop3.port", None, lock=True)])
    read = store.read(ANA).company
    assert (read.locks, read.values) == ({}, {PORT: 995})


def test_an_unset_value_leaves_no_trace(store: Store, backend: Backend) -> None:
    both = [change(COMPANY, "pop3.port", 995), change(COMPANY, "imap.port", "why", lock=True)]
    store.commit(both)
    last = store.commit([Change(one.place, one.key, UNSET, lock=one.lock) for one in both])

    assert last
    head = {"format": FORMAT, "commit": last.id}
    assert backend.raw(Place(COMPANY)) == head | {"settings": {}, "locks": {}}


def test_a_change_that_changes_nothing_is_no_commit(store: Store, backend: Backend) -> None:
    assert store.commit([change(USER, "pop3.port", None)]) is None
    assert store.commit([]) is None
    assert everything(backend) == [None, None, None]
    store.commit([change(USER, "pop3.port", 995)])
    before, version = everything(backend), store.version(ANA)

    again = [change(USER, "pop3.port", 995, base=110), change(USER, "smtp.port", None)]
    assert store.commit(again, Note("bob", "again")) is None

    assert everything(backend) == before
    assert store.version(ANA) == version
    assert len(list(store.history([ANA.place(USER)]))) == 1


def test_a_commit_writes_only_the_places_that_it_changes(store: Store) -> None:
    store.commit(everywhere(1))
    last = store.commit([*everywhere(1), change(USER, "pop3.port", 995)])

    assert last
    assert last.places == (ANA.place(USER),)


def test_different_settings_of_two_people_merge(store: Store, another: Another) -> None:
    theirs = another()
    store.commit([change(USER, "pop3.port", 995, base=UNSET)])
    theirs.commit([change(USER, "pop3.timeout", 5, base=UNSET)])

    assert values(store) == values(theirs) == {PORT: 995, TIMEOUT: 5}


def test_the_same_setting_of_two_people_is_a_conflict(store: Store, backend: Backend) -> None:
    lock = change(COMPANY, "imap.port", "policy", lock=True)
    store.commit([change(USER, "pop3.port", 995), lock])
    before = everything(backend)

    with pytest.raises(Conflict) as caught:
        store.commit(
            [
                change(USER, "pop3.port", 1110, base=110),
                change(COMPANY, "imap.port", None, lock=True, base="old"),
                change(USER, "smtp.port", 587, base=UNSET),
                change(WORKSTATION, "pop3.name", "m.example"),
            ]
        )

    assert sorted(caught.value.clashes) == [
        ("lock of imap.port", "company", "old", "policy", ""),
        ("pop3.port", "user ana", "110", "995", "1110"),
    ]
    assert "pop3.port (user ana) was 110, is 995 now, and you want 1110" in str(caught.value)
    assert str(caught.value).startswith("Nothing was stored: someone else changed the same: ")
    assert everything(backend) == before
    assert len(list(store.history([ANA.place(level) for level in Level]))) == 1


def test_a_value_that_someone_removed_is_a_conflict(store: Store) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    store.commit([change(USER, "pop3.port", None)])

    with pytest.raises(Conflict) as caught:
        store.commit([change(USER, "pop3.port", 1110, base=995)])

    assert caught.value.clashes == (("pop3.port", "user ana", "995", "", "1110"),)


def test_a_conflict_of_secrets_tells_neither(store: Store) -> None:
    store.commit([change(USER, "pop3.password", SECOND)])

    with pytest.raises(Conflict) as caught:
        store.commit([change(USER, "pop3.password", THIRD, base=FIRST)])
    with pytest.raises(Conflict) as removed:
        store.commit([change(USER, "pop3.password", None, base=FIRST)])

    assert caught.value.clashes == (("pop3.password", "user ana", "set", "changed", "changed"),)
    assert removed.value.clashes[0].yours == ""
    assert not any(one in str(caught.value) for one in ("AAAA", "BBBB", "CCCC"))


def test_two_who_want_the_same_do_not_conflict(store: Store) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    store.commit([change(USER, "pop3.port", 995, base=110)])
    store.commit([change(USER, "pop3.port", None, base=995)])
    store.commit([change(USER, "pop3.port", None, base=110)])

    assert values(store) == {}


def test_of_two_changes_of_one_setting_the_last_counts(store: Store) -> None:
    commit = store.commit([change(USER, "pop3.port", 995), change(USER, "pop3.port", 1110)])

    assert values(store) == {PORT: 1110}
    assert commit
    assert [edit.after for edit in commit.edits] == [1110]


def test_a_setting_and_its_lock_change_together_in_any_order(store: Store) -> None:
    both = [change(COMPANY, "pop3.port", "policy", lock=True), change(COMPANY, "pop3.port", 995)]
    store.commit(both)
    store.commit([change(COMPANY, "pop3.port", 110), change(COMPANY, "pop3.port", "x", lock=True)])

    read = store.read(ANA).company
    assert (read.values, read.locks) == ({PORT: 110}, {PORT: "x"})


def test_a_wrong_value_never_reaches_a_document(store: Store, backend: Backend) -> None:
    good = change(USER, "smtp.port", 587)
    with pytest.raises(InvalidValue):
        store.commit([good, change(USER, "pop3.port", 0)])
    with pytest.raises(TypeError, match="sealed"):
        store.commit([good, change(USER, "pop3.password", Secret("x"))])
    with pytest.raises(WrongLevel, match="only the company locks"):
        store.commit([good, change(USER, "pop3.port", "why", lock=True)])

    assert everything(backend) == [None, None, None]


def test_an_empty_value_removes_it(store: Store) -> None:
    store.commit([change(USER, "pop3.user", "ana")])
    store.commit([change(USER, "pop3.user", "")])

    assert values(store) == {}


ODD = ("../../etc/x", "CON", "con.txt", "😀", "é" * 300, "/", ".", "'; DROP TABLE x; --", "a%b_c")


def test_every_id_has_a_document_of_its_own(store: Store, another: Another) -> None:
    for number, id_ in enumerate(ODD, 1):
        store.commit(everywhere(number, Identity(id_, id_)))

    for number, id_ in enumerate(ODD, 1):
        read = another().read(Identity(id_, id_))
        assert read.user.values == {TIMEOUT: number}
        assert read.workstation.values == {("pop3", "name"): f"h{number}.example"}
        (only,) = store.history([Place(USER, id_)])
        assert Place(WORKSTATION, id_) in only.places
    for level in (USER, WORKSTATION):
        assert [place.id for place in store.places(level)] == sorted(ODD)


def test_ids_that_differ_in_case_or_blanks_are_different_people(store: Store) -> None:
    for number, id_ in enumerate(("ana", "Ana", "an a", "ana.json"), 1):
        store.commit([change(USER, "pop3.port", number, who=Identity(id_, "W"))])

    assert values(store, Identity("Ana", "W")) == {PORT: 2}
    assert [place.id for place in store.places(USER)] == ["Ana", "an a", "ana", "ana.json"]


def test_documents_of_a_level_come_sorted_one_by_one(store: Store) -> None:
    names = ["zoe", "ana", "É", "bob", "x" * 300]
    for number, name in enumerate(names, 1):
        store.commit([change(USER, "pop3.port", number, who=Identity(name, "W"))])
    store.commit([change(COMPANY, "pop3.port", 99)])

    found = store.read_all(USER)
    first = next(iter(found))
    assert (first.place.id, first.values) == ("ana", {PORT: 2})
    assert [one.place.id for one in (first, *found)] == sorted(names)
    assert [one.values for one in store.read_all(COMPANY)] == [{PORT: 99}]
    assert store.places(COMPANY) == (Place(COMPANY),)


def test_a_damaged_document_is_told_in_its_place_and_the_others_are_read(
    store: Store, backend: Backend
) -> None:
    for number, name in enumerate(("ana", "bob", "carl", "dora"), 1):
        store.commit([change(USER, "pop3.port", number, who=Identity(name, "W"))])
    for name in ("bob", "dora"):
        backend.put_raw(Place(USER, name), {"id": name, "settings": []})
    told: list[tuple[Place, str]] = []

    found = store.read_all(USER, lambda place, error: told.append((place, str(error))))

    assert [(one.place.id, one.values) for one in found] == [
        ("ana", {PORT: 1}),
        ("carl", {PORT: 3}),
    ]
    assert [place.id for place, _ in told] == ["bob", "dora"]
    assert all(re.search(r"(bob|dora)\S*, line 1, column \d+: \"settings", why) for _, why in told)
    with pytest.raises(DamagedDocument, match="bob"):
        list(store.read_all(USER))


def test_documents_of_any_places_are_read_each_by_itself(store: Store, backend: Backend) -> None:
    store.commit([change(USER, "pop3.port", 1), change(COMPANY, "pop3.port", 2)])
    backend.put_raw(Place(WORKSTATION, "ana"), {"id": "ana", "settings": []})
    backend.put_raw(Place(USER, "eve"), {"id": "eve"})
    asked = [Place(USER, "eve"), Place(USER, "nobody"), Place(COMPANY), Place(USER, "ana")]

    found = list(store.read_each(iter(asked)))

    assert [one.place for one in found] == [Place(USER, "eve"), Place(COMPANY), Place(USER, "ana")]
    assert [one.values for one in found] == [{}, {PORT: 2}, {PORT: 1}]
    assert list(store.read_each([])) == []
    with pytest.raises(DamagedDocument):
        list(store.read_each([Place(USER, "ana"), Place(WORKSTATION, "ana")]))


def test_what_a_newer_version_wrote_survives_a_save(store: Store, backend: Backend) -> None:
    future: dict[str, Any] = {
        "format": 1,
        "id": "ana",
        "extra": [1, {"a": None, "é": "😀", "large": 2**70, "small": 1e-300}],
        "settings": {"future": 3, "pop3": {"shiny": {"x": [1.5]}, "port": 110}, "smtp": {}},
        "locks": {"not": "here"},
    }
    backend.put_raw(ANA.place(USER), future)

    last = store.commit([change(USER, "pop3.port", 995), change(USER, "pop3.timeout", 5)])

    assert last
    future |= {"format": FORMAT, "commit": last.id}
    future["settings"]["pop3"] |= {"port": 995, "timeout": 5}
    assert backend.raw(ANA.place(USER)) == future


def test_a_newer_format_is_read_but_not_written(store: Store, backend: Backend) -> None:
    newer = {"format": FORMAT + 1, "id": "ana", "settings": {"pop3": {"port": 995}}}
    backend.put_raw(ANA.place(USER), newer)

    assert values(store) == {PORT: 995}
    with pytest.raises(StoreError, match=rf"in format {FORMAT + 1}, written by a newer mailw"):
        store.commit([change(USER, "pop3.port", 110), change(COMPANY, "pop3.port", 1)])
    assert backend.raw(ANA.place(USER)) == newer
    assert backend.raw(Place(COMPANY)) is None


def test_a_value_its_setting_refuses_is_a_problem_of_that_setting_alone(
    store: Store, backend: Backend
) -> None:
    settings = {"pop3": {"port": "abc", "timeout": 5, "password": "hunter2", "user": None}}
    backend.put_raw(ANA.place(USER), {"id": "ana", "settings": settings})

    read = store.read(ANA).user

    assert read.values == {TIMEOUT: 5}
    assert {*read.problems} == {PORT, ("pop3", "password")}
    told = "Must be a whole number from 1 to 65535, not 'abc'."
    assert read.problems[PORT].endswith(told)
    assert "hunter2" not in repr(read)


def test_a_refused_value_survives_until_someone_sets_it(store: Store, backend: Backend) -> None:
    place = ANA.place(USER)
    backend.put_raw(place, {"id": "ana", "settings": {"pop3": {"port": "abc", "tls": 1}}})

    store.commit([change(USER, "pop3.timeout", 5)])
    kept = (backend.raw(place) or {})["settings"]["pop3"]
    assert kept == {"port": "abc", "timeout": 5, "tls": 1}

    # 1 equals True in Python, but is not what the setting keeps.
    store.commit([change(USER, "pop3.port", None), change(USER, "pop3.tls", value=True)])
    kept = (backend.raw(place) or {})["settings"]["pop3"]
    assert kept == {"timeout": 5, "tls": True}
    assert kept["tls"] is True
    assert store.read(ANA).user.problems == {}


def test_a_document_of_the_wrong_shape_is_told_and_left_alone(
    store: Store, backend: Backend
) -> None:
    for wrong in ({"settings": []}, {"settings": {"pop3": 1}}, {"format": "1"}, {"commit": 5}):
        content = {"id": "ana", **wrong}
        backend.put_raw(ANA.place(USER), content)

        with pytest.raises(DamagedDocument):
            store.read(ANA)
        with pytest.raises(DamagedDocument):
            store.commit([change(COMPANY, "pop3.port", 995), change(USER, "pop3.port", 995)])
        assert backend.raw(ANA.place(USER)) == content
        assert backend.raw(Place(COMPANY)) is None
        with pytest.raises(DamagedDocument):
            list(store.read_all(USER))

    store.commit([change(COMPANY, "pop3.port", 995)])
    assert store.read(BOB).company.values == {PORT: 995}
    assert store.places(USER) == (Place(USER, "ana"),)


def test_only_the_company_locks_whatever_else_a_document_says(
    store: Store, backend: Backend
) -> None:
    backend.put_raw(ANA.place(USER), {"id": "ana", "locks": {"pop3": {"port": "mine"}}})
    store.commit([change(USER, "pop3.port", 995)])

    assert store.read(ANA).user.locks == {}
    assert (backend.raw(ANA.place(USER)) or {})["locks"] == {"pop3": {"port": "mine"}}


def test_the_version_changes_with_every_commit_of_ones_own(store: Store, another: Another) -> None:
    versions, theirs = [store.version(ANA)], another()
    for number in range(1, 6):
        for writer in (store, theirs):
            for level, name in ((USER, "pop3.timeout"), (COMPANY, "pop3.port")):
                writer.commit([change(level, name, number + (writer is theirs) * 10)])
                versions.append(store.version(ANA))
                assert store.version(ANA) == theirs.version(ANA) == versions[-1]
    store.commit([change(WORKSTATION, "pop3.name", "m.example")])
    versions.append(store.version(ANA))

    assert len(set(versions)) == len(versions)


def test_a_commit_of_someone_else_leaves_ones_version_alone(store: Store) -> None:
    before = store.version(ANA)
    store.commit([change(USER, "pop3.port", 995, who=BOB)])

    assert store.version(ANA) == before
    assert store.version(BOB) != before


def test_an_edit_past_the_store_changes_the_version(store: Store, backend: Backend) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    before = store.version(ANA)
    backend.put_raw(ANA.place(USER), {"id": "ana", "settings": {"pop3": {"port": 110}}})

    assert store.version(ANA) != before
    assert values(store) == {PORT: 110}


def test_one_who_may_write_is_refused_nothing(store: Store) -> None:
    assert [store.refusal(ANA.place(level)) for level in Level] == ["", "", ""]
    store.commit(everywhere(1))
    assert [store.refusal(ANA.place(level)) for level in Level] == ["", "", ""]


def test_a_public_key_is_kept_with_the_document(store: Store) -> None:
    note = Note("ana", public_keys={ANA.place(USER): "x25519:AAAA"})
    first = store.commit([], note)
    store.commit([change(USER, "pop3.port", 995)])

    assert first
    assert first.places == (ANA.place(USER),)
    assert store.read(ANA).user.public_key == "x25519:AAAA"
    assert store.commit([], Note("ana", public_keys=note.public_keys)) is None


def test_what_was_sealed_to_a_key_that_is_no_longer_published_is_not_stored(
    store: Store, backend: Backend
) -> None:
    place = ANA.place(USER)
    store.commit([], Note("ana", public_keys={place: "x25519:NEW="}))
    before = everything(backend)
    secret = change(USER, "pop3.password", Sealed("v2:00000000:AAAA"))

    for old in ("", "x25519:OLD="):
        with pytest.raises(Conflict, match="user ana has published another key meanwhile"):
            store.commit([secret], Note("bob", sealed_to={place: old}))
    assert everything(backend) == before
    assert store.commit([secret], Note("bob", sealed_to={place: "x25519:NEW="}))


def test_a_closed_store_may_be_used_again(store: Store) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    store.close()
    store.close()

    assert values(store) == {PORT: 995}
    store.commit([change(USER, "pop3.port", 110)])
    store.close()
    assert len(list(store.history([ANA.place(USER)]))) == 2


def test_waiting_comes_back(store: Store) -> None:
    store.wait(0)
    store.commit([change(USER, "pop3.port", 995)])
    store.wait(0.001)
