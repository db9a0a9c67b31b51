"""A check beside the event loop: steps as they happen, cancelled at once, nothing left behind."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import HANG, TLS, Scripted

from mailwidgets.checks.ladder import CheckCancelled, CheckRun
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report, State, Step

Make = Callable[..., Endpoint]
POP3 = {
    "CAPA": "+OK\nUSER\nSTLS\n.",
    "STLS": "+OK go" + TLS,
    "USER": "+OK",
    "PASS": "+OK in",
    "STAT": "+OK 1 20",
    "QUIT": "+OK bye",
}
ANA = Login("ana", "ana-secret")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def cancelled_at(
    name: str, check: Callable[[Callable[[Step], None]], CheckRun]
) -> tuple[Report, list[Step]]:
    """Cancel a check as soon as it has come to a step and gone to wait there."""
    told: list[Step] = []
    there = asyncio.Event()

    def on_step(step: Step) -> None:
        told.append(step)
        if (step.name, step.state) == (name, State.RUNNING):
            there.set()

    run = check(on_step)
    run.start()
    await there.wait()
    run.cancel()
    return await asyncio.wait_for(run.report(), 1), told


def is_cancelled_at(name: str, report: Report, told: list[Step]) -> None:
    assert report.code == "cancelled", str(report)
    assert report.failing_step is not None
    assert report.failing_step.name == name
    index = [step.name for step in report.steps].index(name)
    assert {step.state for step in report.steps[index + 1 :]} <= {State.SKIPPED}
    assert told[-len(report.steps) + index :] == list(report.steps[index:])


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors as Linux does")
@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("capabilities", {"CAPA": HANG}),
        ("tls", {"STLS": "+OK go"}),
        ("authentication", {"PASS": HANG}),
        ("mailbox", {"STAT": HANG}),
        ("goodbye", {"QUIT": HANG}),
    ],
)
async def test_a_check_is_cancelled_at_once_wherever_it_waits(
    step: str, changed: dict[str, str], endpoint: Make, good: ssl.SSLContext
) -> None:
    async with Scripted("+OK ready", {**POP3, **changed}, tls=good) as server:
        at = endpoint(server.port, TlsMode.REQUIRE, timeout=30)
        before = descriptors()
        report, told = await cancelled_at(
            step, lambda on_step: CheckRun(lambda: check_pop3(at, ANA, on_step=on_step))
        )
        assert descriptors() <= before + 1, "the client's socket is closed; the server's may not be"

    is_cancelled_at(step, report, told)


async def test_a_check_is_cancelled_while_it_waits_for_the_greeting(endpoint: Make) -> None:
    async with Scripted(None) as server:
        at = endpoint(server.port, timeout=30)
        report, told = await cancelled_at(
            "greeting", lambda on_step: CheckRun(lambda: check_pop3(at, ANA, on_step=on_step))
        )

    is_cancelled_at("greeting", report, told)


async def test_a_check_is_cancelled_while_it_connects(
    endpoint: Make, black_hole: tuple[str, int]
) -> None:
    at = endpoint(black_hole[1], host="127.0.0.1", timeout=30)
    before = descriptors()

    report, told = await cancelled_at(
        "connection", lambda on_step: CheckRun(lambda: check_smtp(at, ANA, on_step=on_step))
    )

    is_cancelled_at("connection", report, told)
    assert descriptors() == before


async def test_a_check_is_cancelled_while_the_resolver_hangs(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        answered.wait(10)
        raise socket.gaierror(socket.EAI_NONAME, "never mind")

    monkeypatch.setattr("socket.getaddrinfo", hang)
    at = endpoint(25, host="mail.example.test", timeout=30)
    report, told = await cancelled_at(
        "name", lambda on_step: CheckRun(lambda: check_smtp(at, ANA, on_step=on_step))
    )
    answered.set()  # a resolver cannot be interrupted: its thread ends with its answer
    for thread in threading.enumerate():
        if "resolver" in thread.name:
            thread.join(5)

    is_cancelled_at("name", report, told)


async def test_a_resolver_that_hangs_is_given_up_after_the_timeout(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answered.wait(10))

    report = await check_smtp(endpoint(25, host="mail.example.test", timeout=0.1), ANA)
    answered.set()
    for thread in threading.enumerate():
        if "resolver" in thread.name:
            thread.join(5)

    assert report.code == "dns_timeout"


async def test_a_check_cancelled_right_after_its_start_still_reports(endpoint: Make) -> None:
    run = CheckRun(lambda: check_smtp(endpoint(25, host="127.0.0.1"), ANA))
    run.start()
    run.cancel()

    report = await run.report()

    assert report.code == "cancelled"
    assert len(report.steps) == 11


async def test_a_check_that_is_done_stays_as_it_is(endpoint: Make, free_port: int) -> None:
    run = CheckRun(lambda: check_smtp(endpoint(free_port), ANA))
    report = await run.report()
    run.cancel()

    assert run.done
    assert (await run.report()) is report
    assert report.code == "refused"


async def test_cancelling_who_waits_cancels_the_check(endpoint: Make) -> None:
    async with Scripted(None) as server:
        run = CheckRun(lambda: check_smtp(endpoint(server.port, timeout=30), ANA))
        waiting = asyncio.create_task(run.report())
        await server.connected.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert run.done
        assert (await run.report()).code == "cancelled"


async def test_a_cancelled_coroutine_raises_and_carries_the_report(endpoint: Make) -> None:
    async with Scripted(None) as server:
        task = asyncio.create_task(check_smtp(endpoint(server.port, timeout=30), ANA))
        await server.connected.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task

    assert isinstance(caught.value, CheckCancelled)
    assert caught.value.report.code == "cancelled"


async def test_every_step_is_told_when_it_starts_and_when_it_ends(endpoint: Make) -> None:
    told: list[Step] = []
    async with Scripted("+OK ready", POP3) as server:
        report = await check_pop3(endpoint(server.port), ANA, on_step=told.append)

    running = [step.name for step in told if step.state is State.RUNNING]
    ended = [step for step in told if step.state is not State.RUNNING]
    assert ended == list(report.steps)
    assert running == [step.name for step in ended if step.state is not State.SKIPPED]
    assert all(step.ms > 0 for step in ended if step.state is State.PASSED)


async def test_checks_run_together(endpoint: Make) -> None:
    async with Scripted(None) as silent, Scripted("+OK ready", POP3) as quick:
        slow = CheckRun(lambda: check_pop3(endpoint(silent.port, timeout=30), ANA))
        slow.start()
        report = await CheckRun(lambda: check_pop3(endpoint(quick.port), ANA)).report()
        assert report.code == "ok"
        assert not slow.done
        slow.cancel()
        assert (await slow.report()).code == "cancelled"
