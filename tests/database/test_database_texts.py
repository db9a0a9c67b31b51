"""What a database cannot hold is told before it is sent, with its place; nothing is half stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from edits import ANA, BOB, COMPANY, USER, change

from mailwidgets.database import records
from mailwidgets.database.store import DatabaseStore
from mailwidgets.database.texts import LONGEST_NAME
from mailwidgets.errors import StoreError
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.store.commits import Commit, Moved, Note

FINE = Moved(BOB.place(USER), {"format": 2, "id": "bob", "settings": {}}, ())
HALF = "\ud83d"
UNFIT = [
    ({"new": {"deep": ["a", "b\0c"]}}, "new.deep.1 holds NUL"),
    ({"new": {"deep": HALF}}, r"new.deep holds half a surrogate pair \(\\ud83d\)"),
    ({"a\0b": 1}, r"a\\x00b holds NUL"),
    (
        {"settings": {"pop3": {"later": {f"x{HALF}": 1}}}},
        r"settings.pop3.later.x\\ud83d holds half",
    ),
]


def moved(**more: object) -> Moved:
    return Moved(ANA.place(USER), {"format": 2, "id": "ana", "settings": {}} | more, ())


def assert_empty(store: DatabaseStore) -> None:
    assert [store.places(level) for level in Level] == [(), (), ()]
    assert not list(store.history([ANA.place(level) for level in Level]))
    assert not list(store.history([BOB.place(USER)]))


@pytest.mark.parametrize(("more", "told"), UNFIT)
def test_a_document_that_no_database_can_hold_is_not_adopted_nor_its_batch(
    store: DatabaseStore, more: dict[str, object], told: str
) -> None:
    with pytest.raises(StoreError, match=f"the document of user ana: {told}") as refused:
        store.adopt([FINE, moved(**more)])
    assert "Nothing was stored: take that character out first" in str(refused.value)
    assert_empty(store)


@pytest.mark.parametrize("text", ["a\0b", f"a{HALF}b"], ids=["NUL", "half a pair"])
@pytest.mark.parametrize("part", ["why", "by", "snapshot"])
def test_a_note_that_no_database_can_hold_is_told_and_nothing_is_stored(
    store: DatabaseStore, part: str, text: str
) -> None:
    note = replace(Note(), **{part: text})
    both = [change(USER, "pop3.port", 995), change(COMPANY, "pop3.port", 995)]
    with pytest.raises(
        StoreError, match=f"the record of commit {note.id[:12]} of .*: {part} holds"
    ):
        store.commit(both, note)
    assert_empty(store)

    commit = Commit("c0ffee", datetime.now(UTC), **({"by": "eva"} | {part: text}))
    with pytest.raises(StoreError, match=f"commit c0ffee of user ana: {part} holds"):
        store.adopt([FINE, replace(moved(), commits=(commit,))])
    assert_empty(store)


def test_what_only_looks_like_an_escape_is_held(store: DatabaseStore) -> None:
    there = moved(new=["\\u0000", "\\ud83d", "😀", "\x01"])
    store.adopt([there])
    assert store.moved(there.place) == there


def test_the_longest_name_is_held_and_a_longer_one_told(store: DatabaseStore) -> None:
    # Of characters that no compression makes shorter.
    text = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(900))
    fits = Identity(text[: LONGEST_NAME // 3], "WS-01")
    longer = Identity(text, "WS-01")

    assert store.commit([change(USER, "pop3.port", 995, who=fits)])
    for touch in (ANA.place(USER), longer.place(USER)):
        assert store.version(Identity(touch.id, "WS-01"))
    with pytest.raises(StoreError, match="a name has at most 2,500 bytes in a database"):
        store.commit([change(USER, "pop3.port", 995, who=longer)])
    content = {"format": 2, "id": longer.user, "settings": {}}
    with pytest.raises(StoreError, match="Nothing was stored: give a shorter one"):
        store.adopt([FINE, Moved(longer.place(USER), content, ())])
    assert store.places(USER) == (fits.place(USER),)


@pytest.mark.parametrize("id_", ["\0", HALF])
def test_a_commit_that_cannot_be_asked_for_is_not_found(store: DatabaseStore, id_: str) -> None:
    assert store.database.read(lambda connection: records.find(connection, id_)) is None
