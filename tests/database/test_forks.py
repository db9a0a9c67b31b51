"""A forked process has the store, too: each goes on over connections of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from daemons.process import until

LISTENING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_takes_nothing_from_its_parent(database_url: str) -> None:
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("forking.py"))]
    with (
        psycopg.connect(database_url, autocommit=True) as owner,
        subprocess.Popen(
            [*command, database_url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as parent,
    ):
        try:
            assert until(lambda: owner.execute(LISTENING).fetchone() == (1,), 20)
            _, said = parent.communicate("\n", timeout=60)
        finally:
            parent.kill()
    assert (parent.returncode, said) == (0, "")
