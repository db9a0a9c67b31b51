"""``dashboard`` and ``practice``: commands that serve until they are stopped."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from traitlets import Bool, Int

from mailwidgets.commands.command import OK, Command, Usage
from mailwidgets.location import absolute
from mailwidgets.practice import Practice
from mailwidgets.prefill import prefill
from mailwidgets.servers import Servers
from mailwidgets.vault.keys import KeyFile
from mailwidgets.vault.vault import COMPANY_KEY_FILE, KEY, KEY_FILE

_NOTEBOOK = Path(__file__).parent.parent / "dashboard" / "dashboard.ipynb"
_LOOPBACK = "127.0.0.1"
# A socket's path has at most 104 characters (108 on Linux); Voila and Jupyter add 65 to this.
_ROOM_FOR_SOCKETS = 35
_PING = 30_000  # milliseconds
_CULL_IDLE_AFTER = 600  # seconds; a connected page keeps its kernel


class Rehearse(Command):
    """Start the practice servers and print their ports and accounts."""

    name = "practice"
    description = "Start POP3, SMTP and IMAP practice servers on this machine until interrupted."
    examples = "mailwidgets practice"
    takes_words = False

    def work(self, words: Sequence[str]) -> int:
        """Print the servers as JSON, then serve until SIGINT or SIGTERM."""
        del words  # it takes none
        with _until_stopped() as stopped, Practice.start() as practice:
            self.say(json.dumps(practice.as_dict(), ensure_ascii=False, indent=2))
            stopped.wait()
        return OK


class Dashboard(Command):
    """Serve the dashboard to browsers on this machine."""

    name = "dashboard"
    description = "Serve the dashboard; its URL, with a token, is printed first."
    examples = "mailwidgets dashboard --practice\nmailwidgets dashboard --store ./settings"
    takes_words = False

    port = Int(0, help="TCP port to serve on; 0 takes a free one.").tag(config=True)
    practice = Bool(
        default_value=False,
        help="Start practice servers and use a new store that is filled in for them.",
    ).tag(config=True)
    browser = Bool(default_value=True, help="Open the page in a browser.").tag(config=True)
    aliases: dict[str, Any] = {**Command.aliases, "port": "Dashboard.port"}
    flags: dict[str, Any] = {
        **Command.flags,
        "practice": ({"Dashboard": {"practice": True}}, "Try it out on practice servers."),
        "no-browser": ({"Dashboard": {"browser": False}}, "Do not open a browser."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Serve until SIGINT or SIGTERM."""
        del words  # it takes none
        port = _free_port(self.port)
        # Until Voila has handlers of its own, SIGTERM has to undo things as SIGINT does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.ExitStack() as stack:
            if self.practice:
                self._rehearse(stack)
            self._tell_kernels(self.servers())
            token = secrets.token_urlsafe(24)
            self.say(f"http://{_LOOPBACK}:{port}/?token={token}")
            self._serve(port, token)
        return OK

    def _rehearse(self, stack: contextlib.ExitStack) -> None:
        """Start the practice servers, and fill a new store for them."""
        practice = stack.enter_context(Practice.start())
        if not self.store:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailwidgets-")))
            self.store = str(folder / "store")
            # A key for this run alone, the company's, too: trying things out needs no right to
            # the ones that are here, and leaves none behind.
            key = KeyFile(folder / "key", made=True)
            key.key(create=True)
            os.environ |= {KEY: "", KEY_FILE: str(key.path), COMPANY_KEY_FILE: str(key.path)}
        prefill(self.servers(), practice)

    def _tell_kernels(self, servers: Servers) -> None:
        """Hand the choices of this command line to the kernels, through their environment."""
        if self.store:
            os.environ["MAILWIDGETS_STORE"] = absolute(self.store)
        if self.ca_file:
            os.environ["MAILWIDGETS_CA_FILE"] = str(Path(self.ca_file).absolute())
        os.environ["MAILWIDGETS_WORKSTATION"] = servers.identity.workstation
        os.environ["MAILWIDGETS_USER"] = servers.identity.user

    def _serve(self, port: int, token: str) -> None:
        from voila.app import Voila  # noqa: PLC0415 - only this command needs a web server

        options = [
            str(_NOTEBOOK),
            f"--port={port}",
            "--Voila.port_retries=0",
            f"--Voila.ip={_LOOPBACK}",
            f"--token={token}",
            "--template=mailwidgets",
            f"--MappingKernelManager.cull_idle_timeout={_CULL_IDLE_AFTER}",
            "--MappingKernelManager.cull_interval=60",
            "--Voila.log_level=ERROR",
        ]
        if os.name == "posix" and len(tempfile.gettempdir()) <= _ROOM_FOR_SOCKETS:
            options.append("--KernelManager.transport=ipc")  # typed passwords pass here
        if not self.browser:
            options.append("--no-browser")
        self.clear_instance()  # a process has one Application, and now it is Voila
        # Jupyter Server's own timeout is longer than its interval: tornado warns at each page.
        Voila.launch_instance(options, tornado_settings={"ws_ping_timeout": _PING})


@contextlib.contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Yield an event that SIGINT and SIGTERM set."""
    stopped = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(one, lambda *_: stopped.set()) for one in signals]
    try:
        yield stopped
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)


def _free_port(wanted: int) -> int:
    """Return the wanted port, or any free one for 0.

    Raises:
        Usage: if the port cannot be had.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, wanted))
        except (OSError, OverflowError) as error:
            raise Usage(f"port {wanted} cannot be served on: {error}") from error
        port: int = probe.getsockname()[1]
        return port
