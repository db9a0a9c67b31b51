from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from mailwidgets.errors import InvalidValue, ReadOnlyStore, StoreError, UnknownMoment
from mailwidgets.history.moments import fit_name, parse_time
from mailwidgets.ledger import Ledger
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.store.commits import Commit

Put = Callable[..., Commit]
BOTH = pytest.mark.parametrize("store_kind", ["folder", "database"])
AtTime = Callable[[str], None]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-23T18:00:00+01:00", "2026-11-23T17:00:00+00:00"),
        ("2026-11-23T18:00Z", "2026-11-23T18:00:00+00:00"),
        ("2026-11-23T18:00", "2026-11-23T17:00:00+00:00"),
        ("2026-07-01 18:00", "2026-07-01T16:00:00+00:00"),
        ("2026-11-23", "2026-11-22T23:00:00+00:00"),
        (" 2026-07-01 ", "2026-06-30T22:00:00+00:00"),
        ("2 hours ago", "2026-11-23T10:00:00+00:00"),
        ("1 Day ago", "2026-11-22T12:00:00+00:00"),
        ("yesterday", "2026-11-21T23:00:00+00:00"),
        ("today", "2026-11-22T23:00:00+00:00"),
        ("Yesterday 18:00", "2026-11-22T17:00:00+00:00"),
        ("today 9:05", "2026-11-23T08:05:00+00:00"),
        ("an hour ago", "2026-11-23T11:00:00+00:00"),
        ("a week ago", "2026-11-16T12:00:00+00:00"),
        ("5 min ago", "2026-11-23T11:55:00+00:00"),
        ("90 secs ago", "2026-11-23T11:58:30+00:00"),
        ("12h ago", "2026-11-23T00:00:00+00:00"),
    ],
)
def test_a_time_is_meant_here_unless_it_says_its_offset(text: str, meant: str) -> None:
    here = NOON.astimezone(timezone(timedelta(hours=1)))

    assert parse_time(text, here) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "text",
    ["now", "20261123", "before the move", "5f0e9a31", "", "12:00", "ad ago", "5 months ago"],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_time(text, NOON) is None


@pytest.mark.parametrize(
    "text",
    [
        *("2026-13-01", "2026-11-23T25:00", "999999999 weeks ago", "2026-11-23 noon"),
        "yesterday 24:30",
    ],
)
def test_a_time_that_does_not_exist_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UnknownMoment, match="2026-11-23T18:00"):
        parse_time(text, NOON)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "now", "NOW", "yesterday", "2 hours ago", "2026-11-23", "2026-99-99", "x" * 101),
        *("5f0e9a31", "deadBEEF", "two\nlines", "\x1b[31m", "rtl\u2028"),
    ],
)
def test_a_name_that_reads_as_another_moment_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        fit_name(name)


@pytest.mark.parametrize(
    "name", ["before the move", "v1", "Přesun, č. 1", "now or never", "x" * 100]
)
def test_a_name_that_stands_for_nothing_else_is_kept(name: str) -> None:
    assert fit_name(f" {name} ") == name


@BOTH
def test_a_snapshot_names_the_moment_and_changes_nothing(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25)
    before = ledger.resolve()

    made = ledger.snapshot("before the move", why="new servers tonight")

    assert (made.snapshot, made.why, made.edits) == ("before the move", "new servers tonight", ())
    assert made.places == (Place(Level.COMPANY),)
    assert ledger.snapshots() == [made]
    assert ledger.resolve() == before
    assert 'snapshot "before the move"' in str(made)


@BOTH
def test_a_snapshot_of_a_store_without_settings_is_possible(ledger: Ledger, put: Put) -> None:
    ledger.snapshot("empty")
    put(smtp__port=25)

    assert ledger.restore("empty") is not None
    assert ledger.resolve()["smtp", "port"].user is None


@BOTH
def test_a_name_is_taken_once(ledger: Ledger, open_ledger: Callable[..., Ledger]) -> None:
    first = ledger.snapshot("before")

    with pytest.raises(InvalidValue, match=first.short):
        open_ledger("bob").snapshot(" before ")

    assert len(ledger.snapshots()) == 1


