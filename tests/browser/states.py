"""Every tab, and every notable state of the page, by what brings a person there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from playwright.sync_api import Locator, expect
from visits import Practising, Served, Visit

State = Callable[[Visit, Served], None]
AUTOCONFIG = """<clientConfig version="1.1"><emailProvider id="practice.example">
<incomingServer type="imap"><hostname>{host}</hostname><port>{imaps}</port>
<socketType>SSL</socketType><username>%EMAILADDRESS%</username></incomingServer>
<outgoingServer type="smtp"><hostname>{host}</hostname><port>{smtp}</port>
<socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username></outgoingServer>
</emailProvider></clientConfig>"""


def shown(visit: Visit, css: str) -> Locator:
    return visit.page.locator(css).locator("visible=true")


def box(visit: Visit, label: str) -> Locator:
    return visit.page.get_by_label(label, exact=True).locator("visible=true")


def note(visit: Visit, setting: str) -> Locator:
    return visit.page.locator(f".mw-{setting} .mw-note")


def pop3(visit: Visit, _: Served) -> None:
    expect(shown(visit, ".mw-pop3-port")).to_be_visible()


def smtp(visit: Visit, _: Served) -> None:
    visit.tab("SMTP")
    expect(shown(visit, ".mw-smtp-ehlo")).to_be_visible()


def imap(visit: Visit, _: Served) -> None:
    visit.tab("IMAP")
    expect(shown(visit, ".mw-imap-outbox")).to_be_visible()


def workflow(visit: Visit, _: Served) -> None:
    visit.tab("Workflow e-mail")
    expect(shown(visit, ".mw-sending")).to_be_visible()


def values(visit: Visit, _: Served) -> None:
    visit.tab("Effective values")
    expect(visit.page.get_by_role("table", name="In force for")).to_be_visible()


def history(visit: Visit, _: Served) -> None:
    visit.tab("History")
    expect(shown(visit, ".mw-past-commit").first).to_be_visible()


def advanced(visit: Visit, _: Served) -> None:
    visit.tab("Advanced")
    expect(shown(visit, ".mw-trust-ca")).to_be_visible()


def edited_and_wrong(visit: Visit, _: Served) -> None:
    box(visit, "POP3 port (u)").fill("99x")
    box(visit, "Timeout (sec) (u)").fill("12")
    shown(visit, ".mw-pop3-port .mw-ask").click()
    visit.page.get_by_role("button", name="Advanced").locator("visible=true").click()
    expect(note(visit, "pop3-port")).to_contain_text("Must be a whole number")
    expect(shown(visit, ".mw-pop3-port .mw-error")).to_be_visible()
    expect(note(visit, "pop3-timeout")).to_contain_text("not saved")
    expect(shown(visit, ".mw-pop3-token")).to_be_visible()


def locked_at_company_level(visit: Visit, _: Served) -> None:
    visit.tab("SMTP")
    visit.page.get_by_label("Edit company level").check()
    for lock in ("Lock SMTP port for everyone", "Lock User name for everyone"):
        visit.page.get_by_label(lock).locator("visible=true").check()
    expect(shown(visit, ".mw-smtp-user .mw-lock .mw-error")).to_be_visible()
    shown(visit, ".mw-smtp-port .mw-lock input[type=text]").fill("one server for all")
    expect(shown(visit, ".mw-pending")).to_contain_text("To be corrected")


def locked_by_the_company(visit: Visit, served: Served) -> None:
    servers = served.servers
    servers.commit([servers.lock("pop3.timeout", "ask the help desk, for all of us are alike")])
    expect(note(visit, "pop3-timeout")).to_contain_text("ask the help desk")


def in_conflict(visit: Visit, served: Served) -> None:
    box(visit, "POP3 port (u)").fill("1995")
    expect(note(visit, "pop3-port")).to_contain_text("not saved")
    servers = served.servers
    news = {"pop3.port": 1587, "pop3.timeout": 17, "pop3.user": "ben@practice.example"}
    servers.commit([servers.change(name, value) for name, value in news.items()])
    expect(shown(visit, ".mw-pop3-port .mw-clash")).to_be_visible()


def asking_for_others(visit: Visit, _: Served) -> None:
    visit.page.get_by_label("Edit company level").check()
    box(visit, "Timeout (sec) (u)").fill("25")
    expect(shown(visit, ".mw-pending")).to_contain_text("1 change not saved")
    visit.press("Save")
    shown(visit, ".mw-asked-for summary").click()
    expect(shown(visit, ".mw-asked-for table")).to_be_visible()


def failed(visit: Visit, _: Served) -> None:
    visit.tab("SMTP")
    box(visit, "Use TLS/SSL (u)").select_option("Implicit SSL/TLS")
    visit.press("Test SMTP")
    expect(shown(visit, ".mw-verdict.mw-failed")).to_contain_text("SMTP does not work")
    visit.page.locator("summary", has_text="Transcript").locator("visible=true").click()
    expect(shown(visit, ".mw-transcript table")).to_be_visible()


def failed_and_outdated(visit: Visit, served: Served) -> None:
    failed(visit, served)
    box(visit, "Timeout (sec) (u)").fill("12")
    expect(shown(visit, ".mw-outdated")).to_be_visible()


def all_passed(visit: Visit, _: Served) -> None:
    visit.press("Test all")
    expect(visit.page.locator(".mw-together")).to_contain_text("All 4 servers work.")
    expect(shown(visit, ".mw-verdict.mw-passed")).to_contain_text("POP3 works")


def sent(visit: Visit, _: Served) -> None:
    visit.tab("Workflow e-mail")
    visit.press("Send test message")
    expect(shown(visit, ".mw-sending .mw-verdict")).to_contain_text("works")


def values_unfolded(visit: Visit, served: Served) -> None:
    values(visit, served)
    for name in ("POP3 port (u)", "CA certificates (c)"):
        visit.page.get_by_role("button", name=name, exact=True).locator("visible=true").click()
    expect(shown(visit, ".mw-about")).to_have_count(2)
    expect(shown(visit, ".mw-levels").first).to_contain_text("ana")


def values_compared(visit: Visit, served: Served) -> None:
    values(visit, served)
    visit.press("Compare with…")
    box(visit, "beside user").fill("ben")
    box(visit, "beside user").press("Enter")
    expect(shown(visit, ".mw-compared")).to_contain_text("ben@practice.example")
    visit.page.get_by_role("button", name="User name (u)").locator("visible=true").first.click()
    expect(shown(visit, ".mw-levels")).to_have_count(2)


def values_filtered_to_nothing(visit: Visit, served: Served) -> None:
    values(visit, served)
    box(visit, "Search").fill("a name that is nowhere")
    expect(shown(visit, ".mw-nothing")).to_be_visible()


def history_filtered_and_undone(visit: Visit, served: Served) -> None:
    history(visit, served)
    box(visit, "Only what concerns me").uncheck()
    box(visit, "Search").fill("a new desk")
    expect(shown(visit, ".mw-past-commit")).to_have_count(2)
    shown(visit, ".mw-past-act").get_by_text("Undo…").first.click()
    expect(visit.page.get_by_role("region", name="Undo “")).to_contain_text("→")


def history_compared(visit: Visit, served: Served) -> None:
    history(visit, served)
    shown(visit, ".mw-past-act").get_by_text("Compare with now").last.click()
    expect(shown(visit, ".mw-past-table").first).to_be_visible()


def history_gone_back_to(visit: Visit, served: Served) -> None:
    history(visit, served)
    shown(visit, ".mw-past-act").get_by_text("Return everything").last.click()
    expect(shown(visit, ".mw-past-drawer")).to_contain_text("What goes back")


def found_by_address(visit: Visit, served: Served) -> None:
    servers, practice = served.servers, served.practice
    # Guesses must not leave this machine.
    servers.commit([servers.change("trust.allowed_hosts", [practice.host])])
    document = Path(servers.store.location).with_name("autoconfig.xml")
    document.write_text(AUTOCONFIG.format(host=practice.host, **practice.ports), "utf-8")
    visit.press("Set up from an e-mail address")
    box(visit, "E-mail address").fill("ana@practice.example")
    box(visit, "Autoconfig document (optional)").fill(str(document))
    visit.press("Find servers")
    expect(shown(visit, ".mw-choices")).to_contain_text("localhost")
    shown(visit, ".mw-evidence summary").click()
    visit.press("Put into the forms")
    expect(shown(visit, ".mw-discover .mw-good")).to_contain_text("In the forms now")


def sign_in(visit: Visit, served: Served) -> None:
    visit.page.context.clear_cookies()
    visit.page.goto(served.url.partition("?")[0])
    expect(visit.page.get_by_role("heading", name="Sign in")).to_be_visible()


def sign_in_refused(visit: Visit, served: Served) -> None:
    sign_in(visit, served)
    visit.page.get_by_label("Token").fill("wrong")
    visit.page.get_by_role("button", name="Sign in").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("This is not the token")


def wrong_address(visit: Visit, served: Served) -> None:
    visit.page.goto(served.url.partition("?")[0] + "nowhere")
    expect(visit.page.get_by_role("heading", name="There is no such page")).to_be_visible()


def lost_session(visit: Visit, served: Served) -> None:
    page = visit.page
    box(visit, "Timeout (sec) (u)").fill("12")
    expect(note(visit, "pop3-timeout")).to_contain_text("not saved")
    kernel, token = visit.kernel, page.context.cookies()
    form = {"_xsrf": next(one["value"] for one in token if one["name"] == "_xsrf")}
    page.request.post(f"{served.url.partition('?')[0]}voila/api/shutdown/{kernel}", form=form)
    page.evaluate("dispatchEvent(new Event('online'))")  # as after a sleep: the page asks
    notice = page.locator("#mw-notice")
    expect(notice).to_contain_text("This page's session has ended")
    expect(notice).to_contain_text("Your unsaved edits are kept")


def greeting(visit: Visit, empty: Served) -> None:
    visit.open(empty.url)
    expect(shown(visit, ".mw-greeting")).to_be_visible()
    expect(shown(visit, ".mw-discover")).to_be_visible()


def history_empty(visit: Visit, empty: Served) -> None:
    greeting(visit, empty)
    visit.tab("History")
    expect(visit.page.get_by_role("heading", name="Nothing has been saved yet")).to_be_visible()


def no_place(visit: Visit, empty: Served) -> None:
    greeting(visit, empty)
    with visit.page.context.expect_page() as coming:
        visit.page.evaluate("(url) => void open(url)", empty.url)
    expect(coming.value.get_by_role("heading", name="All places are taken")).to_be_visible()
    visit.page.close()
    visit.page = coming.value


def broken(visit: Visit, practising: Practising) -> None:
    visit.open(practising.url)
    practising.switches.inject("tls_on_plain_port")
    practising.switches.inject("cert_expired", ["pop3", "imap"])
    visit.press("Break the practice servers")
    visit.page.get_by_label("What goes wrong").select_option("other_delimiter")
    expect(visit.page.get_by_role("checkbox", name="SMTP")).to_be_disabled()
    expect(shown(visit, ".mw-broken li")).to_have_count(2)
    expect(shown(visit, ".mw-scene")).to_contain_text("Implicit SSL/TLS")


STATES: Mapping[str, State] = {
    "POP3": pop3,
    "SMTP": smtp,
    "IMAP": imap,
    "Workflow e-mail": workflow,
    "Effective values": values,
    "History": history,
    "Advanced": advanced,
    "edits and an error": edited_and_wrong,
    "company level": locked_at_company_level,
    "a lock": locked_by_the_company,
    "a conflict": in_conflict,
    "a save for others": asking_for_others,
    "a failed test": failed,
    "an outdated test": failed_and_outdated,
    "all tests passed": all_passed,
    "a message sent": sent,
    "values unfolded": values_unfolded,
    "values compared": values_compared,
    "no values": values_filtered_to_nothing,
    "history undone": history_filtered_and_undone,
    "history compared": history_compared,
    "history gone back to": history_gone_back_to,
    "servers found": found_by_address,
    "the page to sign in": sign_in,
    "a wrong token": sign_in_refused,
    "a wrong address": wrong_address,
    "a lost session": lost_session,
}
ON_AN_EMPTY_STORE: Mapping[str, State] = {
    "greeting": greeting,
    "History": history_empty,
    "no place for a page": no_place,
}
IN_PRACTICE: Mapping[str, Callable[[Visit, Practising], None]] = {"servers broken": broken}
