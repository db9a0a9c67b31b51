"""A mere hint that something changed: LISTEN and NOTIFY, where the database has them.

Nothing depends on it: who hears nothing looks at the revisions all the same. CockroachDB has
neither; a pooler in front may not let them through.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any, Final, cast

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from mailwidgets.database.engine import Database

_CHANNEL: Final = "mailwidgets"
_NOTIFY: Final = b"NOTIFY mailwidgets"
_UNKNOWN: Final = ("0A", "42")  # SQLSTATE classes of databases that do not know how
_SLICE: Final = 0.2  # seconds until a wait notices that it is not wanted any more
_DEAF: Final = 30.0  # seconds until listening is tried again
_REST: Final = 0.2  # seconds between two that are heard: where many commit, or someone shouts

_log = logging.getLogger(__name__)


class Notices:
    """Says that something changed, and waits until someone says so.

    Args:
        database: where; what waits has a connection of its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mute = False
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()  # one waits on the connection, others on the clock
        self._closing = threading.Event()
        self._listening: psycopg.Connection[Any] | None = None
        self._deaf_until = 0.0
        self._heard_at = -_REST

    def _own(self) -> None:
        """Begin anew in a forked process: threads that waited are not there, nor is their wire."""
        if self._process != os.getpid():
            self._begin()

    def tell(self, connection: Connection) -> None:
        """Say that something changed; where that fails, nobody minds.

        Args:
            connection: after its COMMIT. A NOTIFY within the transaction could fail it, and makes
                all that notify wait for each other's COMMIT to reach the disk.
        """
        if self._mute:
            return
        driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
        try:
            driver.autocommit = True
            driver.execute(_NOTIFY)
            driver.autocommit = False
        except psycopg.Error as error:
            connection.invalidate()  # the pool opens another
            self._mute = (error.sqlstate or "").startswith(_UNKNOWN)
            _log.info("no notice was given: %s", type(error).__name__)

    def wait(self, seconds: float) -> None:
        """Return after some time, or as soon as something was said."""
        self._own()
        end = time.monotonic() + seconds
        self._closing.clear()
        if self._lock.acquire(blocking=False):
            try:
                if self._heard(end):
                    return
            finally:
                self._lock.release()
        self._closing.wait(max(0.0, end - time.monotonic()))

    def close(self) -> None:
        """End a wait, and the connection that it was on."""
        self._own()
        self._closing.set()
        with self._lock:
            self._hang_up()

    def _heard(self, end: float) -> bool:
        """Return whether something was said before the end; at once where nothing can be heard."""
        try:
            connection = self._connection()
            rested = min(self._heard_at + _REST, end)
            self._closing.wait(max(0.0, rested - time.monotonic()))
            while connection and not self._closing.is_set():
                left = min(_SLICE, end - time.monotonic())
                if left <= 0:
                    return False
                if list(connection.notifies(timeout=left, stop_after=1)):
                    self._heard_at = time.monotonic()
                    return True
        except (psycopg.Error, SQLAlchemyError, OSError) as error:
            self._hang_up()
            self._deaf_until = time.monotonic() + _DEAF
            _log.info("notices are not heard for now: %s", type(error).__name__)
        return False

    def _connection(self) -> psycopg.Connection[Any] | None:
        """Return the connection that listens; none while that has failed not long ago."""
        if self._listening is None and time.monotonic() >= self._deaf_until:
            pooled = self._database.engine.raw_connection()
            self._listening = cast("psycopg.Connection[Any]", pooled.driver_connection)
            pooled.detach()  # from the pool: it is ours to close
            self._listening.autocommit = True
            self._listening.execute(f"LISTEN {_CHANNEL}")
        return self._listening

    def _hang_up(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
