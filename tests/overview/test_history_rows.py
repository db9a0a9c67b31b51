from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import trustme

from mailwidgets.overview.history_rows import (
    change_rows,
    clash_name,
    commit_words,
    day_told,
    name_of,
    places_told,
    taken_back,
    title_of,
)
from mailwidgets.overview.history_sieve import Sieve
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Commit, Edit

COMPANY = Place(Level.COMPANY)
ANA, BOB = Place(Level.USER, "ana"), Place(Level.USER, "bob")
SEAT = Place(Level.WORKSTATION, "WS-01")
PORT, NAME, PASSWORD = ("smtp", "port"), ("smtp", "name"), ("smtp", "password")


def made(*edits: Edit, number: int = 1, **told: str) -> Commit:
    places = tuple(dict.fromkeys(edit.place for edit in edits))
    at = datetime(2026, 11, 23, 12, number, tzinfo=UTC)
    return Commit(f"{number:032x}", at, told.pop("by", "ana"), edits=edits, places=places, **told)


def test_a_change_reads_as_the_forms_call_it() -> None:
    (row,) = change_rows([Edit(ANA, PORT, 25, 587)])

    assert (row.name, row.before, row.after, row.told) == ("SMTP port (u)", "25", "587", "")
    assert [whose.told for whose in row.whose] == ["ana"]


def test_a_label_that_several_sections_have_says_which() -> None:
    assert name_of(NAME) == "SMTP: Name (m)"
    assert name_of(NAME, lock=True) == "Lock of SMTP: Name (m)"
    assert name_of(("carddav", "port")) == "carddav.port"
    assert clash_name("lock of smtp.name") == "Lock of SMTP: Name (m)"
    assert clash_name("smtp.name") == "SMTP: Name (m)"


def test_the_same_change_in_many_places_is_one_row() -> None:
    edits = [Edit(Place(Level.USER, f"user{n:03}"), PORT, None, 587) for n in range(812)]

    (row,) = change_rows(edits)

    assert row.whose[0].told == "812 users: user000, user001, user002 and 809 more"


def test_of_a_secret_only_that_it_changed_is_told() -> None:
    edits = [
        Edit(ANA, PASSWORD, *sides) for sides in ((None, "set"), ("set", "set"), ("set", None))
    ]

    assert [row.told for row in change_rows(edits)] == ["set", "changed", "removed"]
    assert {row.before + row.after for row in change_rows(edits)} == {""}


def test_two_certificates_that_read_the_same_are_told_as_changed() -> None:
    key = ("trust", "ca")
    pems = [trustme.CA().cert_pem.bytes().decode() for _ in range(2)]
    (row,) = change_rows([Edit(COMPANY, key, *pems)])

    assert row.told == "changed"


def test_what_this_version_does_not_know_is_shown_and_has_no_field() -> None:
    (row,) = change_rows([Edit(ANA, ("carddav", "port"), None, 443)])

    assert (row.name, row.after, row.known) == ("carddav.port", "443", False)


def test_a_value_that_a_later_rule_refuses_is_shown_as_it_was() -> None:
    (row,) = change_rows([Edit(ANA, PORT, 0, 25)])

    assert row.before == "0"


def test_an_endless_value_is_cut() -> None:
    (row,) = change_rows([Edit(COMPANY, PORT, None, "x" * 5000, lock=True)])

    assert len(row.after) == 160
    assert row.after.endswith("…")


def test_places_are_told_level_by_level() -> None:
    told = [(one.level, one.told) for one in places_told([BOB, SEAT, COMPANY, ANA, BOB])]

    assert told == [
        (Level.COMPANY, "Company"),
        (Level.USER, "2 users: bob, ana"),
        (Level.WORKSTATION, "WS-01"),
    ]


def test_the_reason_is_the_title_else_what_changed() -> None:
    port, name = Edit(ANA, PORT, 25, 587), Edit(SEAT, NAME, None, "a.example")
    commits = [
        made(port, why="New provider"),
        made(port),
        made(port, name),
        made(snapshot="before the move"),
        made(),
    ]

    assert [title_of(one, change_rows(one.edits)) for one in commits] == [
        "New provider",
        "SMTP port (u) changed",
        "2 settings changed",
        "Snapshot “before the move”",
        "No setting changed",
    ]


def test_what_was_taken_back_stands_again_when_that_is_taken_back() -> None:
    first = made(Edit(ANA, PORT, 25, 587), number=1)
    undo = made(Edit(ANA, PORT, 587, 25), number=2, undoes=first.id)
    redo = made(Edit(ANA, PORT, 25, 587), number=3, undoes=undo.id)

    assert taken_back([undo, first]) == {first.id: undo}
    assert taken_back([redo, undo, first]) == {undo.id: redo}


def test_days_are_told_by_name_while_they_are_near() -> None:
    today = date(2026, 11, 24)

    assert day_told(today, today) == "Today"
    assert day_told(today - timedelta(days=1), today) == "Yesterday"
    assert day_told(date(2026, 11, 2), today) == "2026-11-02"


def test_a_long_reason_is_cut_where_it_is_told_in_passing() -> None:
    assert commit_words(made(why="x" * 200)).endswith("x…")
    assert commit_words(made()).startswith("ana, 2026-11-23 ")


def edits_of(sieve: Sieve, commit: Commit) -> list[str] | None:
    passed = sieve.passed(commit)
    return None if passed is None else [".".join(edit.key) for edit in passed]


def test_everything_passes_where_nothing_is_asked_for() -> None:
    commit = made(Edit(ANA, PORT, 25, 587))

    assert Sieve().passed(commit) == commit.edits
    assert Sieve().passed(made(snapshot="s")) == ()


def test_a_section_or_a_setting_leaves_its_edits() -> None:
    commit = made(Edit(ANA, PORT, 25, 587), Edit(ANA, ("pop3", "port"), None, 995))

    assert edits_of(Sieve(what="pop3"), commit) == ["pop3.port"]
    assert edits_of(Sieve(what="smtp.port"), commit) == ["smtp.port"]
    assert edits_of(Sieve(what="imap"), commit) is None


def test_a_person_did_it_or_is_meant_by_it() -> None:
    commit = made(Edit(ANA, PORT, 25, 587), Edit(BOB, ("pop3", "port"), None, 995), by="eva")

    assert edits_of(Sieve(person="EVA"), commit) == ["smtp.port", "pop3.port"]
    assert edits_of(Sieve(person="bob"), commit) == ["pop3.port"]
    assert edits_of(Sieve(person="ida"), commit) is None


def test_a_search_finds_reasons_names_values_and_ids_in_any_case() -> None:
    commit = made(Edit(ANA, PORT, 25, 587), Edit(ANA, PASSWORD, None, "set"), why="New Provider")

    assert edits_of(Sieve(search="provider"), commit) == ["smtp.port", "smtp.password"]
    assert edits_of(Sieve(search="587"), commit) == ["smtp.port"]
    assert edits_of(Sieve(search="provider 587"), commit) == ["smtp.port"]
    assert edits_of(Sieve(search="PASSWORD"), commit) == ["smtp.password"]
    assert edits_of(Sieve(search=commit.short), commit) == ["smtp.port", "smtp.password"]
    assert edits_of(Sieve(search="993"), commit) is None
