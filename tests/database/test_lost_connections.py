"""Connections that are lost at any moment: nothing is lost, nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from cutting import Cut, Wire
from daemons.process import until
from database_types import Kill, Open
from edits import ANA, COMPANY, USER, change, everywhere

from mailwidgets.database import records, rows
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import Conflict, StoreError
from mailwidgets.settings.levels import Level
from mailwidgets.store.commits import Note

PLACES = [ANA.place(level) for level in Level]
TIMEOUT = ("pop3", "timeout")


def numbers(store: DatabaseStore) -> set[object]:
    read = store.read(ANA)
    host = str(read.workstation.values["pop3", "name"])
    return {
        *(read.company.values[TIMEOUT], read.user.values[TIMEOUT]),
        int(host[1:].partition(".")[0]),
    }


def ids(store: DatabaseStore) -> list[str]:
    return [one.id for one in store.history(PLACES)]


def test_a_read_survives_that_its_idle_connection_was_ended(
    store: DatabaseStore, kill: Kill
) -> None:
    store.commit(everywhere(1))
    assert kill() > 0

    assert numbers(store) == {1}
    assert kill() > 0
    assert store.version(ANA) == store.version(ANA)


def test_a_commit_survives_that_its_idle_connection_was_ended(
    store: DatabaseStore, kill: Kill
) -> None:
    store.commit(everywhere(1))
    assert kill() > 0

    store.commit(everywhere(2))
    assert numbers(store) == {2}
    assert len(ids(store)) == 2


@pytest.mark.parametrize("moment", ["held", "write", "keep"])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_a_commit_survives_that_its_connection_is_ended_between_two_statements(  # noqa: PLR0913 - fixtures
    *,
    store: DatabaseStore,
    kill: Kill,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    before: bool,
    first: bool,
) -> None:
    if not first:
        store.commit(everywhere(1))
    module = records if moment == "keep" else rows
    real = getattr(module, moment)
    killed = []

    def deadly(*words: object) -> object:
        if not killed and before:
            killed.append(kill())
        found = real(*words)
        if not killed:
            killed.append(kill())
        return found

    monkeypatch.setattr(module, moment, deadly)
    done = store.commit(everywhere(2))

    assert killed[0] > 0
    assert done
    assert numbers(store) == {2}
    assert ids(store)[0] == done.id
    assert len(ids(store)) == 2 - first


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("times", [1, 3])
def test_a_commit_whose_outcome_is_unknown_is_resolved_by_its_id(  # noqa: PLR0913 - fixtures
    *,
    store: DatabaseStore,
    database_url: str,
    wire: Wire,
    opening: Open,
    cut: Cut,
    first: bool,
    times: int,
) -> None:
    if not first:
        store.commit(everywhere(1))
    far = opening(wire.url(database_url))
    assert far.version(ANA)
    wire.plan(*[cut] * times)
    before = wire.commits

    done = far.commit(everywhere(2), note := Note(by="ana", why="once"))

    assert done
    assert done.id == note.id
    assert numbers(store) == {2}
    assert next(iter(store.history(PLACES))) == done
    assert len(ids(store)) == 2 - first
    # Cut before the server saw it: run again each time. Cut after it: never run again.
    assert wire.commits - before == (times + 1 if cut is Cut.BEFORE else 1)


@pytest.mark.parametrize("first", [True, False])
def test_a_commit_that_lands_late_is_not_done_twice(
    *, store: DatabaseStore, database_url: str, wire: Wire, opening: Open, first: bool
) -> None:
    if not first:
        store.commit(everywhere(1))
    far = opening(wire.url(database_url))
    assert far.version(ANA)
    wire.plan(Cut.LATE)
    # It lands while the second run waits for the row that the first one holds.
    wire.let_through_at(b"INSERT INTO mailwidgets.document" if first else b"FOR UPDATE")

    done = far.commit(everywhere(2), note := Note(by="ana"))

    assert done
    assert done.id == note.id
    assert next(iter(store.history(PLACES))) == done
    assert numbers(store) == {2}
    assert len(ids(store)) == 2 - first


def test_a_backend_that_is_ended_as_the_commit_arrives_is_found_out_about(
    store: DatabaseStore, database_url: str, wire: Wire, opening: Open, kill: Kill
) -> None:
    far = opening(wire.url(database_url))
    assert far.version(ANA)
    killed: list[int] = []

    def once() -> None:
        if len(killed) < 2:
            killed.append(kill())

    wire.on_commit = once
    done = far.commit(everywhere(1))

    assert killed[0] > 0
    assert done
    assert ids(store) == [done.id]


@pytest.mark.parametrize("code", ["40003", "40001", "08006"])
def test_a_commit_that_is_answered_by_doubt_is_looked_up_and_made_again(
    store: DatabaseStore, postgres_owner: Callable[[str], None], code: str
) -> None:
    """As CockroachDB answers with 40003 where it does not know what became of a COMMIT."""
    store.commit(everywhere(1))
    postgres_owner("CREATE SEQUENCE public.answered")
    postgres_owner(
        "CREATE FUNCTION public.doubt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF nextval('public.answered') = 1 THEN RAISE EXCEPTION 'doubt' USING ERRCODE = '{code}';"
        " END IF; RETURN NULL; END $$"
    )
    postgres_owner(
        "CREATE CONSTRAINT TRIGGER doubt AFTER UPDATE ON mailwidgets.document"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.doubt()"
    )
    done = store.commit(everywhere(2), note := Note())

    assert done
    assert done.id == note.id
    assert numbers(store) == {2}
    assert len(ids(store)) == 2


def test_where_the_database_stays_away_the_commits_id_is_told(
    store: DatabaseStore, database_url: str, wire: Wire, opening: Open
) -> None:
    far = opening(wire.url(database_url), patience=0.3)
    assert far.version(ANA)
    wire.plan(Cut.AFTER)
    wire.on_commit = wire.stop_taking
    note = Note()

    with pytest.raises(StoreError, match="could not be found out") as error:
        far.commit(everywhere(1), note)
    assert note.id in str(error.value)
    assert "othing was stored" not in str(error.value)
    assert ids(store) == [note.id]


def test_where_nothing_was_sent_yet_it_is_told_that_nothing_was_stored(
    store: DatabaseStore, database_url: str, wire: Wire, opening: Open
) -> None:
    far = opening(wire.url(database_url), patience=0.3)
    assert far.version(ANA)
    wire.refuse()

    with pytest.raises(StoreError, match="Nothing was stored"):
        far.commit(everywhere(1))
    with pytest.raises(StoreError, match="cannot be reached"):
        far.read(ANA)
    assert "cannot be reached" in far.refusal(ANA.place(USER))
    assert ids(store) == []


def test_a_conflict_after_an_unknown_outcome_is_still_told(
    store: DatabaseStore, database_url: str, wire: Wire, opening: Open, waiting: Callable[[], int]
) -> None:
    store.commit([change(COMPANY, "pop3.timeout", 1)])
    far = opening(wire.url(database_url))
    assert far.version(ANA)
    wire.plan(Cut.BEFORE)
    other = threading.Thread(target=store.commit, args=[[change(COMPANY, "pop3.timeout", 7)]])

    def be_next() -> None:
        """Let the other one wait in line for the row, before the connection is cut."""
        wire.on_commit = lambda: None
        other.start()
        assert until(lambda: waiting() == 1, 10)

    wire.on_commit = be_next
    with pytest.raises(Conflict):
        far.commit([change(COMPANY, "pop3.timeout", 2, base=1)])
    other.join()
    assert store.read(ANA).company.values[TIMEOUT] == 7


def test_a_database_that_was_never_there_is_told_at_once(opening: Open) -> None:
    nowhere = opening("postgresql://ana:secret@127.0.0.1:1/mail")

    for act in (
        lambda: nowhere.read(ANA),
        lambda: nowhere.commit(everywhere(1)),
        lambda: nowhere.version(ANA),
    ):
        with pytest.raises(StoreError, match="cannot be reached") as error:
            act()
        assert "secret" not in str(error.value)
    nowhere.wait(0)
