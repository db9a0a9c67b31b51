"""No command of the command line shows or keeps the canary, nor hands it to another process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from daemons.dnsmasq import name_server
from planted import CANARY, PASSPHRASE, WORKFLOW, Planted, assert_clean, assert_folder_clean

_PATIENCE: Final = 60
_SET: Final = f"{CANARY}\n"
Run = tuple[tuple[str, ...], str, int]  # words, standard input, exit status


def run(*words: str, stdin: str = "", status: int = 0) -> Run:
    return words, stdin, status


def formats(*words: str, of: tuple[str, ...] = ("text", "json", "csv")) -> list[Run]:
    return [run(*words, "--format", one) for one in of]


_EXPORTED: Final = "{folder}/all.json"
_WITH_WORDS: Final = ("--passphrase", "-")

# What each command is asked to do with the canary before it; what is refused is asked, too.
RUNS: Final[dict[str, list[Run]]] = {
    "show": formats("show", of=("table", "json", "csv")),
    "set": [
        run("set", "pop3.password=-", stdin="another\n"),
        run("set", "pop3.password=-", "--why=once more", stdin=_SET),
        run("set", f"smtp.password={CANARY}"),
        run("set", "pop3.password=-", stdin=f"{CANARY}\nRCPT TO:<x>", status=2),
        run("set", f"pop3.password={CANARY}", "smtp.port=nonsense", status=2),
        run("set", f"pop3.passwort={CANARY}", status=2),
    ],
    "unset": [run("unset", "imap.password", "smtp.password")],
    "lock": [run("lock", "pop3.password", "--reason=policy")],
    "unlock": [run("lock", "pop3.password", "--reason=policy"), run("unlock", "pop3.password")],
    "history": [*formats("history"), *formats("history", "pop3.password", "--everywhere")],
    "diff": [*formats("diff", "planted"), *formats("diff", "--other-user=bob", "--all")],
    "undo": [  # history does not keep passwords: one can be taken away again, not brought back
        run("unset", "smtp.password"),
        run("undo", "{last}", status=3),
        run("set", "smtp.password=-", stdin=_SET),
        run("undo", "{last}"),
        run("undo", "{last}", status=3),
        run("undo", "--to=planted", status=3),
    ],
    "snapshot": [run("snapshot", "after planting"), *formats("snapshot", of=("text", "json"))],
    "keys": [run("keys"), run("keys", "publish"), run("keys", "rotate"), run("keys")],
    "everyone": [
        *formats("everyone", of=("table", "json", "csv")),
        run("everyone", "--of=workstations"),
    ],
    "migrate": [
        run("migrate", "--to={folder}/other", "--dry-run"),
        run("migrate", "--to={folder}/other"),
    ],
    "export": [
        *formats("export", of=("json", "csv")),
        *[
            (words + _WITH_WORDS, PASSPHRASE, status)
            for words, _, status in formats("export", of=("json", "csv"))
        ],
        run("export", f"--output={_EXPORTED}", *_WITH_WORDS, stdin=PASSPHRASE),
    ],
    "import": [
        run("export", f"--output={_EXPORTED}", *_WITH_WORDS, stdin=PASSPHRASE),
        run("set", "pop3.password=-", stdin="another\n"),
        run("import", _EXPORTED, *_WITH_WORDS, "--dry-run", stdin=PASSPHRASE),
        run("import", _EXPORTED, *_WITH_WORDS, "--format=json", stdin=PASSPHRASE),
        run("import", "-", stdin=f"level;id;pop3.password\nuser;ana;{CANARY}\n", status=2),
    ],
    "check": [
        run("check", "--bundle={folder}/bundle.zip"),
        run("check", "--format=json"),
        run("set", "pop3.name=localhost", "pop3.port={imap}"),
        run("check", "pop3", status=1),
    ],
    "send": [
        *formats("send", f"--to={WORKFLOW}", of=("text", "json")),
        run("send", "--to=nobody@practice.example", status=1),
    ],
    "discover": [
        run("discover", "ana@localhost", "--dns={dns}"),
        run("discover", "ana@localhost", "--dns={dns}", "--format=json"),
    ],
    "lessons": [run("lessons", "{folder}/lessons"), run("lessons", "{folder}/lessons", "--reset")],
    "class": [*formats("class", "{folder}", of=("table", "csv", "json"))],
    "fault": [
        *formats("fault", of=("table", "json")),
        run("fault", "wrong_password", "--faults={folder}/faults.json"),
        run("fault", "--faults={folder}/faults.json", "--format=json"),
        run("fault", "none", "--faults={folder}/faults.json"),
        run("fault", "wrong_password", status=2),
    ],
    "database": [run("database", "create", status=2)],  # with one: test_canary_database.py
}
_NAMES: Final = ("password", "passwort")
# The password where it does not belong: said nowhere what it was.
_MISPLACED: Final = {
    "set": [
        run("set", "pop3.password=first", CANARY, status=2),
        run("set", f"--pop3.password={CANARY}", status=2),
        run("set", f"--Set.password={CANARY}", status=2),
        run(f"pop3.password={CANARY}", status=2),
    ],
}
# Served until they are stopped, each with a test of its own.
SERVING: Final = ("dashboard", "practice")
# What takes the canary away from ana: a lock puts the company's value in force, and there is none.
TAKING: Final = ("unset", "lock")


def last(planted: Planted) -> str:
    """Return the newest commit's id."""
    told = json.loads(planted.run("history", "--format=json", "--limit=1").stdout)
    return str(told[0]["commit"])


