from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from daemons.postgres import NewDatabase, NewRole
from sqlalchemy.engine import make_url

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def url(empty_database: NewDatabase) -> str:
    return empty_database()


def test_a_database_is_made_filled_and_shared_by_commands_alone(
    run: Run, url: str, new_role: NewRole
) -> None:
    def told(*words: str, at: str = url, status: int = 0) -> str:
        done = run(*words, MAILWIDGETS_STORE=at, MAILWIDGETS_USER="ana")
        assert done.returncode == status, done.stderr
        assert done.stderr == "" or status
        return done.stdout + done.stderr

    assert "mailwidgets database create" in told("show", status=2)
    assert told("database", "upgrade", status=2).count("database create") == 1
    assert told("database", "create") == "The tables are of version 2; there were none.\n"
    assert told("database", "create") == "The tables are of version 2 already.\n"
    assert told("database", "upgrade") == "The tables are of version 2 already.\n"
    assert "Nobody" in told("database", "people")
    ana, eva = new_role(url, "ana"), new_role(url, "eva")
    ana_role, eva_role = (str(make_url(one).username) for one in (ana, eva))
    words = ("database", "allow", ana_role, "--user=ana")
    assert told(*words) == f"The role {ana_role} is user ana and may write user ana.\n"
    told("database", "allow", eva_role, "--admin")
    allowed = told("database", "allow", "kim", "--workstations", at=eva)
    assert allowed.endswith('The database has no role kim yet: CREATE ROLE "kim" LOGIN\n')
    table = told("database", "people", at=eva).splitlines()
    assert table[0].split() == ["role", "user", "may", "write"]
    assert sorted(line.split()[0] for line in table[1:]) == sorted((ana_role, eva_role, "kim"))
    assert "all workstations" in next(line for line in table if line.startswith("kim"))

    told("set", "pop3.port=995", at=ana)
    told("set", "pop3.timeout=20", "--level=company", at=eva)
    assert "does not let the role" in told(
        "set", "pop3.timeout=1", "--level=company", at=ana, status=2
    )
    wrote = json.loads(told("history", "--format=json", at=ana))
    assert {one["role"] for one in wrote} == {ana_role, eva_role}
    rows = json.loads(told("show", "pop3", "--format=json", at=ana))
    values = {row["key"]: (row["effective"], row["from"]) for row in rows}
    assert values["port"] == (995, "user")
    assert values["timeout"] == (20, "company")

    assert told("database", "people", at=ana).splitlines()[1].split()[:2] == [ana_role, "ana"]
    refused = told("database", "allow", ana_role, "--admin", at=ana, status=2)
    assert "does not let this role" in refused
    told("database", "revoke", ana_role)
    assert "nobody here yet" in told("show", at=ana, status=2)
    assert "was not let in" in told("database", "revoke", ana_role, status=2)


@pytest.mark.parametrize(
    "words", [(), ("make",), ("allow",), ("revoke",), ("create", "twice"), ("allow", "a", "b")]
)
def test_other_words_are_refused(run: Run, words: tuple[str, ...]) -> None:
    done = run("database", *words)
    assert done.returncode == 2
    assert "create, upgrade, allow ROLE, revoke ROLE or people" in done.stderr


def test_a_folder_needs_no_tables(run: Run, tmp_path: Path) -> None:
    done = run("database", "create", MAILWIDGETS_STORE=str(tmp_path))
    assert done.returncode == 2
    assert "is a folder, which needs no tables" in done.stderr
