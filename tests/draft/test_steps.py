from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore

from mailwidgets import Draft, Servers
from mailwidgets.draft.sight import attempt
from mailwidgets.languages.texts import N_
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.vault.vault import Vault

PORT, TIMEOUT, TLS = ("smtp", "port"), ("smtp", "timeout"), ("smtp", "tls")
OWN_PORT = (Place(Level.USER, "ana"), PORT, False)


@pytest.fixture
def draft(servers: Servers) -> Draft:
    return Draft(servers)


def test_typing_in_one_field_is_one_step(draft: Draft) -> None:
    for text in ("5", "58", "58x", "587"):
        draft.enter(PORT, text)

    assert draft.can_undo == "SMTP port (u)"
    assert draft.undo() == "SMTP port (u)"
    assert not draft.changes()
    assert not draft.can_undo
    assert draft.redo() == "SMTP port (u)"
    assert draft.sections["smtp"].port == 587


def test_a_text_that_fits_no_value_comes_back_too(draft: Draft) -> None:
    draft.enter(PORT, "58x")
    draft.enter(TIMEOUT, "7")
    draft.undo()
    draft.undo()
    assert not draft.errors

    draft.redo()

    found = draft.text(PORT)
    assert found is not None
    assert found.typed == "58x"
    assert "whole number" in draft.errors[PORT]


def test_what_is_typed_and_taken_out_again_is_no_step(draft: Draft) -> None:
    draft.enter(PORT, "5")
    draft.enter(PORT, "")

    assert draft.can_undo == ""


def test_choices_of_one_list_are_steps_of_their_own(draft: Draft) -> None:
    draft.enter(PORT, "2525")
    draft.put(TLS, "none")
    draft.put(TLS, "implicit")

    draft.undo()

    assert draft.sections["smtp"].tls == "none"


def test_a_new_step_ends_what_could_be_done_again(draft: Draft) -> None:
    draft.enter(PORT, "587")
    draft.undo()
    assert draft.can_redo

    draft.enter(TIMEOUT, "7")

    assert not draft.can_redo
    assert draft.redo() == ""


def test_a_discard_can_be_taken_back(draft: Draft) -> None:
    draft.enter(PORT, "587")
    draft.enter(TIMEOUT, "soon")
    draft.discard()
    assert draft.can_undo == "Discard"

    draft.undo()

    assert draft.sections["smtp"].port == 587
    assert TIMEOUT in draft.errors


def test_a_fix_is_one_step_that_names_its_settings(draft: Draft) -> None:
    draft.fill("smtp", [("port", 465), ("tls", "implicit")])

    assert draft.can_undo == "SMTP port (u) and 1 more"
    draft.undo()
    assert not draft.changes()


def test_several_edits_can_be_made_one_step(draft: Draft) -> None:
    seen: list[str] = []
    draft.observe(lambda _: seen.append(draft.can_undo), "revision")
    with draft.one_step(N_("Discard")):
        draft.enter(PORT, "587")
        draft.put(("pop3", "tls"), value=False)

    assert seen == ["Discard"], "whoever looks sees the whole step, once"
    draft.undo()
    assert not draft.changes()


def test_forms_hear_of_a_change_before_whoever_shows_the_whole(draft: Draft) -> None:
    told: list[str] = []
    draft.observe(lambda change: told.append(change["name"]), ["settled", "revision"])

    draft.enter(PORT, "587")

    assert told == ["revision", "settled"]


def test_what_is_saved_cannot_be_taken_back_here_and_the_rest_can(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "587")
    draft.enter(("pop3", "port"), "995")
    draft.fill("smtp", [("timeout", 7)])

    draft.save(["smtp"])

    assert draft.can_undo == "POP3 port (u)"
    draft.undo()
    assert not draft.changes()
    assert servers.resolve()[PORT].effective == 587


def test_what_was_edited_while_a_save_went_on_is_no_conflict_when_taken_back(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "587")
    tried = attempt(servers, draft.to_save(), draft.sight)
    draft.enter(PORT, "465")
    draft.finish(tried)

    draft.undo()

    assert not draft.disputes()


