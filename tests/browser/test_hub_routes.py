"""What a page makes of redirects, where a hub or a page to sign in stands before its server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from daemons.nginx import HOST, Proxy, reverse_proxy
from page_notebook import CONTROLS, notebook
from playwright.sync_api import Browser, Page, expect
from visits import environment, leave, page_command, running

PATIENCE = 30_000  # milliseconds
ENDED = "This page's session has ended."
AWAY = "The server does not answer. Trying again…"
TO_SERVER = (
    "proxy_http_version 1.1; proxy_set_header Host $http_host;"
    " proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"
    " proxy_pass http://SERVER"
)
# As JupyterHub's proxy leads a question about the kernel, by what has become of its routes.
WHOLE = f"location / {{ {TO_SERVER}; }}"
TO_HUB = "location / { return 302 /hub$request_uri; }"
HUB_IS_BUSY = f"{TO_HUB} location /hub/ {{ return 503; }}"
HUB_LEADS_BACK = f"{TO_HUB} location /hub/ {{ {TO_SERVER}/; }}"
GONE = {
    "a stopped server": f"{TO_HUB} location /hub/ {{ return 424; }}",
    "a page to sign in": f"{TO_HUB} location /hub/ {{ default_type text/html; return 200 hello; }}",
    "another host's page to sign in": "location / { return 302 http://ELSEWHERE/; }",
}


class Routes:
    """What a real proxy in front of a page's server is told, and told anew.

    Attributes:
        proxy: while it runs.
    """

    proxy: Proxy

    def __init__(self, server: str, folder: Path) -> None:
        self._server = server
        self._elsewhere = ""
        self._file = folder / "routes.conf"

    def servers(self, http: int, https: int) -> str:
        """Return what stands within nginx's ``http``: the page's proxy, and another server."""
        self._elsewhere = f"localhost:{https}"
        self._write(WHOLE)
        here = f"server {{ listen {HOST}:{http}; absolute_redirect off; include {self._file}; }}"
        return f"{here} server {{ listen {HOST}:{https}; }}"

    def become(self, routes: str) -> None:
        """Change them, which ends the connections within a second."""
        self._write(routes)
        self.proxy.daemon.reload()

    def _write(self, routes: str) -> None:
        said = routes.replace("SERVER", self._server).replace("ELSEWHERE", self._elsewhere)
        self._file.write_text(said, encoding="utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    page = folder / "page.ipynb"
    page.write_text(notebook(CONTROLS))
    with running(page_command(page), environment(folder, "")) as log:
        yield urlsplit(log.wait_for("http://127.0.0.1:")).netloc


@pytest.fixture
def routes(server: str, tmp_path: Path) -> Iterator[Routes]:
    routes = Routes(server, tmp_path)
    with reverse_proxy(routes.servers) as routes.proxy:
        yield routes


@pytest.fixture
def page(browser: Browser, routes: Routes) -> Iterator[Page]:
    page = browser.new_context().new_page()
    page.goto(f"http://{HOST}:{routes.proxy.http}/")
    expect(page.locator(".said")).to_contain_text("pid=")
    yield page
    leave(page.context)


def test_a_page_waits_for_a_hub_that_does_not_know_its_routes_yet(
    page: Page, routes: Routes
) -> None:
    routes.become(HUB_IS_BUSY)
    expect(page.locator("#mw-notice")).to_have_text(AWAY, timeout=PATIENCE)

    routes.become(WHOLE)

    expect(page.locator("#mw-notice")).to_have_text("Connected again.", timeout=PATIENCE)
    page.get_by_label("Host").fill("again")
    expect(page.locator(".said")).to_have_text("Host=again")


def test_a_kernel_that_a_hub_leads_to_is_not_taken_for_dead(page: Page, routes: Routes) -> None:
    with page.expect_response(lambda one: "/hub/api/kernels/" in one.url) as led:
        routes.become(HUB_LEADS_BACK)
    assert led.value.status == 200

    routes.become(WHOLE)

    expect(page.locator("#mw-notice")).to_have_text("Connected again.", timeout=PATIENCE)


@pytest.mark.parametrize("what", GONE)
def test_a_redirect_that_ends_elsewhere_ends_the_session(
    page: Page, routes: Routes, what: str
) -> None:
    routes.become(GONE[what])

    expect(page.locator("#mw-notice")).to_contain_text(ENDED, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Continue")).to_be_focused()
