"""Who may do what is for the database to say: to the store, and to a program of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from database_types import Open, Role
from edits import ANA, BOB, COMPANY, USER, WORKSTATION, change, everywhere
from psycopg import errors
from sqlalchemy.engine import make_url

from mailwidgets.database.people import Person, allow, everyone, revoke
from mailwidgets.database.store import DatabaseStore
from mailwidgets.errors import ReadOnlyStore, StoreError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.ledger import Ledger
from mailwidgets.moving.migrate import migrate
from mailwidgets.settings.levels import Level, Place
from mailwidgets.vault.vault import Vault

COMPANY_PLACE = Place(COMPANY)
DOCUMENTS = "SELECT level, id FROM mailwidgets.document ORDER BY level, id"
ADD = (
    "INSERT INTO mailwidgets.document (level, id, revision, content)"
    " VALUES (%s, %s, 1, '{\"settings\": {}}')"
)
TELL = (
    "INSERT INTO mailwidgets.history (level, id, revision, commit_id, at, by, record)"
    " VALUES (%s, %s, 99, 'x', now(), 'me', '{}')"
)


@pytest.fixture
def filled(store: DatabaseStore) -> DatabaseStore:
    store.commit(everywhere(1, ANA))
    store.commit(everywhere(1, BOB))
    return store


@pytest.fixture
def ana(filled: DatabaseStore, role: Role) -> str:
    assert filled
    return role("ana")


def name_of(url: str) -> str:
    return str(make_url(url).username)


def test_a_user_reads_their_own_and_what_is_common(ana: str, opening: Open) -> None:
    own = opening(ana)

    read = own.read(ANA)
    assert [read.at(level).values["pop3", "timeout"] for level in (COMPANY, USER)] == [1, 1]
    assert own.places(USER) == (Place(USER, "ana"),)
    assert [one.place.id for one in own.read_all(USER)] == ["ana"]
    assert len(own.places(WORKSTATION)) == 2
    places = [ANA.place(level) for level in Level]
    (told,) = own.history(places)
    assert len(told.edits) == 3


def test_a_user_does_not_read_another_users_document(ana: str, opening: Open) -> None:
    own = opening(ana)

    for act in (
        lambda: own.read(BOB),
        lambda: list(own.history([BOB.place(USER)])),
        lambda: own.moved(BOB.place(USER)),
    ):
        with pytest.raises(StoreError, match="may not read user bob"):
            act()
    told: list[Place] = []
    both = [BOB.place(USER), ANA.place(USER)]
    found = own.read_each(both, lambda place, _: told.append(place))
    assert [one.place for one in found] == [ANA.place(USER)]
    assert told == [BOB.place(USER)]


def test_who_does_not_read_everything_does_not_move_a_part_of_it(
    ana: str, opening: Open, tmp_path: Path
) -> None:
    own = opening(ana)

    target = FolderStore(tmp_path / "target")
    with pytest.raises(StoreError, match=r"may not read user .* Nothing was moved: it would not b"):
        migrate(own, target, Vault.from_environment())
    assert not target.path.exists()


def test_who_does_not_read_everything_is_told_that_an_export_lacks_the_others(
    ana: str, opening: Open, filled: DatabaseStore
) -> None:
    def exported(store: DatabaseStore, *levels: str) -> tuple[int, tuple[str, ...]]:
        found = Ledger(store, ANA).export(levels=levels)
        return found.documents, found.warnings

    documents, (warning,) = exported(opening(ana), "user")
    assert documents == 1
    assert warning.startswith("all other users are left out: ")
    assert "may not read user" in warning
    assert exported(opening(ana), "workstation") == (2, ())
    assert exported(filled, "user") == (2, ())


def test_a_user_writes_their_own_document_alone(ana: str, opening: Open) -> None:
    own = opening(ana)

    assert own.refusal(ANA.place(USER)) == ""
    assert own.commit([change(USER, "pop3.port", 995)])
    for place in (COMPANY_PLACE, BOB.place(USER), ANA.place(WORKSTATION), Place(USER, "new")):
        assert f"write {place}; its own is user ana" in own.refusal(place)
    before = own.version(ANA)
    for changes in (
        [change(COMPANY, "pop3.port", 1)],
        [change(COMPANY, "pop3.port", "policy", lock=True)],
        [change(USER, "pop3.port", 1, who=BOB)],
        [change(WORKSTATION, "pop3.name", "evil.example")],
        everywhere(7),
    ):
        with pytest.raises(ReadOnlyStore, match=r"does not let the role .* write .*othing was"):
            own.commit(changes)
    assert own.version(ANA) == before
    assert own.commit([change(COMPANY, "pop3.timeout", 1)]) is None  # as it is already


def test_whoever_sets_workstations_writes_those_and_not_the_company(
    filled: DatabaseStore, role: Role, opening: Open
) -> None:
    assert filled
    keeper = opening(role("kim", workstations=True))

    assert keeper.commit([change(WORKSTATION, "pop3.name", "mx.example", who=BOB)])
    assert keeper.refusal(BOB.place(WORKSTATION)) == ""
    with pytest.raises(ReadOnlyStore):
        keeper.commit([change(COMPANY, "pop3.port", 1)])


def test_an_administrator_writes_everything_and_says_who_may(
    filled: DatabaseStore, role: Role, opening: Open
) -> None:
    assert filled
    chief = opening(role("eva", admin=True))

    assert chief.commit(everywhere(5, BOB))
    assert len(chief.places(USER)) == 2
    assert allow(chief.database, Person("someone", "carol")) is False  # no such role yet
    assert "someone" in [one.role for one in everyone(chief.database)]
    assert revoke(chief.database, "someone")
    assert not revoke(chief.database, "someone")


def test_whoever_bypasses_row_level_security_is_known_to_do_so(
    filled: DatabaseStore,
    database_url: str,
    new_role: Callable[[str], str],
    opening: Open,
    postgres_owner: Callable[[str], None],
) -> None:
    assert filled
    url = new_role(database_url)
    postgres_owner(f'ALTER ROLE "{name_of(url)}" BYPASSRLS')
    keeper = opening(url)
    assert [keeper.refusal(place) for place in (COMPANY_PLACE, BOB.place(USER))] == ["", ""]
    assert keeper.commit(everywhere(5, BOB))


def test_whoever_is_not_let_in_reads_and_writes_nothing(
    filled: DatabaseStore, database_url: str, new_role: Callable[[str], str], opening: Open
) -> None:
    url = new_role(database_url)
    stranger = opening(url)

    for act in (lambda: stranger.read(ANA), lambda: list(stranger.history([ANA.place(USER)]))):
        with pytest.raises(StoreError, match="is nobody here yet"):
            act()
    with pytest.raises(ReadOnlyStore, match="is nobody here yet"):
        stranger.commit([change(USER, "pop3.port", 1)])
    assert "mailwidgets database allow" in stranger.refusal(ANA.place(USER))
    allow(filled.database, Person(name_of(url), "ana"))
    stranger.close()
    assert opening(url).read(ANA).user.values["pop3", "timeout"] == 1


def test_a_right_that_is_taken_away_is_gone_at_once(
    filled: DatabaseStore, ana: str, opening: Open
) -> None:
    own = opening(ana)
    assert own.commit([change(USER, "pop3.port", 995)])
    assert revoke(filled.database, name_of(ana))
    with pytest.raises(ReadOnlyStore):
        own.commit([change(USER, "pop3.port", 996)])


def test_with_a_program_of_their_own_a_user_sees_no_more(ana: str) -> None:
    with psycopg.connect(ana, autocommit=True) as own:
        assert own.execute(DOCUMENTS).fetchall() == [
            ("company", ""),
            ("user", "ana"),
            ("workstation", "WS-01"),
            ("workstation", "WS-02"),
        ]
        told = own.execute("SELECT DISTINCT id FROM mailwidgets.history WHERE level = 'user'")
        assert told.fetchall() == [("ana",)]
        assert own.execute("SELECT role FROM mailwidgets.people").fetchall() == [(name_of(ana),)]


@pytest.mark.parametrize(
    "place", [("company", ""), ("user", "bob"), ("user", "new"), ("workstation", "WS-01")]
)
def test_with_a_program_of_their_own_a_user_writes_no_more(
    ana: str, place: tuple[str, str], filled: DatabaseStore
) -> None:
    versions = filled.version(ANA), filled.version(BOB)
    where = "WHERE level = %s AND id = %s"
    with psycopg.connect(ana, autocommit=True) as own:
        for statement in (
            f"UPDATE mailwidgets.document SET content = '{{}}' {where}",  # noqa: S608 - ours
            f"UPDATE mailwidgets.document SET level = 'user', id = 'ana' {where}",  # noqa: S608
        ):
            assert own.execute(statement, place).rowcount == 0
        for statement in (ADD, TELL):
            with pytest.raises(errors.InsufficientPrivilege):
                own.execute(statement, place)
        with pytest.raises(errors.InsufficientPrivilege):
            own.execute(f"{ADD} ON CONFLICT (level, id) DO UPDATE SET revision = 5", place)
        # Nor by handing their own document over.
        with pytest.raises(errors.InsufficientPrivilege):
            own.execute("UPDATE mailwidgets.document SET level = %s, id = %s", place)
    assert (filled.version(ANA), filled.version(BOB)) == versions


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM mailwidgets.document",
        "TRUNCATE mailwidgets.document",
        "UPDATE mailwidgets.history SET by = 'someone else'",
        "DELETE FROM mailwidgets.history",
        "TRUNCATE mailwidgets.history",
        "UPDATE mailwidgets.schema_version SET version = 99",
        "INSERT INTO mailwidgets.people (role, id, admin) VALUES ('friend', 'bob', true)",
        (
            "INSERT INTO mailwidgets.people (role, id, admin) SELECT current_user, 'ana', true"
            " ON CONFLICT (role) DO UPDATE SET admin = true"
        ),
        "ALTER TABLE mailwidgets.document DISABLE ROW LEVEL SECURITY",
        "DROP POLICY reading ON mailwidgets.document",
        "CREATE TABLE mailwidgets.mine (x int)",
        (
            "CREATE OR REPLACE FUNCTION mailwidgets.is_admin(asking text) RETURNS boolean"
            " LANGUAGE sql AS 'SELECT true'"
        ),
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SET row_security = off; SELECT * FROM mailwidgets.document",
    ],
)
def test_nobody_raises_themselves(ana: str, statement: str) -> None:
    with (
        psycopg.connect(ana, autocommit=True) as own,
        pytest.raises((errors.InsufficientPrivilege, errors.InvalidParameterValue)),
    ):
        own.execute(statement)


@pytest.mark.parametrize(
    "change_of_people",
    [
        "UPDATE mailwidgets.people SET admin = true, workstations = true",
        "UPDATE mailwidgets.people SET id = 'bob'",
        "DELETE FROM mailwidgets.people",
    ],
)
def test_nobody_changes_their_own_entry(ana: str, change_of_people: str) -> None:
    with psycopg.connect(ana, autocommit=True) as own:
        assert own.execute(change_of_people).rowcount == 0


def test_who_wrote_is_for_the_database_to_say(
    ana: str, opening: Open, filled: DatabaseStore, database_url: str
) -> None:
    assert filled
    opening(ana).commit([change(USER, "pop3.port", 995)])
    with psycopg.connect(ana, autocommit=True) as own, pytest.raises(errors.InsufficientPrivilege):
        own.execute(TELL.replace("by,", "role, by,").replace("'me'", "'postgres', 'me'"), ANA_ROW)
    with psycopg.connect(database_url) as owner:
        last = "SELECT role FROM mailwidgets.history WHERE level = 'user' AND id = 'ana'"
        rows = owner.execute(f"{last} ORDER BY revision").fetchall()
    assert rows == [("postgres",), (name_of(ana),)]
    place = ANA.place(USER)
    for told in (filled.history([place]), filled.moved(place).commits):
        assert [one.role for one in told] == [name_of(ana), "postgres"]


ANA_ROW = ("user", "ana")


def test_a_users_own_search_path_and_functions_turn_no_policy(
    ana: str, role: Role, postgres_owner: Callable[[str], None]
) -> None:
    """Everything that a policy calls was found when it was made."""
    assert role("eva", admin=True)  # whom another operator would take ana for
    postgres_owner(f'GRANT CREATE ON DATABASE "{make_url(ana).database}" TO "{name_of(ana)}"')
    with psycopg.connect(ana, autocommit=True) as own:
        own.execute("CREATE SCHEMA evil")
        for name in ("is_admin", "own_id", "current_user"):
            own.execute(
                f'CREATE FUNCTION evil."{name}"(text) RETURNS boolean LANGUAGE sql'
                " AS 'SELECT true'"
            )
        own.execute(
            "CREATE FUNCTION evil.same(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'"
        )
        own.execute("CREATE OPERATOR evil.= (LEFTARG=text, RIGHTARG=text, FUNCTION=evil.same)")
        own.execute("CREATE TEMP TABLE people (role text, id text, admin bool, workstations bool)")
        own.execute("INSERT INTO pg_temp.people SELECT current_user, 'bob', true, true")
        own.execute("SET search_path = evil, pg_temp, pg_catalog")
        rows = own.execute("SELECT id FROM mailwidgets.document WHERE level OPERATOR(pg_catalog.=)"
                           " 'user'").fetchall()  # fmt: skip
        assert rows == [("ana",)]
        assert own.execute("SELECT mailwidgets.is_admin(current_user)").fetchone() == (False,)


def test_a_leaky_function_sees_no_hidden_row(
    ana: str, postgres_owner: Callable[[str], None]
) -> None:
    postgres_owner(f'GRANT CREATE ON DATABASE "{make_url(ana).database}" TO "{name_of(ana)}"')
    seen: list[str] = []
    with psycopg.connect(ana, autocommit=True) as own:
        own.add_notice_handler(lambda notice: seen.append(str(notice.message_primary)))
        own.execute("CREATE SCHEMA mine")
        own.execute(
            "CREATE FUNCTION mine.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001"
            " AS $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        own.execute("SELECT 1 FROM mailwidgets.document WHERE mine.tell(level || id)")
        own.execute("SELECT 1 FROM mailwidgets.people WHERE mine.tell(role)")
    assert "userana" in seen
    assert name_of(ana) in seen
    assert "userbob" not in seen
