from __future__ import annotations

import ipywidgets as widgets
import pytest

from mailwidgets import Draft, Servers
from mailwidgets.forms.row import Row
from mailwidgets.settings.levels import Level
from mailwidgets.settings.sections import setting


class Shelf:
    """Rows that follow a draft, as a form's do."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.rows: dict[str, Row] = {}
        draft.observe(lambda _: self.show(), "revision")

    def __getitem__(self, name: str) -> Row:
        if name not in self.rows:
            self.rows[name] = Row(self.draft, setting(name))
            self.show()
        return self.rows[name]

    def show(self) -> None:
        values = self.draft.resolution()
        for row in self.rows.values():
            row.show(values[row.setting.id])


@pytest.fixture
def shelf(draft: Draft) -> Shelf:
    return Shelf(draft)


def classes(widget: widgets.DOMWidget) -> tuple[str, ...]:
    return tuple(widget.get_state("_dom_classes")["_dom_classes"])


def type_into(row: Row, text: str) -> None:
    """Send what a page sends when somebody types."""
    row.control.widget.set_state({"value": text})


def test_a_field_that_does_not_apply_is_disabled_and_says_why(shelf: Shelf) -> None:
    ehlo, outbox = shelf["workflow.ehlo"], shelf["workflow.outbox"]
    assert not ehlo.control.widget.disabled
    assert outbox.control.widget.disabled

    shelf.draft.put(("workflow", "server_type"), "imap")

    assert ehlo.control.widget.disabled
    assert "class='mw-why'>Not used: “Server type” is IMAP." in ehlo.note.value
    assert not outbox.control.widget.disabled


def test_an_edit_that_does_not_apply_any_more_can_be_dropped_alone(shelf: Shelf) -> None:
    ehlo = shelf["workflow.ehlo"]
    type_into(ehlo, "nonsense")
    shelf.draft.put(("workflow", "server_type"), "imap")
    assert ehlo.reset is not None
    assert ehlo.reset.description == "Discard this edit"

    ehlo.reset.click()

    assert not shelf.draft.wrong(["workflow"])
    assert shelf.draft.resolution()["workflow", "server_type"].effective == "imap"


def test_a_port_that_moved_says_from_where_and_with_what(shelf: Shelf) -> None:
    port = shelf["smtp.port"]
    shelf.draft.put(("smtp", "tls"), "implicit")

    assert port.control.widget.value == "465"
    assert "Moved from 25 to 465 with Use TLS/SSL." in port.note.value
    assert "mw-changed" in classes(port)

    type_into(port, "587")
    assert "Moved" not in port.note.value


def test_a_port_offers_what_its_protocol_usually_has(shelf: Shelf) -> None:
    port = shelf["workflow.port"]
    assert port.control.widget.options == ("587", "465", "25")

    shelf.draft.put(("workflow", "server_type"), "imap")

    assert port.control.widget.options == ("993", "143")
    assert "<li data-value='993'>TLS from the start</li>" in port.note.value


def test_a_wrong_text_comes_back_with_redo(shelf: Shelf) -> None:
    port = shelf["pop3.port"]
    type_into(port, "99x")

    shelf.draft.undo()
    assert port.control.widget.value == ""
    assert "Not valid" not in port.note.value
    shelf.draft.redo()

    assert port.control.widget.value == "99x"
    assert "Not valid" in port.note.value


def test_a_row_tells_its_kind_so_that_a_phone_shows_the_right_keys(shelf: Shelf) -> None:
    assert "mw-kind-port" in classes(shelf["pop3.port"])
    assert "mw-kind-address" in classes(shelf["workflow.sender"])


def test_a_lock_wants_a_reason_and_says_so_at_the_reason(shelf: Shelf) -> None:
    shelf.draft.at_company = True
    row = shelf["pop3.port"]
    assert row.lock is not None
    assert "mw-locking" not in classes(row.lock), "no reason is asked for before there is a lock"

    row.lock.ticked.set_state({"value": True})

    assert "mw-locking" in classes(row.lock)
    assert "Must say why it is locked" in row.lock.note.value
    assert "Not valid" not in row.note.value, "the port itself is right"
    assert shelf.draft.wrong(["pop3"]) == ["lock of POP3 port (u)"]

    row.lock.reason.set_state({"value": "policy "})
    assert row.lock.note.value == ""
    assert row.lock.reason.value == "policy ", "somebody is typing on"
    assert shelf.draft.resolution()["pop3", "port"].locked == "policy"

    row.lock.ticked.set_state({"value": False})
    assert not shelf.draft.changes()
    assert not shelf.draft.wrong(["pop3"])


def test_undo_takes_a_lock_and_its_reason_back(shelf: Shelf) -> None:
    shelf.draft.at_company = True
    row = shelf["pop3.port"]
    assert row.lock is not None
    row.lock.ticked.set_state({"value": True})
    row.lock.reason.set_state({"value": "policy"})

    shelf.draft.undo()
    assert not row.lock.ticked.value
    shelf.draft.redo()

    assert (row.lock.ticked.value, row.lock.reason.value) == (True, "policy")


def test_dropping_a_users_edit_leaves_the_companys_lock(shelf: Shelf) -> None:
    row = shelf["pop3.port"]
    type_into(row, "995")
    shelf.draft.at_company = True
    shelf.draft.lock(("pop3", "port"), "policy")
    shelf.draft.at_company = False
    assert row.reset is not None

    row.reset.click()

    assert [change.lock for change in shelf.draft.changes()] == [True]


def test_what_stands_beside_a_locked_field_is_why_and_what_it_shadows(
    shelf: Shelf, servers: Servers
) -> None:
    servers.commit(
        [
            servers.change("pop3.port", 995),
            servers.change("pop3.port", 1110, level=Level.COMPANY),
            servers.lock("pop3.port", "one for all"),
        ]
    )
    shelf.draft.refresh()
    beside = shelf["pop3.port"].note.value.partition("</p>")[0]

    assert "class='mw-origin'>company</span>" in beside
    assert "Locked by the company: one for all" in beside
    assert "own value is not in force: 995." in beside
