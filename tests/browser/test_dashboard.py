from __future__ import annotations

import re
import socket
from pathlib import Path

from playwright.sync_api import Locator, expect
from visits import Served, Visit

TABS = {
    "POP3": "Test POP3",
    "SMTP": "Test SMTP",
    "IMAP": "Test IMAP",
    "Workflow e-mail": "Test server",
}


def field(visit: Visit, section: str, key: str) -> Locator:
    return visit.page.locator(f".mw-{section}-{key}")


def note(visit: Visit, section: str, key: str) -> Locator:
    return field(visit, section, key).locator(".mw-note")


def test_what_was_filled_in_and_saved_is_found_again(visit: Visit, served: Served) -> None:
    visit.tab("SMTP")
    visit.page.get_by_label("EHLO (u)").locator("visible=true").fill("pc1.example.com")
    expect(note(visit, "smtp", "ehlo")).to_contain_text("not saved")
    visit.press("Save")
    expect(visit.page.get_by_text("Saved 1 setting.")).to_be_visible()

    visit.open(served.url)

    visit.tab("SMTP")
    expect(field(visit, "smtp", "ehlo").locator("input")).to_have_value("pc1.example.com")
    visit.tab("Effective values")
    row = visit.page.get_by_role("row", name=re.compile(r"^EHLO \(u\) .*pc1\.example\.com user$"))
    expect(row).to_be_visible()


def test_a_wrong_value_is_marked_at_its_field_and_cannot_be_saved(visit: Visit) -> None:
    visit.page.get_by_label("POP3 port (u)").fill("99x")

    expect(note(visit, "pop3", "port")).to_contain_text("Must be a whole number from 1 to 65535")
    expect(visit.page.get_by_role("button", name="Save").locator("visible=true")).to_be_disabled()

    visit.press("Discard")
    expect(note(visit, "pop3", "port")).not_to_contain_text("Must be")


def test_every_test_button_passes_against_the_practice_servers(visit: Visit) -> None:
    for tab, button in TABS.items():
        visit.tab(tab)
        visit.press(button)
    for tab in TABS:
        visit.tab(tab)
        verdict = visit.page.locator(".mw-verdict.mw-passed").locator("visible=true")
        expect(verdict).to_contain_text("works")


def test_a_check_of_a_silent_server_is_cancelled_while_the_page_stays_responsive(
    visit: Visit,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connects, and never says a word
        visit.page.get_by_label("POP3 port (u)").fill(str(silent.getsockname()[1]))
        visit.press("Test POP3")
        steps = visit.page.locator(".mw-steps").locator("visible=true")
        expect(steps).to_contain_text("running")
        expect(visit.page.get_by_role("progressbar")).to_be_visible()

        visit.page.get_by_label("Timeout (sec) (u)").locator("visible=true").fill("soon")
        expect(note(visit, "pop3", "timeout")).to_contain_text("Must be numeric")
        expect(steps).to_contain_text("running")

        visit.press("Cancel")
        verdict = visit.page.locator(".mw-verdict").locator("visible=true")
        expect(verdict).to_contain_text("cancelled", timeout=2000)


def test_unsaved_edits_are_back_in_a_page_that_is_loaded_again(visit: Visit) -> None:
    visit.page.on("dialog", lambda dialog: dialog.accept())
    visit.tab("SMTP")
    field(visit, "smtp", "ehlo").locator("input").fill("kept.example.com")
    expect(note(visit, "smtp", "ehlo")).to_contain_text("not saved")
    box = visit.page.get_by_label("SMTP port (u)")
    box.fill("no port")
    expect(note(visit, "smtp", "port")).to_contain_text("Not valid")

    visit.page.reload()

    back = visit.page.get_by_text("Your unsaved edits are back in the forms:")
    expect(back).to_be_visible(timeout=30_000)
    visit.tab("SMTP")
    expect(field(visit, "smtp", "ehlo").locator("input")).to_have_value("kept.example.com")
    expect(note(visit, "smtp", "port")).to_contain_text("Not valid")
    visit.press("Discard")


def test_a_step_is_taken_back_from_any_tab_by_button_and_by_key(visit: Visit) -> None:
    visit.tab("SMTP")
    before = field(visit, "smtp", "ehlo").locator("input").input_value()
    field(visit, "smtp", "ehlo").locator("input").fill("step.example.com")
    expect(note(visit, "smtp", "ehlo")).to_contain_text("not saved")
    visit.tab("IMAP")

    undo = visit.page.get_by_role("button", name="Undo", exact=True).locator("visible=true").first
    undo.press("Enter")
    expect(visit.page.get_by_role("tab", name="SMTP")).to_have_attribute("aria-selected", "true")
    expect(field(visit, "smtp", "ehlo").locator("input")).to_have_value(before)
    expect(undo).to_be_focused()
    visit.page.keyboard.press("Control+y")
    expect(field(visit, "smtp", "ehlo").locator("input")).to_have_value("step.example.com")
    visit.page.keyboard.press("Control+z")
    expect(visit.page.get_by_text("Undone: SMTP: EHLO (u).").first).to_be_visible()


def test_no_password_travels_to_the_browser(visit: Visit, served: Served) -> None:
    servers = served.servers
    servers.commit([servers.change("imap.password", "canary-stored")])
    visit.open(served.url)
    box = visit.page.get_by_label("Password (u)", exact=True).locator("visible=true")
    expect(box).to_have_value("")

    box.fill("canary-typed")
    box.press("Tab")
    expect(box).to_have_attribute("placeholder", "typed, not saved yet")
    expect(box).to_have_value("")
    visit.press("Save")

    expect(visit.page.get_by_text("Saved 1 setting.")).to_be_visible()
    expect(box).to_have_value("")
    visit.tab("Effective values")
    expect(visit.page.get_by_role("table", name="In force for")).to_be_visible()
    assert any(b"canary-typed" in frame for frame in visit.sent), "the recording works"
    assert visit.received
    assert not [frame for frame in visit.received if b"canary" in frame]
    assert "canary" not in visit.page.content()
    assert served.log.lines, "the recording works"
    assert "canary" not in "".join(served.log.lines)
    store = Path(servers.store.path)  # type: ignore[attr-defined]
    documents = [path.read_bytes() for path in store.rglob("*.json")]
    assert documents
    assert not [document for document in documents if b"canary" in document]
    assert servers.targets().login("pop3").password == "canary-typed"
    servers.commit([servers.change("pop3.password", served.practice.accounts[0].password)])


def test_a_password_alone_is_saved_by_one_press(visit: Visit, served: Served) -> None:
    servers = served.servers
    visit.open(served.url)
    box = visit.page.get_by_label("Password (u)", exact=True).locator("visible=true")

    box.press_sequentially("canary-at-once")
    visit.press("Save")

    expect(visit.page.get_by_text("Saved 1 setting.")).to_be_visible()
    assert servers.targets().login("pop3").password == "canary-at-once"
    servers.commit([servers.change("pop3.password", served.practice.accounts[0].password)])


def test_what_others_save_shows_without_a_reload(visit: Visit, served: Served) -> None:
    servers = served.servers
    box = visit.page.get_by_label("Timeout (sec) (u)").locator("visible=true")
    expect(box).to_have_value("10")

    servers.commit([servers.change("pop3.timeout", 11)])

    expect(box).to_have_value("11")
    servers.commit([servers.change("pop3.timeout", 10)])


def test_closing_the_page_ends_its_kernel(visit: Visit, served: Served) -> None:
    ours = visit.kernel

    visit.page.close(run_before_unload=True)

    served.log.wait_for(f"Kernel shutdown: {ours}")
