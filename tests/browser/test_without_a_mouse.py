"""A working day by keyboard alone, on an empty store: nothing else ever touches the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from person import Person, listen
from playwright.sync_api import Browser, expect
from visits import Practising, Served, Visit, leave

from mailwidgets import Practice
from mailwidgets.settings.levels import Level


@pytest.fixture(params=[(1280, 900), (800, 620), (400, 700)], ids=["wide", "low", "narrow"])
def ana(browser: Browser, empty: Served, request: pytest.FixtureRequest) -> Iterator[Person]:
    with _visiting(browser, empty.url, *request.param) as person:
        yield person


@pytest.fixture
def newcomer(browser: Browser, practising: Practising) -> Iterator[Person]:
    with _visiting(browser, practising.url, 400, 700) as person:
        yield person


@contextmanager
def _visiting(browser: Browser, url: str, width: int, height: int) -> Iterator[Person]:
    context = browser.new_context(viewport={"width": width, "height": height})
    listen(context)
    visit = Visit(context.new_page())
    visit.record()
    visit.open(url)
    yield Person(visit.page)
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    assert not visit.errors
    leave(context)


@pytest.fixture(autouse=True)
def _as_before(empty: Served) -> Iterator[None]:
    """Leave the store empty."""
    yield
    servers = empty.servers
    stored = servers.documents()
    servers.commit(
        [
            servers.change(f"{section}.{key}", None, level=level)
            for level in Level
            for section, key in stored.at(level).values
        ]
    )


def look_for_servers(ana: Person) -> None:
    ana.enter("E-mail address", "ana@practice.example")
    ana.do(ana.button("Find servers"))
    ana.hear("No server was found")
    ana.do(ana.page.locator("summary", has_text="Why these, and what was asked"))
    ana.do(ana.button("Set up from an e-mail address"), "Space", back=True)
    expect(ana.box("E-mail address")).to_have_count(0)


def fill_in_and_save(ana: Person, practice: Practice) -> None:
    ana.enter("Name (m)", practice.host)
    ana.enter("POP3 port (u)", str(practice.ports["pop3"]))
    ana.enter("User name (u)", practice.accounts[0].user)
    ana.enter("Password (u)", practice.accounts[0].password)
    ana.press("Control+s")
    ana.hear("Saved 4 settings.")
    expect(ana.box("Password (u)")).to_be_focused()


def take_the_wrong_port(ana: Person, practice: Practice) -> None:
    tls = ana.box("Use TLS/SSL (u)")
    ana.enter("POP3 port (u)", str(practice.ports["pop3s"]), back=True)
    ana.do(tls, "ArrowDown")
    expect(tls.locator("option:checked")).to_have_text("No")
    ana.do(ana.button("Test POP3"))
    ana.hear("POP3 does not work")


def apply_the_fix(ana: Person) -> None:
    tls = ana.box("Use TLS/SSL (u)")
    ana.do(ana.button(re.compile("^Apply this fix: Use TLS.SSL")))
    expect(tls).to_be_focused()
    expect(tls.locator("option:checked")).to_have_text("Yes")
    ana.look()


def test_a_server_is_set_up_tested_broken_and_mended(ana: Person, empty: Served) -> None:
    page, practice, test = ana.page, empty.practice, ana.button("Test POP3")
    look_for_servers(ana)
    fill_in_and_save(ana, practice)
    ana.do(test)
    ana.hear("POP3 works")
    expect(test).to_be_focused()

    take_the_wrong_port(ana, practice)
    apply_the_fix(ana)
    ana.do(test)
    ana.hear("POP3 works")

    ana.do(ana.button("Show the steps"))
    expect(page.get_by_role("region", name="Steps of the check")).to_be_focused()
    ana.do(page.locator("summary", has_text="Transcript").locator("visible=true"))
    ana.do(ana.button("Save"), back=True)
    ana.hear("Saved")
    assert empty.servers.resolve()["pop3", "port"].effective == practice.ports["pop3s"]


def go_from_the_value_to_its_field(ana: Person) -> None:
    ana.reach(ana.tab("POP3"))
    for name in ("SMTP", "IMAP", "Workflow e-mail", "Effective values"):
        ana.press("ArrowRight")
        expect(ana.tab(name)).to_be_focused()
    ana.press("Enter")
    expect(ana.tab("Effective values")).to_have_attribute("aria-selected", "true")
    row = ana.button("Timeout (sec) (u)").first
    expect(row).to_be_visible()
    ana.do(row)
    expect(row).to_have_attribute("aria-expanded", "true")
    ana.do(ana.button(re.compile("^Go to this field")))
    expect(ana.box("Timeout (sec) (u)")).to_be_focused()
    expect(ana.tab("POP3")).to_have_attribute("aria-selected", "true")


def change_and_take_back(ana: Person) -> None:
    timeout = ana.box("Timeout (sec) (u)")
    ana.enter("Timeout (sec) (u)", "25")
    expect(ana.page.locator(".mw-pop3-timeout .mw-note")).to_contain_text("not saved")
    ana.press("Tab", "Control+z")  # in the box it would be the box's own
    ana.hear("Undone: POP3: Timeout (sec) (u).")
    expect(timeout).to_have_value("21")
    ana.press("Control+y")
    ana.hear("Done again: POP3: Timeout (sec) (u).")
    expect(timeout).to_have_value("25")
    ana.do(ana.button("Discard"))
    ana.hear("Back to what is stored.")
    expect(timeout).to_have_value("21")


def test_a_value_is_looked_up_changed_and_taken_back(ana: Person, empty: Served) -> None:
    page, servers = ana.page, empty.servers
    for timeout in (20, 21):
        servers.commit([servers.change("pop3.timeout", timeout)], why=f"It was slow: {timeout}")
    go_from_the_value_to_its_field(ana)
    change_and_take_back(ana)

    ana.reach(ana.tab("POP3"), back=True)
    ana.press("ArrowLeft", "ArrowLeft")
    expect(ana.tab("History")).to_be_focused()
    ana.press("Space")
    undo = ana.button(re.compile("^Undo… .*It was slow: 21")).first
    expect(undo).to_be_visible()
    ana.do(undo)
    expect(page.get_by_role("region", name=re.compile("^Undo “"))).to_be_focused()
    ana.hear("The plan is ready.")
    ana.enter("Reason (may be empty)", "It is fast again")
    ana.do(ana.button("Undo this"))
    ana.hear("Taken back")
    expect(undo).to_be_focused()
    assert servers.resolve()["pop3", "timeout"].effective == 20


def choose(newcomer: Person, title: str, *, back: bool = False) -> None:
    what = newcomer.page.get_by_role("combobox", name="What goes wrong", exact=True)
    expect(what).to_be_visible()  # a person sees the box unfold before going on
    newcomer.reach(what, back=back)
    newcomer.type(title)
    expect(what.locator("option:checked")).to_have_text(title)


def test_practice_servers_are_broken_and_mended(newcomer: Person, practising: Practising) -> None:
    break_it, test = newcomer.button("Break"), newcomer.button("Test all")
    newcomer.do(newcomer.button("Break the practice servers"), "Space")
    choose(newcomer, "The certificate has expired")
    newcomer.do(newcomer.page.locator("#mw-break-smtp"), "Space")
    newcomer.do(break_it)
    newcomer.hear("Broken now: POP3, IMAP: The certificate has expired. Now test POP3, IMAP")
    expect(break_it).to_be_focused()
    newcomer.do(test)
    newcomer.hear("2 of 4 tested servers do not work: POP3, IMAP.")
    practising.switches.mend()  # as a colleague does
    newcomer.hear("Nothing is broken now.")

    choose(newcomer, "The server speaks TLS 1.3 and nothing older", back=True)
    newcomer.do(break_it)
    newcomer.hear("Broken now: POP3, SMTP, IMAP")
    newcomer.do(newcomer.button("Put these into the forms"))
    expect(break_it).to_be_focused()
    newcomer.do(test)
    newcomer.hear("3 of 4 tested servers do not work: POP3, SMTP, IMAP.")
    newcomer.do(newcomer.button(re.compile("^Mend: The server speaks TLS 1.3")), back=True)
    newcomer.hear("Nothing is broken now.")
    expect(break_it).to_be_focused()
    newcomer.do(test)
    newcomer.hear("All 4 servers work.")
