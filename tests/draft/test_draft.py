from __future__ import annotations

from pathlib import Path

import pytest

from mailwidgets import Draft, Servers
from mailwidgets.draft.sight import attempt
from mailwidgets.errors import Conflict, InvalidValue, ReadOnlyStore, StoreError
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Secret

PORT = ("pop3", "port")
TIMEOUT = ("pop3", "timeout")
OWN_PORT = (Place(Level.USER, "ana"), PORT, False)


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


def test_a_save_after_a_conflict_waits_until_it_is_decided(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")
    servers.commit([servers.change("pop3.port", 1110)])
    with pytest.raises(Conflict):
        draft.save(["pop3"])

    with pytest.raises(Conflict, match="POP3 port"):
        draft.save(["pop3"])
    assert servers.resolve()[PORT].effective == 1110
    draft.keep_mine(OWN_PORT)
    draft.save(["pop3"])

    assert servers.resolve()[PORT].effective == 995


def test_taking_theirs_drops_the_edit(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "995")
    servers.commit([servers.change("pop3.port", 1110)])
    draft.refresh()
    assert [one.slot for one in draft.disputes()] == [OWN_PORT]

    draft.take_theirs(OWN_PORT)

    assert not draft.changes()
    assert draft.sections["pop3"].port == 1110
    assert not draft.elsewhere(PORT), "it has been looked at"


def test_taking_theirs_drops_a_text_that_fits_no_value(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "99x")
    draft.enter(TIMEOUT, "x")
    servers.commit([servers.change("pop3.port", 1110)])
    draft.refresh()

    draft.take_theirs(OWN_PORT)
    assert list(draft.errors) == [TIMEOUT]
    draft.enter(PORT, "995")

    assert not draft.disputes(), "this edit was begun over what is stored now"


def test_a_decision_about_another_level_leaves_the_text_at_the_one_shown(draft: Draft) -> None:
    draft.enter(PORT, "995")
    draft.at_company = True
    draft.enter(PORT, "99x")

    draft.take_theirs(OWN_PORT)
    draft.take_theirs((Place(Level.COMPANY), PORT, True))

    assert list(draft.errors) == [PORT]
    assert not draft.changes()


def test_a_save_that_may_not_be_finds_out_what_else_may_not(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Draft(servers)
    draft.enter(PORT, "995")

    def refused(*_: object, **__: object) -> None:
        raise ReadOnlyStore("not yours")

    monkeypatch.setattr(servers.store, "commit", refused)
    monkeypatch.setattr(servers.store, "refusal", lambda _: "not yours")
    with pytest.raises(ReadOnlyStore):
        draft.save()

    assert set(draft.sight.refusals.values()) == {"not yours"}
    assert draft.dirty(PORT)


def test_a_conflict_is_known_before_saving_and_tells_all_three_sides(
    draft: Draft, servers: Servers
) -> None:
    servers.commit([servers.change("pop3.port", 110)])
    draft.refresh()
    draft.enter(PORT, "995")
    servers.author = "bob"
    servers.commit([servers.change("pop3.port", 1110)])

    draft.refresh()

    (found,) = draft.disputes(["pop3"])
    assert (found.base, found.theirs, found.yours) == ("110", "1110", "995")
    assert found.author is not None
    assert found.author.by == "bob"
    assert draft.disputed(PORT) == (found,)
    assert not draft.disputes(["smtp"])


def test_a_conflict_of_passwords_tells_neither(draft: Draft, servers: Servers) -> None:
    draft.enter(("pop3", "password"), "canary-mine")
    servers.commit([servers.change("pop3.password", "canary-theirs")])
    draft.refresh()

    (found,) = draft.disputes()

    assert (found.base, found.theirs, found.yours) == ("", "changed", "changed")
    assert "canary" not in repr(found)


def test_who_types_what_they_stored_has_no_conflict_any_more(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "995")
    servers.commit([servers.change("pop3.port", 1110)])
    draft.refresh()

    draft.enter(PORT, "1110")

    assert not draft.disputes()
    assert not draft.changes()


def test_a_text_begun_before_another_save_conflicts_with_it(draft: Draft, servers: Servers) -> None:
    draft.enter(PORT, "99x")
    servers.commit([servers.change("pop3.port", 1110)])
    draft.refresh()
    assert draft.errors[PORT]

    draft.enter(PORT, "995")

    assert [one.base for one in draft.disputes()] == [""]


def test_what_is_edited_while_a_save_goes_on_stays_an_edit_over_it(
    draft: Draft, servers: Servers
) -> None:
    draft.enter(PORT, "995")
    draft.enter(TIMEOUT, "7")
    tried = attempt(servers, draft.to_save(), draft.sight)
    draft.enter(PORT, "1995")

    assert draft.finish(tried) == 2

    assert [change.key for change in draft.changes()] == [PORT]
    assert not draft.disputes()
    assert not draft.elsewhere(PORT)
    draft.save()
    assert servers.resolve()[PORT].effective == 1995


def test_a_store_that_became_empty_is_not_begun_anew(
    draft: Draft, servers: Servers, tmp_path: Path
) -> None:
    servers.commit([servers.change("pop3.port", 1110)])
    draft.refresh()
    draft.enter(TIMEOUT, "7")
    (tmp_path / "store").rename(tmp_path / "away")

    with pytest.raises(StoreError, match="nothing"):
        draft.save()
    with pytest.raises(StoreError, match="nothing"):
        draft.refresh()

    assert not (tmp_path / "store").exists()
    assert draft.sections["pop3"].port == 1110
    assert draft.dirty(TIMEOUT)
    (tmp_path / "away").rename(tmp_path / "store")
    assert draft.save() == 1


def test_typing_asks_neither_store_nor_keys(
    draft: Draft, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for asking in ("read", "version", "refusal", "history"):
        monkeypatch.setattr(servers.store, asking, lambda *_, asking=asking: asked.append(asking))
    monkeypatch.setattr(type(servers.vault), "trouble", lambda *_: asked.append("trouble"))

    draft.enter(PORT, "995")
    draft.enter(PORT, "99x")
    draft.fill("smtp", [("port", 465)])
    draft.discard()

    assert asked == []


@pytest.mark.parametrize(("key", "value"), [("timeout", -1), ("tls", "require")])
def test_several_values_are_put_together_or_not_at_all(
    draft: Draft, servers: Servers, key: str, value: object
) -> None:
    servers.commit([servers.lock("smtp.tls", "policy 7")])
    draft.refresh()

    with pytest.raises(InvalidValue, match=r"smtp\.timeout|Use TLS/SSL .* cannot be changed here"):
        draft.fill("smtp", [("port", 465), (key, value)])

    assert not draft.changes()


def test_a_borrowed_account_is_changed_at_the_companys_level_alone(
    draft: Draft, servers: Servers
) -> None:
    servers.commit([servers.change("smtp.use_pop3_account", value=True)])
    draft.refresh()

    with pytest.raises(InvalidValue, match="Taken from POP3"):
        draft.fill("smtp", [("user", "office")])
    draft.at_company = True
    draft.fill("smtp", [("user", "office")])

    assert [change.value for change in draft.changes()] == ["office"]


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


def test_texts_marked_as_wrong_stay_with_their_level(draft: Draft) -> None:
    draft.enter(PORT, "99x")
    draft.at_company = True

    assert not draft.errors
    assert draft.wrong(["pop3"]) == ["POP3 port (u) at its own level"]
    draft.at_company = False
    assert list(draft.errors) == [PORT]


def test_a_lock_without_a_reason_is_kept_out_and_says_what_is_expected(
    draft: Draft, servers: Servers
) -> None:
    draft.at_company = True
    draft.lock(PORT, "")
    found = draft.text(PORT, lock=True)
    assert found is not None
    assert "Must say why it is locked" in found.rule
    assert not draft.errors, "it is not about the port's value"
    with pytest.raises(InvalidValue, match=r"correct lock of POP3 port \(u\) first"):
        draft.save()

    draft.lock(PORT, "one server\nfor all")
    assert draft.wrong(["pop3"])
    draft.lock(PORT, "one server for all")
    assert draft.text(PORT, lock=True) is None
    draft.save()

    assert servers.resolve()[PORT].locked == "one server for all"


def test_a_lock_that_was_begun_and_given_up_leaves_nothing(draft: Draft) -> None:
    draft.at_company = True
    draft.lock(PORT, "")
    draft.lock(PORT, None)

    assert not draft.wrong(["pop3"])
    assert not draft.changes()


def test_what_is_in_force_is_worked_out_once_for_each_edit(
    draft: Draft, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    resolve = servers.resolve
    monkeypatch.setattr(servers, "resolve", lambda **told: (asked.append(1), resolve(**told))[1])
    draft.enter(PORT, "995")
    assert draft.resolution() is draft.resolution()
    assert len(asked) == 1

    draft.enter(PORT, "996")

    assert draft.resolution()[PORT].effective == 996


def test_a_typed_password_is_a_secret_in_the_draft(draft: Draft) -> None:
    draft.enter(("pop3", "password"), "canary")

    change = draft.changes()[0]
    assert change.value == Secret("canary")
    assert "canary" not in repr(change)
    assert change.place.level is Level.USER
