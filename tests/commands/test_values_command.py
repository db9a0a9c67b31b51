from __future__ import annotations

import contextlib
import csv
import ctypes
import io
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
KEYS = (
    *("section", "key", "label", "level", "default", "company", "user", "workstation"),
    *("effective", "from", "borrowed", "locked"),
)
IN_OPEN = 0x20  # of inotify
CANARY = 'c4nary-Пароль \\ "q"'


def shown(run: Run, *words: str) -> dict[str, dict[str, object]]:
    done = run("show", "--format", "json", *words)
    assert done.returncode == 0, done.stderr
    return {f"{row['section']}.{row['key']}": row for row in json.loads(done.stdout)}


def test_show_on_a_fresh_store_lists_every_setting_with_its_default(run: Run) -> None:
    rows = shown(run)

    assert len(rows) == 52
    assert all(tuple(row) == KEYS for row in rows.values())
    assert rows["pop3.port"]["effective"] == 110
    assert rows["pop3.tls"]["effective"] is True
    assert rows["smtp.tls"]["default"] == "auto"
    assert rows["smtp.name"]["effective"] is None
    assert rows["smtp.name"]["from"] == "default"


def test_show_creates_nothing(run: Run, tmp_path: Path) -> None:
    run("show")

    assert not (tmp_path / "store").exists()


def test_what_set_stores_show_tells_with_its_level(run: Run) -> None:
    done = run("set", "pop3.port=995", "smtp.tls=Implicit SSL/TLS", "pop3.sasl=on")
    rows = shown(run)

    assert done.returncode == 0, done.stderr
    assert (rows["pop3.port"]["user"], rows["pop3.port"]["from"]) == (995, "user")
    assert rows["smtp.tls"]["effective"] == "implicit"
    assert rows["pop3.sasl"]["effective"] is True


def test_a_level_can_be_asked_for(run: Run) -> None:
    run("set", "pop3.port=995", "--level", "company")

    assert shown(run)["pop3.port"]["company"] == 995
    assert shown(run, "--user", "someone.else")["pop3.port"]["effective"] == 995


def test_a_wrong_value_stores_nothing_and_tells_the_rule(run: Run, tmp_path: Path) -> None:
    done = run("set", "pop3.user=ana", "pop3.port=70000")

    assert done.returncode == 2
    assert "pop3.port: Must be a whole number from 1 to 65535" in done.stderr
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("set",),
        ("set", "pop3.port"),
        ("set", "pop3.prot=1"),
        ("set", "nope.port=1"),
        ("set", "pop3.port=1", "--level", "workstation"),
        ("set", "pop3.port=1", "--level", "moon"),
        ("set", "pop3.port=1", "--lvel", "user"),
        ("set", "--pop3.port=1"),
        ("set", "pop3.port=1", "--Set.lvel=user"),
        ("show", "nope"),
        ("show", "--format", "xml"),
        ("lock", "smtp.tls"),
        ("lock", "workflow.port", "--reason", "r"),
        ("unlock",),
        ("check", "nope"),
        ("check",),
        ("practice", "more"),
        ("--store", "x", "show"),
        ("nonsense",),
        (),
    ],
    ids=" ".join,
)
def test_bad_use_ends_with_status_2_and_a_reason_without_a_traceback(
    run: Run, words: tuple[str, ...]
) -> None:
    done = run(*words)

    assert done.returncode == 2, done
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_what_a_screen_has_no_letters_for_is_written_out(run: Run) -> None:
    run("set", "workflow.full_name=Büro", "pop3.name=127.0.0.1", "pop3.port=9")

    shown = run("show", "workflow", PYTHONIOENCODING="ascii")
    checked = run("check", "pop3", PYTHONIOENCODING="ascii")

    assert (shown.returncode, checked.returncode) == (0, 1)
    assert "B\\xfcro" in shown.stdout
    assert "\\u2717 connection" in checked.stdout
    assert "Traceback" not in checked.stderr


def test_who_forgets_set_is_told_of_it_without_the_password(run: Run) -> None:
    done = run(f"pop3.password={CANARY}")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "mailwidgets: values are for: mailwidgets set pop3.password=…\n"


def test_a_snapshot_may_be_named_after_a_value_that_is_no_secret(run: Run) -> None:
    run("set", "smtp.port=587")

    assert run("snapshot", "smtp.port=587").returncode == 0


def test_unset_uncovers_the_fallback(run: Run) -> None:
    run("set", "pop3.port=995", "--level", "company")
    run("set", "pop3.port=1110")

    assert run("unset", "pop3.port").returncode == 0
    assert shown(run)["pop3.port"]["effective"] == 995


