"""What an open page costs in memory, and many pages opened at once.

``python bench/pages.py [--pages 20] [--rounds 3]``. Memory is of the server's process and of one
kernel's, as Linux tells it: RSS counts all pages of memory that are there, PSS (smaps_rollup)
divides those that several processes share. A kernel is looked at when it rests: ours once it waits
for a visitor, once a page is open and a key pressed there has come back, and once every tab has
been opened and all four tests have run on the practice servers (in the server's process there).
The bare notebook has one text field and Voila's own page.

Then that many pages are opened at the same time, each in a browser context of its own, in one
Chromium on this very machine. A page works once a key pressed in it has come to the kernel and
back; seconds count from the moment all were asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright
from served import (
    CHROMIUM,
    CONTEXT,
    ECHOES,
    FIELDS,
    PATIENCE,
    Served,
    bare,
    content,
    environment,
    ours,
)

MACHINE = 24 * 1024  # MiB
_REST = 0.05  # of a processor
_LONGEST = 3 * PATIENCE  # for the last of many pages, or a kernel whose page said no farewell


class Memory(NamedTuple):
    """MiB that a process takes."""

    rss: float
    pss: float


def memory(pid: int) -> Memory:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    told = {name: int(rest.split()[0]) for name, _, rest in (one.partition(":") for one in lines)}
    return Memory(told["Rss"] / 1024, told["Pss"] / 1024)


def kernels(server: int) -> list[int]:
    """Return the processes of a server's kernels."""
    found = []
    for one in psutil.Process(server).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # a zombie is none either
            if "-f" in one.cmdline():  # the connection file follows
                found.append(one.pid)
    return found


async def at_rest(*pids: int) -> None:
    """Wait until processes have had nothing to do for a second or two."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        before = [sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids]
        await asyncio.sleep(1.5)
        after = [sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids]
        if sum(after) - sum(before) < 1.5 * _REST * len(pids):
            return


async def kernel_of(server: int) -> int:
    """Return the one kernel of a server, at rest; wait until there is one, and no other."""
    until = time.monotonic() + _LONGEST
    while len(found := kernels(server)) != 1:
        assert time.monotonic() < until, f"there are {len(found)} kernels, not one"
        await asyncio.sleep(0.1)
    await at_rest(server, *found)
    return found[0]


async def opened(context: BrowserContext, address: str, kind: str) -> Page:
    """Open a page; return it once a key pressed there has come back."""
    page = await context.new_page()
    page.set_default_timeout(_LONGEST * 1000)
    await page.goto(address, wait_until="commit")
    field = page.locator(FIELDS[kind]).first
    await field.wait_for()
    await field.press("7")
    await page.locator(ECHOES[kind]).first.wait_for()
    return page


async def use_all(page: Page) -> None:
    """Open every tab, and run every test."""
    for at, tab in enumerate(await page.get_by_role("tab").all()):
        await tab.click()
        await page.locator(content(at)).first.wait_for()
        test = page.locator(".mw-test:visible")
        if await test.count():
            await test.click()
            await page.locator(".mw-verdict:visible").wait_for()


async def alone(browser: Browser, folder: Path) -> dict[str, Memory]:
    """Return what one server and one kernel take, bare and ours, step by step."""
    found: dict[str, Memory] = {}
    env = environment(folder)
    context = await browser.new_context(**CONTEXT)
    with bare(env) as served:
        await opened(context, served.url, "bare")
        kernel = await kernel_of(served.pid)
        found["bare: server"], found["bare: kernel, opened"] = memory(served.pid), memory(kernel)
        await context.close()
    with ours(env, "--preheat=1") as served:
        kernel = await kernel_of(served.pid)
        found["ours: server"], found["ours: kernel, preheated"] = memory(served.pid), memory(kernel)
    context = await browser.new_context(**CONTEXT)
    with ours(_without_store(env), "--preheat=0", "--practice") as served:
        page = await opened(context, served.url, "ours")
        kernel = await kernel_of(served.pid)
        found["ours: kernel, opened"] = memory(kernel)
        await use_all(page)
        await at_rest(kernel)
        found["ours: kernel, all used"] = memory(kernel)
        await context.close()
    return found


def _without_store(env: dict[str, str]) -> dict[str, str]:
    """Return an environment for practice, which has a store and a key of its own."""
    own = ("MAILWIDGETS_STORE", "MAILWIDGETS_KEY")
    return {name: value for name, value in env.items() if name not in own}


def print_alone(found: dict[str, Memory]) -> None:
    base = found["bare: kernel, opened"]
    print("| process | RSS, MiB | PSS, MiB | RSS ÷ bare kernel | PSS ÷ bare kernel |")
    print("|---|---|---|---|---|")
    for name, one in found.items():
        ratios = f"{one.rss / base.rss:.2f} | {one.pss / base.pss:.2f}"
        shown = "- | -" if name.endswith("server") else ratios
        print(f"| {name} | {one.rss:.0f} | {one.pss:.0f} | {shown} |")
    server, kernel = found["ours: server"], found["ours: kernel, all used"]
    carried = [(MACHINE - server[at]) / kernel[at] for at in (1, 0)]
    told = "{:.0f} by PSS, {:.0f} by RSS".format(*carried)
    print(f"\n24 GiB carry the server and so many dashboards, all used: {told}.\n", flush=True)


async def together(browser: Browser, served: Served, pages: int) -> tuple[list[float], float]:
    """Open pages at once; return the seconds of each that works, and the MiB of a kernel then."""
    contexts = [await browser.new_context(**CONTEXT) for _ in range(pages)]
    began = time.perf_counter()

    async def one(context: BrowserContext) -> float | None:
        try:
            await opened(context, served.url, "ours")
        except Error as error:
            print(f"A page does not work: {error.message.splitlines()[0]}", file=sys.stderr)
            return None
        return time.perf_counter() - began

    taken = await asyncio.gather(*map(one, contexts))
    shares = [memory(kernel).pss for kernel in kernels(served.pid)]
    for context in contexts:
        await context.close()
    return sorted(one for one in taken if one is not None), statistics.mean(shares)


async def crowd(browser: Browser, folder: Path, rounds: int, pages: int) -> None:
    """Open pages at once, round by round, and print what came of each."""
    heads = ("round", "pages that work", "first, s", "median, s", "last, s", "a kernel, MiB PSS")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    with ours(environment(folder), f"--max-pages={pages}") as served:
        for turn in range(rounds):
            await kernel_of(served.pid)  # the one that waits
            seconds, share = await together(browser, served, pages)
            spread = [seconds[0], statistics.median(seconds), seconds[-1]] if seconds else []
            cells = " | ".join([f"{one:.1f}" for one in spread] or ["-"] * 3)
            print(f"| {turn + 1} | {len(seconds)} of {pages} | {cells} | {share:.0f} |", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(**CHROMIUM)
            print_alone(await alone(browser, Path(folder)))
            await crowd(browser, Path(folder), given.rounds, given.pages)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
