from __future__ import annotations

import pytest

from mailwidgets import Draft, Servers
from mailwidgets.draft import ports
from mailwidgets.draft.edits import Move
from mailwidgets.settings.levels import Level

POP3, SMTP, WORKFLOW = ("pop3", "port"), ("smtp", "port"), ("workflow", "port")
TLS = ("smtp", "tls")


@pytest.fixture
def draft(servers: Servers) -> Draft:
    return Draft(servers)


@pytest.mark.parametrize(
    ("mode", "port"), [("none", None), ("require", 587), ("implicit", 465), ("auto", None)]
)
def test_a_port_that_nobody_set_goes_along_with_the_tls_mode(
    draft: Draft, mode: str, port: int | None
) -> None:
    draft.put(TLS, mode)

    assert draft.sections["smtp"].port == port
    assert draft.moved(SMTP) == (Move(25, port, TLS) if port else None)


def test_a_moved_port_moves_on_and_back_again(draft: Draft) -> None:
    draft.put(TLS, "require")
    draft.put(TLS, "implicit")
    assert draft.sections["smtp"].port == 465
    assert draft.moved(SMTP) == Move(25, 465, TLS)

    draft.put(TLS, None)

    assert draft.sections["smtp"].port is None
    assert not draft.changes()


def test_mode_and_port_are_one_step(draft: Draft) -> None:
    draft.put(TLS, "implicit")
    assert draft.can_undo == "SMTP: Use TLS/SSL (u) and 1 more"

    draft.undo()
    assert not draft.changes()
    draft.redo()

    assert draft.sections["smtp"].port == 465
    assert draft.moved(SMTP), "and moves on with the next mode"


def test_a_typed_port_stays_even_where_it_is_the_one_it_would_move_to(draft: Draft) -> None:
    draft.put(TLS, "implicit")
    draft.enter(SMTP, "465")
    assert draft.moved(SMTP) is None

    draft.put(TLS, "require")

    assert draft.sections["smtp"].port == 465


def test_a_half_typed_port_stays(draft: Draft) -> None:
    draft.enter(SMTP, "46x")
    draft.put(TLS, "require")

    found = draft.text(SMTP)
    assert found is not None
    assert found.typed == "46x"
    assert draft.sections["smtp"].port is None


def test_a_typed_port_that_is_taken_out_moves_again(draft: Draft) -> None:
    draft.enter(SMTP, "2525")
    draft.enter(SMTP, "")

    draft.put(TLS, "implicit")

    assert draft.sections["smtp"].port == 465


def test_a_stored_port_stays_even_where_it_is_a_usual_one(draft: Draft, servers: Servers) -> None:
    servers.commit([servers.change("smtp.port", 25)])
    draft.refresh()

    draft.put(TLS, "implicit")

    assert draft.sections["smtp"].port == 25


@pytest.mark.parametrize("lock", [False, True])
def test_a_port_that_the_company_gives_or_locks_stays(
    draft: Draft, servers: Servers, *, lock: bool
) -> None:
    change = servers.change("smtp.port", 2525, level=Level.COMPANY)
    servers.commit([servers.lock("smtp.port", "policy") if lock else change])
    draft.refresh()

    draft.put(TLS, "implicit")

    assert draft.sections["smtp"].port is None


def test_a_stored_mode_that_is_changed_moves_the_port_and_its_return_moves_it_back(
    draft: Draft, servers: Servers
) -> None:
    servers.commit([servers.change("pop3.tls", value=False)])
    draft.refresh()

    draft.put(("pop3", "tls"), value=True)
    assert draft.sections["pop3"].port == 995
    draft.put(("pop3", "tls"), value=False)

    assert not draft.changes()


def test_a_mode_that_is_turned_and_turned_back_leaves_the_port_at_its_default(
    draft: Draft,
) -> None:
    draft.put(("pop3", "tls"), value=False)
    draft.put(("pop3", "tls"), value=True)

    assert draft.sections["pop3"].port is None
    assert draft.resolution()[POP3].effective == 110


def test_at_the_companys_level_its_own_port_moves(draft: Draft) -> None:
    draft.at_company = True
    draft.put(TLS, "implicit")

    assert draft.sections["smtp"].port == 465
    assert {change.place.level for change in draft.changes()} == {Level.COMPANY}


def test_workflows_port_goes_along_with_its_protocol_too(draft: Draft) -> None:
    draft.put(("workflow", "server_type"), "imap")
    assert draft.sections["workflow"].port == 143

    draft.put(("workflow", "tls"), "implicit")
    assert draft.sections["workflow"].port == 993
    assert draft.moved(WORKFLOW) == Move(25, 993, ("workflow", "tls"))

    draft.put(("workflow", "server_type"), "smtp")
    assert draft.sections["workflow"].port == 465


def test_a_fix_that_names_a_mode_leaves_the_port(draft: Draft) -> None:
    draft.fill("smtp", [("tls", "implicit")])

    assert draft.sections["smtp"].port is None


@pytest.mark.parametrize(
    ("section", "modes", "numbers"),
    [
        ("pop3", (True,), [995, 110]),
        ("imap", (True,), [993, 143]),
        ("smtp", ("auto",), [587, 465, 25]),
        ("workflow", ("auto", "smtp"), [587, 465, 25]),
        ("workflow", ("auto", "imap"), [993, 143]),
    ],
)
def test_the_usual_ports_are_the_protocols_and_each_says_what_it_means(
    section: str, modes: tuple[object, ...], numbers: list[int]
) -> None:
    found = ports.usual(section, modes)

    assert list(found) == numbers
    assert all(found.values())
