"""The real dashboard with practice servers behind it, and Chromium in front."""

from __future__ import annotations

import base64
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons.dnsmasq import name_server
from playwright.sync_api import Browser, expect, sync_playwright
from visits import Served, Visit, environment, running

from mailwidgets import Practice, Servers
from mailwidgets.prefill import prefill
from mailwidgets.vault.vault import Vault

CHROMIUM = "/usr/bin/chromium"
expect.set_options(timeout=30_000)  # milliseconds: a busy machine starts a kernel in many seconds
# Chromium itself calls home unless told not to; the sandbox needs rights a container lacks.
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("dashboard")
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    vault = Vault.from_environment({"MAILWIDGETS_KEY": key})
    store = Servers.open(folder / "store", user="ana", workstation="WS-01")
    servers = Servers(store.store, store.identity, vault=vault)
    with Practice.start() as practice, name_server() as dns:
        prefill(servers, practice)
        told = environment(folder, key, MAILWIDGETS_DNS=dns)
        with running(_dashboard(folder), told) as log:
            yield Served(log.wait_for("http://127.0.0.1:"), servers, practice, log)


def _dashboard(home: Path) -> list[str]:
    """Return the command; it tells which kernels start and end."""
    config = home / ".config" / "mailwidgets" / "mailwidgets_config.py"
    config.parent.mkdir(parents=True)
    config.write_text('c.DashboardServer.log_level = "INFO"\n', encoding="utf-8")
    return [sys.executable, "-m", "mailwidgets", "dashboard", "--no-browser"]


# Not for the whole session: while Playwright runs, no other test could have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"needs a browser at {CHROMIUM}")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.record()
    visit.open(served.url)
    yield visit
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    assert not visit.errors
    context.close()
