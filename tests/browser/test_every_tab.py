"""Every tab and every notable state of the page: at each width, in light and dark, enlarged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from looks import assert_fits_everywhere, assert_shown_well
from playwright.sync_api import expect
from states import IN_PRACTICE, ON_AN_EMPTY_STORE, STATES, shown, values
from visits import Practising, Served, Visit


@pytest.fixture(scope="module", autouse=True)
def _somebody_else(served: Served) -> None:
    """Have others store something, so that there is something to compare and to ask about."""
    for name in ("ben", "eva"):
        other = served.servers.as_seen_by(name, f"WS-{name}")
        other.author = name
        own = {"pop3.user": f"{name}@practice.example", "pop3.name": f"pop3.{name}.example"}
        other.commit([other.change(key, value) for key, value in own.items()], why="A new desk")


@pytest.fixture(autouse=True)
def _as_before(served: Served) -> Iterator[None]:
    """Put the settings back: the tests of a module share a store."""
    servers = served.servers
    before = servers.resolve()
    told = {f"pop3.{key}": before["pop3", key].user for key in ("port", "timeout", "user")}
    told["trust.allowed_hosts"] = before["trust", "allowed_hosts"].company
    yield
    back = [servers.change(name, value) for name, value in told.items()]
    servers.commit([*back, servers.lock("pop3.timeout", None)])


@pytest.mark.parametrize("state", STATES)
def test_it_is_accessible_and_nothing_is_cut_off_at_any_width(
    visit: Visit, served: Served, state: str
) -> None:
    STATES[state](visit, served)
    assert_shown_well(visit.page)


@pytest.mark.parametrize("state", ON_AN_EMPTY_STORE)
def test_so_it_is_before_anything_is_stored(visit: Visit, empty: Served, state: str) -> None:
    ON_AN_EMPTY_STORE[state](visit, empty)
    assert_shown_well(visit.page)


@pytest.mark.parametrize("state", IN_PRACTICE)
def test_so_it_is_where_servers_can_be_broken(
    visit: Visit, practising: Practising, state: str
) -> None:
    IN_PRACTICE[state](visit, practising)
    assert_shown_well(visit.page)


@pytest.mark.parametrize("language", ["de", "sl"])
def test_longer_words_have_room_in_every_tab(visit: Visit, served: Served, language: str) -> None:
    visit.open(f"{served.url}&language={language}")
    expect(visit.page.locator(f"html[lang={language}]")).to_have_count(1)
    for tab in visit.page.get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(shown(visit, ".mw-form, .mw-rows, .mw-past-list").first).to_be_visible()
        assert_fits_everywhere(visit.page)


def test_a_line_says_where_values_come_from_where_a_table_has_no_room(
    visit: Visit, served: Served
) -> None:
    values(visit, served)
    table = visit.page.get_by_role("table", name="Where values come from")
    line = visit.page.locator(".mw-sources p")
    expect(table).to_be_visible()
    expect(line).to_be_hidden()

    visit.page.set_viewport_size({"width": 400, "height": 900})

    expect(table).to_have_count(0)
    expect(line).to_contain_text("Default ")
