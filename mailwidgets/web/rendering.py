"""A notebook run in a kernel of its own, as the page that shows it.

The page's head is on its way before the kernel starts: the browser fetches the script meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from voila.app import Voila
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

from mailwidgets.web.kernels import DashboardKernels

_ANSWER: Final = 3.0  # seconds for a kernel that has nothing to do


class NobodyWaits(Exception):
    """Whoever asked for the page has gone."""


class Rendering(NotebookRenderer):
    """One page in the making.

    Args:
        server: whose notebook it is.
        kernels: where its kernel starts.
        paused: called before the kernel starts, when all that needs none is rendered.
        wanted: whether somebody still waits for the page.
        started: takes the kernel's id once it has started.

    Attributes:
        kernel_id: empty until the kernel has started.
        failed: whether the notebook ended with an error.
    """

    def __init__(
        self,
        server: Voila,
        kernels: DashboardKernels,
        paused: Callable[[], object] = lambda: None,
        wanted: Callable[[], bool] = lambda: True,
        started: Callable[[str], object] = lambda _: None,
    ) -> None:
        shared = {
            "base_url": server.base_url,
            "voila_configuration": server.voila_configuration,
        }
        super().__init__(
            **shared,
            traitlet_config=server.config,
            notebook_path=os.path.relpath(server.notebook_path, server.root_dir),
            template_paths=server.template_paths,
            config_manager=server.config_manager,
            contents_manager=server.contents_manager,
            kernel_spec_manager=server.kernel_spec_manager,
            page_config=get_page_config(**shared, settings=server.app.settings, log=server.log),
        )
        self.kernel_id = ""
        self.failed = False
        self._kernels = kernels
        self._folder = str(Path(server.notebook_path).parent)
        self._paused = paused
        self._wanted = wanted
        self._started = started
        self._turn = AsyncExitStack()

    async def snippets(self) -> AsyncIterator[str]:
        """Yield the page, piece by piece.

        Raises:
            NobodyWaits: when it was the page's turn, and nobody waited any more.
            RuntimeError: if the kernel does not start.
        """
        await self.initialize()
        try:
            async for piece, _ in self.generate_content_generator():
                yield piece
        finally:
            await self._turn.aclose()

    async def _jinja_kernel_start(self, nb: Any, kernel_id: object, kernel_future: object) -> str:  # noqa: ANN401 - the parent's own signature
        del kernel_id, kernel_future  # there is none yet
        self._paused()
        await self._turn.enter_async_context(self._kernels.turn())
        if not self._wanted():
            raise NobodyWaits
        self.kernel_id = await self._kernels.start(
            kernel_name=nb.metadata.kernelspec.name, cwd=self._folder, env=dict(os.environ)
        )
        self._started(self.kernel_id)
        kernel = self._kernels.get_kernel(self.kernel_id)
        return str(await super()._jinja_kernel_start(nb, self.kernel_id, kernel))

    async def _jinja_cell_generator(self, nb: Any, kernel_id: str) -> AsyncIterator[Any]:  # noqa: ANN401 - the parent's own signature
        async for cell in super()._jinja_cell_generator(nb, kernel_id):
            outputs = cell.get("outputs", ())
            self.failed |= any(one.output_type == "error" for one in outputs)
            yield cell


async def answers(kernels: DashboardKernels, kernel_id: str) -> bool:
    """Return whether a kernel is there, alive and not stuck."""
    if kernel_id not in kernels or not await kernels.is_alive(kernel_id):
        return False
    client = kernels.get_kernel(kernel_id).client()
    client.start_channels(iopub=False, stdin=False, hb=False, control=False)
    try:
        await client.kernel_info(reply=True, timeout=_ANSWER)
    except TimeoutError:
        return False
    else:
        return True
    finally:
        client.stop_channels()
