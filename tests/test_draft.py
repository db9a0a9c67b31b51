from __future__ import annotations

import pytest

from mailwidgets import Draft, Servers
from mailwidgets.errors import Conflict, InvalidValue
from mailwidgets.settings.levels import Level
from mailwidgets.settings.secret import Secret

PORT = ("pop3", "port")
TIMEOUT = ("pop3", "timeout")


@pytest.fixture
def draft(servers: Servers) -> Draft:
    return Draft(servers)


def test_nothing_is_stored_by_typing(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")

    assert draft.dirty(PORT)
    assert draft.resolution()[PORT].effective == 995
    assert servers.resolve()[PORT].effective == 110


def test_a_save_stores_what_was_typed(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")

    assert draft.save() == 1
    assert servers.resolve()[PORT].effective == 995
    assert not draft.changes()


def test_a_wrong_value_is_kept_out_and_says_why(draft: Draft) -> None:
    draft.enter(PORT, "99x")

    assert "whole number" in draft.errors[PORT]
    with pytest.raises(InvalidValue, match="POP3 port"):
        draft.save()
    draft.enter(PORT, "995")
    assert not draft.errors


def test_a_discard_returns_to_what_is_stored(draft: Draft) -> None:
    draft.enter(PORT, "995")
    draft.enter(TIMEOUT, "soon")

    draft.discard(["pop3"])

    assert not draft.changes()
    assert not draft.errors
    assert draft.sections["pop3"].port is None


def test_a_typed_value_that_is_stored_already_is_no_edit(draft: Draft) -> None:
    draft.enter(PORT, "995")
    draft.save()
    draft.enter(PORT, "143")
    draft.enter(PORT, "995")

    assert not draft.dirty(PORT)


def test_different_settings_of_two_people_merge(draft: Draft, servers: Servers) -> None:
    other = Draft(servers)
    draft.enter(PORT, "995")
    other.enter(TIMEOUT, "7")
    other.save()

    draft.save()

    assert draft.resolution()[TIMEOUT].effective == 7
    assert draft.resolution()[PORT].effective == 995


def test_a_refresh_does_not_hide_a_conflict(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")
    servers.commit([servers.change("pop3.port", 1110)])
    draft.refresh()
    draft.enter(PORT, "1995")

    with pytest.raises(Conflict) as caught:
        draft.save()

    clash = caught.value.clashes[0]
    assert (clash.base, clash.theirs, clash.yours) == ("", "1110", "1995")


def test_a_second_save_puts_the_edit_through_after_a_conflict(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "995")
    servers.commit([servers.change("pop3.port", 1110)])
    with pytest.raises(Conflict):
        draft.save(["pop3"])

    draft.save(["pop3"])

    assert servers.resolve()[PORT].effective == 995


def test_saving_one_section_keeps_the_conflicts_of_the_others(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "995")
    draft.enter(("smtp", "port"), "587")
    servers.commit([servers.change("pop3.port", 1110), servers.change("smtp.port", 465)])

    with pytest.raises(Conflict):
        draft.save(["pop3"])
    with pytest.raises(Conflict):
        draft.save(["smtp"])


def test_the_companys_level_is_edited_apart(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")
    draft.at_company = True
    assert draft.sections["pop3"].port is None

    draft.enter(PORT, "1110")
    draft.lock(PORT, "one server for all")
    draft.save()

    value = servers.resolve()[PORT]
    assert (value.company, value.user, value.effective) == (1110, 995, 1110)
    assert value.locked == "one server for all"


def test_texts_marked_as_wrong_are_dropped_with_the_level(draft: Draft) -> None:
    draft.enter(PORT, "99x")
    draft.at_company = True

    assert not draft.errors


def test_a_typed_password_is_a_secret_in_the_draft(draft: Draft) -> None:
    draft.enter(("pop3", "password"), "canary")

    change = draft.changes()[0]
    assert change.value == Secret("canary")
    assert "canary" not in repr(change)
    assert change.place.level is Level.USER
