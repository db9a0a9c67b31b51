"""How long a check waits: the longest silence at any step, and the deadline of it all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

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
            if self.left <= 0:
                whole = _TIMEOUTS_IN_A_CHECK * self.timeout
                raise Fault(
                    "deadline",
                    f"The check was not done after {whole:g} s, four times the timeout.",
                ) from None
            raise
