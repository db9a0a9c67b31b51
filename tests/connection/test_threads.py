"""Blocking work beside the event loop: shared by those who ask at once, dropped when none waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from scripted import Scripted

from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.connection.threads import together

Make = Callable[..., Endpoint]


class Work:
    """Blocks until told to go on; counts how often it was begun."""

    def __init__(self, error: OSError | None = None) -> None:
        self.begun = 0
        self.may_end = threading.Event()
        self.ended = threading.Event()
        self._error = error

    def __call__(self) -> str:
        self.begun += 1
        self.may_end.wait(10)
        self.ended.set()
        if self._error is not None:
            raise self._error
        return "answer"


async def begun(count: int, work: Work) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(together("question", work)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_who_asks_the_same_at_once_shares_one_thread() -> None:
    work = Work()
    tasks = await begun(100, work)
    work.may_end.set()

    assert await asyncio.gather(*tasks) == ["answer"] * 100
    assert work.begun == 1


async def test_who_asks_later_asks_anew() -> None:
    work = Work()
    work.may_end.set()

    assert [await together("question", work) for _ in range(3)] == ["answer"] * 3
    assert work.begun == 3


async def test_who_leaves_does_not_take_the_answer_from_the_others() -> None:
    work = Work()
    first, second = await begun(2, work)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.may_end.set()

    assert await second == "answer"
    assert work.begun == 1


async def test_a_failure_reaches_all_who_asked() -> None:
    work = Work(OSError("no such name"))
    tasks = await begun(3, work)
    work.may_end.set()

    for failed in await asyncio.gather(*tasks, return_exceptions=True):
        assert isinstance(failed, OSError)


async def test_when_nobody_waits_any_more_no_task_stays_behind() -> None:
    work = Work()
    tasks = await begun(3, work)
    for task in tasks:
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    work.may_end.set()  # a thread cannot be interrupted: it ends by itself
    assert work.ended.wait(5)
    for thread in threading.enumerate():
        if "resolver" in thread.name:
            thread.join(5)

    again = Work()
    again.may_end.set()
    assert await together("question", again) == "answer"


async def test_many_checks_of_one_server_look_its_name_up_once(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted("220 mx", {"EHLO": "250 mx", "": "250 ok", "QUIT": "221 bye"}) as server:
        asked: list[str] = []

        def addresses(name: str, *_: object, **__: object) -> list[object]:
            asked.append(name)
            return [(2, 1, 6, "", ("127.0.0.1", server.port))]

        monkeypatch.setattr("socket.getaddrinfo", addresses)
        at = endpoint(server.port, host="mail.example.test")
        checks = (check_smtp(at, Login(), ehlo="pc.example.test") for _ in range(20))
        reports = await asyncio.gather(*checks)

    assert {report.code for report in reports} == {"ok"}
    assert asked == ["mail.example.test"]


async def test_an_address_and_this_very_machine_need_no_thread(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise AssertionError("a thread was started")

    async with Scripted("220 mx", {"EHLO": "250 mx", "": "250 ok", "QUIT": "221 bye"}) as server:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        for host in ("localhost", "127.0.0.1", "LocalHost"):
            report = await check_smtp(endpoint(server.port, host=host), Login(), ehlo="pc.test")
            assert report.code == "ok", str(report)
