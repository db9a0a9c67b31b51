from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mailwidgets.breakable import FAULTS_FILE, PORTS
from mailwidgets.faults import Switches

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PATIENCE = 60


@contextlib.contextmanager
def started(tmp_path: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start a command that serves; end it by SIGTERM and see that it goes by itself."""
    temporary = tmp_path / "tmp"
    temporary.mkdir(exist_ok=True)
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailwidgets", *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
    left = [path for path in temporary.iterdir() if path.name.startswith("mailwidgets-")]
    assert not left, "temporary settings were left behind"


def answer(url: str, path: str, **headers: str) -> tuple[int, str]:
    """Return status and redirect of a GET, once the server listens."""
    port, deadline = urlsplit(url).port, time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "nothing listens on the printed port"
        else:
            return response.status, response.headers.get("Location", "")
        finally:
            connection.close()


def test_the_dashboard_prints_its_url_first_and_wants_the_token_in_it(tmp_path: Path) -> None:
    with started(tmp_path, "dashboard", "--practice", "--no-browser") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        parts = urlsplit(url)

        right = answer(url, f"/?{parts.query}")
        wrong = answer(url, "/?token=wrong")

    assert (parts.hostname, len(parts.query) > 30) == ("127.0.0.1", True)
    assert right[0] == 200
    assert wrong[0] in {302, 403}
    assert "/login" in wrong[1] or wrong[0] == 403


def test_the_practice_servers_are_printed_as_json_and_stop_when_told(tmp_path: Path) -> None:
    with started(tmp_path, "practice") as process:
        assert process.stdout is not None
        text = ""
        for line in process.stdout:
            text += line
            if line == "}\n":
                break
        told = json.loads(text)
        for port in told["ports"].values():
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()

    assert process.returncode == 0
    assert set(told) >= {"host", "ports", "accounts"}
    for port in told["ports"].values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def test_practice_servers_begin_with_the_faults_that_are_named(tmp_path: Path) -> None:
    words = ("practice", "--fault", "busy", "--fault=greylisted")
    with started(tmp_path, *words) as process:
        assert process.stdout is not None
        told = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
        on = {name: fault.name for name, fault in Switches(told["faults"]).on().items()}
        with socket.create_connection(("127.0.0.1", told["ports"]["pop3"]), PATIENCE) as client:
            assert client.recv(99).startswith(b"-ERR [SYS/TEMP]")

    assert on == {"pop3": "busy", "smtp": "greylisted", "imap": "busy"}


def test_practice_servers_do_not_start_with_a_fault_that_does_not_exist(run: Run) -> None:
    done = run("practice", "--fault=bussy")

    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no fault 'bussy'; there is: busy" in done.stderr


def environment_of_a_kernel(process: subprocess.Popen[str]) -> dict[str, str]:
    """Return what a page's kernel finds in its environment, once a page was asked for."""
    kernels: list[str] = []
    for one in Path(f"/proc/{process.pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):  # a thread that has ended meanwhile
            kernels += one.read_text().split()
    told = Path(f"/proc/{kernels[0]}/environ").read_bytes().decode().split("\0")
    return dict(one.split("=", 1) for one in told if one)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("practice", [True, False])
def test_pages_can_break_the_servers_that_were_started_for_them_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, practice: bool
) -> None:
    monkeypatch.setenv(FAULTS_FILE, str(tmp_path / "elsewhere.json"))
    words = ["--practice"] if practice else [f"--store={tmp_path / 'store'}"]
    with started(tmp_path, "dashboard", "--no-browser", *words) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        token = urlsplit(url).query.removeprefix("token=")
        assert answer(url, "/", Authorization=f"token {token}")[0] == 200
        told = environment_of_a_kernel(process)
        ports = json.loads(told.get(PORTS, "{}"))
        for port in ports.values():
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()

    assert ("imaps" in ports, FAULTS_FILE in told) == (practice, practice)
    assert ("MAILWIDGETS_DNS" in told) == practice
    assert told.get(FAULTS_FILE) != str(tmp_path / "elsewhere.json")


def test_practice_never_touches_a_store_with_settings(run: Run, tmp_path: Path) -> None:
    run("set", "pop3.port=995")
    before = {path: path.read_bytes() for path in (tmp_path / "store").rglob("*.json")}

    done = run("dashboard", "--practice", "--no-browser", "--store", str(tmp_path / "store"))

    assert done.returncode == 2, done
    assert "never touches" in done.stderr
    assert before == {path: path.read_bytes() for path in (tmp_path / "store").rglob("*.json")}


def test_practice_leaves_the_store_of_the_environment_alone(run: Run, tmp_path: Path) -> None:
    run("set", "pop3.port=995")
    document = next((tmp_path / "store").rglob("users/*.json"))
    before = document.read_bytes()

    with started(tmp_path, "dashboard", "--practice", "--no-browser") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")

    assert document.read_bytes() == before


def test_practice_needs_no_key_that_is_here(tmp_path: Path) -> None:
    site = tmp_path / "home/xdg_config_dirs/mailwidgets"
    site.mkdir(parents=True)
    (site / "key").write_text("of the administrators")

    with started(tmp_path, "dashboard", "--practice", "--no-browser") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")

    assert sorted(one.name for one in (tmp_path / "home").rglob("*key*")) == ["key"]


def test_a_port_that_is_taken_is_bad_use(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("dashboard", "--no-browser", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 2
    assert "cannot be served on" in done.stderr
    assert "Traceback" not in done.stderr
