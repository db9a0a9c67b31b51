from __future__ import annotations

import base64
import secrets
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from visits import Visit, environment, free_port, running

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "dashboard.ipynb"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """Serve a copy of the notebook; JupyterLab itself asks nobody for news or updates."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(NOTEBOOK, home)
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={home}", "--IdentityProvider.token=t"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    command += ["--LabApp.news_url=None"]
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with running(command, environment(tmp_path, key)) as log:
        log.wait_for("is running at")
        yield f"http://127.0.0.1:{port}"


def test_the_page_under_a_jupyter_server_is_ours_and_asks_nobody_outside(
    browser: Browser, lab: str
) -> None:
    visit = Visit(browser.new_context().new_page())
    visit.record()
    visit.page.goto(f"{lab}/voila/render/{NOTEBOOK.name}?token=t")

    expect(visit.page.get_by_role("button", name="Test POP3")).to_be_visible(timeout=30_000)
    expect(visit.page).to_have_title("Mail servers")
    visit.page.wait_for_load_state("networkidle")
    assert visit.hosts() == {"127.0.0.1"}
    assert not visit.errors
    visit.page.context.close()


def test_the_notebook_shows_the_same_in_jupyterlab(browser: Browser, lab: str) -> None:
    visit = Visit(browser.new_context().new_page())
    visit.record()
    visit.page.goto(f"{lab}/lab/tree/{NOTEBOOK.name}?token=t")
    kernel = visit.page.get_by_role("button", name="Python 3 (ipykernel) | Idle")
    expect(kernel).to_be_visible(timeout=30_000)

    visit.page.locator(".jp-CodeCell .cm-content").click()
    visit.page.keyboard.press("Shift+Enter")

    visit.page.get_by_role("tab", name="Workflow e-mail").click(timeout=30_000)
    visit.page.get_by_label("Email sender (c)").fill("nobody")
    expect(visit.page.locator(".mw-workflow-sender .mw-note")).to_contain_text("Must be one e-mail")
    button = visit.page.get_by_role("button", name="Test server")
    expect(button).to_have_css("border-radius", "4px")
    assert visit.hosts() == {"127.0.0.1"}
    visit.page.context.close()
