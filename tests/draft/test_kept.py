from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore

from mailwidgets import Draft, Servers
from mailwidgets.draft.kept import Restored, pack, unpack
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.vault.vault import Vault

PORT, TIMEOUT, PASSWORD = ("pop3", "port"), ("pop3", "timeout"), ("pop3", "password")
OWN_PORT = {"level": "user", "id": "ana", "section": "pop3", "key": "port"}


@pytest.fixture
def draft(servers: Servers) -> Draft:
    return Draft(servers)


def carried(draft: Draft) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a draft's copy after its way through a browser."""
    return json.loads(json.dumps(pack(draft)))


def test_a_copy_brings_a_draft_back_after_its_kernel_is_lost(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "995")
    draft.enter(TIMEOUT, "soon")
    draft.at_company = True
    draft.lock(("smtp", "tls"), "policy")
    draft.enter(("trust", "allowed_hosts"), "mail.example.com, *.example.org")
    fresh = Draft(servers)

    told = unpack(fresh, carried(draft))

    assert fresh.at_company
    assert set(fresh.changes()) == set(draft.changes())
    assert fresh.texts() == draft.texts()
    assert fresh.sections["trust"].allowed_hosts == ("mail.example.com", "*.example.org")
    assert told == Restored(
        restored=[
            "POP3 port (u)",
            "lock of SMTP: Use TLS/SSL (u)",
            "Trust: Allowed hosts (c)",
            "POP3: Timeout (sec) (u)",
        ]
    )
    assert fresh.can_undo == "Restored edits"
    fresh.undo()
    assert not fresh.changes()


def test_nothing_edited_is_nothing_to_keep(draft: Draft, servers: Servers) -> None:
    assert pack(draft) == {}
    assert not unpack(Draft(servers), {})


def test_no_password_is_in_a_copy_and_it_is_told_which_to_type_again(
    draft: Draft, servers: Servers
) -> None:
    servers.commit([servers.change("smtp.password", "canary-stored")])
    draft.refresh()
    draft.enter(PASSWORD, "canary-typed")
    draft.enter(("imap", "password"), "canary\0wrong")
    draft.put(("smtp", "password"), None)
    draft.lock(PASSWORD, "ask the help desk")

    kept = carried(draft)

    assert "canary" not in json.dumps(kept)
    assert "sealed" not in json.dumps(kept), "nor what is stored"
    fresh = Draft(servers)
    told = unpack(fresh, kept)
    assert told.again == ["POP3: Password (u)"]
    assert told.restored == ["SMTP: Password (u)", "lock of POP3: Password (u)"]
    assert fresh.resolution()[PASSWORD].effective is None
    assert fresh.resolution()["smtp", "password"].effective is None


def test_what_was_saved_meanwhile_is_told_and_no_edit(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")
    kept = carried(draft)
    servers.commit([servers.change("pop3.port", 995)])
    fresh = Draft(servers)

    told = unpack(fresh, kept)

    assert told.saved == ["POP3 port (u)"]
    assert told.moved_on
    assert not fresh.changes()


def test_what_someone_else_changed_meanwhile_is_a_conflict(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")
    kept = carried(draft)
    servers.commit([servers.change("pop3.port", 1110)])
    fresh = Draft(servers)

    unpack(fresh, kept)

    assert [(one.base, one.theirs, one.yours) for one in fresh.disputes()] == [("", "1110", "995")]


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ({**OWN_PORT, "id": "bob", "value": 995}, "another person's"),
        ({**OWN_PORT, "level": "workstation", "id": "WS-01", "value": 995}, "another person's"),
        ({**OWN_PORT, "level": "planet", "value": 995}, "does not say whose"),
        ({**OWN_PORT, "level": ["user"], "value": 995}, "does not say whose"),
        ({**OWN_PORT, "id": {"a": 1}, "value": 995}, "does not say whose"),
        ({**OWN_PORT, "level": "company", "value": 995}, "does not say whose"),
        ({**OWN_PORT, "key": "colour", "value": 995}, "a setting that there is not"),
        ({**OWN_PORT, "key": ["port"], "value": 995}, "a setting that there is not"),
        ({**OWN_PORT, "value": "995"}, "whole number"),
        ({**OWN_PORT, "value": {"deep": [1]}}, "whole number"),
        ({**OWN_PORT, "lock": True, "value": "why"}, "another person's"),
        ({**OWN_PORT, "level": "company", "id": "", "lock": True, "value": 7}, "line of text"),
        ({**OWN_PORT, "level": "company", "id": "", "lock": True, "value": " "}, "Must say why"),
        ({**OWN_PORT, "key": "user", "value": "x" * 300_000}, "too long"),
        ({**OWN_PORT, "key": "password", "value": "canary"}, "never taken from a copy"),
        ({**OWN_PORT, "key": "password", "value": {"sealed": "x"}}, "never taken from a copy"),
        ("nonsense", "damaged"),
    ],
)
def test_what_does_not_belong_is_left_out_and_told(draft: Draft, item: object, why: str) -> None:
    told = unpack(draft, {"format": 1, "edits": [item]})

    assert not draft.changes()
    assert why in " ".join(told.ignored)
    assert not told.restored
    assert "canary" not in repr(told)


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ({**OWN_PORT, "text": 5}, "no text, or too long"),
        ({**OWN_PORT, "text": "x" * 300_000}, "no text, or too long"),
        ({**OWN_PORT, "id": "bob", "text": "99x"}, "another person's"),
    ],
)
def test_texts_are_looked_at_likewise(draft: Draft, item: object, why: str) -> None:
    told = unpack(draft, {"format": 1, "texts": [item]})

    assert not draft.texts()
    assert why in " ".join(told.ignored)


