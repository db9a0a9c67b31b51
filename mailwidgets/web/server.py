"""The dashboard's server: Voila's parts, put together for one notebook and careful visitors."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from jupyter_server.services.kernels.handlers import _kernel_id_regex
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets import List, Unicode
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from mailwidgets.errors import MailwidgetsError
from mailwidgets.web import assets
from mailwidgets.web.headers import SecurityHeaders, security_headers
from mailwidgets.web.hosts import HostedApplication, is_loopback
from mailwidgets.web.kernels import DashboardKernels
from mailwidgets.web.notices import onward
from mailwidgets.web.pages import ChannelsHandler, LoginHandler, NothingHandler, PageHandler
from mailwidgets.web.pool import Pool
from mailwidgets.web.rendering import Rendering

# A socket's path has at most 104 characters (108 on Linux); Voila and Jupyter add 65 to this.
_ROOM_FOR_SOCKETS: Final = 35
# Milliseconds. Jupyter's own timeout is longer than its interval: tornado warns at each page.
_PING: Final = 30_000
_OUTPUT: Final = 120  # seconds
_EVERYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 - to tell it, not to bind to it


class CannotListen(MailwidgetsError, OSError):
    """The address cannot be served on: the port is taken, or not allowed."""


def configuration() -> Config:
    """Return how Voila and Jupyter are set up, without any file of theirs."""
    config = Config()
    config.VoilaConfiguration.template = "mailwidgets"
    config.VoilaConfiguration.multi_kernel_manager_class = DashboardKernels
    config.VoilaConfiguration.file_allowlist = []
    config.IdentityProvider.cookie_options = {"samesite": "Strict"}
    config.PasswordIdentityProvider.allow_password_change = False
    # A busy machine hands on what a cell shows seconds after the cell has ended. nbclient would go
    # on after four without it, and the page would stay empty; now it waits, and then says so.
    config.NotebookClient.iopub_timeout = _OUTPUT
    config.NotebookClient.raise_on_iopub_timeout = True
    # A kernel that is started anew has no dashboard: better to say that it is gone.
    config.KernelRestarter.restart_limit = 0
    if os.name == "posix" and len(tempfile.gettempdir()) <= _ROOM_FOR_SOCKETS:
        # Typed passwords pass here; and no two kernels can be after the same port.
        config.KernelManager.transport = "ipc"
    return config


class DashboardServer(Voila):
    """Serves a notebook as our page until SIGINT or SIGTERM.

    Attributes:
        listening: takes the address to open, with the token, once the server listens.
        hosts: names under which a proxy asks for it; then the proxy's word on the scheme counts.
    """

    hosts = List(Unicode()).tag(config=True)
    port: int  # a trait of the parent
    listening: Callable[[str], object] = staticmethod(lambda _: None)

    def initialize(self, argv: list[str] | None = None) -> None:
        """Read the options, and give the template what it asks for."""
        super().initialize(argv)
        resources = assets.page_resources(self.base_url)
        self.voila_configuration.config.VoilaConfiguration.resources = resources

    def rendering(self, **options: Any) -> Rendering:  # noqa: ANN401 - as Rendering takes them
        """Return a new page in the making."""
        return Rendering(self, self.kernel_manager, **options)

    def init_settings(self) -> dict[str, Any]:
        """Return tornado's settings."""
        settings: dict[str, Any] = super().init_settings()
        self.identity_provider.login_handler_class = LoginHandler
        own = assets.script_address(self.base_url) is not None
        return settings | {
            "headers": security_headers(own=own),
            "transforms": [SecurityHeaders],
            "ws_ping_timeout": _PING,
            "xsrf_cookie_kwargs": {"samesite": "Strict", "path": self.base_url},
            **self.tornado_settings,
        }

    def init_handlers(self) -> list[Any]:
        """Return our handlers, and those of Voila that our page or its own asks for."""
        base = self.server_url
        own = [
            *assets.rules(base),
            (f"{base}api/kernels/{_kernel_id_regex}/channels", ChannelsHandler),
            (f"{base}login", LoginHandler),
            (base, PageHandler, {"pool": self.pool}),
        ]
        theirs = [
            rule
            for rule in super().init_handlers()
            if rule[1] is not TornadoVoilaHandler and rule[0] not in {"/login", "/logout"}
        ]
        return [*own, *theirs, (".*", NothingHandler)]

    def start(self) -> None:
        """Serve until stopped.

        Raises:
            CannotListen: if the address cannot be served on.
        """
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stopped = _stopped()
        sockets = self._bound()
        self.connection_dir = tempfile.mkdtemp(prefix="voila_")
        try:
            self.app = HostedApplication(self._names(), **self.init_settings())
            self.pool = Pool(self.kernel_manager, self.rendering, parent=self)
            self.app.add_handlers(".*$", self.init_handlers())
            server = HTTPServer(self.app, xheaders=bool(self.hosts))
            server.add_sockets(sockets)
            self.listening(self.address)
            if self.open_browser:
                self._open_browser()
            self.pool.start()
            await stopped.wait()
            server.stop()
            await self.pool.stop()
            await self.kernel_manager.close()
        finally:
            shutil.rmtree(self.connection_dir, ignore_errors=True)

    @property
    def address(self) -> str:
        """Where to open the dashboard, with the token."""
        host = socket.gethostname() if self.ip in _EVERYWHERE else self.ip
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.port}{self.base_url}?token={self.token}"

    def _bound(self) -> list[socket.socket]:
        try:
            sockets = bind_sockets(self.port, self.ip)
        except (OSError, OverflowError) as error:
            where = f"port {self.port} of {self.ip or 'all addresses'}"
            raise CannotListen(f"{where} cannot be served on: {error}") from error
        self.port = sockets[0].getsockname()[1]
        return sockets

    def _names(self) -> list[str] | None:
        """Return the names to answer to besides loopback's, or ``None`` for any.

        What can be reached from elsewhere has names that nobody told us; the token guards it.
        """
        return self.hosts if self.hosts or is_loopback(self.ip) else None

    def _open_browser(self) -> None:
        # By a file that nobody else may read: a command line with the token could be read by all.
        page = Path(self.connection_dir) / "open.html"
        page.write_text(onward(self.address), encoding="utf-8")
        threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()

    def _handle_signal_stop(self, *_: object) -> None:
        raise KeyboardInterrupt  # until there is a loop that can be told


def _stopped() -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: loop.call_soon_threadsafe(stopped.set))
    return stopped
