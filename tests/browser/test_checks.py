"""Checks, saving for others, and all tests together in a real browser, much of it by keyboard."""

from __future__ import annotations

import base64
import re
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from looks import assert_accessible, assert_shown_well
from page_notebook import notebook
from playwright.sync_api import Browser, Locator, Page, expect
from visits import Visit, environment, leave, page_command, running

from mailwidgets import Practice, Servers
from mailwidgets.prefill import prefill
from mailwidgets.settings.levels import Level
from mailwidgets.vault.vault import Vault

CELL = """
import ipywidgets as widgets
from mailwidgets import Servers
from mailwidgets.draft.draft import Draft
from mailwidgets.forms.form import SectionForm
from mailwidgets.forms.testing import TestAll
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import plain
from mailwidgets.widgets.wiring import Wiring

draft = Draft(Servers.open())
forms = {name: SectionForm(draft, name) for name in ("pop3", "smtp", "imap", "workflow")}
tabs = plain(widgets.Tab, list(forms.values()))
tabs.titles = [SECTIONS[name].title for name in forms]

def show(section):
    tabs.selected_index = list(forms).index(section)

company = plain(widgets.Checkbox, description="Edit company level", indent=False)
company.observe(lambda change: setattr(draft, "at_company", change.new), "value")
together = TestAll(draft, lambda section: forms[section].results, show)
style = plain(widgets.HTML, markup.stylesheet())
wiring = Wiring(lambda act: None)
root = plain(widgets.VBox, [style, wiring, together, company, tabs])
root.add_class("mailwidgets")
root
"""


@dataclass(frozen=True)
class Kept:
    """The page of ana on WS-01; ben and eva have stored something, too."""

    url: str
    servers: Servers
    practice: Practice


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("checks")
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    vault = Vault.from_environment({"MAILWIDGETS_KEY": key})
    store = Servers.open(folder / "store", user="ana", workstation="WS-01")
    servers = Servers(store.store, store.identity, vault=vault)
    page = folder / "checks.ipynb"
    page.write_text(notebook(CELL, title="Checks"), "utf-8")
    with Practice.start() as practice:
        prefill(servers, practice)
        for user in ("ben", "eva"):
            other = servers.as_seen_by(user, f"WS-{user}")
            other.commit([other.change("smtp.user", user)])
        with running(page_command(page), environment(folder, key)) as log:
            yield Kept(log.wait_for("http://127.0.0.1:"), servers, practice)


@pytest.fixture
def visit(browser: Browser, kept: Kept) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.record()
    visit.open(kept.url)
    yield visit
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    assert not visit.errors
    leave(context)


def shown(page: Page, css: str) -> Locator:
    return page.locator(css).locator("visible=true")


def card(page: Page) -> Locator:
    return shown(page, ".mw-foot .mw-verdict")


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True).locator("visible=true")


def is_focused(where: Locator) -> bool:
    return bool(where.evaluate("one => one.contains(document.activeElement)"))


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(40):
        if wanted.count() == 1 and wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by the keyboard")


def test_steps_appear_while_a_check_runs_and_it_is_cancelled_by_keyboard(visit: Visit) -> None:
    page = visit.page
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never says a word
        field(page, "POP3 port (u)").fill(str(silent.getsockname()[1]))
        test = page.get_by_role("button", name="Test POP3", exact=True)
        tab_to(page, test)
        page.keyboard.press("Enter")
        steps = shown(page, ".mw-steps")
        expect(steps.locator("tr.mw-running")).to_contain_text("Connection")
        expect(steps.locator("tr.mw-waiting")).to_have_count(7)
        expect(steps.locator("tr.mw-passed")).to_have_count(2)
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(test).to_be_focused()
        rows = steps.locator("tbody tr").count()
        page.keyboard.press("Enter")  # does nothing
        expect(steps.locator("tr.mw-running")).to_have_count(1)

        cancel = page.get_by_role("button", name="Cancel", exact=True).locator("visible=true")
        tab_to(page, cancel)
        page.keyboard.press("Space")

        expect(card(page)).to_contain_text("cancelled", timeout=2000)
        expect(test).to_be_focused()
        expect(cancel).to_have_count(0)
    assert rows == 10, "there was room for every step from the first"
    assert_shown_well(page, ".mailwidgets")


