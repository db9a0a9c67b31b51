"""An event loop in a thread of its own, so that servers run beside the caller's code."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from mailwidgets.errors import PracticeError

P = ParamSpec("P")
T = TypeVar("T")

# Seconds that anything asked of the loop may take: far more than it does.
_PATIENCE = 30.0


class LoopThread:
    """A running event loop; :meth:`stop` ends loop and thread."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    @property
    def running(self) -> bool:
        """Return whether the loop can still be asked."""
        return self._thread.is_alive()

    def call(
        self, function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a coroutine function on the loop and return its result.

        Raises:
            PracticeError: the loop has ended, or gave no answer within 30 seconds.
        """
        if not self.running:
            raise PracticeError("the practice servers have been stopped: start them again")
        asked = asyncio.run_coroutine_threadsafe(function(*args, **kwargs), self._loop)
        try:
            return asked.result(_PATIENCE)
        except TimeoutError as reason:
            asked.cancel()
            raise PracticeError(
                f"expected an answer of the practice servers within {_PATIENCE:g} s, none came"
            ) from reason

    def stop(self) -> None:
        """End loop and thread; returns when both are gone.

        Raises:
            PracticeError: they are still there after 30 seconds.
        """
        if self.running:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE)
        if self.running:
            raise PracticeError(f"expected {self._thread.name} to end within {_PATIENCE:g} s")
