from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lab_server import jupyter_server
from playwright.sync_api import Browser, expect
from visits import Visit, leave

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "dashboard.ipynb"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    with jupyter_server(tmp_path, NOTEBOOK) as url:
        yield url


def test_the_page_under_a_jupyter_server_is_ours_and_asks_nobody_outside(
    whole_browser: Browser, lab: str
) -> None:
    visit = Visit(whole_browser.new_context().new_page())
    visit.record()
    visit.page.goto(f"{lab}/voila/render/{NOTEBOOK.name}?token=t")

    expect(visit.page.get_by_role("button", name="Test POP3")).to_be_visible(timeout=30_000)
    expect(visit.page).to_have_title("Mail servers")
    visit.page.wait_for_load_state("networkidle")
    assert visit.hosts() == {"127.0.0.1"}
    assert not visit.errors
    leave(visit.page.context)


def test_below_a_path_as_jupyterhub_has_it_the_page_is_that_of_the_hubs_user(
    whole_browser: Browser, tmp_path: Path
) -> None:
    as_told = {"MAILWIDGETS_USER": "", "JUPYTERHUB_USER": "ana"}
    with jupyter_server(tmp_path, NOTEBOOK, "--ServerApp.base_url=/user/ana/", **as_told) as url:
        visit = Visit(whole_browser.new_context().new_page())
        visit.record()
        visit.page.goto(f"{url}/user/ana/voila/render/{NOTEBOOK.name}?token=t")

        expect(visit.page.get_by_text("For user ana on workstation WS-01")).to_be_visible()
        asked = [urlsplit(one).path for one in visit.urls if one.startswith(("http:", "ws:"))]
        assert all(path.startswith("/user/ana/") for path in asked), asked
        assert any(path.startswith("/user/ana/mailwidgets/page-") for path in asked), "ours"
        visit.tab("SMTP")
        visit.page.get_by_label("EHLO (u)").locator("visible=true").fill("pc1.example.com")
        visit.press("Save")
        expect(visit.page.get_by_text("Saved 1 setting.")).to_be_visible()
        assert (tmp_path / "store" / "users" / "ana.json").exists()
        assert not visit.errors
        leave(visit.page.context)


def test_the_notebook_shows_the_same_in_jupyterlab(whole_browser: Browser, lab: str) -> None:
    visit = Visit(whole_browser.new_context().new_page())
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
    leave(visit.page.context)
