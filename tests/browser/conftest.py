"""The real dashboard with practice servers behind it, and Chromium in front."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browsers import CHROMIUM, launched
from daemons.dnsmasq import name_server
from playwright.sync_api import Browser, expect
from visits import Practising, Served, Visit, dashboard_command, environment, leave, running

from mailwidgets import Practice, Servers
from mailwidgets.faults import Switches
from mailwidgets.prefill import prefill
from mailwidgets.vault.vault import Vault

expect.set_options(timeout=30_000)  # milliseconds: a busy machine starts a kernel in many seconds


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with _dashboard(tmp_path_factory.mktemp("dashboard"), fill=prefill) as served:
        yield served


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Nothing is stored yet, the practice servers are trusted, and there is place for one page."""
    folder = tmp_path_factory.mktemp("empty")
    # A page made in advance may be of a time when something was stored.
    with _dashboard(folder, "--max-pages=1", "--preheat=0") as served:
        yield served


@pytest.fixture(scope="module")
def practising(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practising]:
    """Run the dashboard as a newcomer starts it, on practice servers that it has itself."""
    folder = tmp_path_factory.mktemp("practising")
    temporary = folder / "tmp"
    temporary.mkdir()
    command = dashboard_command(folder, "--practice", "--preheat=0")
    with running(command, environment(folder, "", TMPDIR=str(temporary))) as log:
        url = log.wait_for("http://127.0.0.1:")
        (switches,) = temporary.glob("mailwidgets-faults-*")
        yield Practising(url, Switches(switches / "faults.json"))


@contextmanager
def _dashboard(
    folder: Path, *words: str, fill: Callable[[Servers, Practice], None] | None = None
) -> Iterator[Served]:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    vault = Vault.from_environment({"MAILWIDGETS_KEY": key})
    store = Servers.open(folder / "store", user="ana", workstation="WS-01")
    servers = Servers(store.store, store.identity, vault=vault)
    with Practice.start() as practice, name_server() as dns:
        if fill is not None:
            fill(servers, practice)
        else:
            authority = folder / "ca.pem"
            authority.write_text(practice.ca_pem, encoding="utf-8")
            words = (*words, f"--ca-file={authority}")
        told = environment(folder, key, MAILWIDGETS_DNS=dns)
        with running(dashboard_command(folder, *words), told) as log:
            yield Served(log.wait_for("http://127.0.0.1:"), servers, practice, log)


# Not for the whole session: while Playwright runs, no other test could have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as opened:
        yield opened


@pytest.fixture(scope="module")
def whole_browser() -> Iterator[Browser]:
    """Return the browser that people have, windows and all."""
    with launched(CHROMIUM) as opened:
        yield opened


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.record()
    visit.open(served.url)
    yield visit
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    assert not visit.errors
    leave(context)
