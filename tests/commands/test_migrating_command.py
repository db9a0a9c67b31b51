from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mailwidgets.commands import migrating
from mailwidgets.folder.folder import FolderStore
from mailwidgets.store.commits import Moved

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
    assert "all is the same; the keys here open 1 of the secrets" in done.stdout
    assert f"MAILWIDGETS_STORE={target}" in done.stdout
    assert {one: one.read_bytes() for one in filled.rglob("*") if one.is_file()} == before
    shown = [run("show", "--format=json", f"--store={one}").stdout for one in (filled, target)]
    assert shown[0] == shown[1]
    assert CANARY not in done.stdout + done.stderr


def test_migrate_names_the_new_folder_as_everyone_finds_it(
    run: Run, filled: Path, tmp_path: Path
) -> None:
    assert filled
    done = run("migrate", f"--to={os.path.relpath(tmp_path / 'target')}")

    assert done.returncode == 0, done.stderr
    told = done.stdout.rpartition("MAILWIDGETS_STORE=")[2].strip()
    assert Path(told).is_absolute()
    assert (Path(told) / "users" / "ana.json").is_file()


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
    assert "History:   5 entries, 0 of them snapshots" in done.stdout
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


def test_migrate_of_a_store_into_itself_is_refused(run: Run, filled: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(filled)
    for same in (filled, f"{filled}/", tmp_path / "link"):
        done = run("migrate", f"--to={same}")

        assert done.returncode == 2
        assert "is the store that is to be moved: give another one" in done.stderr
        assert "MAILWIDGETS_STORE" not in done.stdout


def test_migrate_of_nothing_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("migrate", f"--store={tmp_path / 'mistyped'}", f"--to={tmp_path / 'target'}")

    assert done.returncode == 2
    assert f"{tmp_path / 'mistyped'} holds nothing to move: is it the right store?" in done.stderr
    assert not (tmp_path / "target").exists()


class Forgetful(FolderStore):
    """A folder that loses one of the documents."""

    def adopt(self, batch: Sequence[Moved]) -> None:
        super().adopt([one for one in batch if one.place.id != "bob"])


def test_migrate_that_is_not_the_same_there_ends_with_1_and_says_what(
    filled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(migrating, "store_at", lambda place: Forgetful(Path(place)))
    command = migrating.Migrate()
    command.initialize([f"--store={filled}", f"--to={tmp_path / 'target'}"])

    assert command.guarded() == 1
    told = capsys.readouterr()
    assert "all is the same" not in told.out
    assert "NOT the same" in told.out
    assert "MAILWIDGETS_STORE" not in told.out
    assert "mailwidgets migrate: not the same: user bob: is missing\n" in told.err
    assert f"mailwidgets migrate: go on using {filled}\n" in told.err


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
    assert run("everyone").stdout == "No users to show.\n"


def test_everyone_of_a_section_without_any_value_says_so(run: Run, filled: Path) -> None:
    assert filled
    assert run("everyone", "trust").stdout == "Nothing is set.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nntp"], "one section of pop3, smtp"),
        (["pop3", "smtp"], "one section of pop3, smtp"),
        (["workflow", "--of=workstations"], "no setting of workflow is kept at workstations"),
    ],
)
def test_everyone_refuses_a_section_that_has_no_table(
    run: Run, words: list[str], told: str
) -> None:
    done = run("everyone", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_everyone_tells_values_that_were_passed_over(run: Run, filled: Path) -> None:
    file = filled / "users" / "ana.json"
    file.write_text(file.read_text().replace("995", "99500"))
    done = run("everyone", "--format=csv")

    assert done.returncode == 0
    assert "user ana: pop3.port" in done.stderr


def test_everyone_shows_who_can_be_read_and_names_each_damaged_document(
    run: Run, filled: Path
) -> None:
    damaged = [filled / name for name in ("users/ana.json", "workstations/WS-02.json")]
    for file in damaged:
        file.write_text('{"id": "x",\n "settings": ')
    users = run("everyone", "--format=json")
    workstations = run("everyone", "--of=workstations", "--format=json")

    assert [users.returncode, workstations.returncode] == [1, 1]
    assert [row["user"] for row in json.loads(users.stdout)] == ["bob"]
    assert [row["workstation"] for row in json.loads(workstations.stdout)] != []
    assert "WS-02" not in workstations.stdout
    for done, what, file in (
        (users, "user ana", damaged[0]),
        (workstations, "workstation WS-02", damaged[1]),
    ):
        begun = f"mailwidgets everyone: {what} is left out: {file}, line 2, column 14: not JSON"
        assert done.stderr.startswith(begun)


def test_everyone_shows_nothing_where_the_companys_document_is_damaged(
    run: Run, filled: Path
) -> None:
    (filled / "company.json").write_text("{")
    done = run("everyone")

    assert (done.returncode, done.stdout) == (2, "")
    assert "company.json, line 1, column 2: not JSON" in done.stderr
