"""Whose effective values change, and how: against a plain resolution of everybody."""

from __future__ import annotations

import json

import pytest
from any_documents import COMPANY, changes, ledger
from hypothesis import HealthCheck, given, settings
from memory_store import MemoryStore

from mailwidgets.errors import DamagedDocument, InvalidValue
from mailwidgets.everyone.impact import compare, impact
from mailwidgets.everyone.shifts import Impact, Side
from mailwidgets.everyone.standing import Reader, Standing
from mailwidgets.ledger import Ledger
from mailwidgets.settings.documents import UNSET, Change, Document
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import Resolution
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.settings.sections import SETTINGS

PORT, TLS = ("smtp", "port"), ("smtp", "tls")
NOBODY = "nobody at all"


@pytest.fixture(autouse=True)
def with_key(key: str) -> None:
    assert key


def user(name: str) -> Place:
    return Place(Level.USER, name)


def memory(of: Ledger) -> MemoryStore:
    assert isinstance(of.store, MemoryStore)
    return of.store


def filled(*stored: Change) -> Ledger:
    here = ledger()
    here.commit(stored)
    return here


def resolved(of: Ledger, level: Level, name: str) -> Resolution:
    names = {level.value: name} if name else {}
    who = Identity(names.get("user", NOBODY), names.get("workstation", NOBODY))
    return Ledger(of.store, who, vault=of.vault).resolve()


def changed_in(found: Impact, level: Level, name: str) -> set[tuple[str, str]]:
    return {
        shift.key
        for shift in found.shifts
        if shift.level is level and (name in shift.ids or (shift.everyone_else and not name))
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(first=changes(), second=changes())
def test_what_is_told_is_what_resolving_everybody_before_and_after_shows(
    first: list[Change], second: list[Change]
) -> None:
    here = filled(*first)
    found = here.impact(second)
    everybody = {(place.level, place.id) for place in (*memory(here).contents,)}
    everybody |= {(change.place.level, change.place.id) for change in second}
    everybody |= {(level, "") for level in Level}
    before = {who: resolved(here, *who) for who in everybody}
    here.commit(second)
    for who in everybody:
        after = resolved(here, *who)
        differ = {
            key
            for key, setting in SETTINGS.items()
            if setting.level is who[0]
            and (before[who][key].effective, before[who][key].from_words)
            != (after[key].effective, after[key].from_words)
        }
        assert changed_in(found, *who) == differ, who
    told = {shift.key: shift for shift in found.shifts if shift.everyone_else}
    for key, shift in told.items():
        value = resolved(here, Level.COMPANY, "")[key]
        if not SETTINGS[key].secret and SETTINGS[key].field.kind != "pem":
            assert shift.after == Side(value.shown(value.effective), value.from_words)


def test_it_is_told_for_whom_a_setting_changes_and_for_whom_it_does_not() -> None:
    here = filled(
        *(Change(user(f"u{number}"), ("pop3", "port"), 995) for number in range(812)),
        *(Change(user(f"own{number}"), PORT, 465) for number in range(3)),
    )
    found = here.impact([Change(COMPANY, PORT, 587)])

    assert str(found) == (
        "smtp.port: 25 (default) → 587 (company) for 812 users (u0, u1, u10 and 809 more) "
        "and every user that has stored nothing\n"
        "smtp.port: unchanged for 3 users (own0, own1, own2)"
    )
    assert (len(found.users), found.workstations) == (812, ())


def test_a_lock_is_told_with_the_values_that_it_puts_out_of_force() -> None:
    here = filled(Change(COMPANY, PORT, 587), Change(user("ana"), PORT, 465))

    told = str(here.impact([Change(COMPANY, PORT, "policy", lock=True)]))
    assert told == (
        "smtp.port: 587 (company) → 587 (company, locked: policy) "
        "for every user that has stored nothing\n"
        "smtp.port: 465 (user) → 587 (company, locked: policy) for 1 user (ana)"
    )


def test_a_borrowed_account_is_told_for_those_who_borrow_it() -> None:
    here = filled(
        Change(user("ana"), ("smtp", "use_pop3_account"), value=True),
        Change(user("bob"), ("imap", "port"), 143),
    )
    told = str(here.impact([Change(COMPANY, ("pop3", "user"), "office")]))

    assert told == (
        "pop3.user: none (default) → office (company) for 2 users (ana, bob) and every user that "
        "has stored nothing\n"
        "smtp.user: none (from POP3 (default)) → office (from POP3 (company)) for 1 user (ana)"
    )


def test_the_companys_own_settings_and_workstations_have_their_own_words() -> None:
    here = filled(Change(Place(Level.WORKSTATION, "WS-01"), ("pop3", "name"), "a.example"))
    told = here.impact(
        [Change(COMPANY, ("workflow", "port"), 587), Change(COMPANY, ("pop3", "name"), "b.example")]
    )

    assert str(told) == (
        "workflow.port: 25 (default) → 587 (company) for the company\n"
        "pop3.name: none (default) → b.example (company) for every workstation that has stored "
        "nothing\n"
        "pop3.name: unchanged for 1 workstation (WS-01)"
    )


def test_a_password_is_told_as_set_and_another_as_another() -> None:
    here = filled(Change(user("ana"), ("smtp", "password"), Secret("c4n4ry one")))
    found = here.impact([Change(user("ana"), ("smtp", "password"), Secret("c4n4ry two"))])

    assert str(found) == "smtp.password: set (user) → set, another (user) for 1 user (ana)"
    assert "c4n4ry" not in repr(found) + json.dumps(found.as_dict())


def test_many_different_changes_of_one_setting_are_told_together() -> None:
    here = ledger()
    made = [Change(user(f"u{number:05}"), ("smtp", "user"), f"n{number}") for number in range(1000)]
    told = str(here.impact(made)).splitlines()

    assert len(told) == 6
    assert told[-1] == (
        "smtp.user: changes otherwise for 995 users (u00005, u00006, u00007 and 992 more)"
    )


def test_one_knows_what_is_changed_for_others() -> None:
    here = filled(Change(user("ana"), PORT, 25), Change(user("bob"), PORT, 25))
    me = Identity("ana", "WS-01")

    mine = here.impact([Change(user("ana"), PORT, 587)])
    assert mine
    assert not mine.beside(me)
    both = here.impact([Change(COMPANY, PORT, "policy", lock=True)]).beside(me)
    assert both.users == ("bob",)
    assert here.impact([Change(COMPANY, ("workflow", "port"), 587)]).beside(me)


def test_nothing_is_told_where_nothing_changes() -> None:
    here = filled(Change(COMPANY, PORT, 587))
    found = here.impact([Change(COMPANY, PORT, 587), Change(user("ana"), TLS, UNSET)])

    assert not found
    assert str(found) == "No effective value changes."
    assert found.as_dict() == {"shifts": [], "unchanged": {}, "unread": []}


def test_as_json_it_is_complete() -> None:
    here = filled(Change(user("ana"), PORT, 465), Change(user("bob"), TLS, "none"))
    found = here.impact([Change(COMPANY, PORT, 587)])

    assert json.loads(json.dumps(found.as_dict())) == {
        "shifts": [
            {
                "setting": "smtp.port",
                "level": "user",
                "before": "25",
                "before_from": "default",
                "after": "587",
                "after_from": "company",
                "ids": ["bob"],
                "everyone_else": True,
            }
        ],
        "unchanged": {"smtp.port": ["ana"]},
        "unread": [],
    }


def test_a_document_that_cannot_be_read_is_told_and_the_others_are_known() -> None:
    here = filled(Change(user("ana"), TLS, "none"), Change(user("bob"), TLS, "none"))
    memory(here).damaged.add(user("ana"))
    found = here.impact([Change(COMPANY, PORT, 587)])

    assert found.users == ("bob",)
    assert str(found).endswith("\nnot known: user ana, line 1, column 1: not JSON")


def test_nothing_is_told_where_the_companys_document_cannot_be_read() -> None:
    here = filled(Change(COMPANY, TLS, "none"))
    memory(here).damaged.add(COMPANY)
    with pytest.raises(DamagedDocument, match="company, line 1"):
        here.impact([Change(user("ana"), PORT, 587)])


def test_a_damaged_document_of_another_place_of_that_name_keeps_nobody_from_being_known() -> None:
    here = filled(Change(user("ana"), PORT, 25))
    memory(here).damaged |= {Place(Level.WORKSTATION, name) for name in ("ana", "nobody")}
    memory(here).damaged.add(user("nobody"))

    found = here.impact([Change(user("ana"), PORT, 587)])

    assert (found.users, found.unread) == (("ana",), ())


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"smtp\.port"):
        ledger().impact([Change(COMPANY, PORT, 0)])