def test_a_text_for_a_password_is_not_taken(draft: Draft) -> None:
    told = unpack(draft, {"format": 1, "texts": [{**OWN_PORT, "key": "password", "text": "c\0"}]})

    assert not draft.texts()
    assert told.again == ["POP3: Password (u)"]


def test_a_text_that_fits_by_now_is_an_edit(draft: Draft) -> None:
    unpack(draft, {"format": 1, "texts": [{**OWN_PORT, "text": "995"}]})

    assert draft.sections["pop3"].port == 995


def test_a_base_that_makes_no_sense_is_what_is_stored(draft: Draft) -> None:
    unpack(draft, {"format": 1, "edits": [{**OWN_PORT, "value": 995, "base": "x"}]})

    assert not draft.disputes()
    assert draft.sections["pop3"].port == 995


def test_another_versions_copy_is_left_alone(draft: Draft) -> None:
    told = unpack(draft, {"format": 2, "edits": [{**OWN_PORT, "value": 995}]})

    assert not draft.changes()
    assert "another version" in told.ignored[0]


def test_a_flood_is_cut_off(draft: Draft) -> None:
    told = unpack(draft, {"format": 1, "edits": [{**OWN_PORT, "value": 995}] * 100_000})

    assert len(told.restored) <= 6 * len(SETTINGS)
    assert "damaged" in told.ignored[-1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(list(Level)) | JSON,
        "id": st.sampled_from(["", "ana", "WS-01", "bob"]) | JSON,
        "section": st.sampled_from(["pop3", "smtp", "trust"]) | JSON,
        "key": st.sampled_from(["port", "user", "password", "tls", "ca", "pins"]) | JSON,
        "lock": st.booleans() | JSON,
        "value": JSON,
        "base": JSON,
        "text": JSON,
    },
)
COPY = st.fixed_dictionaries(
    {"format": st.just(1) | JSON},
    optional={
        "version": JSON,
        "at_company": JSON,
        "edits": st.lists(ITEM, max_size=5) | JSON,
        "texts": st.lists(ITEM, max_size=5) | JSON,
        "left_out": st.lists(ITEM, max_size=5) | JSON,
    },
)


@given(COPY | JSON)
def test_whatever_comes_back_breaks_nothing_and_touches_no_one_else(copy: object) -> None:
    vault = Vault.from_environment({"MAILWIDGETS_KEY": "A" * 43 + "="})
    draft = Draft(Servers(MemoryStore(), Identity("ana", "WS-01"), vault=vault))

    unpack(draft, copy)

    own = {Place(Level.COMPANY), Place(Level.USER, "ana"), Place(Level.WORKSTATION, "WS-01")}
    assert {change.place for change in draft.changes()} <= own
    assert {slot[0] for slot in draft.texts()} <= own
    assert not [one for one in draft.changes() if SETTINGS[one.key].secret and not one.lock]
    draft.undo()
    assert not draft.changes()
