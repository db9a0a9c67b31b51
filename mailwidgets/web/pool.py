"""Pages made before anybody asks for them, each with a kernel that has run the notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tornado.web import HTTPError
from traitlets import Float, Int
from traitlets.config import LoggingConfigurable

from mailwidgets.web.kernels import DashboardKernels
from mailwidgets.web.rendering import Rendering, answers

_AFTER_FAILURE: Final = 30.0  # seconds until the next try
_LAST_PAGE: Final = 10.0  # seconds that the server's end waits for a page in the making


@dataclass(frozen=True)
class Ready:
    """A page that waits for its visitor.

    Attributes:
        kernel_id: the kernel behind it.
        html: all of it.
    """

    kernel_id: str
    html: str


class Pool(LoggingConfigurable):
    """A few pages that are ready.

    Args:
        kernels: where their kernels are.
        rendering: makes a new page; takes what ``Rendering`` takes after the kernels.
        options: traits, and ``parent`` for their configuration.
    """

    size = Int(1, min=0, help="How many pages wait; 0 makes each when it is asked for.").tag(
        config=True
    )
    quiet = Float(
        3.0,
        help="Seconds without a new visit before the pool is filled again: a visit comes first.",
    ).tag(config=True)

    def __init__(
        self,
        kernels: DashboardKernels,
        rendering: Callable[..., Rendering],
        **options: Any,  # noqa: ANN401 - traitlets' own signature
    ) -> None:
        super().__init__(**options)
        self.kernels = kernels
        self.rendering = rendering
        self._ready: list[Ready] = []
        self._short = asyncio.Event()
        self._visited = float("-inf")
        self._filling: asyncio.Task[None] | None = None
        self._open, self._making = True, False
        kernels.gone = self._forget

    def start(self) -> None:
        """Begin to fill the pool, beside whatever else happens."""
        if self.size:
            self._short.set()
            self._filling = asyncio.create_task(self._fill())

    async def stop(self) -> None:
        """Make no more pages; the kernels of those that wait are the kernel manager's to end."""
        self._open = False
        if self._filling is None:
            return
        if self._making:  # to nbclient, being cancelled is a kernel that died, and it says so
            await asyncio.wait([self._filling], timeout=_LAST_PAGE)
        self._filling.cancel()
        await asyncio.gather(self._filling, return_exceptions=True)

    async def take(self) -> Ready | None:
        """Return a page whose kernel answers, or ``None`` if there is none."""
        self._visited = asyncio.get_running_loop().time()
        while self._ready:
            page = self._ready.pop(0)
            self._short.set()
            if await answers(self.kernels, page.kernel_id):
                return page
            self.log.error("The waiting kernel %s does not answer: ended.", page.kernel_id)
            self.kernels.end(page.kernel_id, now=True)
        return None

    def _forget(self, kernel_id: str) -> None:
        kept = [page for page in self._ready if page.kernel_id != kernel_id]
        if len(kept) < len(self._ready):
            self._ready = kept
            self._short.set()

    async def _fill(self) -> None:
        while self._open:
            await self._short.wait()
            await self._wait_for_quiet()
            if len(self._ready) >= self.size:
                self._short.clear()
                continue
            self._making = True
            page = await self._make()
            self._making = False
            if page is not None:
                self._ready.append(page)
                self.log.info("A page waits, with kernel %s.", page.kernel_id)
            elif self._open:
                await asyncio.sleep(_AFTER_FAILURE)

    async def _wait_for_quiet(self) -> None:
        now = asyncio.get_running_loop().time
        # A visit puts the end off, so there is nothing to wait for but time.
        while (wait := self._visited + self.quiet - now()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(wait)

    async def _make(self) -> Ready | None:
        """Return a new page; one that shows an error is none, since that may pass."""
        rendering = self.rendering()
        try:
            html = "".join([piece async for piece in rendering.snippets()])
            if not rendering.failed and rendering.kernel_id in self.kernels:
                return Ready(rendering.kernel_id, html)
            self.log.error("A page made in advance failed; visitors wait for theirs meanwhile.")
        except (OSError, RuntimeError, HTTPError):
            self.log.exception("A page could not be made in advance; visitors wait for theirs.")
        except asyncio.CancelledError:
            self._drop(rendering)
            raise
        self._drop(rendering)
        return None

    def _drop(self, rendering: Rendering) -> None:
        if rendering.kernel_id in self.kernels:
            self.kernels.end(rendering.kernel_id, now=True)
