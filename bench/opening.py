"""From the click to a field that takes keys: our dashboard beside a bare notebook in Voila.

The bare notebook has one text field and Voila's own page. All take turns, round by round, each in
a browser context of its own, in one Chromium; trust the ratios. Cold: the kernel starts with the
visit. Preheated: one has run the notebook before. Ready: the first text field is there, and a key
pressed in it has come to the kernel and back (the bare notebook mirrors it in a label; in ours,
the field is marked as not saved).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from served import CHROMIUM, CONTEXT, ECHOES, FIELDS, PATIENCE, bare, environment, ours

REFILLED = 8.0  # seconds until a pool is full again, on a slow machine
KINDS = ("bare, cold", "ours, cold", "bare, preheated", "ours, preheated")


def servers(folder: Path, stack: ExitStack) -> dict[str, str]:
    """Start one server per kind; return their addresses."""
    env = environment(folder)
    warm = ["--VoilaConfiguration.preheat_kernel=True", "--VoilaConfiguration.default_pool_size=1"]
    started = {
        "bare, cold": bare(env),
        "ours, cold": ours(env, "--preheat=0"),
        "bare, preheated": bare(env, *warm),
        "ours, preheated": ours(env, "--preheat=1"),
    }
    return {kind: stack.enter_context(started[kind]).url for kind in KINDS}


def visit(browser: Browser, kind: str, address: str) -> tuple[float, float, int]:
    """Return seconds until the field is there, until a key came back, and the requests."""
    server = kind.partition(",")[0]
    context = browser.new_context(**CONTEXT)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    field = page.locator(FIELDS[server]).first
    field.wait_for(timeout=PATIENCE * 1000)
    shown = time.perf_counter() - start
    field.press("7")
    page.locator(ECHOES[server]).first.wait_for(timeout=PATIENCE * 1000)
    ready = time.perf_counter() - start
    requests = len(asked)
    context.close()
    return shown, ready, requests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    found: dict[str, list[tuple[float, float, int]]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = servers(folder, stack)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(**CHROMIUM)
        time.sleep(REFILLED)
        for turn in range(rounds + 1):
            for kind in KINDS:
                measured = visit(browser, kind, addresses[kind])
                if turn:  # the first round fills the disk's caches
                    found[kind].append(measured)
                time.sleep(REFILLED if "preheated" in kind else 1.0)
        browser.close()
    base = statistics.median(ready for _, ready, _ in found["bare, cold"])
    print("| page | shown, s | ready, s (median) | ratio to bare, cold | requests |")
    print("|---|---|---|---|---|")
    for kind, all_of in found.items():
        shown = statistics.median(one for one, _, _ in all_of)
        ready = statistics.median(one for _, one, _ in all_of)
        requests = max(count for _, _, count in all_of)
        print(f"| {kind} | {shown:.2f} | {ready:.2f} | {ready / base:.2f} | {requests} |")


if __name__ == "__main__":
    main()
