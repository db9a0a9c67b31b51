from __future__ import annotations

from pathlib import Path

import pytest

from mailwidgets import Servers
from mailwidgets.views.effective import EffectiveView


@pytest.fixture
def view(servers: Servers) -> EffectiveView:
    ben = servers.as_seen_by("ben", "WS-02")
    ben.commit([ben.change("pop3.port", 2110), ben.change("pop3.name", "mail.ben.example")])
    view = EffectiveView(servers)
    view.ask()
    return view


def test_until_somebody_looks_no_table_is_made(servers: Servers) -> None:
    assert EffectiveView(servers).table.value == ""


def test_it_shows_the_acting_identity_at_first(view: EffectiveView) -> None:
    assert "user ana on WS-01" in view.table.value
    assert "2110" not in view.table.value


def test_view_as_another_user_and_workstation(view: EffectiveView) -> None:
    assert view.user.options == ("ben",)
    assert view.workstation.options == ("WS-02",)

    view.user.value, view.workstation.value = "ben", "WS-02"

    assert "user ben on WS-02" in view.table.value
    assert "2110" in view.table.value
    assert "mail.ben.example" in view.table.value


def test_an_id_that_cannot_be_is_refused_in_words(view: EffectiveView) -> None:
    view.user.value = "a\x07b"

    assert "control characters" in view.table.value
    assert "mw-bad" in view.table.value


def test_a_password_reads_set(view: EffectiveView, servers: Servers) -> None:
    servers.commit([servers.change("pop3.password", "canary")])
    view.refresh()

    assert ">set<" in view.table.value
    assert "canary" not in view.table.value


def test_a_damaged_document_is_named_instead_of_the_table(
    view: EffectiveView, tmp_path: Path
) -> None:
    (tmp_path / "store" / "users" / "ben.json").write_text("{", encoding="utf-8")

    view.user.value = "ben"

    assert "ben.json" in view.table.value
    view.user.value = ""
    assert "user ana on WS-01" in view.table.value
