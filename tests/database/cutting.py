"""A wire between a client and PostgreSQL that is cut at a COMMIT: before it, after it, or late."""

from __future__ import annotations

import enum
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

_COMMIT: Final = b"COMMIT"
_SECONDS: Final = 20.0


class Cut(enum.Enum):
    """What becomes of a COMMIT."""

    BEFORE = "before"  # the server never sees it
    AFTER = "after"  # the server does it, the client never hears of it
    LATE = "late"  # the client hears nothing, and the server sees it when it is let through


class Wire:
    """A proxy on loopback that cuts connections as it is told.

    Args:
        server: PostgreSQL's unix socket.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._plans: list[Cut] = []
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._muted: set[socket.socket] = set()
        self._refusing = False
        self._let_through = threading.Event()
        self._watched = b""
        self.forbidden = b""  # words that end a connection
        self.commits = 0  # that the client has sent
        self.on_commit: Callable[[], None] = lambda: None
        self._start(self._accept)

    def url(self, url: str) -> str:
        """Return the URL of the same database through this wire."""
        port = self._listener.getsockname()[1]
        through = make_url(url).set(host="127.0.0.1", port=port, query={"sslmode": "disable"})
        return through.render_as_string(hide_password=False)

    def plan(self, *cuts: Cut) -> None:
        """Cut at the next COMMITs, in this order."""
        self._plans = list(cuts)

    def let_through_at(self, words: bytes) -> None:
        """Let a late COMMIT through once a client has sent these words; at once for none."""
        self._watched = words
        if not words:
            self._let_through.set()

    def refuse(self) -> None:
        """Cut everything, and take no connection any more."""
        self._refusing = True
        for one in self._ends:
            _end(one)

    def stop_taking(self) -> None:
        """Take no connection any more; those that are there go on."""
        self._refusing = True

    def close(self) -> None:
        """Cut everything, and leave no thread behind."""
        self._let_through.set()
        _end(self._listener)
        self._listener.close()
        for one in self._ends:
            _end(one)
        for thread in self._threads:
            thread.join(_SECONDS)
            assert not thread.is_alive()
        for one in self._ends:
            one.close()

    def _start(self, task: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=task, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._ends.append(client)
                if self._refusing:
                    _end(client)
                    continue
                server = socket.socket(socket.AF_UNIX)
                self._ends.append(server)
                try:
                    server.connect(str(self._server))
                except OSError:
                    _end(client)
                    continue
                self._start(self._to_server, client, server)
                self._start(self._to_client, client, server)

    def _to_server(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.forbidden and self.forbidden in data:
                    break
                if self._watched and self._watched in data:
                    self._let_through.set()
                if _COMMIT not in data:
                    server.sendall(data)
                    continue
                self.commits += 1
                self.on_commit()
                cut = self._plans.pop(0) if self._plans else None
                if cut is Cut.BEFORE:
                    break
                if cut is Cut.LATE:
                    _end(client)
                    self._let_through.wait(_SECONDS)
                if cut is Cut.AFTER:
                    self._muted.add(server)  # its answer is the last that is read of it
                server.sendall(data)
        _end(client)
        _end(server)

    def _to_client(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if server in self._muted:
                    break
                with suppress(OSError):  # the client is gone: the server may go on
                    client.sendall(data)
        _end(client)
        _end(server)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
