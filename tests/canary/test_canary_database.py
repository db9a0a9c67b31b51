"""A database: its rows, what it is asked, what it logs and what it keeps on its disk."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import psycopg
import pytest
from daemons.postgres import Postgres
from daemons.process import until
from planted import CANARY, PASSPHRASE, Planted, assert_clean, traces
from psycopg import sql
from sqlalchemy.engine import make_url

from mailwidgets.database.store import DatabaseStore
from mailwidgets.servers import Servers

_PATIENCE: Final = 30.0  # seconds
_TALKATIVE: Final = (
    "log_statement=all",
    "log_min_error_statement=debug5",
    "log_parameter_max_length_on_error=-1",
    "log_error_verbosity=verbose",
)


@pytest.fixture
def talking(postgres: Postgres, database_url: str) -> str:
    """Return the URL of a database that logs all that it is asked."""
    name = str(make_url(database_url).database)
    for setting in _TALKATIVE:
        key, _, value = setting.partition("=")
        postgres.run(
            sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(name), sql.Identifier(key), sql.Literal(value)
            )
        )
    return database_url


@pytest.fixture
def there(planted: Planted, talking: str) -> Iterator[Servers]:
    """Return the planted store, moved to a database and changed there."""
    store = DatabaseStore(talking)
    planted.servers.migrate(store)
    servers = Servers(store, planted.servers.identity, vault=planted.servers.vault)
    for password in ("another", CANARY):
        servers.commit([servers.change("pop3.password", password)])
    servers.rekey()
    assert servers.targets().login("pop3").password == CANARY
    yield servers
    store.close()


def test_no_row_holds_the_canary(there: Servers, talking: str) -> None:
    assert there
    with psycopg.connect(talking) as owner:
        tables = owner.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'mailwidgets'"
        ).fetchall()
        rows = {
            name: owner.execute(
                sql.SQL("SELECT t::text FROM mailwidgets.{} AS t").format(sql.Identifier(name))
            ).fetchall()
            for (name,) in tables
        }
    assert set(rows) == {"document", "history", "people", "schema_version"}
    assert len(rows["history"]) > 3
    assert '"sealed": "v1:' in str(rows["document"]).replace('""', '"')
    for name, found in rows.items():
        assert_clean(str(found), name)


def test_neither_activity_nor_log_nor_disk_holds_the_canary(
    there: Servers, talking: str, postgres: Postgres
) -> None:
    with pytest.raises(psycopg.Error), psycopg.connect(talking) as owner:  # the log is recorded
        owner.execute("SELECT 'recorded' FROM no_such_table")
    changes = [there.change("pop3.password", CANARY)]
    look = sql.SQL("SELECT a::text FROM pg_stat_activity AS a WHERE wait_event_type = 'Lock'")
    with ThreadPoolExecutor() as beside, psycopg.connect(talking) as owner:
        owner.execute("LOCK TABLE mailwidgets.document IN SHARE MODE")
        writing = beside.submit(there.commit, changes)
        assert until(lambda: bool(postgres.run(look)), _PATIENCE), "it waits in its statement"
        activity = postgres.run(sql.SQL("SELECT a::text FROM pg_stat_activity AS a"))
        owner.rollback()
        assert writing.result(_PATIENCE)
    log = (postgres.home / "log").read_bytes()
    postgres.run(sql.SQL("CHECKPOINT"))

    assert "UPDATE mailwidgets.document" in str(activity)
    assert_clean(str(activity), "activity")
    assert b"no_such_table" in log
    assert b"INSERT INTO mailwidgets.history" in log
    assert_clean(log, "log")
    files = [one for one in postgres.home.rglob("*") if one.is_file()]
    assert any("pg_wal" in one.parts for one in files)
    held = {one: one.read_bytes() for one in files if one.exists()}
    assert any(b'"sealed": "v1:' in data or b"v1:" in data for data in held.values())
    for one, data in held.items():
        assert not traces(data), one


def test_no_command_on_a_database_shows_the_canary_or_its_roles_password(
    planted: Planted, there: Servers, talking: str
) -> None:
    url = talking.replace("postgres@", "postgres:r0l3-p4ssw0rd@")
    assert "r0l3" in url
    for words, stdin, status in (
        (("database", "upgrade"), "", 0),
        (("database", "people"), "", 0),
        (("set", "pop3.password=-"), CANARY, 0),
        (("show", "--format=json"), "", 0),
        (("history", "--everywhere", "--format=json"), "", 0),
        (("everyone",), "", 0),
        (("keys", "rotate"), "", 0),
        (("export", "--passphrase=-"), PASSPHRASE, 0),
        (("check", "pop3"), "", 0),
        (("show", "--show-config"), "", 0),
        (("show", "--store", url.replace("/db_", "/no_such_db_")), "", 2),
    ):
        given = words if "--store" in words else (*words, f"--store={url}")
        done = planted.run(*given, "--log-level=DEBUG", stdin=stdin)
        told = done.stdout + done.stderr
        assert done.returncode == status, told
        assert_clean(told, words)
        assert b"r0l3-p4ssw0rd" not in told, words
    store = DatabaseStore(url)
    assert "r0l3" not in f"{store!r}{store}{store.location}{vars(store)}"
    store.close()
    assert there.targets().login("pop3").password == CANARY
