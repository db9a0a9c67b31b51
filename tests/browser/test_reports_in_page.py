"""What a check found, mended, sent and handed on, on the real page, much of it without a mouse."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from playwright.sync_api import Locator, expect
from visits import Served, Visit

DOCUMENT = """<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="practice.example">
<incomingServer type="imap"><hostname>{host}</hostname><port>{imaps}</port>
<socketType>SSL</socketType><authentication>password-cleartext</authentication>
<username>%EMAILADDRESS%</username></incomingServer>
</emailProvider></clientConfig>"""


def verdict(visit: Visit, where: str = ".mw-foot") -> Locator:
    return visit.page.locator(f"{where} .mw-verdict").locator("visible=true")


def test_a_fix_goes_into_the_form_without_a_mouse_and_then_the_test_passes(visit: Visit) -> None:
    visit.tab("IMAP")
    inbox = visit.page.get_by_label("Inbox (u)", exact=True)
    inbox.fill("Inbxo")
    inbox.press("Tab")
    visit.press("Test IMAP")
    expect(verdict(visit)).to_contain_text("There is no folder named Inbxo")
    expect(verdict(visit)).to_contain_text("Who can do it")

    visit.page.locator(".mw-fix").locator("visible=true").focus()
    visit.page.keyboard.press("Enter")

    expect(inbox).to_have_value("INBOX")
    test = visit.page.get_by_role("button", name="Test IMAP", exact=True)
    test.focus()
    visit.page.keyboard.press("Space")
    expect(verdict(visit)).to_contain_text("IMAP works")
    visit.press("Discard")


def test_the_support_bundle_is_saved_from_the_page(visit: Visit, tmp_path: Path) -> None:
    visit.press("Test POP3")
    expect(verdict(visit)).to_contain_text("POP3 works")

    with visit.page.expect_download() as saving:
        visit.page.get_by_role("link", name="Save support bundle").locator("visible=true").click()
    saving.value.save_as(tmp_path / "bundle.zip")

    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        (report,) = json.loads(bundle.read("report.json"))
        assert (report["section"], report["ok"]) == ("pop3", True)
        assert b"ana-practice" not in b"".join(bundle.read(name) for name in bundle.namelist())


def test_a_test_message_is_sent_and_arrives(visit: Visit, served: Served) -> None:
    visit.tab("Workflow e-mail")
    visit.page.get_by_label("Send a test message to").fill("ana@practice.example")
    before = len(served.practice.messages("ana@practice.example"))
    visit.press("Send test message")

    expect(verdict(visit, ".mw-sending")).to_contain_text("the server has taken the message")
    messages = served.practice.messages("ana@practice.example")
    assert len(messages) == before + 1
    assert b"Auto-Submitted: auto-generated" in messages[-1]


def test_an_addresss_servers_are_found_and_filled_in_without_a_mouse(
    visit: Visit, served: Served, tmp_path: Path
) -> None:
    practice = served.practice
    document = tmp_path / "config.xml"
    document.write_text(DOCUMENT.format(host=practice.host, **practice.ports), encoding="utf-8")
    visit.page.get_by_role("button", name="Set up from an e-mail address").focus()
    visit.page.keyboard.press("Enter")
    visit.page.get_by_label("E-mail address").fill("ben@practice.example")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type(str(document))
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    fill = visit.page.get_by_role("button", name="Put into the forms")
    expect(fill).to_be_visible(timeout=30_000)
    fill.focus()
    visit.page.keyboard.press("Enter")

    expect(visit.page.get_by_text("In the forms now: add the passwords")).to_be_visible()
    visit.tab("IMAP")
    port = visit.page.get_by_label("IMAP port (u)").locator("visible=true")
    expect(port).to_have_value(str(practice.ports["imaps"]))
    visit.press("Discard")
