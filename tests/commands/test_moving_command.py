"""``export`` and ``import`` on the real command line."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwidgets.commands.moving import Export

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = 'c4n4ry-Пароль \\ "q"'
WORDS = "correct hörse"
ELSEWHERE = "elsewhere"


@pytest.fixture
def filled(run: Run) -> Run:
    """Return the command line over a store with settings and a password."""
    for words in (
        ("set", "smtp.port=587", "--level", "company"),
        ("set", "smtp.user=ana", "smtp.password=-", "--user", "ana"),
        ("set", "smtp.user==bob", "--user", "bob"),
    ):
        done = run(*words, stdin=CANARY)
        assert done.returncode == 0, done.stderr
    return run


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_an_export_is_imported_elsewhere_with_its_passwords(filled: Run, tmp_path: Path) -> None:
    file, elsewhere = tmp_path / "all.json", str(tmp_path / ELSEWHERE)
    out = filled("export", "--output", str(file), "--passphrase", "MAIL_WORDS", MAIL_WORDS=WORDS)
    into = ("import", str(file), "--store", elsewhere, "--passphrase", "-")
    tried = filled(*into, "--dry-run", "--user", "ana", stdin=f"{WORDS}\n")

    assert out.stdout == f"Exported 3 documents with 1 password to {file}.\n"
    assert mode(file) == 0o600
    assert tried.returncode == 0, tried.stderr
    assert tried.stdout.startswith("Would change 4 settings of the company and 2 users.")
    assert not Path(elsewhere).exists()

    done = filled(*into, "--user", "ana", stdin=f"{WORDS}\n")
    assert done.returncode == 0, done.stderr
    again = filled(*into, "--user", "ana", stdin=WORDS)
    assert again.stdout == "Nothing to change: all that the file says is stored already.\n"
    for words in (
        file.read_text("utf-8"),
        *(f"{one.stdout}{one.stderr}" for one in (out, tried, done)),
    ):
        assert "c4n4ry" not in words
        assert WORDS not in words
    history = filled("history", "--everywhere", "--store", elsewhere, "--user", "ana").stdout
    assert "import of all.json" in history


def test_without_a_passphrase_no_password_leaves(filled: Run) -> None:
    for form in ("json", "csv"):
        done = filled("export", "--format", form)
        assert done.returncode == 0, done.stderr
        assert "c4n4ry" not in done.stdout
        assert "v1:" not in done.stdout


def test_a_sheet_goes_through_a_pipe(filled: Run, tmp_path: Path) -> None:
    sheet = filled("export", "--format", "csv", "--levels", "company,user").stdout
    done = filled(
        "import", "-", "--store", str(tmp_path / ELSEWHERE), "--format", "json", stdin=sheet
    )

    told = json.loads(done.stdout)
    assert [(one["setting"], one["after"]) for one in told["changes"]] == [
        ("smtp.port", 587),
        ("smtp.user", "ana"),
        ("smtp.user", "=bob"),
    ]
    assert told["commit"]
    assert told["impact"]["shifts"][0]["everyone_else"] is True


def test_a_file_is_only_overwritten_by_force(filled: Run, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    file.write_text("mine")
    file.chmod(0o644)
    refused = filled("export", "--output", str(file))

    assert refused.returncode == 2
    assert "is there already: --force overwrites it" in refused.stderr
    assert file.read_text() == "mine"

    done = filled("export", "--output", str(file), "--force", "--passphrase", "-", stdin=WORDS)
    assert done.returncode == 0, done.stderr
    assert json.loads(file.read_text("utf-8"))["mailwidgets"] == "export"
    assert mode(file) == 0o600
    assert not list(tmp_path.glob(".*.tmp"))


class Asked(io.TextIOBase):
    """Standard input that lets something happen when it is read."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self.happens = happens
        self.buffer = self

    def readline(self, size: int | None = -1, /) -> bytes:  # type: ignore[override]
        assert size
        self.happens()
        return f"{WORDS}\n".encode()


