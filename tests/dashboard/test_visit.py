from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mailwidgets import Dashboard, Servers
from mailwidgets.dashboard.visit import Visitor
from mailwidgets.languages import texts
from mailwidgets.languages.texts import LANGUAGES, spoken, use


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have all languages count as complete, and speak English afterwards."""
    monkeypatch.setattr(texts, "COMPLETE", tuple(LANGUAGES))
    yield
    use("en")


def arrive(dashboard: Dashboard, **told: object) -> None:
    """Do as a page does when it shows the dashboard."""
    data = {"method": "custom", "content": {"visit": told}}
    dashboard.visit._handle_msg({"content": {"data": data}, "buffers": []})  # noqa: SLF001 - ipywidgets' door for the browser


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ({"languages": ["sl-SI", "en"]}, "sl"),
        ({"languages": ["fr", "de-AT"]}, "de"),
        ({"languages": ["de"], "chosen": "sl"}, "sl"),
        ({"languages": ["de"], "chosen": "sl", "query": "?language=en"}, "en"),
        ({"languages": ["fr"], "chosen": "xx", "query": "?language=../de"}, "en"),
        ({}, "en"),
        ({"languages": 7, "chosen": None, "query": 3, "kept": []}, "en"),
    ],
)
def test_a_visitor_speaks_the_language_asked_for_then_chosen_then_the_browsers(
    told: dict[str, Any], language: str
) -> None:
    assert Visitor.told(told).language == language


@pytest.mark.parametrize("kept", ["", "{", "x" * 600_000, None])
def test_kept_edits_that_cannot_be_read_count_as_none(kept: object) -> None:
    assert Visitor.told({"kept": kept}).kept is None


def test_kept_edits_arrive_as_they_were_kept() -> None:
    assert Visitor.told({"kept": json.dumps({"edits": []})}).kept == {"edits": []}


def test_a_page_that_opens_late_shows_the_store_as_it_is_now(
    dashboard: Dashboard, servers: Servers
) -> None:
    servers.commit([servers.change("pop3.port", 995)])
    assert dashboard.forms["pop3"].rows["port"].control.widget.value == ""

    arrive(dashboard)

    assert dashboard.forms["pop3"].rows["port"].control.widget.value == "995"


def test_nothing_is_news_to_a_page_that_opens_and_all_is_to_one_that_is_open(
    dashboard: Dashboard, servers: Servers
) -> None:
    assert dashboard.draft is not None
    servers.commit([servers.change("pop3.port", 995)])
    dashboard.look()  # as a kernel does that waits for its visitor
    servers.commit([servers.change("pop3.timeout", 7)])

    arrive(dashboard)

    assert dashboard.draft.news.all() == ()
    assert dashboard.forms["pop3"].rows["timeout"].control.widget.value == "7"
    servers.commit([servers.change("pop3.port", 110)])
    dashboard.look()
    assert [(one.before, one.after) for one in dashboard.draft.news.all()] == [(995, 110)]

    arrive(dashboard)  # loaded again

    assert len(dashboard.draft.news.all()) == 1


def test_a_page_that_opens_late_greets_nobody_who_has_set_up_a_server_meanwhile(
    dashboard: Dashboard, servers: Servers
) -> None:
    assert dashboard.start is not None
    assert dashboard.start.discover.toggle.value
    servers.commit([servers.change("imap.name", "mail.example.com")])

    arrive(dashboard)

    assert not dashboard.start.discover.toggle.value
    assert dashboard.start.greeting.value == ""


def test_a_page_that_is_not_to_greet_leaves_the_search_folded(dashboard: Dashboard) -> None:
    assert dashboard.start is not None
    dashboard.start.discover.greets = False

    arrive(dashboard)

    assert not dashboard.start.discover.toggle.value


def test_the_address_may_name_the_tab_to_open(dashboard: Dashboard) -> None:
    arrive(dashboard, query="?section=imap")
    assert dashboard.tabs.current == "imap"

    arrive(dashboard, query="?section=nowhere")
    assert dashboard.tabs.current == "imap"


def test_another_language_keeps_the_edits_and_the_tab(dashboard: Dashboard) -> None:
    dashboard.tabs.show("smtp")
    dashboard.forms["smtp"].rows["port"].control.widget.value = "2525"
    before = dashboard.forms["smtp"]

    arrive(dashboard, languages=["de"])

    assert spoken() == dashboard.visit.language == dashboard.head.language.value == "de"
    assert dashboard.tabs.current == "smtp"
    assert dashboard.forms["smtp"] is not before
    assert dashboard.forms["smtp"].rows["port"].control.widget.value == "2525"


def test_another_language_leaves_the_search_as_folded_as_it_was(dashboard: Dashboard) -> None:
    arrive(dashboard)
    assert dashboard.start is not None
    dashboard.start.discover.toggle.value = False
    dashboard.start.discover.greets = False

    dashboard.head.language.value = "sl"

    assert not dashboard.start.discover.toggle.value
    assert not dashboard.start.discover.greets
    dashboard.start.discover.toggle.value = True

    dashboard.head.language.value = "de"

    assert dashboard.start.discover.toggle.value
    dashboard.start.discover.greets = True
    dashboard.start.discover.toggle.value = False

    arrive(dashboard, languages=["en"])  # as a page does when it is made anew in a language

    assert not dashboard.start.discover.toggle.value


def test_a_chosen_language_is_remembered_by_the_browser(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(dashboard.visit, "send", sent.append)

    dashboard.head.language.value = "sl"

    assert sent == [{"choose": "sl"}]
    assert spoken() == "sl"


def test_a_way_to_a_field_turns_to_its_tab_and_focuses_it(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(dashboard.visit, "send", sent.append)

    dashboard.go("imap", "token")

    assert dashboard.tabs.current == "imap"
    assert dashboard.forms["imap"].advanced.value, "our own settings are folded until then"
    assert sent == [{"focus": ".mw-imap-token :is(input, select, textarea)"}]


def test_a_language_that_is_not_complete_is_neither_spoken_nor_offered(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "COMPLETE", ("en",))
    dashboard = Dashboard(servers)
    arrive(dashboard, languages=["de"], chosen="sl")

    assert dashboard.visit.language == "en"
    assert "mw-folded" in dashboard.head.language._dom_classes  # noqa: SLF001 - ipywidgets' name
    dashboard.close()


def test_only_the_tab_in_front_is_made(servers: Servers) -> None:
    dashboard = Dashboard(servers)

    assert list(dashboard.forms.made) == ["pop3"]
    dashboard.tabs.show("workflow")
    assert list(dashboard.forms.made) == ["pop3", "workflow"]
    dashboard.close()
