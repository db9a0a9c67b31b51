"""The server restarts in the middle of several processes' commits: none is lost or doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from daemons.postgres import Postgres, own_server
from daemons.process import until
from edits import COMPANY

from mailwidgets.database.setup import create
from mailwidgets.database.store import DatabaseStore
from mailwidgets.settings.levels import Level, Place

WORKER = Path(__file__).with_name("database_worker.py")
SECTIONS = ("pop3", "smtp", "imap")
EACH = 150


@pytest.fixture
def server() -> Iterator[Postgres]:
    """Return a server of the test's own: others must not feel its restarts."""
    with own_server() as made:
        yield made


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "crash"])
def test_no_commit_is_lost_or_doubled_while_the_server_is_restarted(
    server: Postgres, how: signal.Signals
) -> None:
    url = server.url("postgres")
    with closing(DatabaseStore(url, patience=60)) as store, ExitStack() as held:
        create(store.database)
        workers = [
            held.enter_context(started(url, f"user {section}", section, str(EACH)))
            for section in SECTIONS
        ]
        # A store that has never seen its database does not wait for it.
        first = [worker.stdout.readline().strip() for worker in workers if worker.stdout]
        seen = 0
        for _ in range(4):
            wanted = min(seen + EACH // 3, EACH * len(SECTIONS))
            assert until(lambda wanted=wanted: len(list_of(store)) >= wanted, 60)  # type: ignore[misc]
            seen = len(list_of(store))
            server.restart(how)
        rest = [worker.stdout.read().split() for worker in workers if worker.stdout]
        assert [worker.wait(120) for worker in workers] == [0] * len(workers)

        # Every commit that was reported is there once, and no other is.
        commits = list(store.history([Place(COMPANY)]))
        told = sorted((*first, *(one for each in rest for one in each)))
        assert sorted(one.id for one in commits) == told
        assert len(told) == len(set(told)) == EACH * len(SECTIONS)
        for section in SECTIONS:
            own = Place(Level.USER, f"user {section}")
            for place in (Place(COMPANY), own):
                mine = [one for one in store.history([place]) if one.by == own.id]
                after = [one.edits[0].after for one in reversed(mine)]
                before = [one.edits[0].before for one in reversed(mine)]
                assert after == list(range(1, EACH + 1))
                assert before == [None, *range(1, EACH)]


def started(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", str(WORKER), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def list_of(store: DatabaseStore) -> list[str]:
    return [one.id for one in store.history([Place(COMPANY)])]
