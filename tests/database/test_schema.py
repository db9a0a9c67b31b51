"""The tables: made, brought up to date, refused when newer; twice, and by two at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from daemons.postgres import NewDatabase
from daemons.process import until
from database_types import Open, Role
from edits import ANA, COMPANY, USER, change, everywhere

from mailwidgets.database import setup
from mailwidgets.database.schema import VERSION
from mailwidgets.database.setup import create, upgrade
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import ReadOnlyStore, StoreError
from mailwidgets.settings.levels import Level
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Note

VERSION_1 = Path(__file__).with_name("version_1.sql")
PLACES = [ANA.place(level) for level in Level]
SHAPE = """
SELECT 'column', table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
FROM information_schema.columns WHERE table_schema = 'mailwidgets'
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'mailwidgets'
UNION ALL
SELECT 'policy', tablename, policyname, concat(cmd, qual, with_check)
FROM pg_policies WHERE schemaname = 'mailwidgets'
UNION ALL
SELECT 'grant', table_name, grantee, privilege_type
FROM information_schema.table_privileges WHERE table_schema = 'mailwidgets'
UNION ALL
SELECT 'execute', routine_name, grantee, privilege_type
FROM information_schema.routine_privileges WHERE routine_schema = 'mailwidgets'
UNION ALL
SELECT 'version', '', '', version::text FROM mailwidgets.schema_version
ORDER BY 1, 2, 3, 4
"""


def shape(url: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(SHAPE).fetchall()


@pytest.fixture
def version_1(empty_database: NewDatabase) -> str:
    url = empty_database()
    with psycopg.connect(url) as connection:
        connection.execute(VERSION_1.read_bytes())
    return url


def test_an_empty_database_says_which_command_makes_the_tables(
    empty_database: NewDatabase, opening: Open
) -> None:
    store = opening(empty_database())

    for act in (
        lambda: store.read(ANA),
        lambda: store.commit(everywhere(1)),
        lambda: list(store.history(PLACES)),
        lambda: store.version(ANA),
        lambda: store.places(USER),
        lambda: upgrade(store.database),
    ):
        with pytest.raises(StoreError, match="mailwidgets database create --store='postgresql:"):
            act()
    assert "database create" in store.refusal(ANA.place(USER))
    assert create(store.database) == 0
    assert store.commit(everywhere(1))


def test_creating_and_upgrading_twice_changes_nothing(database_url: str, opening: Open) -> None:
    store = opening(database_url)
    store.commit(everywhere(1))
    before = shape(database_url)

    assert [create(store.database), upgrade(store.database)] == [VERSION, VERSION]
    assert shape(database_url) == before
    assert store.read(ANA).user.values["pop3", "timeout"] == 1


def test_two_that_create_at_once_make_the_same_tables(
    empty_database: NewDatabase, database_url: str, opening: Open
) -> None:
    for _ in range(3):
        url = empty_database()
        stores = [opening(url) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            said = sorted(pool.map(lambda one: create(one.database), stores))
        assert said == [0, VERSION, VERSION, VERSION]
        assert shape(url) == shape(database_url)


def test_default_privileges_give_nobody_more_nor_less(
    empty_database: NewDatabase, database_url: str, opening: Open
) -> None:
    url = empty_database()
    with psycopg.connect(url) as owner:
        owner.execute("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC")
        owner.execute("ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC")
    assert create(opening(url).database) == 0
    assert shape(url) == shape(database_url)


def test_older_tables_are_refused_until_they_are_brought_up_to_date(
    version_1: str, database_url: str, opening: Open
) -> None:
    store = opening(version_1)
    for act in (lambda: store.read(ANA), lambda: store.commit(everywhere(1))):
        with pytest.raises(StoreError, match="mailwidgets database upgrade --store='postgresql:"):
            act()

    assert upgrade(store.database) == 1
    assert shape(version_1) == shape(database_url)
    read = store.read(ANA)
    assert read.company.locks == {("pop3", "port"): "policy"}
    assert read.user.values["pop3", "port"] == 995
    assert read.user.values["pop3", "password"] == Sealed("v1:00000000:AAAA")
    told = list(store.history(PLACES))
    assert [(one.by, one.why, len(one.edits)) for one in told] == [
        ("ana", "TLS", 2),
        ("eva", "", 3),
    ]
    done = store.commit([change(USER, "pop3.port", 996)])
    assert done
    assert store.moved(ANA.place(USER)).content["later"] == {"kept": [1, 2.5, None]}
    with psycopg.connect(version_1) as owner:
        roles = owner.execute("SELECT role FROM mailwidgets.history ORDER BY at").fetchall()
    assert roles == [(None,), (None,), (None,), ("postgres",)]  # nobody knows of the older ones


def test_two_that_upgrade_at_once_come_to_the_same(
    version_1: str, database_url: str, opening: Open
) -> None:
    stores = [opening(version_1) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(lambda one: upgrade(one.database), stores))
    assert said == [1, VERSION, VERSION, VERSION]
    assert shape(version_1) == shape(database_url)


def test_an_upgrade_waits_for_older_programs_that_are_writing(
    version_1: str, opening: Open
) -> None:
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    store = opening(version_1)
    with ThreadPoolExecutor(1) as pool, psycopg.connect(version_1) as older:
        older.execute("SELECT max(at) FROM mailwidgets.history")
        older.execute("UPDATE mailwidgets.document SET revision = 3 WHERE id = 'ana'")
        upgrading = pool.submit(upgrade, store.database)
        with psycopg.connect(version_1, autocommit=True) as owner:
            assert until(lambda: owner.execute(waits).fetchone() != (0,), 10)
        older.execute(
            "INSERT INTO mailwidgets.history (level, id, revision, commit_id, at, by, record)"
            " SELECT level, id, 3, 'late', now(), 'ana', record FROM mailwidgets.history"
            " WHERE revision = 2"
        )
        older.commit()
        assert upgrading.result(20) == 1
    assert next(iter(store.history([ANA.place(USER)]))).id == "late"
    assert store.commit([change(USER, "pop3.port", 996)])


def test_an_upgrade_that_fails_in_the_middle_changes_nothing(
    version_1: str, opening: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, before = opening(version_1), shape(version_1)
    real = setup.step
    monkeypatch.setattr(
        setup, "step", lambda *words, **named: [*real(*words, **named), "SELECT 1 / 0"]
    )
    with pytest.raises(StoreError, match="code 22012"):
        upgrade(store.database)
    assert shape(version_1) == before
    monkeypatch.undo()
    assert upgrade(store.database) == 1


def test_newer_tables_are_refused_in_words(
    store: DatabaseStore, database_url: str, opening: Open
) -> None:
    store.commit(everywhere(1))
    with psycopg.connect(database_url) as owner:
        owner.execute("INSERT INTO mailwidgets.schema_version VALUES (%s)", [VERSION + 1])
    for act in (
        lambda: store.read(ANA),
        lambda: store.commit(everywhere(2)),  # also by one that was there before the upgrade
        lambda: create(store.database),
        lambda: upgrade(store.database),
        lambda: opening(database_url).read(ANA),
    ):
        with pytest.raises(StoreError, match=r"made by a newer mailwidgets.*Update mailwidgets"):
            act()


def test_a_role_that_is_not_the_owner_upgrades_nothing(role: Role, opening: Open) -> None:
    for act in (create, upgrade):
        with pytest.raises(ReadOnlyStore, match="does not let this role"):
            act(opening(role("eva", admin=True)).database)


def test_a_document_that_someone_removed_is_begun_anew(
    store: DatabaseStore, database_url: str
) -> None:
    store.commit([change(USER, "pop3.port", 1)])
    store.commit([change(USER, "pop3.port", 2)])
    with psycopg.connect(database_url) as owner:
        owner.execute("DELETE FROM mailwidgets.document WHERE level = 'user'")

    assert store.read(ANA).user.values == {}
    done = store.commit([change(USER, "pop3.port", 3), change(COMPANY, "pop3.port", 4)])
    assert done
    assert done.outside == (ANA.place(USER),)
    assert len(list(store.history([ANA.place(USER)]))) == 3


def test_the_history_of_many_places_is_told_in_the_same_order_as_of_few(
    store: DatabaseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 8):
        store.commit(everywhere(number)[: number % 3 + 1], Note(why=str(number)))
    few = list(store.history(PLACES))
    monkeypatch.setattr("mailwidgets.database.records._FEW", 0)
    monkeypatch.setattr("mailwidgets.database.records._FIRST_PAGE", 2)
    monkeypatch.setattr("mailwidgets.database.records._PAGE", 3)

    many = list(store.history(PLACES))
    assert [one.id for one in many] == [one.id for one in few]
    assert [set(one.edits) for one in many] == [set(one.edits) for one in few]
    monkeypatch.setattr("mailwidgets.database.records._FEW", 16)
    assert list(store.history(PLACES)) == few
