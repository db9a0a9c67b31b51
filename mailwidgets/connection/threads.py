"""What blocks, beside the event loop: in threads that nobody has to wait for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Return what ``work`` gives, run in a daemon thread of its own.

    The loop's default executor would keep its threads, wait for them at the end, and could not
    let go of a resolver that hangs.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def deliver(value: T | None, error: OSError | UnicodeError | None) -> None:
        if result.done():
            return  # nobody waits any more
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)  # type: ignore[arg-type]  # no error: it is a T

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except (OSError, UnicodeError) as failed:
            error = failed
        with contextlib.suppress(RuntimeError):  # the loop has ended since
            loop.call_soon_threadsafe(deliver, value, error)

    thread = threading.Thread(target=run, name="mailwidgets-resolver", daemon=True)
    thread.start()
    try:
        return await result
    finally:
        if result.done() and not result.cancelled():
            thread.join()  # it has nothing left to do: a moment, and no thread stays behind


@dataclass(slots=True)
class _Shared:
    """One thread's work, and how many wait for it."""

    task: asyncio.Task[Any]
    waiting: int = 0


_under_way: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, _Shared]] = (
    WeakKeyDictionary()
)


async def together(question: Hashable, work: Callable[[], T]) -> T:
    """Return what ``work`` gives, as ``in_thread``; who asks meanwhile shares the answer.

    A thousand checks of one server at once look its name up once. Nothing is kept: who asks
    after the answer came asks anew.

    Args:
        question: what ``work`` finds out; equal questions share a thread.
        work: asked if nobody asks the same at the moment.
    """
    questions = _under_way.setdefault(asyncio.get_running_loop(), {})
    shared = questions.get(question)
    if shared is None:
        shared = questions[question] = _Shared(asyncio.ensure_future(in_thread(work)))
        shared.task.add_done_callback(lambda _: questions.pop(question, None))
    shared.waiting += 1
    try:
        answer: T = await asyncio.shield(shared.task)
    finally:
        shared.waiting -= 1
        if not shared.waiting and not shared.task.done():
            questions.pop(question, None)
            shared.task.cancel()
            await asyncio.wait({shared.task})
    return answer
