"""URLs, and that what is secret in them, or in a document, is told to nobody."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import cast

import psycopg
import pytest
from cutting import Wire
from daemons.postgres import NewRole, Postgres
from database_types import Open, Role
from edits import ANA, BOB, COMPANY, USER, change, everywhere
from sqlalchemy.engine import make_url

from mailwidgets.database.address import read_address
from mailwidgets.database.people import Person, allow
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import MailwidgetsError, StoreError
from mailwidgets.location import store_at
from mailwidgets.store.commits import Moved

CANARY = "c4n4ry-Pässwört"


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("postgresql://db.example/mail", "postgresql://db.example/mail"),
        ("postgresql://ana:s3cret@db.example:5433/mail", "postgresql://ana@db.example:5433/mail"),
        ("postgresql+psycopg://ana@[::1]/mail", "postgresql+psycopg://ana@[::1]/mail"),
        ("postgresql:///mail?host=/run/pg", "postgresql:///mail?host=%2Frun%2Fpg"),
        ("postgresql://db/mail?password=s3cret&sslmode=require", "postgresql://db/mail?sslmode=require"),
        ("postgresql://db/mail?sslpassword=s3cret", "postgresql://db/mail"),
        ("postgresql://ana:s3cret%40%2F@db/mail", "postgresql://ana@db/mail"),
        ("postgresql://db/mail?scram_client_key=s3cret", "postgresql://db/mail"),
        ("postgresql://db/mail?passfile=/etc/pg", "postgresql://db/mail?passfile=%2Fetc%2Fpg"),
    ],
)  # fmt: skip
def test_a_location_is_the_url_without_a_password(url: str, location: str) -> None:
    store = store_at(url)
    assert store.location == location
    assert repr(store) == f"DatabaseStore({location!r})"
    assert store_at(location).location == location


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:s3cret@rest@db/mail",
        "postgresql://ana:s3cret/rest#@db@x/mail",
        "postgresql://ana:s3@cret/mail@db",
        "postgresql://s3cret:s3cret",
        "postgresql+psycopg2://ana:s3cret@db/mail",
        "postgresql://ana:s3cret@db:s3cret/mail",
        "postgresql://db/mail?pasword=s3cret",
        "postgresql://db/mail?password=s3cret&s3cret=x",
        "postgresql://ana:s3cret@db/mail?port=x",
        "mysql://ana:s3cret@db/mail",
        "s3cret://db",
    ],
)
def test_a_url_that_cannot_be_used_is_not_repeated(url: str) -> None:
    with pytest.raises(StoreError) as error:
        store_at(url)
    said = "".join(traceback.format_exception(error.value))
    if not url.startswith("s3cret"):
        assert "s3cret" not in said.replace(url, "")
        assert "s3cret" not in str(error.value)
    assert error.value.__context__ is None or "s3cret" not in str(error.value.__context__)


def test_cockroachdb_needs_its_dialect_and_says_so() -> None:
    with pytest.raises(StoreError, match="sqlalchemy-cockroachdb"):
        store_at("cockroachdb://root@localhost:26257/mail")


def test_what_a_url_says_goes_before_what_would_be_chosen() -> None:
    address = read_address(
        "postgresql://db/mail?connect_timeout=2&options=-c%20statement_timeout%3D7"
    )
    chosen = address.arguments()
    assert "connect_timeout" not in chosen
    assert chosen["options"].index("statement_timeout=7") > chosen["options"].index("=10000")
    assert chosen["options"].endswith("-c search_path=pg_catalog")


def test_the_limits_are_in_force(database_url: str) -> None:
    store = DatabaseStore(database_url)
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with store.database.engine.connect() as connection:
        said = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
        assert said == ["10s", "5s", "15s"]
        assert connection.exec_driver_sql("SHOW search_path").scalar() == "pg_catalog"
        assert connection.exec_driver_sql("SHOW client_encoding").scalar() == "UTF8"
        assert connection.exec_driver_sql("SHOW application_name").scalar() == "mailwidgets"
        # What a firewall cuts is noticed by the sockets themselves.
        driver = cast("psycopg.Connection[object]", connection.connection.driver_connection)
        chosen = driver.info.get_parameters()
        assert chosen["tcp_user_timeout"] == "10000"
        watched = ("keepalives_idle", "keepalives_interval", "keepalives_count")
        assert [chosen[name] for name in watched] == ["5", "2", "3"]
    store.close()


@pytest.mark.parametrize("way", ["url", "query", "PGPASSWORD", "pgpass"])
def test_a_password_comes_by_any_of_libpqs_ways(  # noqa: PLR0913 - fixtures
    *,
    store: DatabaseStore,
    role: Role,
    opening: Open,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    way: str,
) -> None:
    store.commit(everywhere(1))
    url = make_url(role("ana"))
    bare = url._replace(password=None)
    password = str(url.password)
    file = tmp_path / "pgpass"
    file.write_text(f"*:*:*:{url.username}:{password}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file if way == "pgpass" else tmp_path / "none"))
    if way == "PGPASSWORD":
        monkeypatch.setenv("PGPASSWORD", password)
    chosen = {"url": url, "query": bare.update_query_dict({"password": password})}.get(way, bare)
    assert opening(chosen.render_as_string(hide_password=False)).read(ANA).user.values


def test_a_wrong_password_is_told_once_and_not_repeated(
    postgres: Postgres, store: DatabaseStore, role: Role, opening: Open, wire: Wire
) -> None:
    assert store
    right = make_url(role("ana"))
    wrong = right.set(password=CANARY).render_as_string(hide_password=False)
    asked = (postgres.home / "log").read_text().count("password authentication failed")
    with pytest.raises(StoreError, match="password authentication failed") as error:
        opening(wire.url(wrong)).read(ANA)
    assert CANARY not in str(error.value)
    log = (postgres.home / "log").read_text()
    assert log.count("password authentication failed") == asked + 1


def test_a_database_that_does_not_exist_is_named(postgres: Postgres, opening: Open) -> None:
    with pytest.raises(StoreError, match='database "nowhere" does not exist'):
        opening(postgres.url("nowhere")).read(ANA)


def test_a_planted_password_is_told_nowhere(  # noqa: PLR0913 - each is another surface
    *,
    database_url: str,
    store: DatabaseStore,
    new_role: NewRole,
    postgres_owner: Callable[[str], None],
    opening: Open,
    wire: Wire,
    postgres: Postgres,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    def act(what: Callable[[], object]) -> None:
        try:
            said.append(repr(what()))
        except MailwidgetsError as error:
            said.extend(("".join(traceback.format_exception(error)), repr(error), str(error)))
            context = error.__context__
            while context is not None:
                said.extend((repr(context), str(context), repr(context.args)))
                context = context.__context__

    name = make_url(new_role(database_url, "ana")).username
    assert name
    allow(store.database, Person(name, "ana"))
    postgres_owner(f"ALTER ROLE \"{name}\" PASSWORD '{CANARY}'")
    url = make_url(database_url).set(username=name, password=CANARY)
    hidden = url.render_as_string(hide_password=False)
    planted = [change(USER, "pop3.user", CANARY), change(USER, "smtp.user", f"{CANARY} ☃")]
    own, far = opening(hidden), opening(wire.url(hidden), patience=0.2)
    for one in (own, far):
        act(lambda one=one: one.version(ANA))  # type: ignore[misc]
        act(lambda one=one: one.commit([change(COMPANY, "pop3.user", CANARY)]))  # type: ignore[misc]
    act(lambda: own.commit(planted) and None)
    said += [repr(own), own.location, repr(own.database.engine), str(own.database.__dict__)]
    for wrong in ("\0", "\ud800"):  # the server would quote what stands around it
        content = {"format": 2, "id": "bob", "later": f"{CANARY} {wrong}"}
        act(lambda content=content: store.adopt([Moved(BOB.place(USER), content, ())]))  # type: ignore[misc]
    # Errors of every kind, each while the password is among what was sent.
    for failing in (
        "ALTER TABLE mailwidgets.document ADD CONSTRAINT fails CHECK (revision < 2) NOT VALID",
        "ALTER TABLE mailwidgets.document DROP CONSTRAINT fails",
        "ALTER TABLE mailwidgets.history ADD CHECK (length(record::text) < 9) NOT VALID",
        "ALTER TABLE mailwidgets.document ALTER content TYPE text",
        "ALTER TABLE mailwidgets.document DROP COLUMN content CASCADE",
    ):
        postgres_owner(failing)
        for one in (own, store):  # of its own tables an owner is told the values that fail
            changes = [change(USER, "imap.user", f"{CANARY} {len(said)}")]
            act(lambda one=one, changes=changes: one.commit(changes) and None)  # type: ignore[misc]
            act(lambda one=one: one.read(ANA) and None)  # type: ignore[misc]
    wire.refuse()
    act(lambda: far.read(ANA))
    act(lambda: far.commit([change(USER, "imap.user", CANARY)]))
    act(lambda: far.wait(0))
    act(lambda: opening(url.set(host="nowhere.invalid", query={}).render_as_string(
        hide_password=False)).read(ANA))  # fmt: skip

    assert len(said) > 20
    out = capfd.readouterr()
    for text in (*said, caplog.text, out.out, out.err):
        assert "c4n4ry" not in text
    assert postgres.home.exists()


def test_text_that_json_in_a_database_cannot_hold_is_refused_in_words(
    store: DatabaseStore, opening: Open, database_url: str
) -> None:
    moved = store.moved(ANA.place(USER))
    for text in ("a\0b", "\ud800"):
        content = {"format": 2, "id": "ana", "later": text}
        with pytest.raises(StoreError, match="later holds") as error:
            opening(database_url).adopt([type(moved)(moved.place, content, ())])
        assert "Nothing was stored" in str(error.value)
    assert store.places(USER) == ()


def test_the_server_sees_the_commands_name(database_url: str, store: DatabaseStore) -> None:
    assert store.version(ANA)
    with psycopg.connect(database_url) as owner:
        names = owner.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchall()
    assert ("mailwidgets",) in names
