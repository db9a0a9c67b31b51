"""Transactions that survive: run again after a lost race or connection, never repeated blindly.

A read is run again after a connection is lost. A write is run again as long as it is certain that
it has stored nothing: before its COMMIT was sent, or once the database said so. Where COMMIT was
sent and no answer came, the database is asked first whether the commit is there, by its id.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from mailwidgets.database.address import Address
from mailwidgets.database.errors import (
    is_busy,
    is_duplicate,
    is_lost,
    is_settled,
    translated,
)
from mailwidgets.errors import StoreError
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _

PATIENCE: Final = 10.0
_READ_TRIES: Final = 3
_LONGEST_WAIT: Final = 0.5

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Overtaken(Exception):
    """Another commit came first: read again."""


class Database:
    """Connections to one database.

    Args:
        address: where it is.
        patience: seconds for which a write is tried again, after a lost connection or race.
    """

    def __init__(self, address: Address, patience: float = PATIENCE) -> None:
        self.location = address.location
        self.cockroach = address.cockroach
        self.patience = patience
        self._engine = address.engine()
        self._process = os.getpid()
        self._met = False  # whether the database has ever been there

    @property
    def engine(self) -> Engine:
        """Return the connections of this process: a forked one begins with none."""
        if self._process != os.getpid():  # they are its parent's, which goes on using them
            self._engine.dispose(close=False)
            self._process = os.getpid()
        return self._engine

    def read(self, work: Callable[[Connection], _T]) -> _T:
        """Return what some reading yields, run again after a lost connection.

        Raises:
            StoreError: if the database cannot be reached, or refuses.
        """
        problem: SQLAlchemyError | None = None
        for attempt in range(_READ_TRIES):
            _pause(attempt)
            try:
                with self._connected() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                problem = error
            if not (is_busy(problem) or (self._met and is_lost(problem))):
                break
        assert problem is not None  # noqa: S101 - the loop was left without a result
        raise translated(problem, self.location, "read")

    def write(
        self,
        work: Callable[[Connection, bool], _T],
        *,
        landed: Callable[[Connection], _T | None],
        name: str,
        after: Callable[[Connection, _T], None] | None = None,
    ) -> _T:
        """Return what some writing yields, once it is stored.

        Args:
            work: reads, decides and writes; it is told whether it is run again, and may say
                ``Overtaken``.
            landed: looks whether an earlier run has been stored after all.
            name: what a person finds it by: ``commit 5f0e…``.
            after: called once it is stored, on the same connection; raises nothing.

        Raises:
            StoreError: if the database cannot be reached, or refuses; says whether anything may
                have been stored.
        """
        run = _Run(self.patience)
        while run.goes_on():
            try:
                with self._connected() as connection:
                    result = landed(connection) if run.unknown else None
                    if result is None:
                        result = work(connection, run.again)
                        run.committing = True
                        connection.commit()
                    else:
                        connection.rollback()  # it has only been looked up
                    if after is not None:
                        after(connection, result)
                    return result
            except Overtaken:
                run.overtaken()
            except SQLAlchemyError as error:
                run.failed(error, met=self._met)
        raise run.told(self.location, name)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            self._met = True
            yield connection


class _Run:
    """One write: how often it was tried, and what is known of it."""

    def __init__(self, patience: float) -> None:
        self.unknown = False
        self.committing = False
        self._patience = patience
        self._end = time.monotonic() + patience
        self._attempt = -1
        self._problem: SQLAlchemyError | None = None
        self._over = False

    @property
    def again(self) -> bool:
        """Return whether it has been tried before."""
        return self._attempt > 0

    def goes_on(self) -> bool:
        """Return whether to try (again), after a short wait."""
        if self._over or (self._attempt >= 0 and time.monotonic() > self._end):
            return False
        self._attempt += 1
        self.committing = False
        _pause(self._attempt)
        return True

    def overtaken(self) -> None:
        """Take note that another commit came first."""
        self._problem = None

    def failed(self, error: SQLAlchemyError, *, met: bool) -> None:
        """Take note of an error.

        Args:
            error: what came instead of a result.
            met: whether the database has ever been there: where it never was, nobody waits.
        """
        self._problem = error
        if self.committing and not is_settled(error):
            self.unknown = True
            _log.info("a connection was lost at a COMMIT: its outcome is being looked up")
        # Where something is there already, someone else came first, or a run of this very write.
        again = is_busy(error) or is_duplicate(error) or (met and is_lost(error))
        self._over = not (again or self.unknown)

    def told(self, location: str, name: str) -> StoreError:
        """Return what to tell a person."""
        seconds = number(self._patience)
        if self.unknown:
            told = _(
                "the connection to {location} was lost while {name} was being stored, and within "
                "{seconds} s it could not be found out whether it is stored. Look for {name} in "
                "the history before you save again."
            )
            return StoreError(told.format(location=location, name=name, seconds=seconds))
        if self._problem is None:
            told = _(
                "{location} is being written by others all the time: gave up after {seconds} s. "
                "Nothing was stored: try again."
            )
            return StoreError(told.format(location=location, seconds=seconds))
        return translated(self._problem, location, "written")


def _pause(attempt: int) -> None:
    """Wait a little before another attempt: not at all before the first, less than others."""
    if attempt:
        longest = min(_LONGEST_WAIT, 0.01 * 2**attempt)
        time.sleep(random.uniform(0, longest))  # noqa: S311 - not to meet again, no secret
