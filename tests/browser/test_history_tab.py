"""The history in a real browser: by keyboard alone, on any width, while others save."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from page_notebook import notebook
from playwright.sync_api import Browser, Locator, Page, expect
from visits import Visit, environment, leave, page_command, running

from mailwidgets import Servers
from mailwidgets.store.commits import Commit
from mailwidgets.vault.vault import Vault

CANARY = "c4n4ry-Passwort"
CODE = """
import asyncio
import ipywidgets
from mailwidgets import Servers
from mailwidgets.views.history import HistoryView
from mailwidgets.widgets import markup

servers = Servers.open()
view = HistoryView(servers, changed=lambda: None, go=lambda section, key: None)
view.ask()

async def follow():
    seen = servers.store.version(servers.identity)
    while True:
        await asyncio.sleep(0.1)
        if (found := servers.store.version(servers.identity)) != seen:
            seen = found
            view.refresh()

following = asyncio.get_running_loop().create_task(follow())
page = ipywidgets.VBox([ipywidgets.HTML(markup.stylesheet()), view])
page.add_class("mailwidgets")
page
"""


@dataclass(frozen=True)
class Kept:
    url: str
    servers: Servers

    def put(self, why: str = "", by: str = "ana", **values: object) -> Commit:
        """Commit values by dotted name, with a double underscore for the dot."""
        self.servers.author = by
        changes = [
            self.servers.change(name.replace("__", "."), one) for name, one in values.items()
        ]
        made = self.servers.commit(changes, why=why)
        assert made is not None
        return made


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Serve a page that has the history and nothing else."""
    folder = tmp_path_factory.mktemp("history")
    page = folder / "history.ipynb"
    page.write_text(notebook("# History", CODE, title="History"), "utf-8")
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    store = Servers.open(folder / "store", user="ana", workstation="WS-01")
    vault = Vault.from_environment({"MAILWIDGETS_KEY": key})
    servers = Servers(store.store, store.identity, vault=vault)
    with running(page_command(page), environment(folder, key)) as log:
        yield Kept(log.wait_for("http://127.0.0.1:"), servers)


@pytest.fixture
def visit(browser: Browser, kept: Kept) -> Iterator[Visit]:
    """Open the page for a store with some history; every test adds to it."""
    kept.put("Before", smtp__port=25, smtp__timeout=10, smtp__password=CANARY)
    many = {
        "pop3__port": 995 + secrets.randbelow(9000),
        "imap__port": 993 + secrets.randbelow(9000),
    }
    many |= {"smtp__user": secrets.token_hex(4)}
    kept.put("New provider", smtp__port=587, smtp__timeout=secrets.randbelow(3000) + 11, **many)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.record()
    visit.page.goto(kept.url)
    visit.page.get_by_label("Search").wait_for()
    yield visit
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    assert not visit.errors
    assert not any(CANARY.encode() in frame for frame in visit.received)
    leave(context)


def told(page: Page) -> Locator:
    """Return what the panel says to readers of screens; the page has a notice of its own."""
    return page.locator("p[role=status]")


def tab_to(page: Page, name: str) -> None:
    """Press the tab key until the control of that name has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        held = page.locator(":focus")
        if held.count() and re.match(name, held.get_attribute("aria-label") or held.inner_text()):
            return
    raise AssertionError(f"no way by keyboard to {name!r}")


def stored(kept: Kept) -> object:
    return kept.servers.resolve()["smtp", "port"].own


def test_a_commit_is_undone_by_keyboard_alone(visit: Visit, kept: Kept) -> None:
    page = visit.page
    page.get_by_label("Search").focus()
    tab_to(page, r"Undo… .*New provider")
    page.keyboard.press("Enter")
    plan = page.get_by_role("region", name=re.compile("Undo “"))
    expect(plan).to_be_focused()
    expect(plan).to_contain_text("587 → 25")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("Too early, by keyboard")
    tab_to(page, "Undo this")
    page.keyboard.press("Enter")

    expect(told(page)).to_contain_text("Taken back: ")
    expect(page.locator(":focus")).to_have_attribute(
        "aria-label", re.compile(r"Undo… .*New provider")
    )
    first = page.locator(".mw-past-commit").first
    expect(first).to_contain_text("Too early, by keyboard")
    expect(first).to_contain_text("587 → 25")
    assert stored(kept) == 25


def test_back_returns_to_the_button_and_changes_nothing(visit: Visit, kept: Kept) -> None:
    page = visit.page
    opener = page.get_by_role("button", name=re.compile(r"^Undo… .*New provider")).first
    opener.press("Enter")
    back = page.get_by_role("button", name="Back", exact=True)
    expect(back).to_be_visible()
    back.press("Enter")

    expect(opener).to_be_focused()
    expect(back).to_have_count(0)
    assert stored(kept) == 587


def test_what_others_save_comes_in_and_disturbs_nothing(visit: Visit, kept: Kept) -> None:
    page = visit.page
    commit = page.locator(".mw-past-commit", has_text="New provider").first
    commit.locator("summary").click()
    folded = commit.locator("details li").first
    expect(folded).to_be_visible()
    commit.get_by_role("button", name=re.compile("^Undo…")).click()
    why = page.get_by_label("Reason")
    why.click()
    page.keyboard.type("half-typ")

    kept.put("Mine now", by="bob", smtp__port=2525)

    expect(page.locator(".mw-past-commit").first).to_contain_text("Mine now")
    expect(page.locator(".mw-past-drawer")).to_contain_text("settings have changed meanwhile")
    expect(page.locator(".mw-past-drawer")).to_contain_text("Changed again since")
    expect(folded).to_be_visible()
    expect(why).to_be_focused()
    page.keyboard.type("ed")
    expect(why).to_have_value("half-typed")


def test_older_commits_come_on_demand_and_take_the_focus(visit: Visit, kept: Kept) -> None:
    for number in range(25):
        kept.put(f"number {number}", smtp__timeout=number + 1)
    page = visit.page
    expect(page.locator(".mw-past-commit").first).to_contain_text("number 24")
    expect(page.locator(".mw-past-commit")).to_have_count(20)
    page.get_by_role("button", name="Older…").press("Enter")

    expect(page.locator(".mw-past-commit").nth(20)).to_be_focused()
    expect(page.locator(".mw-past-commit").nth(24)).to_contain_text("number 0")
