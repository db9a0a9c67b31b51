"""The kernels behind the pages: how many there may be, who starts first, and how long each lives.

A page that is closed says farewell, and its kernel ends at once. A browser that crashes says
nothing, so a kernel whose page has no connection is ended after ``grace``. Sixty seconds are twice
the half minute that a change of networks or a reloaded proxy takes, and more than the pauses with
which the page tries again (0, 0.5, 1, 2, 4, 8 and 15 s). A computer that sleeps closes no
connection, and is not ended by this rule: see ``Channels`` for how long silence is borne.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from jupyter_server.services.kernels.kernelmanager import (
    AsyncMappingKernelManager,
    ServerKernelManager,
)
from tornado.web import HTTPError
from traitlets import Float, Int, default


class Full(Exception):
    """There are as many pages open as there may be."""


class PageKernel(ServerKernelManager):
    """A kernel that is started by our launcher, with this very Python.

    So it has this package, whatever else is installed as the kernel ``python3``.
    """

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """Return the command."""
        command = [sys.executable, "-P", "-m", "mailwidgets.web.launcher"]
        return [*command, "-f", os.path.realpath(self.connection_file), *(extra_arguments or ())]


class DashboardKernels(AsyncMappingKernelManager):
    """Kernels of pages, and others that wait for a page.

    A kernel is counted and timed from when it is given to a page; before that it may wait for as
    long as it likes.

    Attributes:
        gone: called with the id of each kernel that is no more.
    """

    grace = Float(60.0, help="Seconds that a kernel lives without a connection to its page.").tag(
        config=True
    )
    silence = Float(600.0, help="Seconds without a sign of life that a connection may last.").tag(
        config=True
    )
    max_pages = Int(24, help="How many pages may be open at once.").tag(config=True)
    at_once = Int(
        max(2, os.cpu_count() or 2),
        help="How many kernels start at the same time: more would make the first visitors wait.",
    ).tag(config=True)
    patience = Float(
        30.0, help="Seconds after which a kernel is started out of turn: others may hang."
    ).tag(config=True)

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the parent's own signature
        super().__init__(**options)  # type: ignore[no-untyped-call]  # Jupyter's
        self._given: dict[object, asyncio.TimerHandle | None] = {}
        self._turns = asyncio.Semaphore(self.at_once)
        self._starting: set[asyncio.Future[str]] = set()
        self._ending: dict[str, asyncio.Future[None]] = {}
        self.gone: Callable[[str], None] = lambda _: None

    @default("kernel_manager_class")
    def _default_kernel_manager_class(self) -> str:
        return f"{PageKernel.__module__}.{PageKernel.__name__}"

    @property
    def pages(self) -> int:
        """How many pages are open or on their way."""
        return len(self._given)

    @contextmanager
    def place(self) -> Iterator[Callable[[str], None]]:
        """Keep a place for a page that is on its way.

        Yields:
            What takes the id of the page's kernel once there is one: the place is then that
            kernel's for as long as it lives.

        Raises:
            Full: if there is none.
        """
        if self.pages >= self.max_pages:
            raise Full
        coming = object()
        self._given[coming] = None

        def give(kernel_id: str) -> None:
            self._given.pop(coming, None)
            if kernel_id in self:
                self._given[kernel_id] = None

        try:
            yield give
        finally:
            self._given.pop(coming, None)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until it is one's turn to start a kernel, first come, first served."""
        mine = False
        with suppress(TimeoutError):
            mine = await asyncio.wait_for(self._turns.acquire(), self.patience)
        try:
            yield
        finally:
            if mine:
                self._turns.release()

    def await_page(self, kernel_id: str) -> None:
        """End a page's kernel unless the page connects within the grace."""
        if kernel_id in self._given and not self._kernel_connections.get(kernel_id):
            self._stop_clock(kernel_id)
            loop = asyncio.get_running_loop()
            self._given[kernel_id] = loop.call_later(self.grace, self.end, kernel_id)

    def notify_connect(self, kernel_id: str) -> None:
        """Let a kernel live on: its page is there."""
        super().notify_connect(kernel_id)  # type: ignore[no-untyped-call]  # Jupyter's
        self._stop_clock(kernel_id)

    def notify_disconnect(self, kernel_id: str) -> None:
        """Give a page the grace to come back."""
        super().notify_disconnect(kernel_id)  # type: ignore[no-untyped-call]  # Jupyter's
        self.await_page(kernel_id)

    async def start(self, **options: Any) -> str:  # noqa: ANN401 - the parent's own
        """Start a kernel; return its id.

        Whoever waits for it may be cancelled, the start itself is not: Jupyter would lose a
        process that it has begun to start.
        """
        task = asyncio.ensure_future(self.start_kernel(**options))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        return await asyncio.shield(task)

    def end(self, kernel_id: str, *, now: bool = False) -> None:
        """End a kernel that may have ended by itself; its place is free at once.

        Args:
            kernel_id: whose.
            now: without asking it first, since nobody has worked in it.
        """
        self._leave(kernel_id)
        if kernel_id not in self._ending:
            task = asyncio.ensure_future(self._end(kernel_id, now=now))
            self._ending[kernel_id] = task
            task.add_done_callback(lambda _: self._ending.pop(kernel_id))

    async def close(self) -> None:
        """End all kernels, also those that are starting, and wait until they have ended."""
        used = set(self._given)
        await asyncio.gather(*self._starting, return_exceptions=True)
        for kernel_id in self.list_kernel_ids():
            self.end(kernel_id, now=kernel_id not in used)
        await asyncio.gather(*self._ending.values())

    async def _end(self, kernel_id: str, *, now: bool) -> None:
        with suppress(HTTPError, KeyError):  # 404: it ended by itself meanwhile
            await self.shutdown_kernel(kernel_id, now=now)

    async def shutdown_kernel(  # type: ignore[override]  # two parents that do not agree
        self, kernel_id: str, **options: bool
    ) -> None:
        """End a kernel; its place is free at once, not when the process is gone.

        Args:
            kernel_id: whose.
            options: ``now`` and ``restart``, as the parent has them.
        """
        self._leave(kernel_id)
        await super().shutdown_kernel(kernel_id, **options)  # type: ignore[no-untyped-call]

    def remove_kernel(self, kernel_id: str) -> Any:  # noqa: ANN401 - the parent's own signature
        """Forget a kernel that has ended or died."""
        self._leave(kernel_id)
        removed = super().remove_kernel(kernel_id)
        if removed is not None:
            self.gone(kernel_id)
        return removed

    def _leave(self, kernel_id: str) -> None:
        self._stop_clock(kernel_id)
        self._given.pop(kernel_id, None)

    def _stop_clock(self, kernel_id: str) -> None:
        clock = self._given.get(kernel_id)
        if clock is not None:
            clock.cancel()
            self._given[kernel_id] = None
