"""How long a check waits: the longest silence at any step, and the deadline of it all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.reports.fault import Fault

_TIMEOUTS_IN_A_CHECK = 4

T = TypeVar("T")


class Patience:
    """The clock of one check; begins when made, inside a running event loop.

    Args:
        timeout: seconds of silence to wait through at any step; the whole check has four.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + _TIMEOUTS_IN_A_CHECK * timeout

    @property
    def left(self) -> float:
        """Return the seconds until the deadline, 0.0 after it."""
        return max(0.0, self._deadline - self._loop.time())

    @property
    def seconds(self) -> str:
        """Return the timeout as a person reads it."""
        return number(self.timeout)

    async def wait(self, awaitable: Awaitable[T], at_most: float | None = None) -> T:
        """Return what ``awaitable`` gives, within one timeout (or ``at_most``) and the deadline.

        Raises:
            TimeoutError: it took longer than one timeout.
            Fault: ``deadline``, the whole check took longer than four.
        """
        limit = self.timeout if at_most is None else at_most
        try:
            async with asyncio.timeout(min(limit, self.left)):
                return await awaitable
        except TimeoutError:
            self.must_last()
            raise

    def must_last(self) -> None:
        """Refuse to go on after the deadline.

        Raises:
            Fault: ``deadline``.
        """
        if self.left <= 0:
            whole = _TIMEOUTS_IN_A_CHECK * self.timeout
            raise Fault(
                "deadline",
                _("The check was not done after {seconds} s, four times the timeout.").format(
                    seconds=number(whole)
                ),
            ) from None


class Silence:
    """Ends the waits for a server that says nothing, one wait at a time.

    One timer serves them all: it is put off while the server talks, not made anew for each
    line, which is a tenth of the work of many checks at once.

    Args:
        patience: the check's clock.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._arrival: asyncio.Future[None] | None = None
        self._due = 0.0

    async def until_broken(self, at_most: float) -> None:
        """Wait until the server says something, at most so many seconds and within the deadline.

        Raises:
            TimeoutError: it took longer.
            Fault: ``deadline``, the whole check took longer than four timeouts.
        """
        self._patience.must_last()  # whoever talks without end is never silent
        self._arrival = self._loop.create_future()
        self._due = self._loop.time() + min(at_most, self._patience.left)
        if self._timer is None or self._timer.when() > self._due:
            self.end()
            self._timer = self._loop.call_at(self._due, self._ring)
        try:
            await self._arrival
        except TimeoutError:
            self._patience.must_last()
            raise

    def broken(self) -> None:
        """Wake whoever waits: something came, or nothing more can."""
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def end(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if self._arrival is None or self._arrival.done():
            return
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._ring)
        else:
            self._arrival.set_exception(TimeoutError())
