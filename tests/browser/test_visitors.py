"""Pages made before their visitors come, and visitors who read other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from visits import Served, Visit, leave

WAITS = "A page waits"


@pytest.fixture
def german(browser: Browser, served: Served) -> Iterator[Visit]:
    """Somebody whose browser asks for German, and a kernel that ran before they came."""
    served.log.wait_for(WAITS)
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-AT")
    visit = Visit(context.new_page())
    visit.record()
    yield visit
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    assert not visit.errors
    leave(context)


def language(visit: Visit) -> str:
    return visit.page.locator("html").get_attribute("lang") or ""


def test_a_page_made_in_advance_shows_the_store_as_it_is_now_and_knows_its_visitor(
    german: Visit, served: Served
) -> None:
    log = "\n".join(served.log.lines)
    waiting = re.findall(rf"{WAITS}, with kernel ([0-9a-f-]+)", log)
    before = served.servers.resolve()["imap", "timeout"].effective
    served.servers.commit([served.servers.change("imap.timeout", 23)])

    german.page.goto(f"{served.url}&section=imap")

    box = german.page.locator(".mw-imap-timeout input")
    expect(box).to_be_visible()
    expect(box).to_have_value("23")
    imap = german.page.get_by_role("tab", name="IMAP", exact=True)  # without ◆: this is no news
    expect(imap).to_have_attribute("aria-selected", "true")
    expect(german.page.get_by_role("tab", name="Wirksame Werte")).to_be_visible()
    assert language(german) == "de"
    assert german.page.title() == "Mailserver"
    assert german.kernel in waiting, "the kernel had run before"
    served.servers.commit([served.servers.change("imap.timeout", before)])


def test_a_language_is_switched_by_keyboard_keeps_edits_and_is_remembered(
    visit: Visit, served: Served
) -> None:
    page = visit.page
    ehlo = page.locator(".mw-smtp-ehlo input")
    visit.tab("SMTP")
    ehlo.fill("kept.example.com")
    expect(page.locator(".mw-smtp-ehlo .mw-from")).to_contain_text("not saved")

    page.get_by_role("button", name="Set up from an e-mail address").click()
    expect(page.locator(".mw-discover")).to_be_visible()
    page.get_by_label("Language").focus()
    page.keyboard.type("Slov")

    expect(page.get_by_role("tab", name="Veljavne vrednosti")).to_be_visible()
    expect(page.get_by_label("Jezik")).to_have_value("Slovenščina")
    expect(ehlo).to_have_value("kept.example.com")
    assert language(visit) == "sl"
    expect(page.locator(".mw-discover")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(served.url)
    expect(page.get_by_role("tab", name="Veljavne vrednosti")).to_be_visible()
    page.get_by_role("tab", name="SMTP").click()
    expect(ehlo).to_have_value("kept.example.com")
    page.get_by_role("button", name="Zavrzi").locator("visible=true").click()
    page.get_by_label("Jezik").select_option("English")
    expect(page.get_by_role("tab", name="Effective values")).to_be_visible()
    assert language(visit) == "en"