@pytest.mark.parametrize("command", RUNS)
def test_no_command_shows_or_keeps_the_canary(planted: Planted, command: str) -> None:
    with contextlib.ExitStack() as stack:
        places = {"folder": str(planted.folder), "imap": str(planted.practice.ports["imap"])}
        if command == "discover":
            port = planted.practice.ports["imaps"]
            places["dns"] = stack.enter_context(
                name_server(
                    f"srv-host=_imaps._tcp.localhost,localhost,{port}",
                    "host-record=localhost,127.0.0.1",
                )
            )
        elsewhere = [run(command, f"pop3.{name}={CANARY}", status=2) for name in _NAMES]
        misplaced = _MISPLACED.get(command, elsewhere)
        for words, stdin, status in [*RUNS[command], *misplaced]:
            if "{last}" in words:
                places["last"] = last(planted)
            exact = [
                word if CANARY in word else re.sub(r"{(\w+)}", lambda found: places[found[1]], word)
                for word in words
            ]
            done = planted.run(*exact, "--log-level=DEBUG", stdin=stdin)
            told = done.stdout + done.stderr
            assert done.returncode == status, told.decode()
            assert_clean(told, exact)
            assert b"Traceback" not in told
            if stdin == PASSPHRASE:
                assert_clean(told, exact, PASSPHRASE)
                assert_folder_clean(planted.folder, PASSPHRASE)
    assert_folder_clean(planted.folder)
    if command not in TAKING:
        assert planted.servers.targets().login("pop3").password == CANARY


@contextlib.contextmanager
def served(planted: Planted, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a command that serves, and end it; yield it with what it writes to."""
    log = planted.folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailwidgets", *words, "--log-level=DEBUG"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=planted.environment(),
        )
        try:
            yield process, log
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)


def line_of(log: Path, process: subprocess.Popen[bytes], start: str) -> str:
    """Wait for the first line with a beginning; a server is heard of when it is ready."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text("utf-8").splitlines(keepends=True):
            if line.startswith(start) and line.endswith("\n"):
                return line.strip()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    pytest.fail(f"no {start!r} in {log.read_text('utf-8')}")


def page(url: str, process: subprocess.Popen[bytes]) -> bytes:
    """Return the page at an address, once something listens there."""
    parts, deadline = urlsplit(url), time.monotonic() + _PATIENCE
    while True:
        connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
        try:
            token = parts.query.removeprefix("token=")
            connection.request("GET", "/", headers={"Authorization": f"token {token}"})
            return connection.getresponse().read()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        finally:
            connection.close()


def family(process: int) -> Iterator[int]:
    """Yield a process and all that come from it."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_the_dashboards_page_log_and_processes_hold_no_canary(planted: Planted) -> None:
    with served(planted, "dashboard", "--no-browser") as (process, log):
        html = page(line_of(log, process, "http://"), process)
        processes = list(family(process.pid))
        assert len(processes) > 1, "a kernel runs"
        for one in processes:
            for what in ("cmdline", "environ"):
                assert_clean(Path(f"/proc/{one}/{what}").read_bytes(), f"{what} of {one}")
    assert b"application/vnd.jupyter.widget-view+json" in html
    assert_clean(html, "page")
    assert_clean(log.read_bytes(), "log")
    assert_folder_clean(planted.folder)
    planted.assert_held()


def test_practice_prints_no_canary(planted: Planted) -> None:
    with served(planted, "practice") as (process, log):
        line_of(log, process, "}")
    assert_clean(log.read_bytes(), "log")
    assert_folder_clean(planted.folder)


def test_nothing_of_a_command_is_left_in_the_temporary_folder(planted: Planted) -> None:
    temporary = planted.folder / "tmp"
    temporary.mkdir()
    for words in (("set", "pop3.password=-"), ("check", "pop3"), ("everyone",)):
        assert planted.run(*words, stdin=_SET, TMPDIR=str(temporary)).returncode == 0
    assert not os.listdir(temporary)  # noqa: PTH208 - the names are all there is to see