def test_a_result_stays_is_marked_as_old_and_is_new_again(visit: Visit) -> None:
    page = visit.page
    visit.press("Test POP3")
    expect(card(page)).to_contain_text("POP3 works")
    expect(card(page)).to_contain_text(re.compile(r"Tested \d\d:\d\d"))
    timeout = field(page, "Timeout (sec) (u)")

    timeout.fill("12")
    expect(card(page)).to_contain_text(
        re.compile(r"Tested \d\d:\d\d, before you changed POP3: Timeout \(sec\) \(u\)\.")
    )
    expect(card(page)).to_contain_text("POP3 works")
    expect(shown(page, ".mw-steps")).to_contain_text("Authentication")

    visit.press("Discard")
    expect(card(page)).not_to_contain_text("before you changed")


def test_saving_the_values_that_were_tested_leaves_the_result_as_new(
    visit: Visit, kept: Kept
) -> None:
    page = visit.page
    field(page, "Timeout (sec) (u)").fill("13")
    visit.press("Test POP3")
    expect(card(page)).to_contain_text("POP3 works")

    visit.press("Save")

    expect(page.get_by_text("Saved 1 setting.")).to_be_visible()
    expect(card(page)).not_to_contain_text("before you changed")
    kept.servers.commit([kept.servers.change("pop3.timeout", 10)])


def test_a_fix_is_applied_by_keyboard_and_the_field_shows_it(visit: Visit) -> None:
    page = visit.page
    visit.tab("SMTP")
    page.get_by_label("Use TLS/SSL (u)").locator("visible=true").select_option("Implicit SSL/TLS")
    visit.press("Test SMTP")
    expect(card(page)).to_contain_text("SMTP does not work at TLS")
    expect(card(page)).to_contain_text("Who can do it: you")

    fix = card(page).get_by_role("button", name=re.compile("^Apply this fix: Use TLS.SSL"))
    tab_to(page, fix)
    page.keyboard.press("Enter")

    tls = field(page, "Use TLS/SSL (u)")
    expect(tls).to_be_focused()
    expect(tls.locator("option:checked")).to_have_text("SSL/TLS")
    expect(fix).to_have_count(0)
    expect(card(page)).to_contain_text("before this changed: SMTP: Use TLS/SSL (u)")
    visit.press("Test SMTP")
    expect(card(page)).to_contain_text("SMTP works")
    expect(page.get_by_role("button", name="Discard").locator("visible=true")).to_be_disabled()


def test_the_steps_are_reached_from_the_verdict(visit: Visit) -> None:
    page = visit.page
    visit.press("Test POP3")
    expect(card(page)).to_contain_text("POP3 works")
    more = card(page).get_by_role("button", name="Show the steps")
    tab_to(page, more)
    page.keyboard.press("Enter")

    expect(page.get_by_role("region", name="Steps of the check")).to_be_focused()
    expect(shown(page, ".mw-steps caption")).to_be_in_viewport()
    page.locator("summary", has_text="Transcript").locator("visible=true").press("Enter")
    expect(page.get_by_text("QUIT", exact=True).locator("visible=true")).to_be_visible()


def test_all_are_tested_together_and_led_to(visit: Visit) -> None:
    page = visit.page
    together = page.locator(".mw-together")
    expect(together).to_contain_text("0 of 4 servers are tested as they are set now.")
    start = together.get_by_role("button", name="Test all")
    tab_to(page, start)
    page.keyboard.press("Enter")

    expect(together).to_contain_text("All 4 servers work.")
    expect(page.get_by_role("status").filter(has_text="All 4 servers work.")).to_have_count(1)
    expect(start).to_be_focused()
    together.get_by_role("button", name="IMAP: IMAP works").press("Enter")
    expect(page.get_by_role("tab", name="IMAP")).to_have_attribute("aria-selected", "true")
    expect(card(page)).to_contain_text("IMAP works")