def test_only_what_may_change_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"u{number:03}" for number in range(100)]
    here = filled(*(Change(user(name), PORT, 465) for name in names))
    monkeypatch.setattr(MemoryStore, "places", None)

    assert impact(here.store, [Change(user(name), PORT, 587) for name in names]).users == (*names,)


def test_each_document_is_read_once_and_stays_as_it_was_then() -> None:
    here = filled(Change(user("ana"), PORT, 25), Change(user("bob"), PORT, 25))
    reader = Reader(here.store)
    reader.ask([user("ana"), user("ana"), user("eve")])
    here.commit([Change(user(name), PORT, 587) for name in ("ana", "bob", "eve")])

    reader.ask([user("eve")])
    reader.read(Level.USER)

    held = {place.id: one.values[PORT] for place, one in reader.standing.documents.items()}
    assert held == {"ana": 25, "bob": 587}


def test_ten_thousand_different_documents_are_resolved_a_handful_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mailwidgets.everyone import impact as module  # noqa: PLC0415 - its import is replaced

    times = []
    whole = module.resolve
    monkeypatch.setattr(module, "resolve", lambda *given: times.append(1) or whole(*given))
    documents = {COMPANY: Document(COMPANY)}
    for number in range(10_000):
        values = {("pop3", "password"): Sealed(str(number)), ("pop3", "user"): f"u{number}"}
        documents[user(f"u{number}")] = Document(user(f"u{number}"), values)
    changed = [Change(place, ("pop3", "user"), f"new {place.id}") for place in documents][1:]
    found = compare(Standing(documents), changed)

    assert len(found.users) == 10_000
    assert len(times) <= 8
