"""Servers to be visited, and visits: a page with all that went to and fro."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, WebSocket

from mailwidgets import Practice, Servers
from mailwidgets.dashboard import dashboard
from mailwidgets.faults import Switches
from mailwidgets.web import kernels

PATIENCE = 60  # seconds; starting takes two
HERE = Path(dashboard.__file__).parent
_PAGE_SERVER = Path(__file__).with_name("page_server.py")
_TELLING = """
c.DashboardServer.log_level = "INFO"  # which kernels start and end
c.DashboardKernels.grace = 600.0      # so one that ends has heard its page's farewell
"""


class Log:
    """What a process writes, line by line, for whoever waits for a line."""

    def __init__(self, stream: IO[str]) -> None:
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._news:
                    self.lines.append(line.strip())
                    self._news.notify_all()

    def wait_for(self, start: str) -> str:
        """Return the first line that holds ``start``, waiting for it."""
        with self._news:
            found = self._news.wait_for(lambda: self._find(start), PATIENCE)
        assert found, f"no {start!r} within {PATIENCE} s in {self.lines}"
        return found

    def _find(self, start: str) -> str:
        return next((line for line in self.lines if start in line), "")

    def end(self) -> None:
        """Wait until the process has closed its end."""
        self._reader.join(PATIENCE)


@dataclass(frozen=True)
class Served:
    """The running dashboard of ana on WS-01, and the store behind it."""

    url: str
    servers: Servers
    practice: Practice
    log: Log


@dataclass(frozen=True)
class Practising:
    """A running dashboard with practice servers of its own, and their switches."""

    url: str
    switches: Switches


@dataclass
class Visit:
    """A page, and all that went to and fro."""

    page: Page
    urls: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def record(self) -> None:
        """Record requests, frames and errors from now on."""
        self.page.on("request", self._on_request)
        self.page.on("websocket", self._on_websocket)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def listen(self) -> None:
        """Take what the console calls an error for one, too, as what a policy refuses."""
        self.page.on("console", self._on_console)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        self.urls.append(request.url)

    def _on_websocket(self, websocket: WebSocket) -> None:
        self.urls.append(websocket.url)
        websocket.on("framereceived", lambda frame: self.received.append(_bytes(frame)))
        websocket.on("framesent", lambda frame: self.sent.append(_bytes(frame)))

    def hosts(self) -> set[str]:
        """Return whom the page asked for anything."""
        asked = (urlsplit(url) for url in self.urls)
        return {one.hostname or "" for one in asked if one.scheme not in ("data", "blob")}

    @property
    def kernel(self) -> str:
        """The id of the kernel behind the page."""
        config = self.page.locator("#jupyter-config-data").text_content() or "{}"
        return str(json.loads(config)["kernelId"])

    def open(self, url: str) -> None:
        """Open the dashboard and wait until it is there."""
        self.page.goto(url)
        self.page.get_by_role("tab", name="POP3").wait_for()

    def tab(self, name: str) -> None:
        """Turn to a tab."""
        self.page.get_by_role("tab", name=name).click()

    def press(self, name: str) -> None:
        """Press a button of the tab that is shown."""
        self.page.get_by_role("button", name=name, exact=True).locator("visible=true").click()


def leave(context: BrowserContext) -> None:
    """Close a browser's pages as a person does: not every Chromium lets them say farewell else."""
    for page in context.pages:
        with suppress(Error):  # one that the test closed may be on its way out
            page.goto("about:blank")
    context.close()


def _bytes(frame: str | bytes) -> bytes:
    return frame if isinstance(frame, bytes) else frame.encode()


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str]) -> Iterator[Log]:
    """Run a server for as long as the context lasts; yield what it writes."""
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    log = Log(process.stdout)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(PATIENCE)
        log.end()


def dashboard_command(home: Path, *words: str) -> list[str]:
    """Return the command that serves the dashboard, set up in that home to tell what it does."""
    config = home / ".config" / "mailwidgets" / "mailwidgets_config.py"
    config.parent.mkdir(parents=True)
    config.write_text(_TELLING, encoding="utf-8")
    return [sys.executable, "-m", "mailwidgets", "dashboard", "--no-browser", *words]


def page_command(page: Path, *options: str, port: int = 0) -> list[str]:
    """Return the command that serves a notebook with our template and Voila's own server."""
    command = [sys.executable, str(_PAGE_SERVER), str(page), "--no-browser", "--token="]
    # By ports, two kernels that start at once may be after the same one.
    command += ["--KernelManager.transport=ipc", "--template=mailwidgets"]
    command += [f"--MultiKernelManager.kernel_manager_class={kernels.__name__}.PageKernel"]
    return [*command, "--Voila.ip=127.0.0.1", f"--port={port or free_port()}", *options]


def environment(folder: Path, key: str, **more: str) -> dict[str, str]:
    """Return an environment without this machine's own Jupyter and mailwidgets settings."""
    foreign = ("MAILWIDGETS_", "JUPYTER", "IPYTHON", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **kept,
        "HOME": str(folder),
        "MAILWIDGETS_KEY": key,
        "MAILWIDGETS_STORE": str(folder / "store"),
        "MAILWIDGETS_USER": "ana",
        "MAILWIDGETS_WORKSTATION": "WS-01",
        **more,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