def test_who_may_not_write_the_company_keeps_snapshots_of_their_own(
    ledger: Ledger,
    put: Put,
    open_ledger: Callable[..., Ledger],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(smtp__port=25)
    monkeypatch.setattr(
        type(ledger.store),
        "refusal",
        lambda _, place: "not yours" if place.level is Level.COMPANY else "",
    )

    made = ledger.snapshot("mine")
    put(smtp__port=587)

    assert made.places == (Place(Level.USER, "ana"),)
    assert [str(one.edit) for one in ledger.diff("mine")] == ["smtp.port (user ana): 25 → 587"]
    assert open_ledger("bob").snapshots() == []


def test_two_snapshots_of_one_name_are_told_apart_by_their_commits(
    ledger: Ledger, open_ledger: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(ledger.store), "refusal", lambda _, place: "no" * (not place.id))
        mine = ledger.snapshot("before")
    theirs = open_ledger("bob").snapshot("before")

    with pytest.raises(UnknownMoment, match="2 snapshots") as told:
        ledger.diff("before")

    assert mine.short in str(told.value)
    assert theirs.short in str(told.value)


def test_an_unknown_moment_is_told_with_those_there_are(ledger: Ledger) -> None:
    ledger.snapshot("before the move")

    with pytest.raises(UnknownMoment, match="before the move") as told:
        ledger.moment("before teh move")

    assert "Not searched" not in str(told.value)


def test_a_damaged_document_hides_no_snapshot_of_another_place(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    put(smtp__name="a.example")
    named = ledger.snapshot("before")
    (tmp_path / "store" / "workstations" / "WS-01.json").write_text("{", "utf-8")
    passed_over: list[StoreError] = []

    assert ledger.moment("before").at == named.at
    assert ledger.snapshots(passed_over=passed_over) == [named]
    assert len(passed_over) == 1
    assert ledger.snapshot("after").snapshot == "after"
    with pytest.raises(StoreError, match=r"WS-01\.json"):
        ledger.snapshots()
    with pytest.raises(UnknownMoment, match=r"after, before.*Not searched: .*WS-01\.json"):
        ledger.moment("between")


def test_a_moment_may_be_a_datetime_meant_here_where_it_has_no_offset(
    ledger: Ledger, put: Put, at_time: AtTime
) -> None:
    at_time("2026-06-01T12:00:00+00:00")
    put(smtp__port=1)
    at_time("2026-06-03T12:00:00+00:00")
    put(smtp__port=2)
    aware = datetime(2026, 6, 2, tzinfo=UTC)
    naive = aware.astimezone().replace(tzinfo=None)

    for moment in (aware, naive):
        assert [commit.edits[0].after for commit in ledger.history(since=moment)] == [2]
        assert [one.edit.before for one in ledger.diff(moment)] == [1]
    made = ledger.restore(naive)
    assert made is not None
    assert made.why == f"back to {naive}"
    assert ledger.resolve()["smtp", "port"].user == 1


@BOTH
def test_since_a_commit_means_with_it_and_since_now_nothing(ledger: Ledger, put: Put) -> None:
    put(smtp__port=1)
    second, third = put(smtp__port=2), put(smtp__port=3)

    assert list(ledger.history(since=second.short)) == [third, second]
    assert list(ledger.history(since="now")) == []


@BOTH
def test_the_state_after_a_commit_is_a_moment(ledger: Ledger, put: Put) -> None:
    first = put(smtp__port=25)
    put(smtp__port=587)

    (found,) = ledger.diff(first.short)

    assert (found.edit.before, found.edit.after) == (25, 587)


@BOTH
def test_a_clock_that_goes_back_does_not_turn_moments_round(
    ledger: Ledger, put: Put, at_time: AtTime
) -> None:
    at_time("2026-06-01T12:00:00+00:00")
    put(smtp__port=1)
    ledger.snapshot("one")
    at_time("2026-05-01T12:00:00+00:00")
    put(smtp__port=2)
    last = put(smtp__port=3)

    assert [commit.edits[0].after for commit in ledger.history() if commit.edits] == [3, 2, 1]
    assert [one.edit.before for one in ledger.diff("2026-05-15")] == [None]
    undone = ledger.undo(last.id)
    assert undone is not None
    assert ledger.resolve()["smtp", "port"].user == 2


@BOTH
def test_history_is_chosen_by_setting_moment_and_place(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger], at_time: AtTime
) -> None:
    bob = open_ledger("bob", "WS-02")
    at_time("2026-06-01T12:00:00+00:00")
    put(smtp__port=1, pop3__port=1)
    put(bob, smtp__port=2)
    at_time("2026-06-02T12:00:00+00:00")
    put(pop3__port=3)

    def after(**chosen: object) -> list[list[object]]:
        found = ledger.history(**chosen)  # type: ignore[arg-type]
        return [[edit.after for edit in commit.edits] for commit in found]

    assert after() == [[3], [1, 1]]
    assert after(setting="smtp.port") == [[1]]
    assert after(setting="smtp.port", everywhere=True) == [[2], [1]]
    assert after(everywhere=True, since="2026-06-02T00:00Z") == [[3]]
    assert after(since=datetime(2026, 6, 2, tzinfo=UTC)) == [[3]]
    assert after(places=[Place(Level.USER, "bob")]) == [[2]]


def test_what_cannot_be_read_is_passed_over_when_asked(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger], tmp_path: Path
) -> None:
    for number, name in enumerate(("ana", "bob", "cyn")):
        put(open_ledger(name), smtp__port=number + 1)
    put(smtp__port=9)
    (tmp_path / "store" / "users" / "bob.json").write_text("{", "utf-8")
    passed_over: list[OSError] = []

    found = ledger.history(everywhere=True, passed_over=passed_over)  # type: ignore[arg-type]

    assert [commit.edits[0].after for commit in found] == [9, 3, 2, 1]
    (error,) = passed_over
    assert "bob.json" in str(error)
    with pytest.raises(OSError, match=r"bob\.json"):
        list(ledger.history(everywhere=True))


