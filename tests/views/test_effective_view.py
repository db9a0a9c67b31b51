from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path

import pytest

from mailwidgets import Servers
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.views.effective import EffectiveView


@pytest.fixture
def view(servers: Servers) -> EffectiveView:
    ben = servers.as_seen_by("ben", "WS-02")
    ben.commit([ben.change("pop3.port", 2110), ben.change("pop3.name", "mail.ben.example")])
    view = EffectiveView(servers)
    view.ask()
    return view


def shown(view: EffectiveView) -> list[str]:
    """The names of the settings that have a row, in order."""
    rows = re.findall(r"data-act='fold' data-value='([a-z0-9._]+)'", view.panel.html)
    return [str(one) for one in rows]


def test_until_somebody_looks_no_table_is_made(servers: Servers) -> None:
    assert EffectiveView(servers).panel.html == ""


def test_it_shows_the_acting_identity_and_every_setting_at_first(view: EffectiveView) -> None:
    assert "In force for ana on WS-01" in view.panel.html
    assert "2110" not in view.panel.html
    assert shown(view) == [one.name for one in SETTINGS.values()]


def test_view_as_another_user_and_workstation(view: EffectiveView) -> None:
    view.act("reached user", "")
    assert "<option value='ben'>" in view.panel.html
    view.act("user", "ben")
    view.act("reached workstation", "")
    assert "<option value='WS-02'>" in view.panel.html
    view.act("workstation", "WS-02")

    assert "In force for ben on WS-02" in view.panel.html
    assert "2110" in view.panel.html
    assert "mail.ben.example" in view.panel.html


def test_two_identities_stand_side_by_side_with_differences_marked(view: EffectiveView) -> None:
    view.compare_with("ben", "WS-02")
    assert "ana on WS-01 beside ben on WS-02" in view.panel.html

    view.act("different", "on")
    assert shown(view) == ["pop3.name", "pop3.port"]
    assert view.panel.html.count("mw-different") == 2


def test_an_id_that_cannot_be_is_refused_in_words(view: EffectiveView) -> None:
    view.view_as("a\x07b")

    assert "control characters" in view.panel.html
    assert "mw-bad" in view.panel.html


def test_a_password_reads_set(view: EffectiveView, servers: Servers) -> None:
    servers.commit([servers.change("pop3.password", "canary")])
    view.refresh()
    view.act("fold", "pop3.password")

    assert ">set<" in view.panel.html
    assert "canary" not in view.panel.html


def test_a_damaged_document_is_named_instead_of_the_table(
    view: EffectiveView, tmp_path: Path
) -> None:
    (tmp_path / "store" / "users" / "ben.json").write_text("{", encoding="utf-8")

    view.view_as("ben")

    assert "ben.json" in view.panel.html
    view.view_as("")
    assert "In force for ana on WS-01" in view.panel.html


@pytest.mark.parametrize(
    ("act", "value", "names"),
    [
        ("search", "smtp PORT", ["smtp.port"]),
        ("changed", "on", ["imap.port"]),
        ("origin", "user", ["imap.port"]),
    ],
)
def test_rows_are_searched_and_filtered(
    view: EffectiveView, servers: Servers, act: str, value: str, names: list[str]
) -> None:
    servers.commit([servers.change("imap.port", 143)])
    view.refresh()

    view.act(act, value)
    assert shown(view) == names
    view.act("clear", "")
    assert len(shown(view)) == len(SETTINGS)


def test_nothing_found_says_what_was_asked_for_and_leads_out(view: EffectiveView) -> None:
    view.act("search", "<b>nowhere")

    assert shown(view) == []
    assert "&lt;b&gt;nowhere" in view.panel.html
    assert "data-act='clear'" in view.panel.html


def test_a_column_sorts_up_then_down_then_as_it_was(view: EffectiveView) -> None:
    at_first = shown(view)
    view.act("sort", "setting")
    up = shown(view)
    assert "aria-sort='ascending'" in view.panel.html
    view.act("sort", "setting")
    assert "aria-sort='descending'" in view.panel.html
    assert shown(view) != up != at_first
    view.act("sort", "setting")
    assert shown(view) == at_first


def test_an_unfolded_row_tells_every_level_and_who_set_it(
    view: EffectiveView, servers: Servers
) -> None:
    servers.commit([servers.change("pop3.port", 995)], why="new provider")
    view.refresh()
    view.act("fold", "pop3.port")

    about = view.panel.html.partition("class='mw-about'")[2].partition("mw-ways")[0]
    assert "ana" in about
    assert "new provider" in about
    assert about.count("<tr role='row'") >= 3, "the head, and each level"
    view.act("fold", "pop3.port")
    assert "mw-about" not in view.panel.html


def test_go_leads_to_the_field(servers: Servers) -> None:
    went: list[tuple[str, str]] = []
    view = EffectiveView(servers, lambda section, key: went.append((section, key)))
    view.ask()
    view.act("fold", "imap.port")
    assert "data-act='go' data-value='imap.port'" in view.panel.html
    view.act("go", "imap.port")
    view.act("go", "no.such")

    assert went == [("imap", "port")]


def test_the_picture_counts_every_setting_once_and_chooses_rows(view: EffectiveView) -> None:
    cells = re.findall(r"data-act='cell' data-value='(\w+) (\w+)'[^>]*>(\d+)<", view.panel.html)
    assert sum(int(count) for _, _, count in cells) == len(SETTINGS)
    section, origin, count = cells[0]

    view.act("cell", f"{section} {origin}")
    assert len(shown(view)) == int(count)
    view.act("cell", f"{section} {origin}")
    assert len(shown(view)) == len(SETTINGS)


def test_what_is_copied_is_what_is_shown_and_no_spreadsheet_runs_it(
    view: EffectiveView, servers: Servers
) -> None:
    servers.commit(
        [servers.change("workflow.full_name", "=1+1"), servers.change("smtp.ehlo", "a.b")]
    )
    view.refresh()
    view.act("origin", "company")
    source = re.search(r"<pre id='mw-values-csv' hidden>(.*?)</pre>", view.panel.html, re.DOTALL)
    assert source is not None

    rows = list(csv.reader(io.StringIO(html.unescape(source[1]))))
    assert len(rows) == 1 + len(shown(view))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