def test_a_lock_puts_the_companys_value_in_force_until_it_is_lifted(run: Run) -> None:
    run("set", "smtp.tls=require", "--level", "company")
    run("set", "smtp.tls=none")
    run("lock", "smtp.tls", "--reason", "policy 7")
    locked = shown(run)["smtp.tls"]
    run("unlock", "smtp.tls")

    assert (locked["effective"], locked["locked"], locked["user"]) == (
        "require",
        "policy 7",
        "none",
    )
    assert shown(run)["smtp.tls"]["effective"] == "none"


def test_a_password_comes_from_standard_input_and_appears_nowhere(run: Run, tmp_path: Path) -> None:
    done = run("set", "pop3.user=ana", "pop3.password=-", stdin=CANARY + "\n")
    outputs = [run("show", "--format", form) for form in ("table", "json", "csv")]
    outputs += [done, run("check", "pop3"), run("set", "pop3.password=" + CANARY + "\n")]

    assert done.returncode == 0, done.stderr
    assert shown(run)["pop3.password"]["effective"] == "set"
    for output in outputs:
        assert "c4nary" not in output.stdout + output.stderr
    for file in (tmp_path / "store").rglob("*"):
        if file.is_file():
            assert b"c4nary" not in file.read_bytes(), file


def test_a_borrowed_account_names_its_origin(run: Run) -> None:
    run("set", "pop3.user=ana", "smtp.use_pop3_account=yes")
    row = shown(run, "smtp")["smtp.user"]

    assert (row["effective"], row["borrowed"], row["from"]) == ("ana", "pop3", "user")


def test_csv_has_the_same_columns_and_rows(run: Run) -> None:
    run("set", 'workflow.full_name=Ana, "the" Émigrée')
    rows = list(csv.DictReader(io.StringIO(run("show", "workflow", "--format", "csv").stdout)))

    assert tuple(rows[0]) == KEYS
    assert [row["effective"] for row in rows if row["key"] == "full_name"] == ['Ana, "the" Émigrée']


def configured(text: str) -> None:
    """Write the configuration file of whoever runs the test, which is in a temporary home."""
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "mailwidgets"
    folder.mkdir(parents=True)
    (folder / "mailwidgets_config.py").write_text(text, "utf-8")


def test_a_configuration_file_counts_and_the_command_line_stands_above_it(run: Run) -> None:
    configured('c.Command.user = "ben"\nc.Show.format = "csv"\n')
    run("set", "pop3.port=995")

    assert run("show").stdout.startswith("section,key,")
    assert shown(run)["pop3.port"]["effective"] == 995
    assert shown(run, "--user", "ana")["pop3.port"]["effective"] == 110


def test_a_wrong_configuration_file_is_bad_use(run: Run) -> None:
    configured('c.Show.format = "xml"\n')

    done = run("show")

    assert done.returncode == 2, done
    assert "xml" in done.stderr


def test_a_value_that_someone_else_changed_meanwhile_is_a_conflict(
    run: Run, tmp_path: Path, key: str
) -> None:
    run("set", "pop3.port=995")
    document = next((tmp_path / "store" / "users").glob("*.json"))
    lock = next((tmp_path / "store").glob(".*lock*"), tmp_path / "store" / ".lock")
    # The command has read its base once it comes to the lock, which it opens only for a moment.
    with filelock.FileLock(lock), opening(lock) as wait_until_opened:
        waiting = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "mailwidgets",
                "set",
                "pop3.port=1",
                "--store",
                str(tmp_path / "store"),
            ],
            stderr=subprocess.PIPE,
            text=True,
            env={"MAILWIDGETS_KEY": key, "PATH": "", "LOGNAME": document.stem},
        )
        wait_until_opened()
        document.write_text(document.read_text("utf-8").replace("995", "2"), "utf-8")
    _, told = waiting.communicate(timeout=30)

    assert waiting.returncode == 3, told
    assert "pop3.port" in told
    assert "995" in told
    assert json.loads(document.read_text("utf-8"))["settings"]["pop3"]["port"] == 2


@contextlib.contextmanager
def opening(path: Path) -> Iterator[Callable[[], None]]:
    """Give a function that waits until somebody has opened the file since (Linux's inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(0)
    try:
        assert libc.inotify_add_watch(watch, os.fsencode(path), IN_OPEN) >= 0

        def wait() -> None:
            ready, _, _ = select.select([watch], [], [], 30)
            assert ready, "the command never came to the lock"

        yield wait
    finally:
        os.close(watch)
