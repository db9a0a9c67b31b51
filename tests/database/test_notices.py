"""NOTIFY is a mere hint: heard early where it can be, missed without harm."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from cutting import Wire
from daemons.process import until
from database_types import Kill, Open
from edits import ANA, USER, change
from psycopg import sql
from sqlalchemy.engine import make_url

from mailwidgets.database import notices
from mailwidgets.database.store import DatabaseStore

LONG = 30.0


@pytest.fixture
def connections(database_url: str, postgres: object) -> Callable[[str], int]:
    """Return what counts the connections to the test's database whose last statement was so."""
    count = sql.SQL("SELECT count(*) FROM pg_stat_activity WHERE datname = {} AND query LIKE {}")
    name = make_url(database_url).database
    return lambda like: int(
        postgres.run(count.format(sql.Literal(name), sql.Literal(like)))[0][0]  # type: ignore[attr-defined]
    )


def waiting_in_thread(store: DatabaseStore, seconds: float) -> threading.Thread:
    thread = threading.Thread(target=store.wait, args=[seconds])
    thread.start()
    return thread


def test_a_wait_ends_as_soon_as_another_one_commits(
    store: DatabaseStore, database_url: str, opening: Open, connections: Callable[[str], int]
) -> None:
    other = opening(database_url)
    thread = waiting_in_thread(store, LONG)
    assert until(lambda: connections("LISTEN%") == 1, 10)
    other.commit([change(USER, "pop3.port", 1)])
    thread.join(10)
    assert not thread.is_alive()


def test_several_may_wait_at_once_on_one_connection(
    store: DatabaseStore, connections: Callable[[str], int]
) -> None:
    threads = [waiting_in_thread(store, 0.5) for _ in range(4)]
    for thread in threads:
        thread.join(10)
    store.wait(0.01)
    assert connections("LISTEN%") == 1
    store.close()
    assert until(lambda: connections("%") == 0, 10)


def test_closing_ends_a_wait_and_leaves_no_connection(
    store: DatabaseStore, connections: Callable[[str], int]
) -> None:
    store.version(ANA)
    thread = waiting_in_thread(store, LONG)
    assert until(lambda: connections("LISTEN%") == 1, 10)
    store.close()
    thread.join(10)
    assert not thread.is_alive()
    assert until(lambda: connections("%") == 0, 10)
    assert store.version(ANA)  # and may still be used


def test_a_store_that_is_let_go_leaves_no_connection(
    database_url: str, connections: Callable[[str], int]
) -> None:
    store = DatabaseStore(database_url)
    store.version(ANA)
    store.wait(0.01)
    assert connections("%") == 1
    del store
    assert until(lambda: connections("%") == 0, 10)


def test_whoever_shouts_all_the_time_keeps_nobody_busy(
    store: DatabaseStore, database_url: str, connections: Callable[[str], int]
) -> None:
    silent = threading.Event()

    def shout() -> None:
        with psycopg.connect(database_url, autocommit=True) as other:
            while not silent.is_set():
                other.execute("NOTIFY mailwidgets")

    store.wait(0.01)
    assert connections("LISTEN%") == 1
    shouting = threading.Thread(target=shout)
    shouting.start()
    heard, end = 0, time.monotonic() + 1
    while time.monotonic() < end:
        store.wait(1)
        heard += 1
    silent.set()
    shouting.join(10)
    assert 1 < heard <= 7


def test_a_wait_survives_that_its_connection_is_ended(
    store: DatabaseStore, kill: Kill, connections: Callable[[str], int]
) -> None:
    thread = waiting_in_thread(store, 1.0)
    assert until(lambda: connections("LISTEN%") == 1, 10)
    assert kill() >= 1
    thread.join(10)
    assert not thread.is_alive()
    store.wait(0.01)
    assert store.version(ANA)


def test_where_nothing_can_be_heard_the_revisions_still_tell(
    store: DatabaseStore, database_url: str, opening: Open, wire: Wire
) -> None:
    deaf = opening(wire.url(database_url))
    before = deaf.version(ANA)
    wire.forbidden = b"LISTEN"
    deaf.wait(0.01)
    deaf.wait(0.01)
    store.commit([change(USER, "pop3.port", 1)])
    assert deaf.version(ANA) != before


def test_a_database_without_notices_works_as_well(
    store: DatabaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As CockroachDB, which takes neither word."""
    monkeypatch.setattr(notices, "_CHANNEL", 'mailwidgets" not understood')
    before = store.version(ANA)
    for number in (1, 2):
        assert store.commit([change(USER, "pop3.port", number)])
        store.wait(0.01)
    assert store.version(ANA) != before


def test_an_empty_commit_and_a_reader_tell_nobody(store: DatabaseStore, database_url: str) -> None:
    store.commit([change(USER, "pop3.port", 1)])
    with psycopg.connect(database_url, autocommit=True) as listening:
        listening.execute("LISTEN mailwidgets")
        assert store.commit([change(USER, "pop3.port", 1)]) is None
        assert store.read(ANA)
        assert store.commit([change(USER, "pop3.port", 2)])
        assert len(list(listening.notifies(timeout=10, stop_after=1))) == 1


@pytest.mark.parametrize(
    "statement",
    [b"NOTIFICATION unknown", b"SELECT pg_terminate_backend(pg_backend_pid())"],
    ids=["unknown", "lost"],
)
def test_a_notice_that_fails_fails_no_commit(
    store: DatabaseStore, statement: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_NOTIFY", statement)
    done = [store.commit([change(USER, "pop3.port", port)]) for port in (995, 996)]

    assert list(store.history([ANA.place(USER)])) == done[::-1]
    assert store.moved(ANA.place(USER)).content["settings"] == {"pop3": {"port": 996}}
