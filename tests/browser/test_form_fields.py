"""The fields of a form in a real browser: help, errors, keys, and presses right after typing."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator

import pytest
from looks import assert_accessible
from page_notebook import notebook
from playwright.sync_api import Browser, Locator, Page, expect
from visits import PATIENCE, Visit, environment, leave, page_command, running

from mailwidgets import Servers
from mailwidgets.vault.vault import Vault

CELL = """
import ipywidgets as widgets
from mailwidgets.draft.draft import Draft
from mailwidgets.forms.row import Row
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.servers import Servers
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import button, plain
from mailwidgets.widgets.wiring import Wiring

draft = Draft(Servers.open())
rows = [Row(draft, one) for name in ("smtp", "imap") for one in SECTIONS[name].settings()]
told = plain(widgets.HTML)
told.add_class("told")

def show(_=None):
    values = draft.resolution()
    for row in rows:
        row.show(values[row.setting.id])

def act(name):
    act.count += 1
    if name == "save":
        what = f"saved {draft.save()}"
    else:
        what = f"{name}: {draft.undo() if name == 'undo' else draft.redo()}"
    told.value = f"{act.count}. {what}"

act.count = 0

def press():
    port = draft.sections["smtp"].port
    told.value = f"pressed at {port}"

draft.observe(show, "revision")
show()
company = plain(widgets.Checkbox, description="Edit company level", indent=False)
company.observe(lambda change: setattr(draft, "at_company", change.new), "value")
fields = plain(widgets.VBox, rows)
fields.add_class("mw-fields")
style = plain(widgets.HTML, markup.stylesheet())
parts = [style, Wiring(act), company, button("Press", press), told, fields]
root = plain(widgets.VBox, parts)
root.add_class("mailwidgets")
root
"""
WIDTHS = (1280, 800, 400)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Servers]]:
    folder = tmp_path_factory.mktemp("fields")
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    opened = Servers.open(folder / "store", user="ana", workstation="WS-01")
    vault = Vault.from_environment({"MAILWIDGETS_KEY": key})
    servers = Servers(opened.store, opened.identity, vault=vault)
    page = folder / "fields.ipynb"
    page.write_text(notebook(CELL, title="Fields"), "utf-8")
    with running(page_command(page), environment(folder, key)) as log:
        yield log.wait_for("http://127.0.0.1:"), servers


@pytest.fixture
def page(browser: Browser, place: tuple[str, Servers]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = Visit(context.new_page())
    visit.record()
    visit.page.set_default_timeout(PATIENCE * 1000)
    visit.page.goto(place[0])
    expect(row(visit.page, "smtp", "port").get_by_role("combobox")).to_have_attribute(
        "inputmode", "numeric"
    )
    yield visit.page
    assert not visit.errors
    leave(context)


def row(page: Page, section: str, key: str) -> Locator:
    return page.locator(f".mw-{section}-{key}")


def described(field: Locator) -> str:
    """Return what a screen reader says about a field after its name."""
    return str(
        field.evaluate(
            "field => (field.getAttribute('aria-describedby') || '').split(' ')"
            ".map(id => document.getElementById(id)?.textContent).join(' ')"
        )
    )


def test_an_error_stands_at_its_field_once_typing_pauses_and_is_tied_to_it(page: Page) -> None:
    port = row(page, "smtp", "port")
    field = port.get_by_role("combobox")
    field.press_sequentially("58x")

    expect(port.locator(".mw-error")).to_be_visible()

    expect(port.locator(".mw-error")).to_contain_text("Must be a whole number from 1 to 65535")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("58x")
    assert "Must be a whole number" in described(field)
    assert "user not saved" in described(field)
    expect(page.locator(".mw-wiring [role=status]")).to_contain_text("Must be a whole number")

    field.fill("587")
    expect(port.locator(".mw-error")).to_have_count(0)
    expect(field).not_to_have_attribute("aria-invalid", "true")
    assert "Must be" not in described(field)
    assert "not saved" in described(field)


def test_no_error_shows_while_somebody_is_still_typing(page: Page) -> None:
    shown = page.evaluate(
        """async () => {
          const row = document.querySelector(".mw-smtp-port");
          const box = row.querySelector("input");
          box.value = "58x";
          const type = () => box.dispatchEvent(new Event("input", { bubbles: true }));
          const typing = setInterval(type, 20);
          type();
          while (!row.querySelector(".mw-error")) await new Promise(requestAnimationFrame);
          const shown = row.querySelector(".mw-error").getClientRects().length;
          clearInterval(typing);
          return shown;
        }"""
    )

    assert shown == 0
    expect(row(page, "smtp", "port").locator(".mw-error")).to_be_visible()


def test_help_unfolds_by_key_and_stays_while_its_row_changes(page: Page) -> None:
    timeout = row(page, "smtp", "timeout")
    ask, words = timeout.get_by_role("button", name="Help"), timeout.locator(".mw-help")
    expect(words).to_be_hidden()
    expect(ask).to_have_attribute("aria-expanded", "false")
    ask.focus()
    page.keyboard.press("Enter")
    expect(words).to_be_visible()
    expect(ask).to_have_attribute("aria-expanded", "true")
    field = timeout.get_by_role("textbox")
    assert "Longest silence" in described(field)

    field.fill("7")

    expect(timeout.locator(".mw-edited")).to_be_visible()
    expect(words).to_be_visible()
    expect(ask).to_have_attribute("aria-expanded", "true")
    ask.focus()
    page.keyboard.press("Space")
    expect(words).to_be_hidden()


def test_the_focus_stays_at_help_while_the_note_is_written_anew(page: Page) -> None:
    sasl = row(page, "smtp", "sasl")
    sasl.get_by_role("combobox").select_option(label="Yes")
    sasl.get_by_role("button", name="Help").focus()

    page.keyboard.press("Control+z")  # changes this very row

    expect(sasl.locator(".mw-edited")).to_have_count(0)
    expect(sasl.get_by_role("button", name="Help")).to_be_focused()


def test_a_press_right_after_typing_does_not_overtake_the_last_key(page: Page) -> None:
    page.evaluate(
        """() => {
          const box = document.querySelector(".mw-smtp-port input");
          for (const text of ["2", "25", "252", "2525"]) {
            box.value = text;
            box.dispatchEvent(new Event("input", { bubbles: true }));
          }
          const buttons = [...document.querySelectorAll(".jupyter-button")];
          buttons.find((one) => one.textContent === "Press").click();
        }"""
    )

    expect(page.locator(".told")).to_have_text("pressed at 2525")


def test_ctrl_s_saves_what_a_password_box_holds_before_it_is_left(
    page: Page, place: tuple[str, Servers]
) -> None:
    box = row(page, "smtp", "password").locator("input")
    box.fill("canary")
    box.press("Control+s")

    expect(page.locator(".told")).to_have_text("1. saved 1")

    expect(box).to_have_value("")
    assert place[1].targets().login("smtp").password == "canary"
    place[1].commit([place[1].change("smtp.password", None)])


def test_ctrl_z_takes_back_outside_text_boxes_and_is_the_boxs_own_inside(page: Page) -> None:
    sasl = row(page, "imap", "sasl").get_by_role("combobox")
    field = row(page, "imap", "user").get_by_role("textbox")
    sasl.select_option(label="Yes")
    field.press_sequentially("ana")
    expect(row(page, "imap", "user").locator(".mw-edited")).to_be_visible()

    field.press("Control+z")
    expect(field).not_to_have_value("ana")
    expect(page.locator(".told")).to_have_text("")
    field.fill("bob")
    sasl.press("Control+z")
    expect(page.locator(".told")).to_have_text("1. undo: IMAP: User name (u)")
    expect(field).to_have_value("")
    sasl.press("Control+z")
    expect(sasl).to_have_value("No")
    sasl.press("Control+y")
    expect(sasl).to_have_value("Yes")
    page.get_by_label("Edit company level").press("Control+Shift+z")
    expect(field).to_have_value("bob")


def test_ports_are_offered_with_what_they_mean_and_move_with_the_tls_mode(page: Page) -> None:
    port = row(page, "smtp", "port")
    options = port.locator("datalist option")
    expect(options).to_have_count(3)
    offered = options.evaluate_all("all => all.map(one => [one.value, one.label])")
    assert ["465", "TLS from the start, for people"] in offered

    row(page, "smtp", "tls").get_by_role("combobox").select_option(label="Implicit SSL/TLS")

    expect(port.get_by_role("combobox")).to_have_value("465")
    expect(port.locator(".mw-moved")).to_contain_text("Moved from 25 to 465 with Use TLS/SSL.")
    assert "Moved from 25 to 465" in described(port.get_by_role("combobox"))


def test_a_lock_asks_for_its_reason_at_the_reason(page: Page) -> None:
    page.get_by_label("Edit company level").check()
    lock = row(page, "smtp", "port").locator(".mw-lock")
    expect(lock).to_be_visible()
    reason = lock.locator("input[type=text]")
    expect(reason).to_be_hidden()

    lock.get_by_role("checkbox").check()

    expect(reason).to_be_focused()
    expect(reason).to_have_attribute("aria-invalid", "true")
    assert "Must say why it is locked" in described(reason)
    reason.press_sequentially("policy")
    expect(lock.locator(".mw-error")).to_have_count(0)


@pytest.mark.parametrize("width", WIDTHS)
def test_every_row_fits_its_page_and_no_label_is_cut(page: Page, width: int) -> None:
    row(page, "smtp", "port").get_by_role("combobox").fill("58x")
    row(page, "smtp", "use_pop3_account").get_by_role("checkbox").check()
    expect(row(page, "smtp", "user").get_by_role("textbox")).to_be_disabled()
    expect(row(page, "smtp", "user").locator(".mw-why")).to_contain_text("Taken from POP3")
    expect(row(page, "smtp", "port").locator(".mw-error")).to_be_visible()
    page.set_viewport_size({"width": width, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.locator(".mw-row label, .mw-row .mw-from").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)"
        ".map(one => one.textContent)"
    )
    assert cut == []
    label = row(page, "smtp", "port").locator("label").first.bounding_box()
    field = row(page, "smtp", "port").get_by_role("combobox").bounding_box()
    assert label is not None
    assert field is not None
    beside = field["x"] > label["x"] + label["width"] - 1
    assert beside is (width > 800), "one line where there is room, else one column"


def test_fields_in_every_state_are_accessible(page: Page) -> None:
    port = row(page, "smtp", "port")
    port.get_by_role("combobox").fill("58x")
    port.get_by_role("button", name="Help").click()
    row(page, "smtp", "use_pop3_account").get_by_role("checkbox").check()
    expect(port.locator(".mw-error")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert_accessible(page, ".mailwidgets")
