"""What is taken over from another store: everything, once, or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from database_types import Open, Role
from edits import ANA, BOB, COMPANY, USER, change, everywhere

from mailwidgets.database import rows
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import ReadOnlyStore, StoreError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.store.commits import Moved, Note

PLACES = [ANA.place(level) for level in Level]


@pytest.fixture
def batch(tmp_path: Path) -> list[Moved]:
    folder = FolderStore(tmp_path / "folder")
    folder.commit(everywhere(1), Note(by="eva", why="first"))
    folder.commit([change(USER, "pop3.port", 995)], Note(by="ana", snapshot="before the move"))
    return [folder.moved(place) for place in PLACES]


def test_everything_is_taken_over_with_ids_times_and_names(
    store: DatabaseStore, batch: list[Moved]
) -> None:
    store.adopt(batch)

    assert [store.moved(place) for place in PLACES] == batch
    told = list(store.history(PLACES))
    assert [(one.by, one.why, one.snapshot) for one in told] == [
        ("ana", "", "before the move"),
        ("eva", "first", ""),
    ]
    assert not store.commit([change(USER, "pop3.port", 995)])
    done = store.commit([change(USER, "pop3.port", 996)])
    assert done
    assert not done.outside
    assert next(store.history(PLACES)) == done


def test_what_is_there_already_is_left_alone(store: DatabaseStore, batch: list[Moved]) -> None:
    store.adopt(batch[:1])
    store.adopt(batch)
    store.adopt(batch)
    assert len(list(store.history(PLACES))) == 2
    assert [store.moved(place) for place in PLACES] == batch


def test_another_document_is_refused_and_nothing_of_the_batch_is_taken(
    store: DatabaseStore, batch: list[Moved]
) -> None:
    store.commit([change(USER, "pop3.port", 1)])
    with pytest.raises(StoreError, match="user ana: there is another document here already"):
        store.adopt(batch)
    assert store.places(COMPANY) == ()
    assert len(list(store.history(PLACES))) == 1


def test_a_user_takes_over_their_own_alone(
    store: DatabaseStore, role: Role, opening: Open, batch: list[Moved]
) -> None:
    own = opening(role("ana"))
    with pytest.raises(ReadOnlyStore, match="does not let the role"):
        own.adopt(batch)
    assert store.places(USER) == ()
    own.adopt([one for one in batch if one.place == ANA.place(USER)])
    assert own.read(ANA).user.values["pop3", "port"] == 995


def test_a_large_batch_goes_in_and_comes_out(store: DatabaseStore, batch: list[Moved]) -> None:
    (one,) = (one for one in batch if one.place.level is USER)
    people = [Identity(f"user {number:04}", "WS").place(USER) for number in range(2500)]
    store.adopt(
        [replace(one, place=place, content={**one.content, "id": place.id}) for place in people]
    )
    assert store.places(USER) == tuple(people)
    assert [read.place for read in store.read_all(USER)] == people
    assert len(list(store.history(people))) == 2


def test_one_commit_may_write_more_documents_than_a_statement_takes(
    store: DatabaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MANY", 20)
    people = [Identity(f"user {number:04}", "WS") for number in range(110)]
    for number in (1, 2):
        done = store.commit([change(USER, "pop3.port", number, who=who) for who in people])
        assert done
        assert len(done.edits) == len(people)
    assert store.read(people[-1]).user.values["pop3", "port"] == 2


def test_ids_are_sorted_by_their_characters_whatever_the_locale(
    store: DatabaseStore, database_url: str
) -> None:
    names = ["Zoe", "adam", "Ärger", "a b", "ab", "_", "😀"]
    store.commit([change(USER, "pop3.port", 1, who=Identity(name, "WS")) for name in names])
    assert [place.id for place in store.places(USER)] == sorted(names)
    assert [one.place.id for one in store.read_all(USER)] == sorted(names)
    with psycopg.connect(database_url) as owner:
        owner.execute("UPDATE mailwidgets.document SET content = '[]' WHERE id = 'ab'")
    with pytest.raises(StoreError, match=r"user ab, line 1, column 1: expected \{…\}"):
        list(store.read_all(USER))
    assert store.read(Identity("adam", "WS")).user.values["pop3", "port"] == 1
    assert store.read(BOB).user.values == {}
