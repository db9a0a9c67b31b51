"""A bare notebook in Voila and our dashboard, each served as long as a context lasts.

The bare notebook has one text field, mirrored in a label, and Voila's own page. For other scripts
here; by itself this file measures nothing.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

BARE = """import ipywidgets
field, echo = ipywidgets.Text(description="Name"), ipywidgets.Label()
field.observe(lambda change: setattr(echo, "value", "kernel: " + change.new), "value")
ipywidgets.VBox([field, echo])"""
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
CHROMIUM: dict[str, Any] = {"executable_path": "/usr/bin/chromium", "args": QUIET}
CONTEXT: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
# By server: the first field, and what shows that a key pressed there has come back.
FIELDS = {"bare": ".widget-text input:visible", "ours": ".mw-row .widget-text input:visible"}
ECHOES = {"bare": ".widget-label:text('kernel: 7')", "ours": ".mw-changed, .mw-invalid"}
PATIENCE = 60.0  # seconds


class Served(NamedTuple):
    """A running server: where to visit it, and its process."""

    url: str
    pid: int


def content(tab: int) -> str:
    """Return the selector of what stands in a tab; it is made when the tab is first shown.

    Wait for it before turning to the next: only the last of some quick turns reaches the kernel.
    """
    return f".widget-tab-contents > :nth-child({tab + 1}) :is(.mw-form, .mw-panel):visible"


def environment(folder: Path) -> dict[str, str]:
    """Return this process's own, with a home, a store and a key in the folder alone."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAILWIDGETS_", "JUPYTER", "IPYTHON", "XDG_"))
    }
    return kept | {
        "HOME": str(folder),
        "MAILWIDGETS_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "MAILWIDGETS_STORE": str(folder / "store"),
        "MAILWIDGETS_USER": "ana",
        "MAILWIDGETS_WORKSTATION": "WS-01",
    }


@contextmanager
def ours(env: dict[str, str], *options: str) -> Iterator[Served]:
    """Serve the dashboard."""
    command = [sys.executable, "-m", "mailwidgets", "dashboard", "--no-browser", *options]
    with _running(command, env) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http"), f"the dashboard printed {url!r} instead of its URL"
        yield Served(url, process.pid)


@contextmanager
def bare(env: dict[str, str], *options: str) -> Iterator[Served]:
    """Serve the bare notebook."""
    path, port = _notebook(Path(env["HOME"], "bare.ipynb")), _free_port()
    command = [sys.executable, "-m", "voila", str(path), f"--port={port}", "--no-browser"]
    with _running([*command, "--token=bench", *options], env) as process:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield Served(f"http://127.0.0.1:{port}/?token=bench", process.pid)


@contextmanager
def _running(command: Sequence[str], env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def _notebook(path: Path) -> Path:
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
