from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "c4nary-Пароль"


@pytest.fixture
def filled(run: Run, tmp_path: Path) -> Path:
    """Return the folder of a store with a few settings of two people."""
    for words in (
        ["set", "pop3.port=995", "pop3.password=-", "smtp.name=a.example", "--user=ana"],
        ["set", "imap.timeout=2.5", "smtp.name=b.example", "--user=bob", "--workstation=WS-02"],
        ["set", "smtp.tls=auto", "--level=company"],
    ):
        done = run(*words, stdin=CANARY)
        assert done.returncode == 0, done.stderr
    return tmp_path / "store"


def test_migrate_moves_everything_and_says_what_to_set_next(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    before = {one: one.read_bytes() for one in filled.rglob("*") if one.is_file()}
    done = run("migrate", f"--to={target}")

    assert done.returncode == 0, done.stderr
    assert "Documents: 5 (1 of the company, 2 of users, 2 of workstations)" in done.stdout
    assert "all is the same; 1 secrets opened" in done.stdout
    assert f"MAILWIDGETS_STORE={target}" in done.stdout
    assert {one: one.read_bytes() for one in filled.rglob("*") if one.is_file()} == before
    shown = [run("show", "--format=json", f"--store={one}").stdout for one in (filled, target)]
    assert shown[0] == shown[1]
    assert CANARY not in done.stdout + done.stderr


def test_migrate_to_a_database_and_back(
    run: Run, filled: Path, tmp_path: Path, database_url: str
) -> None:
    there = run("migrate", f"--to={database_url}")
    back = run("migrate", f"--store={database_url}", f"--to={tmp_path / 'back'}")

    assert there.returncode == 0, there.stderr
    assert back.returncode == 0, back.stderr
    for file in filled.rglob("*.json"):
        copy = tmp_path / "back" / file.relative_to(filled)
        assert json.loads(copy.read_bytes()) == json.loads(file.read_bytes())


def test_migrate_dry_run_counts_and_moves_nothing(run: Run, filled: Path, tmp_path: Path) -> None:
    assert filled
    done = run("migrate", "--dry-run", f"--to={tmp_path / 'target'}")

    assert done.returncode == 0, done.stderr
    assert "History:   5 commits" in done.stdout
    assert done.stdout.endswith("Nothing was moved.\n")
    assert not (tmp_path / "target").exists()


def test_migrate_into_other_settings_is_refused(run: Run, filled: Path, tmp_path: Path) -> None:
    assert filled
    run("set", "pop3.port=1", "--user=eve", f"--store={tmp_path / 'target'}")
    done = run("migrate", f"--to={tmp_path / 'target'}")

    assert done.returncode == 2
    assert "user eve. Nothing was moved" in done.stderr


def test_migrate_names_every_damaged_document(run: Run, filled: Path, tmp_path: Path) -> None:
    for file in filled.glob("users/*.json"):
        file.write_text("{")
    done = run("migrate", f"--to={tmp_path / 'target'}")

    assert done.returncode == 2
    assert "ana.json, line 1, column 2" in done.stderr
    assert "bob.json, line 1, column 2" in done.stderr
    assert not (tmp_path / "target").exists()


def test_migrate_without_a_target_says_what_it_needs(run: Run) -> None:
    done = run("migrate")

    assert done.returncode == 2
    assert "migrate needs --to" in done.stderr


def test_migrate_to_where_nothing_can_be_written_is_refused(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    assert filled
    (tmp_path / "file").touch()
    done = run("migrate", f"--to={tmp_path / 'file' / 'target'}")

    assert done.returncode == 2
    assert os.strerror(20) in done.stderr


def test_everyone_prints_a_row_per_user_as_csv(run: Run, filled: Path) -> None:
    assert filled
    done = run("everyone", "--format=csv")

    assert done.returncode == 0, done.stderr
    head, *rows = [line.split(",") for line in done.stdout.splitlines()]
    by_user = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(by_user) == ["ana", "bob"]
    assert (by_user["ana"]["pop3.port"], by_user["bob"]["pop3.port"]) == ("995", "110")
    assert by_user["bob"]["imap.timeout"] == "2.5"
    assert by_user["ana"]["pop3.password"] == "set"
    assert "smtp.name" not in head
    assert CANARY not in done.stdout


def test_everyone_at_a_workstation_has_its_settings_as_json(run: Run, filled: Path) -> None:
    assert filled
    rows = json.loads(run("everyone", "smtp", "--workstation=WS-02", "--format=json").stdout)

    assert [row["smtp.name"] for row in rows] == ["b.example", "b.example"]
    assert {key.partition(".")[0] for key in rows[0]} == {"user", "smtp"}


def test_everyone_as_a_table_has_a_column_where_somebody_differs(run: Run, filled: Path) -> None:
    assert filled
    done = run("everyone")
    origins = run("everyone", "--of=workstations", "--origins")

    assert done.stdout.split()[:3] == ["pop3.port", "pop3.password", "imap.timeout"]
    assert "The same for all 2, where it is set:\n  pop3.timeout  30.0\n" in done.stdout
    assert "smtp.name  workstation" in origins.stdout


def test_everyone_as_csv_holds_nothing_that_a_spreadsheet_calculates(
    run: Run, filled: Path
) -> None:
    assert filled
    run("set", "pop3.user==1+1", "--user=@eve")
    rows = run("everyone", "pop3", "--format=csv").stdout.splitlines()

    assert rows[1].startswith("'@eve,110,30.0,'=1+1,")


def test_everyone_of_a_single_user_lists_what_is_set(run: Run) -> None:
    run("set", "pop3.port=995", "--user=ana")
    done = run("everyone", "pop3")

    assert done.stdout.startswith("ana, where it is set:\n  pop3.port  995\n")


def test_everyone_of_an_empty_store_says_so(run: Run) -> None:
    assert run("everyone").stdout == "No users yet.\n"


def test_everyone_refuses_a_section_that_is_none(run: Run) -> None:
    done = run("everyone", "nntp")

    assert done.returncode == 2
    assert "one section of pop3, smtp" in done.stderr


def test_everyone_tells_values_that_were_passed_over(run: Run, filled: Path) -> None:
    file = filled / "users" / "ana.json"
    file.write_text(file.read_text().replace("995", "99500"))
    done = run("everyone", "--format=csv")

    assert done.returncode == 0
    assert "user ana: pop3.port" in done.stderr
