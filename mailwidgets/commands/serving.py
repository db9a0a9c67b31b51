"""``dashboard`` and ``practice``: commands that serve until they are stopped."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from traitlets import Bool, Int, List, Unicode

from mailwidgets.breakable import FAULTS_FILE, PORTS, Breakable
from mailwidgets.commands.command import OK, Command
from mailwidgets.faults import Laboratory
from mailwidgets.faults.switches import fault_named
from mailwidgets.location import absolute
from mailwidgets.prefill import prefill
from mailwidgets.servers import Servers
from mailwidgets.vault.keys import KeyFile
from mailwidgets.vault.vault import COMPANY_KEY_FILE, KEY, KEY_FILE

_NOTEBOOK = Path(__file__).parent.parent / "dashboard" / "dashboard.ipynb"
_LOOPBACK = "127.0.0.1"
_IN_THE_CLEAR = (
    "mailwidgets dashboard: on {ip}, the token and all that is typed travel in the clear, "
    "unless a proxy in front adds TLS.\n"
)


class Rehearse(Command):
    """Start the practice servers and print their ports and accounts."""

    name = "practice"
    description = "Start POP3, SMTP and IMAP practice servers on this machine until interrupted."
    examples = "mailwidgets practice\nmailwidgets practice --fault cert_expired --fault over_quota"
    takes_words = False

    fault = List(
        Unicode(),
        help="A fault to begin with, wherever it fits; may be given again. mailwidgets fault has "
        "their names.",
    ).tag(config=True)
    aliases: dict[str, Any] = {**Command.aliases, "fault": "Rehearse.fault"}

    def work(self, words: Sequence[str]) -> int:
        """Print the servers as JSON, then serve until SIGINT or SIGTERM."""
        del words  # it takes none
        faults = [fault_named(name) for name in self.fault]
        with _until_stopped() as stopped, Laboratory.start() as practice:
            for fault in faults:
                practice.inject(fault.name)
            self.say(json.dumps(practice.as_dict(), ensure_ascii=False, indent=2))
            stopped.wait()
        return OK


class Dashboard(Command):
    """Serve the dashboard to browsers, on this machine unless told otherwise."""

    name = "dashboard"
    description = "Serve the dashboard; its URL, with a token, is printed first."
    examples = (
        "mailwidgets dashboard --practice\n"
        "mailwidgets dashboard --store ./settings\n"
        "mailwidgets dashboard --port 8866 --base-url /mail/ --host-name admin.example.com"
    )
    takes_words = False

    port = Int(0, min=0, max=65535, help="TCP port to serve on; 0 takes a free one.").tag(
        config=True
    )
    ip = Unicode(_LOOPBACK, help="Address to serve on; 0.0.0.0 is all of this machine's.").tag(
        config=True
    )
    base_url = Unicode(
        "/", help="Path below which to serve, where a reverse proxy passes that path on unchanged."
    ).tag(config=True)
    host_name = Unicode(
        help="Names under which a reverse proxy asks for the dashboard, separated by commas."
    ).tag(config=True)
    preheat = Int(1, min=0, help="How many pages wait for their visitors, ready to be shown.").tag(
        config=True
    )
    max_pages = Int(24, min=1, help="How many pages may be open at once.").tag(config=True)
    practice = Bool(
        default_value=False,
        help="Start practice servers and use a new store that is filled in for them.",
    ).tag(config=True)
    browser = Bool(default_value=True, help="Open the page in a browser.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "port": "Dashboard.port",
        "ip": "Dashboard.ip",
        "base-url": "Dashboard.base_url",
        "host-name": "Dashboard.host_name",
        "preheat": "Dashboard.preheat",
        "max-pages": "Dashboard.max_pages",
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "practice": ({"Dashboard": {"practice": True}}, "Try it out on practice servers."),
        "no-browser": ({"Dashboard": {"browser": False}}, "Do not open a browser."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Serve until SIGINT or SIGTERM."""
        del words  # it takes none
        # Until the server has handlers of its own, SIGTERM has to undo things as SIGINT does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.ExitStack() as stack:
            # Whoever serves real settings has no use for another terminal's practice servers.
            for name in (FAULTS_FILE, PORTS):
                os.environ.pop(name, None)
            if self.practice:
                self._rehearse(stack)
            self._tell_kernels(self.servers())
            self._serve()
        return OK

    def _rehearse(self, stack: contextlib.ExitStack) -> None:
        """Start the practice servers, and fill a new store for them."""
        practice = stack.enter_context(Laboratory.start())
        os.environ |= Breakable.of(practice).environment()
        os.environ["MAILWIDGETS_DNS"] = practice.dns
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

    def _serve(self) -> None:
        from mailwidgets.web.hosts import is_loopback  # noqa: PLC0415 - as below
        from mailwidgets.web.server import (  # noqa: PLC0415 - only this command serves
            DashboardServer,
            configuration,
        )

        if not is_loopback(self.ip):
            sys.stderr.write(_IN_THE_CLEAR.format(ip=self.ip))
        config = configuration()
        config.DashboardServer.log_level = "ERROR"
        config.merge(self.config)  # mailwidgets_config.py may set more than the command line does
        config.Pool.size = self.preheat
        config.DashboardKernels.max_pages = self.max_pages
        self.clear_instance()  # a process has one Application, and now it is the server
        server = DashboardServer.instance(
            notebook_path=str(_NOTEBOOK),
            ip=self.ip,
            port=self.port,
            base_url=f"/{self.base_url.strip('/')}/".replace("//", "/"),
            hosts=[name for one in self.host_name.split(",") if (name := one.strip())],
            token=secrets.token_urlsafe(24),
            open_browser=self.browser,
            config=config,
        )
        server.listening = self.say
        server.initialize([])
        server.start()


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
