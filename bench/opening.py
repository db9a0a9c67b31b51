"""From the click to a field that takes keys: our dashboard beside a bare notebook in Voila.

The bare notebook has one text field and Voila's own page. All take turns, round by round, each in
a browser context of its own, in one Chromium; trust the ratios. Cold: the kernel starts with the
visit. Preheated: one has run the notebook before. Ready: the first text field is there, and a key
pressed in it has come to the kernel and back (the bare notebook mirrors it in a label; in ours,
the field is marked as not saved).
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

BARE = """import ipywidgets
field, echo = ipywidgets.Text(description="Name"), ipywidgets.Label()
field.observe(lambda change: setattr(echo, "value", "kernel: " + change.new), "value")
ipywidgets.VBox([field, echo])"""
PATIENCE = 60.0  # seconds
REFILLED = 8.0  # seconds until a pool is full again, on a slow machine
KINDS = ("bare, cold", "ours, cold", "bare, preheated", "ours, preheated")


def notebook(path: Path) -> Path:
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "bare",
        "metadata": {},
        "outputs": [],
        "source": BARE,
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": [cell],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], port: int, env: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def servers(folder: Path, stack: ExitStack) -> dict[str, str]:
    """Start one server per kind; return their addresses."""
    env = {
        **os.environ,
        "MAILWIDGETS_STORE": str(folder / "store"),
        "MAILWIDGETS_USER": "ana",
        "MAILWIDGETS_WORKSTATION": "WS-01",
        "JUPYTER_TOKEN": "bench",
    }
    bare = notebook(folder / "bare.ipynb")
    addresses = {}
    for kind in KINDS:
        port = free_port()
        warm = "preheated" in kind
        if kind.startswith("bare"):
            command = [sys.executable, "-m", "voila", str(bare), f"--port={port}", "--no-browser"]
            command += ["--token=bench"]
            if warm:
                command += [
                    "--VoilaConfiguration.preheat_kernel=True",
                    "--VoilaConfiguration.default_pool_size=1",
                ]
        else:
            command = [sys.executable, "-m", "mailwidgets", "dashboard", f"--port={port}"]
            command += ["--no-browser", f"--preheat={int(warm)}"]
        stack.enter_context(serving(command, port, env))
        addresses[kind] = f"http://127.0.0.1:{port}/?token=bench"
    return addresses


def visit(browser: Browser, kind: str, address: str) -> tuple[float, float, int]:
    """Return seconds until the field is there, until a key came back, and the requests."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    field = page.locator(".widget-text input:visible").first
    field.wait_for(timeout=PATIENCE * 1000)
    shown = time.perf_counter() - start
    field.press("7")
    came_back(page, kind)
    ready = time.perf_counter() - start
    requests = len(asked)
    context.close()
    return shown, ready, requests


def came_back(page: Page, kind: str) -> None:
    what = "text=kernel: 7" if kind.startswith("bare") else ".mw-changed, .mw-invalid"
    page.locator(what).first.wait_for(timeout=PATIENCE * 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    found: dict[str, list[tuple[float, float, int]]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        addresses = servers(folder, stack)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-background-networking"],
        )
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
