"""Work that may block, beside the event loop: a store on a network share, or a database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from mailwidgets.connection.threads import in_thread

T = TypeVar("T")


def beside(work: Callable[[], T], then: Callable[[T], None]) -> asyncio.Task[None] | None:
    """Do work in a thread and hand what it gives to the widgets; without a loop, do it here.

    Args:
        work: touches no widget, and raises nothing: what goes wrong is in what it gives.
        then: called on the loop's own thread.

    Returns:
        What to cancel, so that ``then`` is not called; ``None`` where it has been already.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        then(work())
        return None

    async def run() -> None:
        then(await in_thread(work))

    return loop.create_task(run())
