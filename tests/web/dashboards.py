"""A real dashboard's server, and visitors that are no browsers."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
from websockets.sync.client import ClientConnection, connect

PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def kernel(self) -> str:
        found = re.search(r'"kernelId": *"([^"]+)"', self.body)
        assert found is not None, (self.status, self.body[:500])
        return found[1]


@dataclass
class Served:
    """A running server.

    Attributes:
        url: what it printed first.
        process: the server's.
        log: the file of its standard error.
    """

    url: str
    process: subprocess.Popen[str]
    log: Path

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def base(self) -> str:
        return urlsplit(self.url).path

    @property
    def token(self) -> str:
        return parse_qs(urlsplit(self.url).query)["token"][0]

    @property
    def signed_in(self) -> dict[str, str]:
        return {"Authorization": f"token {self.token}"}

    def ask(self, path: str = "", method: str = "GET", body: str = "", **headers: str) -> Answer:
        """Ask without any token or cookie of its own; ``_`` in a header's name stands for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, f"{self.base}{path}", body or None, named)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())
        finally:
            connection.close()

    def cookie(self) -> str:
        """Return what a browser sends once it was here with the token."""
        given = self.ask(f"?token={self.token}").headers.get_all("Set-Cookie", [])
        return "; ".join(one.partition(";")[0] for one in given)

    def page(self) -> Answer:
        """Ask for the dashboard as one who is signed in."""
        return self.ask(**self.signed_in)

    def kernels(self) -> set[int]:
        """Return the kernels' process ids."""
        children = psutil.Process(self.process.pid).children()
        return {one.pid for one in children if one.status() != psutil.STATUS_ZOMBIE}

    def wait_for_waiting(self, count: int) -> None:
        """Wait until some pages wait; needs a log of level INFO."""
        told = "A page waits"
        wait_until(lambda: self.log.read_text().count(told) >= count, f"{count} pages wait")

    def alive(self, kernel: str) -> bool:
        return self.ask(f"api/kernels/{kernel}", **self.signed_in).status == 200

    def channels(self, kernel: str, **headers: str) -> ClientConnection:
        """Connect to a kernel as its page does."""
        address = f"ws://127.0.0.1:{self.port}{self.base}api/kernels/{kernel}/channels"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        session = f"?session_id={uuid.uuid4().hex}"
        return connect(
            address + session,
            additional_headers=self.signed_in | named,
            open_timeout=PATIENCE,
            max_size=None,
        )

    def come_and_go(self, kernel: str, **headers: str) -> None:
        """Connect, and hang up without a farewell."""
        with self.channels(kernel, **headers):
            pass

    def farewell(self, kernel: str) -> None:
        assert self.ask(f"voila/api/shutdown/{kernel}", "POST", **self.signed_in).status == 204


def say(line: ClientConnection, kind: str, content: dict[str, Any]) -> str:
    """Send a message to a kernel; return its id."""
    header = {"msg_id": uuid.uuid4().hex, "username": "", "session": "s", "version": "5.3"}
    header |= {"msg_type": kind, "date": "2026-01-01T00:00:00Z"}
    message = {"header": header, "parent_header": {}, "channel": "shell", "content": content}
    line.send(json.dumps(message | {"metadata": {"version": "1.0.0"}}))
    return header["msg_id"]


def comms(line: ClientConnection) -> dict[str, Any]:
    """Return the widgets that a kernel holds, asked as the page asks."""
    asked = say(line, "comm_info_request", {"target_name": "jupyter.widget"})
    until = time.monotonic() + PATIENCE
    while True:
        told = line.recv(timeout=until - time.monotonic())
        if isinstance(told, bytes):
            continue
        reply = json.loads(told)
        if reply["parent_header"].get("msg_id") == asked and "comms" in reply["content"]:
            found: dict[str, Any] = reply["content"]["comms"]
            return found


def wait_until(holds: Callable[[], object], why: str) -> None:
    """Wait for something that nobody announces."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"not within {PATIENCE} s: {why}"
        time.sleep(0.05)


@contextmanager
def serving(folder: Path, *words: str, config: str = "", **env: str) -> Iterator[Served]:
    """Run a dashboard for ana on WS-01 for as long as the context lasts.

    Args:
        folder: where its home, store and log are.
        words: of the command line.
        config: what ``mailwidgets_config.py`` says.
        env: variables of its environment.
    """
    settings = folder / "home" / ".config" / "mailwidgets"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "mailwidgets_config.py").write_text(config, encoding="utf-8")
    foreign = ("MAILWIDGETS_", "JUPYTER", "IPYTHON", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    home = str(folder / "home")
    command = [sys.executable, "-m", "mailwidgets", "dashboard", "--no-browser"]
    command += [f"--store={folder / 'store'}", "--workstation=WS-01", *words]
    log = folder / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            command,
            env={**kept, "HOME": home, "MAILWIDGETS_USER": "ana", **env},
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
        )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), log.read_text()
        yield Served(url, process, log)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
