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


def answer(url: str, path: str) -> tuple[int, str]:
    """Return status and redirect of a GET, once the server listens."""
    port, deadline = urlsplit(url).port, time.monotonic() + PATIENCE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
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
