"""The dashboard behind a real nginx that is set up as docs/guides/nginx.md has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from daemons.authority import Authority
from daemons.nginx import HOST, Proxy, reverse_proxy
from playwright.sync_api import Browser, expect
from visits import Log, Visit, dashboard_command, environment, leave, running

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "nginx.md"
# A browser takes every name below localhost for this machine, without asking anyone.
NAME, STRANGE = "admin.localhost", "evil.localhost"


@dataclass(frozen=True)
class Proxied:
    """A dashboard below /mail/, and the proxy in front of it."""

    proxy: Proxy
    token: str
    log: Log

    def url(self, scheme: str, name: str = NAME) -> str:
        port = {"http": self.proxy.http, "https": self.proxy.https}[scheme]
        return f"{scheme}://{name}:{port}/mail/"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("proxied")
    command = dashboard_command(folder, "--preheat=0", "--base-url=/mail/", f"--host-name={NAME}")
    with running(command, environment(folder, "")) as log:
        printed = urlsplit(log.wait_for("http://127.0.0.1:"))
        with reverse_proxy(lambda *ports: _servers(printed.netloc, authority, *ports)) as proxy:
            yield Proxied(proxy, parse_qs(printed.query)["token"][0], log)


def _servers(dashboard: str, authority: Authority, http: int, https: int) -> str:
    """Return the page's own lines, with our ports and files; each must be there."""
    (text,) = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    shown = authority.certificates["self-signed"]
    for line, ours in {
        "listen 443 ssl;": f"listen {HOST}:{http}; listen {HOST}:{https} ssl;",
        "127.0.0.1:8866": dashboard,
        "/etc/ssl/certs/admin.pem": str(shown.pem_file),
        "/etc/ssl/private/admin.key": str(shown.key_file),
    }.items():
        assert text.count(line) == 1, line
        text = text.replace(line, ours)
    return str(text)


@contextmanager
def visiting(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(ignore_https_errors=True)
    visit = Visit(context.new_page())
    visit.record()
    visit.listen()
    yield visit
    assert visit.hosts() <= {NAME, STRANGE}
    leave(context)


def _save(visit: Visit, ehlo: str) -> None:
    visit.page.get_by_label("EHLO (u)").locator("visible=true").fill(ehlo)
    visit.press("Save")
    expect(visit.page.get_by_text("Saved 1 setting.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_page_below_a_path_saves_and_its_kernel_ends_with_it(
    browser: Browser, proxied: Proxied, scheme: str
) -> None:
    with visiting(browser) as visit:
        visit.open(f"{proxied.url(scheme)}?token={proxied.token}")
        visit.tab("SMTP")
        _save(visit, f"{scheme}.example.com")

        asked = [urlsplit(url) for url in visit.urls if not url.startswith(("data:", "blob:"))]
        assert all(one.path.startswith("/mail/") for one in asked), visit.urls
        assert {one.scheme for one in asked} == {scheme, scheme.replace("http", "ws")}
        assert visit.page.url == proxied.url(scheme)
        cookies = visit.page.context.cookies()
        assert {(one.get("path"), one.get("secure")) for one in cookies} == {
            ("/mail/", scheme == "https")
        }
        assert not visit.errors
        # Another server of the same host leaves a token of its own at the root.
        root = visit.page.url.removesuffix("mail/")
        visit.page.context.add_cookies([{"name": "_xsrf", "value": "another's", "url": root}])
        kernel = visit.kernel
        visit.page.close(run_before_unload=True)
        proxied.log.wait_for(f"Kernel shutdown: {kernel}")


def test_a_reload_of_the_proxy_costs_a_page_nothing(browser: Browser, proxied: Proxied) -> None:
    with visiting(browser) as visit:
        visit.open(f"{proxied.url('https')}?token={proxied.token}")
        visit.tab("SMTP")
        kernel = visit.kernel

        with visit.page.expect_request(re.compile(f"/api/kernels/{kernel}$")) as question:
            proxied.proxy.daemon.reload()

        expect(visit.page.locator("#mw-notice")).to_have_text("Connected again.")
        _save(visit, "reloaded.example.com")
        assert visit.kernel == kernel
        # Without it JupyterHub's servers would not answer, and the page take its kernel for dead.
        token = next(one for one in visit.page.context.cookies() if one.get("name") == "_xsrf")
        assert question.value.headers["x-xsrftoken"] == token.get("value")


def test_whoever_types_the_token_into_the_form_comes_in(browser: Browser, proxied: Proxied) -> None:
    with visiting(browser) as visit:
        visit.page.goto(proxied.url("https"))
        visit.page.get_by_label("Token").fill(proxied.token)
        visit.page.get_by_role("button", name="Sign in").click()

        expect(visit.page.get_by_role("tab", name="POP3")).to_be_visible()
        assert visit.page.url == proxied.url("https")
        assert not visit.errors


def test_a_name_that_the_dashboard_was_not_told_is_refused_through_the_proxy(
    browser: Browser, proxied: Proxied
) -> None:
    with visiting(browser) as visit:
        answer = visit.page.goto(f"{proxied.url('https', STRANGE)}?token={proxied.token}")

        assert answer is not None
        assert answer.status == 403
        expect(visit.page.get_by_role("heading", name="This is not allowed")).to_be_visible()
        assert not visit.page.context.cookies()
