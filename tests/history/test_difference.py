from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from mailwidgets.errors import DamagedDocument, StoreError, UnknownMoment
from mailwidgets.ledger import Ledger
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store.commits import Commit

Put = Callable[..., Commit]
BOTH = pytest.mark.parametrize("store_kind", ["folder", "database"])


def told(ledger: Ledger, first: str, last: str = "now") -> list[str]:
    return [str(one.edit) for one in ledger.diff(first, last)]


@BOTH
def test_what_differs_is_told_with_who_changed_it_last_and_when(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    put(smtp__port=25)
    ledger.snapshot("before")
    put(smtp__port=465)
    last = put(open_ledger(author="bob"), smtp__port=587)

    (found,) = ledger.diff("before")

    assert (found.edit.before, found.edit.after) == (25, 587)
    assert (found.by, found.at) == ("bob", last.at)
    assert found.commit == last
    assert str(found).startswith(f"smtp.port (user ana): 25 → 587  ({last.short}  20")


def test_what_went_there_and_back_does_not_differ(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25)
    ledger.snapshot("before")
    put(smtp__port=587, smtp__timeout=1)
    put(smtp__port=25, smtp__timeout=None)

    assert ledger.diff("before") == []


@BOTH
def test_two_moments_of_the_past_leave_out_what_came_later(ledger: Ledger, put: Put) -> None:
    one = put(smtp__port=1)
    two = put(smtp__port=2, pop3__port=2)
    put(smtp__port=3, pop3__port=3)

    assert told(ledger, one.short, two.short) == [
        "pop3.port (user ana): unset → 2",
        "smtp.port (user ana): 1 → 2",
    ]


@BOTH
def test_asked_the_other_way_round_it_tells_the_other_way_round(ledger: Ledger, put: Put) -> None:
    one = put(smtp__port=1)
    two = put(smtp__port=2)

    assert told(ledger, two.short, one.short) == ["smtp.port (user ana): 2 → 1"]
    assert told(ledger, "now", one.short) == ["smtp.port (user ana): 2 → 1"]
    assert told(ledger, one.short, one.short) == []
    assert told(ledger, "now", "now") == []


@BOTH
def test_each_level_and_lock_stands_for_itself(ledger: Ledger, put: Put) -> None:
    ledger.snapshot("before")
    put(smtp__port=587, smtp__name="a.example")
    put(level=Level.COMPANY, smtp__port=465)
    ledger.commit([ledger.lock("smtp.port", "policy 7")])

    assert told(ledger, "before") == [
        "smtp.port (company): unset → 465",
        "lock of smtp.port (company): unset → policy 7",
        "smtp.port (user ana): unset → 587",
        "smtp.name (workstation WS-01): unset → a.example",
    ]


@BOTH
def test_everywhere_tells_of_everyone(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    ledger.snapshot("before")
    put(open_ledger("bob"), smtp__port=1)
    put(open_ledger("cyn"), smtp__port=2)

    places = [one.edit.place.id for one in ledger.diff("before", everywhere=True)]

    assert places == ["bob", "cyn"]
    assert ledger.diff("before") == []
    assert len(ledger.diff("before", places=[Place(Level.USER, "cyn")])) == 1


@pytest.mark.parametrize(
    ("passwords", "expected"),
    [
        ((None, "a"), "smtp.password (user ana): set"),
        (("a", "b"), "smtp.password (user ana): changed"),
        (("a", "b", "a"), "smtp.password (user ana): changed"),
        (("a", None, "b"), "smtp.password (user ana): changed"),
        (("a", None), "smtp.password (user ana): removed"),
        ((None, "a", None), None),
    ],
)
def test_of_a_password_only_its_being_there_is_told(
    ledger: Ledger, put: Put, passwords: tuple[str | None, ...], expected: str | None
) -> None:
    if passwords[0]:
        put(smtp__password=passwords[0])
    ledger.snapshot("before")
    for password in passwords[1:]:
        put(smtp__password=password)

    assert told(ledger, "before") == ([expected] if expected else [])


def test_what_was_edited_by_hand_differs_though_nobody_is_named(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25, smtp__timeout=1)
    ledger.snapshot("before")
    put(pop3__port=995)
    edit_by_hand("users/ana.json", "smtp", "port", 2525)
    edit_by_hand("users/ana.json", "pop3", "port", 110)

    found = ledger.diff("before")

    assert [str(one) for one in found] == [
        "pop3.port (user ana): unset → 110  (edited outside mailwidgets)",
        "smtp.port (user ana): 25 → 2525  (edited outside mailwidgets)",
    ]
    assert {(one.by, one.at, one.commit) for one in found} == {("", None, None)}


@BOTH
def test_a_commit_in_the_midst_of_reading_is_seen_wholly(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(smtp__port=25)
    first = ledger.snapshot("before")
    mine = open_ledger()
    own, meddled = mine.store.history, []

    def history(places: Sequence[Place]) -> Iterator[Commit]:
        if not meddled and places == [Place(Level.USER, "ana")]:
            meddled.append(put(smtp__port=587))
        return own(places)

    monkeypatch.setattr(mine.store, "history", history)

    assert told(mine, first.at.isoformat()) == ["smtp.port (user ana): 25 → 587"]
    assert meddled


def test_a_hand_edit_that_a_later_commit_met_counts_as_of_after_the_moment_too(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    ledger.snapshot("before")
    edit_by_hand("users/ana.json", "smtp", "port", 2525)
    assert told(ledger, "before") == ["smtp.port (user ana): 25 → 2525"]

    last = put(smtp__port=587)

    assert told(ledger, "before") == ["smtp.port (user ana): 25 → 587"]
    assert told(ledger, "before", last.short) == ["smtp.port (user ana): 25 → 587"]
    assert told(ledger, last.short, "before") == ["smtp.port (user ana): 587 → 25"]
    ledger.restore("before")
    assert ledger.resolve()["smtp", "port"].user == 25


def test_a_hand_edit_that_a_commit_met_before_the_moment_is_no_difference(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    edit_by_hand("users/ana.json", "smtp", "port", 2525)
    met = put(pop3__port=995)
    assert met.outside
    ledger.snapshot("since")

    assert told(ledger, "since") == []
    assert told(ledger, met.short) == []
    assert ledger.restore("since") is None
    assert ledger.resolve()["smtp", "port"].user == 2525
    put(smtp__port=587)
    assert told(ledger, "since") == ["smtp.port (user ana): 2525 → 587"]


def test_now_does_not_differ_from_itself_though_someone_edited_by_hand(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    edit_by_hand("users/ana.json", "smtp", "port", 2525)

    assert told(ledger, "now") == []
    assert ledger.restore("now") is None


def test_damage_in_the_history_before_the_moment_does_not_matter(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    first = put(smtp__port=1)
    second = put(smtp__port=2)
    put(smtp__port=3)
    file = tmp_path / "store" / "users" / "ana.history"
    spoilt = file.read_text("utf-8").splitlines()
    spoilt[0] = spoilt[0].replace('"edits"', '"edots"')
    file.write_text("\n".join([*spoilt, ""]), "utf-8")

    assert told(ledger, second.short) == ["smtp.port (user ana): 2 → 3"]
    with pytest.raises(DamagedDocument, match=first.id):
        ledger.diff("yesterday")


def test_what_cannot_be_read_is_passed_over_when_asked_and_the_rest_compared(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    put(smtp__port=25, smtp__name="a.example")
    put(level=Level.COMPANY, smtp__port=465)
    (tmp_path / "store" / "company.json").write_text("{", "utf-8")
    passed_over: list[StoreError] = []

    found = ledger.diff("yesterday", passed_over=passed_over)

    assert [str(one.edit) for one in found] == [
        "smtp.port (user ana): unset → 25",
        "smtp.name (workstation WS-01): unset → a.example",
    ]
    (error,) = passed_over
    assert "company.json" in str(error)
    with pytest.raises(DamagedDocument, match=r"company\.json"):
        ledger.diff("yesterday")


def test_what_was_never_set_otherwise_than_by_hand_does_not_differ(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    edit_by_hand("users/ana.json", "smtp", "timeout", 30.0)

    assert told(ledger, "yesterday") == ["smtp.port (user ana): unset → 25"]


def test_a_number_typed_otherwise_is_the_same_number(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__timeout=30)
    ledger.snapshot("before")
    edit_by_hand("users/ana.json", "smtp", "timeout", 30.0)

    assert ledger.diff("before") == []


@BOTH
def test_a_list_differs_from_another_list_alone(ledger: Ledger, put: Put) -> None:
    put(trust__allowed_hosts="*.example.com mail.example.org")
    ledger.snapshot("before")
    assert ledger.diff("before") == []

    put(trust__allowed_hosts="*.example.com")

    assert told(ledger, "before") == [
        "trust.allowed_hosts (company): *.example.com, mail.example.org → *.example.com"
    ]


def test_a_setting_that_this_version_does_not_know_differs_too(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    ledger.snapshot("before")
    put(smtp__port=587)
    file = tmp_path / "store" / "users" / "ana.history"
    file.write_text(file.read_text("utf-8").replace("smtp.port", "smtp.spam"), "utf-8")

    assert told(ledger, "before") == ["smtp.spam (user ana): unset → 587"]


def test_a_moment_nobody_named_is_told(ledger: Ledger) -> None:
    with pytest.raises(UnknownMoment, match="there is none yet"):
        ledger.diff("before")


@BOTH
def test_two_people_are_compared_by_what_is_in_force_for_them(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    put(level=Level.COMPANY, smtp__port=465, smtp__timeout=9)
    put(smtp__port=587, smtp__timeout=9)
    put(open_ledger("bob", "WS-02"), smtp__name="b.example", pop3__port=995)

    found = ledger.compare(other_user="bob", other_workstation="WS-02")

    assert [
        (row.one.setting.name, row.one.effective, row.one.origin, row.other.effective)
        for row in found
    ] == [
        ("pop3.port", 110, "default", 995),
        ("smtp.name", None, "default", "b.example"),
        ("smtp.port", 587, "user", 465),
    ]
    assert len(ledger.compare(other_user="bob")) == 2
    everything = ledger.compare(other_user="bob", every=True)
    assert len(everything) == len(ledger.resolve())
    assert sum(row.differs for row in everything) == 2


def test_two_workstations_are_compared(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    put(smtp__name="a.example")
    put(open_ledger("ana", "WS-02"), smtp__name="b.example")

    table = ledger.compare_table(other_workstation="WS-02")

    assert list(table.columns) == ["Effective", "From", "Other", "Other from"]
    assert list(table.index) == [("smtp", "name")]
    assert table.iloc[0].tolist() == ["a.example", "workstation", "b.example", "workstation"]


def test_a_password_of_the_company_is_one_and_two_of_two_people_are_two(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    put(level=Level.COMPANY, smtp__password="a", pop3__password="a")
    put(smtp__password="b")
    put(open_ledger("bob"), smtp__password="b")

    table = ledger.compare_table(other_user="bob")

    assert list(table.index) == [("smtp", "password")]
    assert table.iloc[0].tolist() == ["set", "user", "set", "user"]


def test_a_lock_and_a_loan_are_told_in_the_comparison(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    put(pop3__user="ana@example.com", smtp__use_pop3_account=True)
    put(open_ledger("bob"), smtp__user="bob@example.com")

    table = ledger.compare_table(other_user="bob")

    assert table.loc[("smtp", "user")].tolist() == [
        *("ana@example.com", "from POP3 (user)", "bob@example.com", "user")
    ]


def test_identities_that_do_not_differ_have_an_empty_table(ledger: Ledger) -> None:
    assert ledger.compare_table(other_user="bob").empty
