"""Chromium for tests: it calls nobody, and is the leaner one where there is a choice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
# Chromium itself calls home unless told not to; the sandbox needs rights a container lacks.
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@contextmanager
def launched(path: str = "") -> Iterator[Browser]:
    """Start a browser, by default one without windows, and end it.

    The same engine twice: drawing windows that nobody sees costs more than drawing the pages.
    """
    found = path or shutil.which("chromium-headless-shell") or CHROMIUM
    if not Path(found).exists():
        pytest.skip(f"needs a browser at {found}")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield opened
        opened.close()