def exported(to: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> int:
    """Export with a passphrase, something happening when that is asked for."""
    monkeypatch.setattr(sys, "stdin", Asked(happens))
    command = Export()
    store = to.parent / "store"
    command.initialize([f"--store={store}", f"--output={to}", "--passphrase=-"])
    return command.guarded()


def test_a_file_that_is_there_is_told_before_a_passphrase_is_asked_for(
    filled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filled
    asked: list[bool] = []
    (tmp_path / "all.json").write_text("mine")

    assert exported(tmp_path / "all.json", monkeypatch, lambda: asked.append(True)) == 2
    assert not asked


def test_a_file_that_somebody_makes_meanwhile_is_not_overwritten(
    filled: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled
    file = tmp_path / "all.json"

    assert exported(file, monkeypatch, lambda: file.write_text("theirs")) == 2
    assert file.read_text() == "theirs"
    assert "is there already: --force overwrites it" in capsys.readouterr().err
    assert not list(tmp_path.glob(".*.tmp"))


def test_what_is_no_file_is_never_overwritten(filled: Run, tmp_path: Path) -> None:
    for target in (tmp_path, Path("/dev/null")):
        done = filled("export", "--force", "--output", str(target))
        assert done.returncode == 2
        assert f"{target} is no regular file" in done.stderr
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_folder_that_is_not_there_is_told(filled: Run, tmp_path: Path) -> None:
    done = filled("export", "--output", str(tmp_path / "no" / "all.json"))

    assert done.returncode == 2
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize("given", ["NO_SUCH_VARIABLE", "c4n4ry words", "-"])
def test_a_passphrase_that_is_nowhere_is_refused_and_never_repeated(
    filled: Run, given: str
) -> None:
    done = filled("export", "--passphrase", given)

    assert done.returncode == 2
    assert "there is no passphrase where this one says" in done.stderr
    assert "c4n4ry" not in done.stdout + done.stderr
    assert done.stdout == ""


def test_a_passphrase_that_is_no_text_is_refused_and_not_shown(tmp_path: Path, key: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailwidgets", "export", "--passphrase", "-"],
        input=b"c4n4ry\xff\n",
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "MAILWIDGETS_STORE": str(tmp_path / "store"), "MAILWIDGETS_KEY": key},
    )

    assert done.returncode == 2
    assert b"c4n4ry" not in done.stdout + done.stderr


def test_wrong_cells_are_all_told_and_nothing_is_stored(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("level;id;smtp.port;smtp.password\nuser;ana;0;c4n4ry\nuser;bob;587;\nusr;;;\n")
    done = run("import", str(file))

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "mailwidgets import: users.csv cannot be imported, and nothing was stored:\n"
        "  row 2, column C (smtp.port): Must be a whole number from 1 to 65535, not 0.\n"
        "  row 2, column D (smtp.password): a password stands here as export --passphrase wrote "
        "it, as (set) or as (none)\n"
        "  row 4, column A (level): must be one of company, user, workstation, not 'usr'\n"
    )
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("import",),
        ("import", "a.json", "b.json"),
        ("import", "-", "--passphrase", "-"),
        ("import", "no such file.json"),
        ("import", "."),
        ("export", "all.json"),
        ("export", "--levels", "usr"),
        ("export", "--format", "xml"),
    ],
)
def test_bad_use_ends_with_2(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)

    assert done.returncode == 2, done.stdout
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_what_an_export_leaves_out_is_told_beside_it(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "store" / "users" / "bob.json").write_text("{")
    done = filled("export", "--users", "bob,eva,ana")

    assert done.returncode == 0
    assert [one["id"] for one in json.loads(done.stdout)["documents"]] == ["ana"]
    assert "mailwidgets export: user eva has stored nothing\n" in done.stderr
    assert "user bob is left out: " in done.stderr


def test_a_dry_run_that_would_be_refused_ends_with_2(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "store" / "users" / "bob.json").write_text("{")
    done = filled("import", "-", "--dry-run", stdin="level,id,smtp.port\nuser,bob,25\n")

    assert done.returncode == 2
    assert "mailwidgets import: user bob: " in done.stderr


def test_an_export_of_more_than_a_folder_should_hold_says_so(run: Run, tmp_path: Path) -> None:
    for name in ("ana", "bob"):
        assert run("set", "smtp.port=25", "--user", name).returncode == 0
    script = (
        "from mailwidgets.everyone import advice; advice.LOCAL = 1\n"
        "from mailwidgets.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "export", "--store", str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert len(json.loads(done.stdout)["documents"]) == 2
    assert done.stderr.startswith(f"mailwidgets export: {tmp_path / 'store'} holds 2 users and")
    assert "mailwidgets migrate --to postgresql://" in done.stderr
    assert not run("export").stderr