@pytest.mark.parametrize("refused", [ReadOnlyStore, StoreError])
def test_what_others_may_not_read_is_passed_over_and_a_lost_connection_is_not(
    ledger: Ledger,
    put: Put,
    open_ledger: Callable[..., Ledger],
    monkeypatch: pytest.MonkeyPatch,
    refused: type[StoreError],
) -> None:
    put(smtp__port=1)
    put(open_ledger("bob"), smtp__port=2)
    own, bob = ledger.store.history, Place(Level.USER, "bob")

    def history(places: Sequence[Place]) -> Iterator[Commit]:
        if bob in places:
            raise refused("not now")
        return own(places)

    monkeypatch.setattr(ledger.store, "history", history)
    passed_over: list[StoreError] = []
    found = ledger.history(everywhere=True, passed_over=passed_over)

    if refused is StoreError:
        with pytest.raises(StoreError, match="not now"):
            list(found)
    else:
        assert [commit.edits[0].after for commit in found] == [1]
        assert [str(error) for error in passed_over] == ["not now"]


def test_history_reads_no_more_than_is_asked_for(
    ledger: Ledger, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 200):
        put(smtp__port=number)
    read = 0
    own = type(ledger.store).history

    def counted(self: object, places: object) -> Iterator[Commit]:
        nonlocal read
        for commit in own(self, places):  # type: ignore[arg-type]
            read += 1
            yield commit

    monkeypatch.setattr(type(ledger.store), "history", counted)
    found = ledger.history()

    assert [next(found).edits[0].after for _ in range(20)] == list(range(199, 179, -1))
    assert read == 20
    assert [commit.edits[0].after for commit in found] == list(range(179, 0, -1))


def test_the_histories_of_hundreds_of_people_need_few_open_files(ledger: Ledger) -> None:
    changes = []
    for number in range(300):
        someone = Ledger(ledger.store, Identity(f"u{number:03}", "WS-01"))
        changes.append(someone.change("smtp.port", number + 1))
    ledger.commit(changes)  # one commit of 300 places
    ledger.commit([someone.change("pop3.port", 7)])
    opened = len(list(Path("/proc/self/fd").iterdir()))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (opened + 250, hard))
    try:
        found = ledger.history(everywhere=True)
        newest, whole = next(found), next(found)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert newest.edits[0].after == 7
    assert len(whole.edits) == 300
    assert len({edit.place for edit in whole.edits}) == 300
    assert next(found, None) is None


def test_an_entry_tells_what_was_done_and_hides_what_a_terminal_would_act_on(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None], tmp_path: Path
) -> None:
    put(smtp__port=25, smtp__password="s3cret")
    edit_by_hand("users/ana.json", "smtp", "timeout", 7)
    put(smtp__port=587, smtp__password=None, why="new port")
    file = tmp_path / "store" / "users" / "ana.history"
    file.write_text(file.read_text("utf-8").replace("new port", "a\\u001b[2Jb\\u202e"), "utf-8")

    newest, oldest = map(str, ledger.history())

    assert "\x1b" not in newest
    assert "\u202e" not in newest
    assert r"a\x1b[2Jb\u202e" in newest
    assert newest.splitlines()[1:] == [
        "    user ana was edited outside mailwidgets before this",
        "    smtp.port (user ana): 25 → 587",
        "    smtp.password (user ana): removed",
    ]
    assert oldest.endswith("smtp.port (user ana): unset → 25\n    smtp.password (user ana): set")


def test_an_author_whose_name_could_spoil_a_terminal_is_refused(
    open_ledger: Callable[..., Ledger], put: Put
) -> None:
    with pytest.raises(ValueError, match="control characters"):
        put(open_ledger(author="ana\x1b[2J"), smtp__port=25)


def test_the_table_has_a_row_per_edit(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25, smtp__tls="implicit", why="first")
    put(smtp__password="s3cret")
    ledger.snapshot("named")

    table = ledger.history_table()

    assert list(table.columns) == [
        *("Commit", "At", "By", "Why", "Place", "Setting", "Before", "After")
    ]
    assert table["Setting"].tolist() == ["", "smtp.password", "smtp.port", "smtp.tls"]
    assert table["After"].tolist() == ["", "set", "25", "Implicit SSL/TLS"]
    assert table["Why"].tolist() == ["snapshot named", "", "first", "first"]
    assert str(table["At"].dtype).startswith("datetime64")
    assert ledger.history_table(limit=1)["Why"].tolist() == ["snapshot named"]


def test_the_table_of_an_empty_history_is_empty(ledger: Ledger) -> None:
    assert ledger.history_table().empty