def test_all_are_cancelled_together_by_keyboard(visit: Visit) -> None:
    page = visit.page
    together = page.locator(".mw-together")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        field(page, "POP3 port (u)").fill(str(silent.getsockname()[1]))
        together.get_by_role("button", name="Test all").press("Enter")
        stop = together.get_by_role("button", name="Cancel all")
        expect(stop).to_be_visible()
        tab_to(page, stop)
        page.keyboard.press("Enter")

        expect(stop).to_have_count(0)
        expect(together.get_by_role("button", name="Test all")).to_be_focused()
        expect(
            together.get_by_role("button", name=re.compile("^POP3: .*cancelled"))
        ).to_be_visible()
    visit.press("Discard")


def asking(visit: Visit) -> Locator:
    """Save a port of the company's, so that others are concerned."""
    page = visit.page
    visit.tab("SMTP")
    page.get_by_label("Edit company level").check()
    port = field(page, "SMTP port (u)")
    port.fill("2587")
    expect(shown(page, ".mw-pending")).to_contain_text("1 change not saved")
    save = page.get_by_role("button", name="Save", exact=True).locator("visible=true")
    tab_to(page, save)
    page.keyboard.press("Enter")
    question = shown(page, ".mw-asked-for")
    expect(question).to_contain_text(
        "This changes what 2 others have in force: SMTP port (u), for ben, eva."
    )
    return question


def test_a_save_that_others_notice_is_asked_and_left_by_escape(visit: Visit, kept: Kept) -> None:
    page = visit.page
    question = asking(visit)
    expect(question).to_be_focused()
    assert_accessible(page, ".mailwidgets")
    question.locator("summary").click()
    expect(question.get_by_role("row", name=re.compile("SMTP port"))).to_contain_text("2587")

    page.keyboard.press("Escape")

    expect(question).to_have_count(0)
    save = page.get_by_role("button", name="Save", exact=True).locator("visible=true")
    expect(save).to_be_focused()
    assert kept.servers.resolve()["smtp", "port"].company is None
    expect(field(page, "SMTP port (u)")).to_have_value("2587")
    visit.press("Discard")


def test_a_save_that_others_notice_is_confirmed_by_keyboard(visit: Visit, kept: Kept) -> None:
    page = visit.page
    question = asking(visit)
    tab_to(page, question.get_by_role("button", name="Save for everyone"))
    page.keyboard.press("Enter")

    expect(page.get_by_text("Saved 1 setting.")).to_be_visible()
    expect(question).to_have_count(0)
    assert kept.servers.resolve()["smtp", "port"].company == 2587
    assert is_focused(shown(page, ".mw-saving")), "the focus is still there"
    kept.servers.commit([kept.servers.change("smtp.port", None, level=Level.COMPANY)])


def test_a_save_of_ones_own_asks_nothing(visit: Visit, kept: Kept) -> None:
    page = visit.page
    field(page, "Timeout (sec) (u)").fill("14")
    visit.press("Save")

    expect(page.get_by_text("Saved 1 setting.")).to_be_visible()
    expect(page.locator(".mw-asked-for")).to_have_count(0)
    kept.servers.commit([kept.servers.change("pop3.timeout", 10)])


def test_an_edit_withdraws_the_question(visit: Visit) -> None:
    page = visit.page
    question = asking(visit)

    field(page, "SMTP port (u)").fill("2588")

    expect(question).to_have_count(0)
    expect(page.get_by_text("what is to be saved has changed")).to_be_visible()
    expect(field(page, "SMTP port (u)")).to_be_focused()
    visit.press("Discard")