def test_an_edit_taken_back_and_saved_by_another_meanwhile_is_none_when_done_again(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "587")
    draft.undo()
    servers.commit([servers.change("smtp.port", 587)])
    draft.refresh()

    draft.redo()

    assert not draft.changes()
    assert not draft.disputes()


def test_deciding_a_conflict_can_be_taken_back(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "587")
    servers.commit([servers.change("smtp.port", 465)])
    draft.refresh()
    draft.take_theirs(OWN_PORT)
    assert draft.sections["smtp"].port == 465

    draft.undo()

    assert draft.sections["smtp"].port == 587
    assert [one.slot for one in draft.disputes()] == [OWN_PORT]
    draft.keep_mine(OWN_PORT)
    draft.undo()
    assert draft.disputes()


def test_taking_back_shows_the_level_it_is_about(draft: Draft) -> None:
    draft.at_company = True
    draft.lock(PORT, "policy")
    draft.at_company = False

    assert draft.undo() == "lock of SMTP port (u)"

    assert draft.at_company


def test_a_typed_password_is_taken_back_whole_and_shown_nowhere(draft: Draft) -> None:
    draft.enter(("smtp", "password"), "canary-1")
    draft.enter(("smtp", "password"), "canary-2")
    draft.enter(("smtp", "password"), "canary\0")
    step = draft._steps.last  # noqa: SLF001 - what it would show in a traceback
    assert "canary" not in repr(step)
    assert "canary" not in str(draft.texts())

    draft.undo()
    draft.undo()

    (change,) = draft.changes()
    assert change.value.reveal() == "canary-1"  # type: ignore[attr-defined]


def test_only_so_many_steps_are_kept(draft: Draft) -> None:
    for port in range(1, 301):
        draft.put(PORT, port)

    taken = 0
    while draft.undo():
        taken += 1

    assert taken == 200
    assert draft.sections["smtp"].port == 100


KEYS = [PORT, TIMEOUT, TLS, ("imap", "outbox"), ("smtp", "password"), ("workflow", "server_type")]
TEXTS = st.sampled_from(["", "5", "587", "5x", "12", "mail", "canary", "a\0b", " 7 "])
VALUES = {
    TLS: st.sampled_from([None, "none", "implicit", "require"]),
    ("workflow", "server_type"): st.sampled_from([None, "smtp", "imap"]),
}
TYPED = st.tuples(
    st.just("enter"), st.sampled_from([key for key in KEYS if key not in VALUES]), TEXTS
)
CHOSEN = st.one_of(
    [st.tuples(st.just("put"), st.just(key), value) for key, value in VALUES.items()]
)
LOCKED = st.tuples(
    st.just("lock"), st.just(PORT), st.sampled_from([None, "", "policy", "policy 7"])
)
OTHERS = st.sampled_from([("discard",), ("turn",), ("undo",), ("redo",)])


def shown(draft: Draft) -> dict[Key, object]:
    """Return what the forms show as values."""
    return {key: getattr(draft.sections[key[0]], key[1]) for key in SETTINGS}


@contextmanager
def told(draft: Draft) -> Iterator[None]:
    """See that whoever looks has been told."""
    before = draft.revision
    yield
    assert draft.revision > before


@given(st.lists(TYPED | CHOSEN | LOCKED | OTHERS, max_size=25))
def test_any_edits_undone_give_the_first_state_and_redone_the_last(
    steps: list[tuple[Any, ...]],
) -> None:
    vault = Vault.from_environment({"MAILWIDGETS_KEY": "A" * 43 + "="})
    draft = Draft(Servers(MemoryStore(), Identity("ana", "WS-01"), vault=vault))
    first = shown(draft)
    for name, *arguments in steps:
        if name == "turn":
            draft.at_company = not draft.at_company
        else:
            getattr(draft, name)(*arguments)
    while draft.redo():
        pass
    changes, texts, at_company = draft.changes(), draft.texts(), draft.at_company
    last = shown(draft)

    while draft.can_undo:
        with told(draft):
            assert draft.undo()
    assert not draft.changes()
    assert not draft.texts()
    draft.at_company = False
    assert shown(draft) == first

    while draft.can_redo:
        with told(draft):
            assert draft.redo()
    draft.at_company = at_company
    assert set(draft.changes()) == set(changes)
    assert draft.texts() == texts
    assert shown(draft) == last
