"""Several write at once: different settings merge, the same one is told, and nobody starves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from daemons.process import until
from database_types import Open
from edits import ANA, BOB, COMPANY, USER, change, everywhere
from psycopg import sql
from sqlalchemy.engine import make_url

from mailwidgets.database import records, rows
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import Conflict, StoreError
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Level, Place

PLACES = [ANA.place(level) for level in Level]
COMPANY_PLACE = Place(COMPANY)
NUMBERED = [
    f"{section}.{key}"
    for section in ("pop3", "smtp", "imap", "workflow")
    for key in ("port", "timeout", "name", "user")
]


def numbered(name: str, number: int) -> Change:
    value: object = f"n{number}.example" if name.endswith(("name", "user")) else number
    return change(COMPANY, name, value)


@pytest.mark.parametrize("writers", [2, 16])
def test_writers_of_different_settings_of_one_document_all_get_through(
    database_url: str, opening: Open, writers: int
) -> None:
    each = 160 // writers
    stores = [opening(database_url) for _ in range(writers)]

    def keep_writing(one: int) -> list[str]:
        done = [stores[one].commit([numbered(NUMBERED[one], n)]) for n in range(1, each + 1)]
        return [commit.id for commit in done if commit]

    with ThreadPoolExecutor(writers) as pool:
        made = [one for ids in pool.map(keep_writing, range(writers)) for one in ids]

    commits = list(stores[0].history([COMPANY_PLACE]))
    assert sorted(one.id for one in commits) == sorted(made)
    assert len(made) == writers * each
    for name in NUMBERED[:writers]:
        told = [one.edits[0] for one in reversed(commits) if one.edits[0].name == name]
        wanted = [numbered(name, number).value for number in range(1, each + 1)]
        assert [edit.after for edit in told] == wanted
        assert [edit.before for edit in told] == [None, *wanted[:-1]]
    assert [one.at for one in commits] == sorted((one.at for one in commits), reverse=True)


def test_of_many_who_change_the_same_setting_one_wins_and_the_others_are_told(
    database_url: str, opening: Open
) -> None:
    stores = [opening(database_url) for _ in range(16)]
    stores[0].commit([change(COMPANY, "pop3.port", 110)])
    begin = threading.Barrier(16)

    def write(one: int) -> Conflict | int:
        begin.wait()
        try:
            stores[one].commit([change(COMPANY, "pop3.port", 1000 + one, base=110)])
        except Conflict as conflict:
            return conflict
        return 1000 + one

    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(write, range(16)))

    won = [one for one in said if isinstance(one, int)]
    assert len(won) == 1
    assert stores[0].read(ANA).company.values["pop3", "port"] == won[0]
    for one in said:
        if isinstance(one, Conflict):
            assert (one.clashes[0].base, one.clashes[0].theirs) == ("110", str(won[0]))


def test_documents_written_in_opposite_order_do_not_wait_for_each_other(
    database_url: str, opening: Open
) -> None:
    stores = [opening(database_url) for _ in range(4)]

    def keep_writing(one: int) -> int:
        done = 0
        for number in range(1, 26):
            changes = everywhere(number * 4 + one, (ANA, BOB)[one % 2])
            done += bool(stores[one].commit(changes[:: 1 if one < 2 else -1]))
        return done

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(keep_writing, range(4))) == [25] * 4
    assert len(list(stores[0].history([COMPANY_PLACE]))) == 100


@pytest.mark.parametrize("level", ["SERIALIZABLE", "REPEATABLE READ"])
def test_serialization_failures_are_run_again(
    store: DatabaseStore, database_url: str, opening: Open, level: str
) -> None:
    """As CockroachDB has it, whose transactions are serializable to begin with."""
    name = sql.Identifier(str(make_url(database_url).database))
    statement = sql.SQL("ALTER DATABASE {} SET default_transaction_isolation TO {}")
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(statement.format(name, sql.Literal(level.lower())))
    stores = [opening(database_url) for _ in range(4)]
    begin = threading.Barrier(4)

    def keep_writing(one: int) -> int:
        begin.wait()
        done = [stores[one].commit([numbered(NUMBERED[one], n)]) for n in range(1, 21)]
        return len([commit for commit in done if commit])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(keep_writing, range(4))) == [20] * 4
    with psycopg.connect(database_url) as owner:
        assert owner.execute("SHOW transaction_isolation").fetchone() == (level.lower(),)
    assert len(list(store.history([COMPANY_PLACE]))) == 80


@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
@pytest.mark.parametrize("where", ["held", "write", "keep"])
def test_a_failure_that_asks_for_another_try_gets_one(
    store: DatabaseStore, monkeypatch: pytest.MonkeyPatch, code: str, where: str
) -> None:
    module = records if where == "keep" else rows
    real = getattr(module, where)
    failed = []

    def failing(connection: object, *words: object) -> object:
        found = real(connection, *words)
        if len(failed) < 3:
            failed.append(code)
            raise_in_database(connection, code)
        return found

    monkeypatch.setattr(module, where, failing)
    assert store.commit(everywhere(1))
    assert failed == [code] * 3
    assert len(list(store.history(PLACES))) == 1


def raise_in_database(connection: object, code: str) -> None:
    body = f"DO $$ BEGIN RAISE EXCEPTION 'forced' USING ERRCODE = '{code}'; END $$"
    connection.exec_driver_sql(body)  # type: ignore[attr-defined]


def test_a_commit_that_never_gets_through_says_so(
    database_url: str, opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opening(database_url, patience=0.2)
    store.commit(everywhere(1))
    monkeypatch.setattr(rows, "lock", lambda *_: None)
    real = rows.held

    def stale(*words: object) -> object:
        with psycopg.connect(database_url, autocommit=True) as other:
            found = real(*words)  # type: ignore[arg-type]
            other.execute("UPDATE mailwidgets.document SET revision = revision + 1")
            return found

    monkeypatch.setattr(rows, "held", stale)
    with pytest.raises(StoreError, match=r"written by others all the time.*Nothing was stored"):
        store.commit(everywhere(2))


def test_whoever_holds_a_document_for_long_does_not_hang_others(
    database_url: str, opening: Open, waiting: Callable[[], int]
) -> None:
    store = opening(database_url)
    store.commit([change(USER, "pop3.port", 1)])
    with psycopg.connect(database_url) as other:
        other.execute("SELECT * FROM mailwidgets.document FOR UPDATE")
        writing = threading.Thread(target=store.commit, args=[[change(USER, "pop3.port", 2)]])
        writing.start()
        assert until(lambda: waiting() == 1, 10)
        assert store.read(ANA).user.values["pop3", "port"] == 1  # reading waits for nobody
        other.rollback()
        writing.join()
    assert store.read(ANA).user.values["pop3", "port"] == 2
