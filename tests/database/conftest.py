from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import LiteralString

import psycopg
import pytest
from cutting import Wire
from daemons.postgres import NewRole, Postgres
from database_types import Kill, Open, Role
from psycopg import sql
from sqlalchemy.engine import make_url

from mailwidgets.database.people import Person, allow
from mailwidgets.database.store import DatabaseStore


@pytest.fixture
def opening() -> Iterator[Open]:
    """Open stores, and close them after the test."""
    with contextlib.ExitStack() as held:

        def opened(url: str, patience: float = 20.0) -> DatabaseStore:
            return held.enter_context(contextlib.closing(DatabaseStore(url, patience=patience)))

        yield opened


@pytest.fixture
def store(database_url: str, opening: Open) -> DatabaseStore:
    """Return the owner's store."""
    return opening(database_url)


@pytest.fixture
def wire(postgres: Postgres) -> Iterator[Wire]:
    """Return a wire to the server that can be cut."""
    with contextlib.closing(Wire(postgres.socket)) as made:
        yield made


@pytest.fixture
def kill(postgres: Postgres, database_url: str) -> Kill:
    """Return what terminates every connection to the test's database; it tells how many."""
    name = sql.Literal(make_url(database_url).database)
    terminate = sql.SQL(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}"
    ).format(name)
    return lambda: len(postgres.run(terminate))


@pytest.fixture
def waiting(postgres: Postgres, database_url: str) -> Callable[[], int]:
    """Return what counts the connections to the test's database that wait for a lock."""
    count = sql.SQL(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = {}"
    ).format(sql.Literal(make_url(database_url).database))
    return lambda: int(postgres.run(count)[0][0])


@pytest.fixture
def role(store: DatabaseStore, database_url: str, new_role: NewRole) -> Role:
    """Return what makes a role and lets it in, as a URL."""

    def made(user: str, *, admin: bool = False, workstations: bool = False) -> str:
        url = new_role(database_url, user)
        name = make_url(url).username
        assert name
        assert allow(store.database, Person(name, user, admin, workstations))
        return url

    return made


@pytest.fixture
def postgres_owner(database_url: str) -> Callable[[LiteralString], None]:
    """Return what runs a statement as the owner of the test's database."""

    def run(statement: LiteralString) -> None:
        with psycopg.connect(database_url, autocommit=True) as owner:
            owner.execute(statement)

    return run
