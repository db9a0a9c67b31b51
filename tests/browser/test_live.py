"""What is committed elsewhere appears in an open page, and leaves alone what is typed there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from visits import Served, Visit, environment, leave

SOON = 2000  # milliseconds from a commit elsewhere until it is on the page
BOXES = {"port": "POP3 port (u)", "timeout": "Timeout (sec) (u)", "user": "User name (u)"}


def box(page: Page, key: str) -> Locator:
    return page.get_by_label(BOXES[key], exact=True).locator("visible=true")


def note(page: Page, key: str, section: str = "pop3") -> Locator:
    return page.locator(f".mw-{section}-{key} .mw-note")


def document(served: Served) -> Path:
    return Path(served.servers.store.location) / "users" / "ana.json"


@pytest.fixture(autouse=True)
def _as_before(served: Served) -> Iterator[None]:
    """Put the settings back: the tests of a module share a store."""
    servers = served.servers
    told = {f"pop3.{key}": servers.resolve()["pop3", key].user for key in BOXES}
    yield
    servers.commit([servers.change(name, value) for name, value in told.items()])


@pytest.fixture
def typing(visit: Visit) -> Visit:
    """Return a page in which somebody is in the middle of a word."""
    user = box(visit.page, "user")
    user.click()
    user.fill("")
    visit.page.keyboard.type("half-typ")
    expect(note(visit.page, "user")).to_contain_text("not saved")
    return visit


def assert_undisturbed(visit: Visit) -> None:
    """Check that the field still has text, focus and caret: the next key goes to its end."""
    user = box(visit.page, "user")
    expect(user).to_be_focused()
    visit.page.keyboard.type("ed")
    expect(user).to_have_value("half-typed")


def test_what_the_command_line_sets_appears(typing: Visit, served: Served, key: str) -> None:
    assert key
    store = Path(served.servers.store.location)
    subprocess.run(
        [sys.executable, "-m", "mailwidgets", "set", "pop3.timeout=17"],
        env=environment(store.parent, key),
        check=True,
        capture_output=True,
        timeout=60,
    )

    expect(box(typing.page, "timeout")).to_have_value("17", timeout=SOON)
    expect(note(typing.page, "timeout")).to_contain_text("Changed elsewhere: 10 → 17 (by ")
    expect(typing.page.get_by_role("tab", name="POP3 ● ◆1")).to_be_visible()
    assert_undisturbed(typing)


def test_what_another_page_saves_appears(typing: Visit, served: Served, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    other = Visit(context.new_page())
    other.open(served.url)
    box(other.page, "timeout").fill("19")
    other.press("Save")
    expect(other.page.get_by_text("Saved 1 setting.")).to_be_visible()

    expect(box(typing.page, "timeout")).to_have_value("19", timeout=SOON)
    assert_undisturbed(typing)
    expect(note(other.page, "timeout")).not_to_contain_text("elsewhere")
    leave(context)


@pytest.mark.parametrize("renamed", [False, True], ids=["in-place", "by-rename"])
def test_what_a_text_editor_writes_appears(typing: Visit, served: Served, renamed: bool) -> None:  # noqa: FBT001 - a parameter of the test
    file = document(served)
    content = json.loads(file.read_text("utf-8"))
    content["settings"]["pop3"]["timeout"] = 23
    text = json.dumps(content)
    if renamed:
        draft = file.with_name("ana.json~")
        draft.write_text(text, "utf-8")
        draft.rename(file)
    else:
        file.write_text(text, "utf-8")

    expect(box(typing.page, "timeout")).to_have_value("23", timeout=SOON)
    expect(note(typing.page, "timeout")).to_contain_text("10 → 23 (edited outside)")
    assert_undisturbed(typing)


def test_a_mark_is_said_once_and_goes_when_it_was_seen(visit: Visit, served: Served) -> None:
    # What comes in before the page's first look is over is no news, and so is not marked.
    served.servers.commit([served.servers.change("pop3.timeout", 16)])
    expect(box(visit.page, "timeout")).to_have_value("16", timeout=SOON)
    served.servers.commit([served.servers.change("pop3.timeout", 17)])

    said = visit.page.get_by_role("status").filter(has_text="1 setting changed elsewhere: POP3")
    expect(said).to_have_count(1, timeout=SOON)
    seen = visit.page.get_by_role("button", name="Mark as seen")
    seen.focus()
    visit.page.keyboard.press("Enter")

    expect(note(visit.page, "timeout")).not_to_contain_text("elsewhere")
    expect(seen).to_be_hidden()
    expect(visit.page.get_by_role("button", name="Reload")).to_be_focused()


def in_conflict(visit: Visit, served: Served) -> None:
    port = box(visit.page, "port")
    port.fill("1995")
    expect(note(visit.page, "port")).to_contain_text("not saved")
    served.servers.commit([served.servers.change("pop3.port", 1587)])
    clash = visit.page.locator(".mw-pop3-port .mw-clash")
    expect(clash).to_contain_text("Stored now1587", timeout=SOON)
    expect(clash).to_contain_text("Yours1995")
    expect(port).to_have_value("1995")
    expect(port).to_be_focused()


def tab_to(visit: Visit, name: str) -> None:
    """Press Tab until a button has the focus."""
    button = visit.page.get_by_role("button", name=name, exact=True)
    for _ in range(10):
        visit.page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


def test_a_conflict_is_decided_by_keyboard_for_mine(visit: Visit, served: Served) -> None:
    in_conflict(visit, served)
    visit.press("Save")
    expect(visit.page.get_by_text("Not saved: someone else changed the same.")).to_be_visible()
    assert served.servers.resolve()["pop3", "port"].effective == 1587

    box(visit.page, "port").focus()
    tab_to(visit, "Keep mine: POP3 port (u)")
    visit.page.keyboard.press("Enter")

    expect(box(visit.page, "port")).to_be_focused()
    expect(visit.page.locator(".mw-pop3-port .mw-clash")).to_be_hidden()
    visit.press("Save")
    expect(visit.page.get_by_text("Saved 1 setting.")).to_be_visible()
    assert served.servers.resolve()["pop3", "port"].effective == 1995


def test_a_conflict_is_decided_by_keyboard_for_theirs(visit: Visit, served: Served) -> None:
    in_conflict(visit, served)

    tab_to(visit, "Take theirs: POP3 port (u)")
    visit.page.keyboard.press("Space")

    expect(box(visit.page, "port")).to_have_value("1587")
    expect(box(visit.page, "port")).to_be_focused()
    expect(note(visit.page, "port")).not_to_contain_text("not saved")


def test_what_a_button_said_leaves_half_the_page_to_the_fields(
    visit: Visit, served: Served
) -> None:
    in_conflict(visit, served)
    visit.page.set_viewport_size({"width": 800, "height": 620})
    foot = visit.page.locator(".mw-foot").locator("visible=true")
    foot.evaluate("one => one.lastElementChild.before('word '.repeat(3000))")

    seen = foot.bounding_box()

    assert seen is not None
    assert seen["height"] <= 310
    expect(
        visit.page.get_by_role("button", name="Save").locator("visible=true")
    ).to_be_in_viewport()


def test_the_way_back_leaves_the_focus_at_its_field(visit: Visit, served: Served) -> None:
    del served
    port = box(visit.page, "port")
    port.fill("1995")
    expect(note(visit.page, "port")).to_contain_text("not saved")
    visit.page.get_by_role("button", name="Use inherited: 110").press("Enter")

    expect(port).to_have_value("")
    expect(port).to_be_focused()
    visit.press("Discard")


@pytest.mark.parametrize("down", [0, 40])
def test_news_does_not_move_the_field_in_use_on_the_screen(
    visit: Visit, served: Served, down: int
) -> None:
    page = visit.page.locator("#rendered_cells")  # scrolls, in Voila's own frame
    visit.page.set_viewport_size({"width": 1000, "height": 900})
    user = box(visit.page, "user")
    user.click()
    page.evaluate("(one, down) => one.scrollTop = down", down)
    before = user.bounding_box()

    served.servers.commit([served.servers.change("pop3.timeout", 17)])
    expect(note(visit.page, "timeout")).to_contain_text("Changed elsewhere", timeout=SOON)

    assert user.bounding_box() == before


def test_a_store_that_vanishes_is_told_and_found_again(typing: Visit, served: Served) -> None:
    store = Path(served.servers.store.location)
    away = store.with_name("away")

    store.rename(away)
    alert = typing.page.get_by_role("alert").filter(has_text="The store cannot be read")
    expect(alert).to_contain_text("Your edits are kept")
    expect(box(typing.page, "timeout")).to_have_value("10")
    assert_undisturbed(typing)
    away.rename(store)

    expect(alert).to_be_hidden()
    served.servers.commit([served.servers.change("pop3.timeout", 17)])
    expect(box(typing.page, "timeout")).to_have_value("17", timeout=SOON)
    expect(box(typing.page, "user")).to_have_value("half-typed")
