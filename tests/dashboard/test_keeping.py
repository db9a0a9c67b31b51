from __future__ import annotations

import json
from typing import Any

import pytest

from mailwidgets import Dashboard, Servers
from mailwidgets.errors import StoreError

CANARY = "canary-pa55word"


def kept(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the page is asked to hold, from now on."""
    sent: list[Any] = []
    monkeypatch.setattr(dashboard.visit, "send", lambda message, **_: sent.append(message))
    return sent


def arrive(dashboard: Dashboard, edits: str = "") -> None:
    """Let a page open that holds edits."""
    told = {"visit": {"kept": edits, "languages": ["en"], "query": ""}}
    dashboard.visit._handle_custom_msg(told, [])  # noqa: SLF001 - ipywidgets' own way in


def typed(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a page holds of a dashboard with edits and a password."""
    dashboard = Dashboard(servers)
    arrive(dashboard)
    sent = kept(dashboard, monkeypatch)
    dashboard.forms["smtp"].rows["port"].control.widget.value = "2525"
    dashboard.forms["smtp"].rows["timeout"].control.widget.value = "soon"
    dashboard.forms["pop3"].rows["password"].control.widget.value = CANARY
    assert dashboard.visit.unsaved
    dashboard.close()
    return str(sent[-1]["keep"])


def test_edits_are_back_in_the_next_dashboard_and_a_password_is_asked_for_again(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = typed(servers, monkeypatch)
    assert CANARY not in edits
    assert "2525" in edits

    later = Dashboard(servers)
    arrive(later, edits)

    assert later.forms["smtp"].rows["port"].control.widget.value == "2525"
    assert later.forms["smtp"].rows["timeout"].control.widget.value == "soon"
    assert "SMTP port (u)" in later.restored.value
    assert "Type again" in later.restored.value
    assert "Password (u)" in later.restored.value
    later.close()


def test_a_draft_that_has_edits_of_its_own_is_not_overwritten(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = typed(servers, monkeypatch)
    dashboard = Dashboard(servers)
    dashboard.forms["smtp"].rows["port"].control.widget.value = "587"

    arrive(dashboard, edits)

    assert dashboard.forms["smtp"].rows["port"].control.widget.value == "587"
    assert dashboard.restored.value == ""
    dashboard.close()


def test_what_is_saved_is_held_no_longer(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard = Dashboard(servers)
    arrive(dashboard)
    sent = kept(dashboard, monkeypatch)
    dashboard.forms["smtp"].rows["port"].control.widget.value = "2525"
    assert json.loads(sent[-1]["keep"])["edits"]

    dashboard.forms["smtp"].save.click()

    assert sent[-1] == {"keep": None}
    assert not dashboard.visit.unsaved
    dashboard.close()


def test_a_copy_waits_for_a_store_that_cannot_be_read_yet(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    edits = typed(servers, monkeypatch)
    read = servers.store.read

    def refuse(_: object) -> object:
        raise StoreError("the store is away")

    monkeypatch.setattr(servers.store, "read", refuse)
    dashboard = Dashboard(servers)
    sent = kept(dashboard, monkeypatch)
    arrive(dashboard, edits)
    assert dashboard.draft is None
    assert not [one for one in sent if "keep" in one], "the page goes on holding it"

    monkeypatch.setattr(servers.store, "read", read)
    dashboard.look(anew=True)

    assert dashboard.forms["smtp"].rows["port"].control.widget.value == "2525"
    assert "back in the forms" in dashboard.restored.value
    dashboard.close()


def test_steps_are_taken_back_and_again_and_their_form_comes_to_the_front(
    servers: Servers,
) -> None:
    dashboard = Dashboard(servers)
    assert dashboard.head.undo.tooltip == "Nothing to undo"
    port = dashboard.forms["smtp"].rows["port"].control.widget
    port.value = "2525"
    assert dashboard.head.undo.tooltip == "Undo: SMTP port (u)"
    dashboard.tabs.show("imap")

    dashboard.head.undo.click()
    assert dashboard.tabs.current == "smtp"
    assert port.value == ""
    assert "Undone: SMTP port (u)." in dashboard.head.done.value

    dashboard.wiring._act("redo")  # noqa: SLF001 - as a key does
    assert port.value == "2525"
    dashboard.wiring._act("save")  # noqa: SLF001 - likewise
    assert servers.resolve()["smtp", "port"].effective == 2525
    dashboard.wiring._act("save")  # noqa: SLF001 - likewise
    assert "nothing to save" in dashboard.wiring.said
    dashboard.close()
