"""A process that is forked while it waits for notices: what its child does is no harm to it."""

from __future__ import annotations

import os
import sys
import threading

from mailwidgets.database.store import DatabaseStore
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place

ANA = Identity("ana", "WS-01")
PORT = ("pop3", "port")


def main(url: str) -> None:
    """Fork in the middle of a wait; use and close the store in the child, then in the parent."""
    store = DatabaseStore(url)
    store.commit([Change(Place(Level.USER, "ana"), PORT, 1)])
    waiting = threading.Thread(target=store.wait, args=[30.0])
    waiting.start()
    sys.stdin.readline()  # until it listens
    backend = backend_of(store)
    child = os.fork()
    if not child:
        store.commit([Change(Place(Level.USER, "ana"), PORT, 2)])
        store.wait(0.01)
        store.close()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    waiting.join(10)
    assert not waiting.is_alive(), "the child's notice was not heard"
    assert store.read(ANA).user.values[PORT] == 2
    assert backend_of(store) == backend, "the child has closed its parent's connection"
    store.wait(0.01)
    store.close()


def backend_of(store: DatabaseStore) -> object:
    """Return which of the server's processes the store talks to."""
    ask = "SELECT pg_backend_pid()"
    return store.database.read(lambda connection: connection.exec_driver_sql(ask).scalar())


if __name__ == "__main__":
    main(sys.argv[1])
