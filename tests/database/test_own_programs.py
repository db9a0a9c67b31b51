"""What a role may try with a program of its own: it sees no more, and forges no one's history."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import LiteralString

import psycopg
import pytest
from daemons.postgres import NewRole, Postgres
from database_types import Open, Role
from edits import ANA, BOB, COMPANY, USER, change, everywhere
from psycopg import errors, sql
from sqlalchemy.engine import make_url

from mailwidgets.database.people import Person, allow
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.settings.levels import Place

Run = Callable[[LiteralString], None]
OWN = {("user", "ana"), ("company", ""), ("workstation", "WS-01"), ("workstation", "WS-02")}
TELL = (
    "INSERT INTO mailwidgets.history (level, id, revision, commit_id, at, by, record)"
    " VALUES ('user', 'ana', %s, %s, %s, 'eva', %s)"
)
ESTIMATE = sql.SQL(
    "EXPLAIN (FORMAT JSON) SELECT 1 FROM mailwidgets.document"
    " WHERE content->'settings'->'pop3'->>'timeout' = {}"
)


def name_of(url: str) -> str:
    return str(make_url(url).username)


@pytest.fixture
def ana(store: DatabaseStore, role: Role, postgres_owner: Run) -> str:
    """Return the URL of a role that may even make a schema of its own, beside what others have."""
    store.commit(everywhere(1, ANA))
    store.commit(everywhere(1, BOB))
    url = role("ana")
    allow = sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
        sql.Identifier(str(make_url(url).database)), sql.Identifier(name_of(url))
    )
    postgres_owner(allow.as_string())  # type: ignore[arg-type]
    with psycopg.connect(url, autocommit=True) as own:
        own.execute("CREATE SCHEMA mine")
    return url


def forge(url: str, commit: str, at: str, record: object, revision: int = 50) -> None:
    with psycopg.connect(url, autocommit=True) as own:
        own.execute(TELL, (revision, commit, at, json.dumps(record)))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine.child () INHERITS (mailwidgets.document)",
        "CREATE TABLE mine.o (a text, b text, FOREIGN KEY (a, b) REFERENCES mailwidgets.document)",
        (
            "CREATE TRIGGER t BEFORE UPDATE ON mailwidgets.document FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        "CREATE RULE r AS ON INSERT TO mailwidgets.document DO ALSO NOTHING",
        "CREATE INDEX ON mailwidgets.document (content)",
        "CREATE STATISTICS mine.s ON level, id FROM mailwidgets.document",
        "CREATE POLICY mine ON mailwidgets.document USING (true)",
        "CREATE PUBLICATION mine FOR TABLE mailwidgets.document",
        "ALTER TABLE mailwidgets.document OWNER TO current_user",
        "ALTER FUNCTION mailwidgets.is_admin(text) OWNER TO current_user",
        "ALTER TABLE mailwidgets.history ALTER role SET DEFAULT 'postgres'",
        "ALTER ROLE current_user BYPASSRLS",
        "SELECT * FROM mailwidgets.history FOR UPDATE",
        "SELECT * FROM pg_statistic",
        (
            "INSERT INTO mailwidgets.document VALUES ('user', 'bob', 1, '{}')"
            " ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO mailwidgets.document VALUES ('user', 'ana', 1, '{}')"
            " ON CONFLICT (level, id) DO UPDATE SET id = 'bob'"
        ),
        "UPDATE mailwidgets.document SET id = 'Ana' WHERE id = 'ana'",
        (
            "MERGE INTO mailwidgets.document AS d USING (VALUES ('bob')) AS v (id)"
            " ON d.level = 'user' AND d.id = v.id"
            " WHEN NOT MATCHED THEN INSERT VALUES ('user', v.id, 1, '{}')"
        ),
        (
            "INSERT INTO mailwidgets.history (level, id, revision, commit_id, at, by, role, record)"
            " VALUES ('user', 'ana', 50, 'x', now(), 'ana', NULL, '{}')"
        ),
    ],
)  # fmt: skip
def test_what_only_an_owner_may_do_is_refused(ana: str, statement: LiteralString) -> None:
    with (
        psycopg.connect(ana, autocommit=True) as own,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        own.execute(statement)


@pytest.mark.parametrize(
    "way",
    [
        "CREATE VIEW mine.way AS SELECT * FROM mailwidgets.document",
        "CREATE MATERIALIZED VIEW mine.way AS SELECT * FROM mailwidgets.document",
        (
            "CREATE FUNCTION mine.seen() RETURNS SETOF mailwidgets.document SECURITY DEFINER"
            " LANGUAGE sql AS 'SELECT * FROM mailwidgets.document';"
            "CREATE VIEW mine.way AS SELECT * FROM mine.seen()"
        ),
        "CREATE VIEW mine.way AS SELECT * FROM mailwidgets.document TABLESAMPLE SYSTEM (100)",
        "CREATE TABLE mine.way AS SELECT * FROM mailwidgets.document",
    ],
)
def test_no_way_round_shows_more(ana: str, way: LiteralString) -> None:
    with psycopg.connect(ana, autocommit=True) as own:
        own.execute(way)
        assert {*own.execute("SELECT level, id FROM mine.way").fetchall()} == OWN
        with own.cursor().copy("COPY mailwidgets.document (level, id) TO STDOUT") as copied:
            assert set(copied.rows()) == OWN
        changed = "UPDATE mailwidgets.document SET revision = 9 WHERE id <> 'ana'"
        assert own.execute(changed).rowcount == 0


def test_statistics_and_estimates_hold_nobodys_settings(ana: str, postgres_owner: Run) -> None:
    postgres_owner("ANALYZE")
    asked = (
        "SELECT count(*) FROM pg_stats WHERE schemaname = 'mailwidgets'"
        " AND tablename IN ('document', 'history', 'people')"
    )
    with psycopg.connect(ana, autocommit=True) as own:
        assert own.execute(asked).fetchone() == (0,)
        plans = [
            own.execute(ESTIMATE.format(sql.Literal(guess))).fetchone() for guess in ("1", "2")
        ]
        assert str(plans[0]).replace("'1'", "'2'") == str(plans[1])


@pytest.mark.parametrize("alike", ["{0}X", '"{0}"', "{0}\u200b", "{0}'--", "{1}", "%", "{0}\\"])
def test_a_role_that_is_named_nearly_like_another_is_another(
    ana: str, alike: str, postgres: Postgres, roles: list[sql.Identifier], database_url: str
) -> None:
    name = alike.format(name_of(ana), name_of(ana).upper())
    roles.append(sql.Identifier(name))
    made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'x'").format(roles[-1])
    postgres.run(made)
    database = str(make_url(database_url).database)
    with psycopg.connect(postgres.url(database, name, "x"), autocommit=True) as other:
        assert other.execute("SELECT current_user").fetchone() == (name,)
        for table in ("document", "history", "people"):
            asked = sql.SQL("SELECT * FROM mailwidgets.{}").format(sql.Identifier(table))
            assert other.execute(asked).fetchall() == []


def test_a_role_has_the_rights_of_no_role_that_it_is_a_member_of(
    ana: str, store: DatabaseStore, database_url: str, new_role: NewRole, postgres_owner: Run
) -> None:
    """Unless it takes that role on; the history still knows who logged in."""
    member = new_role(database_url, "member")
    granted = sql.SQL("GRANT {} TO {}").format(
        sql.Identifier(name_of(ana)), sql.Identifier(name_of(member))
    )
    postgres_owner(granted.as_string())  # type: ignore[arg-type]
    with psycopg.connect(member, autocommit=True) as own:
        assert own.execute("SELECT * FROM mailwidgets.document").fetchall() == []
        own.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(name_of(ana))))
        own.execute("UPDATE mailwidgets.document SET revision = 2 WHERE id = 'ana'")
        own.execute(TELL, (2, "c0ffee", "2026-11-23T08:00:00Z", '{"edits": []}'))
        asked = "SELECT role FROM mailwidgets.history WHERE commit_id = 'c0ffee'"
        assert own.execute(asked).fetchone() == (name_of(member),)
    assert store.version(ANA)


@pytest.mark.parametrize("at", ["infinity", "-infinity", "9999-12-31", "0044-03-15 BC"])
def test_a_time_that_programs_cannot_read_is_refused(ana: str, at: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        forge(ana, "x", at, {})


@pytest.mark.parametrize("removed", [False, True])
def test_a_time_far_ahead_does_not_move_the_history_of_others(
    *, ana: str, store: DatabaseStore, postgres_owner: Run, removed: bool
) -> None:
    """One clock, or one forger, and every later commit would have been made in that year."""
    record = {"commit": "x", "at": "2999-01-01T00:00:00+00:00", "by": "ana", "edits": []}
    forge(ana, "x", "2999-01-01", record)
    if removed:
        postgres_owner("DELETE FROM mailwidgets.document WHERE id = 'ana'")
    for number in (2, 3):
        done = store.commit(everywhere(number, ANA))
        assert done
        assert done.at.year < 2999
    assert len(list(store.history([Place(COMPANY)]))) == 3


@pytest.mark.parametrize("few", [0, 16])
def test_a_record_that_claims_to_belong_to_another_commit_shows_whose_it_is(
    ana: str, store: DatabaseStore, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("mailwidgets.database.records._FEW", few)
    real = store.commit([change(COMPANY, "pop3.timeout", 7)])
    assert real
    record = {
        "commit": "0" * 32,
        "at": "1999-01-01T00:00:00+00:00",
        "by": "a fool",
        "why": "a lie",
        "snapshot": "false",
        "undoes": "f" * 32,
        "edits": [{"setting": "pop3.user", "before": None, "after": "eve"}],
    }
    forge(ana, real.id, real.at.isoformat(), record)

    told = next(iter(store.history([ANA.place(USER), Place(COMPANY)])))
    assert (told.id, told.at, told.by, told.why) == (real.id, real.at, real.by, real.why)
    assert (told.snapshot, told.undoes) == ("", "")
    assert {*str(told.role).split(", ")} == {"postgres", name_of(ana)}
    (of_company,) = (one for one in store.history([Place(COMPANY)]) if one.id == real.id)
    assert of_company.role == "postgres"


def test_a_damaged_record_is_told_with_its_place_and_harms_no_other(
    ana: str, store: DatabaseStore
) -> None:
    forge(ana, "x", "2026-11-23T08:00:00Z", {"edits": 7})
    with pytest.raises(DamagedDocument, match="history of user ana is damaged in its record of re"):
        list(store.history([ANA.place(USER)]))
    assert list(store.history([BOB.place(USER)]))
    assert store.commit([change(USER, "pop3.port", 9)])


def test_a_revision_that_has_no_next_is_told_with_its_place(ana: str, store: DatabaseStore) -> None:
    with psycopg.connect(ana, autocommit=True) as own:
        own.execute(
            "UPDATE mailwidgets.document SET revision = 9223372036854775807 WHERE id = 'ana'"
        )
    with pytest.raises(StoreError, match=r"user ana has the last revision .* Nothing was stored"):
        store.commit(everywhere(3, ANA))
    assert store.commit(everywhere(3, BOB))


def test_a_database_that_takes_no_writes_is_found_out_beforehand(
    ana: str, store: DatabaseStore, opening: Open, database_url: str, postgres_owner: Run
) -> None:
    """As a standby, or one that is being moved."""
    assert store.refusal(Place(COMPANY)) == ""
    closed = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only TO on").format(
        sql.Identifier(str(make_url(database_url).database))
    )
    postgres_owner(closed.as_string())  # type: ignore[arg-type]
    chief, own = opening(database_url), opening(ana)
    for one, place in ((chief, Place(COMPANY)), (own, ANA.place(USER))):
        assert "takes no writes at present" in one.refusal(place)
    assert "does not let the role" in own.refusal(Place(COMPANY))
    assert own.read(ANA).user.values
    with pytest.raises(StoreError, match=r"takes no writes at present.*Nothing was stored"):
        chief.commit(everywhere(2, ANA))


def test_an_administrator_neither_changes_nor_removes_history(
    store: DatabaseStore, role: Role
) -> None:
    store.commit(everywhere(1))
    with psycopg.connect(role("eva", admin=True), autocommit=True) as chief:
        for statement in (
            "UPDATE mailwidgets.history SET by = 'me'",
            "DELETE FROM mailwidgets.history",
            "TRUNCATE mailwidgets.history",
            "DELETE FROM mailwidgets.document",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                chief.execute(statement)  # type: ignore[arg-type]


def test_a_person_who_is_let_in_without_a_document_reads_what_is_common(
    ana: str, store: DatabaseStore, database_url: str, new_role: NewRole, opening: Open
) -> None:
    assert ana
    url = new_role(database_url, "desk")
    allow(store.database, Person(name_of(url)))
    desk = opening(url)
    assert desk.places(COMPANY) == (Place(COMPANY),)
    assert desk.places(USER) == ()
    assert "it has none of its own" in desk.refusal(ANA.place(USER))
