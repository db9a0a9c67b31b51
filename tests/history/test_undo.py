from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mailwidgets.errors import CannotUndo, Conflict, InvalidValue, UnknownMoment
from mailwidgets.ledger import Ledger
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.store.commits import Commit, Note

Put = Callable[..., Commit]
BOTH = pytest.mark.parametrize("store_kind", ["folder", "database"])
Meddle = Callable[[Ledger, Callable[[], object]], None]
CANARY = "c4n4ry-Passwort"
COMPANY = Place(Level.COMPANY)


def stored(ledger: Ledger, name: str, level: Level = Level.USER) -> object:
    section, _, key = name.partition(".")
    return getattr(ledger.resolve()[section, key], level.value)


def undone(ledger: Ledger, commit: Commit, *, force: bool = False, why: str = "") -> Commit:
    made = ledger.undo(commit.id, force=force, why=why)
    assert made is not None
    return made


@BOTH
def test_what_a_commit_changed_goes_back_and_history_says_so(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25)
    changed = put(smtp__port=587, smtp__timeout=9)

    made = undone(ledger, changed, why="too early")

    assert stored(ledger, "smtp.port") == 25
    assert stored(ledger, "smtp.timeout") is None
    assert (made.undoes, made.why, made.by) == (changed.id, "too early", "ana")
    assert next(ledger.history()) == made
    assert f"takes back {changed.short}" in str(made)


@BOTH
def test_the_beginning_of_an_id_is_enough(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25)
    changed = put(smtp__port=587)

    assert ledger.undo(changed.id[:8].upper()) is not None
    assert stored(ledger, "smtp.port") == 25


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0123456789abcdef", "no commit begins with 0123456789abcdef"),
        ("12", "4 to 32 hexadecimal digits"),
        ("\x1b[31mred", r"\\x1b\[31mred"),
        ("before the move", "undo --to goes back to a time or a snapshot"),
    ],
)
def test_an_id_that_no_commit_has_is_told(ledger: Ledger, put: Put, text: str, told: str) -> None:
    put(smtp__port=25)

    with pytest.raises(UnknownMoment, match=told):
        ledger.undo(text)


def test_an_id_that_two_commits_begin_with_is_told_with_both(ledger: Ledger) -> None:
    ids = [f"abcd{number}" + "0" * 27 for number in (1, 2)]
    for number, one in enumerate(ids, 1):
        ledger.store.commit([ledger.change("smtp.port", number)], Note("ana", id=one))

    with pytest.raises(UnknownMoment, match="2 commits") as told:
        ledger.undo("abcd")

    assert all(one in str(told.value) for one in ids)
    assert stored(ledger, "smtp.port") == 2


@BOTH
def test_a_later_commit_of_the_same_setting_stands_in_the_way(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    put(smtp__port=25, smtp__timeout=1)
    changed = put(smtp__port=587, smtp__timeout=2)
    later = put(open_ledger(author="bob"), smtp__port=465, pop3__port=995, why="the provider asked")

    with pytest.raises(CannotUndo) as told:
        ledger.undo(changed.id)

    message = str(told.value)
    assert isinstance(told.value, Conflict)
    assert all(part in message for part in (changed.short, later.short, "bob", "provider"))
    assert "smtp.port (user ana): 587 → 465" in message
    assert "pop3.port" not in message
    assert (stored(ledger, "smtp.port"), stored(ledger, "smtp.timeout")) == (465, 2)


@BOTH
def test_forced_it_goes_back_whatever_came_later(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25)
    changed = put(smtp__port=587)
    put(smtp__port=465)

    made = undone(ledger, changed, force=True)

    assert stored(ledger, "smtp.port") == 25
    assert [edit.before for edit in made.edits] == [465]


def test_a_later_commit_of_other_settings_does_not_matter(ledger: Ledger, put: Put) -> None:
    changed = put(smtp__port=587)
    put(smtp__timeout=9, pop3__port=995)

    undone(ledger, changed)

    assert stored(ledger, "smtp.port") is None
    assert stored(ledger, "smtp.timeout") == 9


@BOTH
def test_what_was_taken_back_comes_again_by_taking_that_back(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25)
    changed = put(smtp__port=587)

    back = undone(ledger, changed)
    undone(ledger, back)

    assert stored(ledger, "smtp.port") == 587
    undone(ledger, changed)
    assert stored(ledger, "smtp.port") == 25


@BOTH
def test_what_came_again_stands_in_the_way_as_it_did_before(ledger: Ledger, put: Put) -> None:
    first = put(smtp__port=25)
    later = put(smtp__port=587)
    undone(ledger, undone(ledger, later))

    with pytest.raises(CannotUndo, match=f"Later commits[^:]*:\n  {later.short}"):
        ledger.undo(first.id)


@BOTH
def test_commits_are_taken_back_one_after_the_other(ledger: Ledger, put: Put) -> None:
    made = [put(smtp__port=number) for number in (1, 2, 3)]

    for commit in reversed(made):
        undone(ledger, commit)

    assert stored(ledger, "smtp.port") is None


@BOTH
def test_what_is_taken_back_already_is_not_taken_back_twice(ledger: Ledger, put: Put) -> None:
    changed = put(smtp__port=587)
    back = undone(ledger, changed)

    with pytest.raises(CannotUndo, match=back.short):
        ledger.undo(changed.id)


def test_what_was_edited_by_hand_since_is_told_with_all_three_sides(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    changed = put(smtp__port=587)
    edit_by_hand("users/ana.json", "smtp", "port", 2525)

    with pytest.raises(CannotUndo, match="outside mailwidgets") as told:
        ledger.undo(changed.id)

    assert [tuple(clash) for clash in told.value.clashes] == [
        ("smtp.port", "user ana", "587", "2525", "25")
    ]
    made = undone(ledger, changed, force=True)
    assert stored(ledger, "smtp.port") == 25
    assert made.outside == (Place(Level.USER, "ana"),)


def test_what_was_put_back_by_hand_needs_no_commit(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    changed = put(smtp__port=587)
    edit_by_hand("users/ana.json", "smtp", "port", 25)

    assert ledger.undo(changed.id) is None


@BOTH
def test_a_commit_of_several_places_goes_back_in_all(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    bob = open_ledger("bob", "WS-02")
    put(level=Level.COMPANY, smtp__port=25)
    made = ledger.commit(
        [
            ledger.change("smtp.port", 465, level=Level.COMPANY),
            ledger.change("smtp.name", "mail.example.com"),
            ledger.change("pop3.port", 995),
            bob.change("pop3.port", 995),
            ledger.lock("smtp.port", "policy 7"),
        ]
    )
    assert made is not None

    back = undone(bob, made)

    assert {edit.place for edit in back.edits} == set(made.places)
    assert stored(ledger, "smtp.port", Level.COMPANY) == 25
    assert ledger.resolve()["smtp", "port"].locked is None
    assert stored(ledger, "smtp.name", Level.WORKSTATION) is None
    assert stored(bob, "pop3.port") is None


def test_a_commit_of_many_places_is_found_in_all_that_can_be_seen(
    ledger: Ledger, tmp_path: Path
) -> None:
    people = [Ledger(ledger.store, Identity(f"u{number:02}", "WS-01")) for number in range(25)]
    made = ledger.commit([each.change("smtp.port", 25) for each in people])
    assert made is not None
    (tmp_path / "store" / "users" / "u07.history").unlink()

    with pytest.raises(CannotUndo, match="in 1 more place cannot come back: you do not see"):
        people[3].undo(made.id)

    forced = undone(people[3], made, force=True)
    assert len(forced.edits) == 24
    assert [one.identity.user for one in people if one.resolve()["smtp", "port"].user] == ["u07"]


@BOTH
def test_a_message_names_the_first_of_thousands_of_obstacles(ledger: Ledger) -> None:
    people = [Ledger(ledger.store, Identity(f"u{number:02}", "WS-01")) for number in range(25)]
    for each in people:
        each.publish_key()  # so that ana may set their passwords

    def imported(**values: object) -> Commit:
        made = ledger.commit(
            [
                each.change(name.replace("__", "."), value)
                for each in people
                for name, value in values.items()
            ]
        )
        assert made is not None
        return made

    first = imported(smtp__port=25, smtp__password=CANARY)
    second = imported(smtp__port=587, smtp__password=CANARY + "2")

    with pytest.raises(CannotUndo) as told:
        ledger.undo(first.id)
    lines = str(told.value).splitlines()
    assert sum("→" in line or "changed" in line for line in lines[2:]) == 10
    assert lines[-2] == "    and 40 more"
    with pytest.raises(CannotUndo) as told:
        ledger.undo(second.id)
    lines = str(told.value).splitlines()
    assert sum("does not keep passwords" in line for line in lines) == 10
    assert lines[-2] == "  and 15 more"

    undone(ledger, second, force=True)
    assert [one.resolve()["smtp", "port"].user for one in people] == [25] * 25


@BOTH
def test_a_lock_and_its_value_are_two_things(ledger: Ledger, put: Put) -> None:
    locked = ledger.commit([ledger.lock("smtp.port", "policy 7")])
    put(level=Level.COMPANY, smtp__port=465)
    assert locked is not None

    undone(ledger, locked)

    assert ledger.resolve()["smtp", "port"].locked is None
    assert stored(ledger, "smtp.port", Level.COMPANY) == 465


def test_a_place_whose_history_is_not_seen_stands_in_the_way(
    ledger: Ledger, tmp_path: Path
) -> None:
    made = ledger.commit([ledger.change("pop3.port", 995), ledger.change("pop3.name", "a.example")])
    assert made is not None
    (tmp_path / "store" / "workstations" / "WS-01.history").unlink()

    with pytest.raises(CannotUndo, match="workstation WS-01 cannot come back"):
        ledger.undo(made.id)

    forced = undone(ledger, made, force=True)
    assert stored(ledger, "pop3.port") is None
    assert stored(ledger, "pop3.name", Level.WORKSTATION) == "a.example"
    assert "workstation WS-01" in forced.why


def test_a_damaged_document_is_named_and_nothing_goes_back(
    ledger: Ledger, open_ledger: Callable[..., Ledger], tmp_path: Path
) -> None:
    made = ledger.commit([ledger.change("pop3.port", 995), ledger.change("pop3.name", "a.example")])
    assert made is not None
    (tmp_path / "store" / "workstations" / "WS-01.json").write_text("{", "utf-8")

    with pytest.raises(CannotUndo, match=r"WS-01\.json"):
        ledger.undo(made.id)

    elsewhere = open_ledger("ana", "WS-09")
    assert stored(elsewhere, "pop3.port") == 995
    undone(ledger, made, force=True)
    assert stored(elsewhere, "pop3.port") is None


def test_a_damaged_document_keeps_no_commit_of_other_places_from_going_back(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    put(level=Level.COMPANY, smtp__port=465)
    made = put(pop3__port=995)
    (tmp_path / "store" / "company.json").write_text("{", "utf-8")
    (tmp_path / "store" / "workstations").mkdir()
    (tmp_path / "store" / "workstations" / "WS-01.json").write_text("{", "utf-8")

    back = undone(ledger, made)

    assert [str(edit) for edit in back.edits] == ["pop3.port (user ana): 995 → unset"]


def test_going_back_leaves_a_damaged_document_only_when_forced(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    put(smtp__port=25, smtp__name="a.example")
    ledger.snapshot("before")
    made = put(smtp__port=587, smtp__name="b.example")
    file = tmp_path / "store" / "workstations" / "WS-01.json"
    file.write_text("{", "utf-8")

    with pytest.raises(CannotUndo, match=r"workstation WS-01 cannot come back.*WS-01\.json"):
        ledger.restore("before")

    assert next(ledger.history([Place(Level.USER, "ana")])) == made.seen_from(
        Place(Level.USER, "ana")
    )
    forced = ledger.restore("before", force=True)
    assert forced is not None
    assert [str(edit) for edit in forced.edits] == ["smtp.port (user ana): 587 → 25"]
    assert forced.why == "back to before; left as it is: workstation WS-01"
    assert file.read_text("utf-8") == "{"


def test_a_setting_that_this_version_does_not_know_is_told(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    made = put(smtp__port=587, smtp__timeout=9)
    file = tmp_path / "store" / "users" / "ana.history"
    file.write_text(file.read_text("utf-8").replace("smtp.port", "smtp.spam"), "utf-8")

    with pytest.raises(CannotUndo, match=r"smtp\.spam .* does not know"):
        ledger.undo(made.id)

    undone(ledger, made, force=True)
    assert stored(ledger, "smtp.timeout") is None
    assert stored(ledger, "smtp.port") == 587


def test_a_value_that_is_no_longer_allowed_is_told(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    edit_by_hand("users/ana.json", "smtp", "port", 70000)
    made = put(smtp__port=587)

    with pytest.raises(CannotUndo, match="no longer allowed"):
        ledger.undo(made.id)


@BOTH
def test_a_snapshot_has_nothing_to_take_back(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25)
    named = ledger.snapshot("before")

    with pytest.raises(CannotUndo, match="changed no setting"):
        ledger.undo(named.id, force=True)


@BOTH
def test_a_password_that_was_not_there_before_is_removed_again(ledger: Ledger, put: Put) -> None:
    made = put(smtp__password=CANARY, smtp__port=587)

    undone(ledger, made)

    assert stored(ledger, "smtp.password") is None
    assert stored(ledger, "smtp.port") is None


@pytest.mark.parametrize("after", [CANARY + "2", None])
def test_a_password_that_was_replaced_or_removed_cannot_come_back(
    ledger: Ledger, put: Put, after: str | None
) -> None:
    put(smtp__password=CANARY, smtp__port=25)
    made = put(smtp__password=after, smtp__port=587)
    there = stored(ledger, "smtp.password")

    with pytest.raises(CannotUndo, match=r"smtp\.password .* does not keep passwords"):
        ledger.undo(made.id)

    assert stored(ledger, "smtp.port") == 587
    forced = undone(ledger, made, force=True, why="port only")
    assert stored(ledger, "smtp.port") == 25
    assert stored(ledger, "smtp.password") == there
    assert forced.why == "port only; left as it is: smtp.password (user ana)"


def test_nothing_but_a_replaced_password_is_refused_even_when_forced(
    ledger: Ledger, put: Put
) -> None:
    put(smtp__password=CANARY)
    made = put(smtp__password=CANARY + "2")

    with pytest.raises(CannotUndo, match="does not keep passwords"):
        ledger.undo(made.id, force=True)


@BOTH
def test_a_password_that_came_later_is_not_removed_unless_forced(ledger: Ledger, put: Put) -> None:
    made = put(smtp__password=CANARY)
    later = put(smtp__password=CANARY + "2")

    with pytest.raises(CannotUndo, match=later.short):
        ledger.undo(made.id)

    undone(ledger, made, force=True)
    assert stored(ledger, "smtp.password") is None


def test_no_password_shows_in_history_errors_or_files(
    ledger: Ledger, put: Put, tmp_path: Path
) -> None:
    first = put(smtp__password=CANARY, why="new password")
    second = put(smtp__password=CANARY + "2")
    held: list[object] = [ledger.plan_undo(second.id), ledger.plan_return("yesterday")]
    for commit in (first, second):
        try:
            ledger.undo(commit.id)
        except CannotUndo as error:
            held.append("".join(traceback.format_exception(error)))
            held.append(error.clashes)
    assert len(held) == 6
    undone(ledger, first, force=True)
    held += [*ledger.history(), *ledger.diff("yesterday"), ledger.history_table().to_csv()]
    held += [*ledger.compare(other_user="bob"), ledger.compare_table(other_user="bob").to_csv()]
    sealed = json.dumps(base64.b64encode(CANARY.encode()).decode())[1:-3]

    for one in held:
        assert "c4n4ry" not in f"{one!r}{one}"
        assert "v1:" not in f"{one!r}{one}"
    for file in (tmp_path / "store").rglob("*"):
        text = file.read_bytes().decode("latin-1") if file.is_file() else ""
        assert "c4n4ry" not in text, file
        assert sealed not in text, file


@pytest.fixture
def meddle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Ledger, Callable[[], object]], None]:
    """Let someone else do something just before a ledger's store commits."""

    def meddling(whose: Ledger, before: Callable[[], object]) -> None:
        own = whose.store.commit

        def commit(changes: Sequence[Change], note: Note | None = None) -> Commit | None:
            before()
            return own(changes, note)

        monkeypatch.setattr(whose.store, "commit", commit)

    return meddling


@BOTH
@pytest.mark.parametrize("force", [False, True])
def test_whoever_commits_in_the_midst_of_it_makes_it_a_conflict(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger], meddle: Meddle, *, force: bool
) -> None:
    put(smtp__port=25)
    made = put(smtp__port=587)
    mine = open_ledger()
    meddle(mine, lambda: put(smtp__port=465))

    with pytest.raises(Conflict, match="465"):
        mine.undo(made.id, force=force)

    assert stored(ledger, "smtp.port") == 465


def test_while_another_process_commits_nothing_is_lost(
    ledger: Ledger, put: Put, tmp_path: Path, key: str
) -> None:
    put(smtp__port=1)
    script = (
        "import sys\nfrom mailwidgets import Servers\n"
        "servers = Servers.open(sys.argv[1], user='ana', workstation='WS-01')\n"
        "for number in range(1000, 1040):\n"
        "    servers.commit([servers.change('smtp.port', number)])\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "store")],
        env={**os.environ, "MAILWIDGETS_KEY": key},
    )
    back = refused = 0
    while other.poll() is None:
        last = next(ledger.history(setting="smtp.port"))
        try:
            back += ledger.undo(last.id) is not None
        except Conflict:
            refused += 1

    assert other.returncode == 0
    edits = [edit for commit in ledger.history() for edit in commit.edits]
    assert [edit.before for edit in edits[:-1]] == [edit.after for edit in edits[1:]]
    assert len(edits) >= 41
    assert back + refused > 0
    assert stored(ledger, "smtp.port") == edits[0].after


@BOTH
def test_two_who_take_back_the_same_commit_at_once_take_it_back_once(
    put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    put(smtp__port=25)
    made = put(smtp__port=587)
    start = threading.Barrier(2)
    results: list[object] = []

    def take_back(author: str) -> None:
        ledger = open_ledger(author=author)
        start.wait(30)
        try:
            results.append(ledger.undo(made.id))
        except Conflict as error:
            results.append(error)

    threads = [threading.Thread(target=take_back, args=(name,)) for name in ("ana", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(isinstance(one, Commit) for one in results) == 1
    assert len(results) == 2
    assert [one.undoes for one in open_ledger().history() if one.undoes] == [made.id]


@BOTH
def test_all_that_came_after_a_moment_goes_back_in_one_commit(ledger: Ledger, put: Put) -> None:
    put(smtp__port=25, smtp__name="old.example.com", pop3__port=110)
    ledger.snapshot("before the move")
    put(smtp__port=587, smtp__password=CANARY)
    put(smtp__name="new.example.com", pop3__port=None)
    put(level=Level.COMPANY, smtp__port=465)
    ledger.commit([ledger.lock("smtp.port", "policy 7")])

    made = ledger.restore("before the move")

    assert made is not None
    assert made.why == "back to before the move"
    assert ledger.diff("before the move") == []
    assert stored(ledger, "smtp.port") == 25
    assert stored(ledger, "smtp.name", Level.WORKSTATION) == "old.example.com"
    assert stored(ledger, "pop3.port") == 110
    assert stored(ledger, "smtp.password") is None
    assert stored(ledger, "smtp.port", Level.COMPANY) is None
    assert ledger.resolve()["smtp", "port"].locked is None
    assert ledger.restore("before the move") is None
    undone(ledger, made, force=True)  # but the password
    assert stored(ledger, "smtp.port") == 587
    assert ledger.resolve()["smtp", "port"].locked == "policy 7"


@BOTH
def test_going_back_leaves_a_replaced_password_only_when_forced(ledger: Ledger, put: Put) -> None:
    put(smtp__password=CANARY, smtp__port=25)
    ledger.snapshot("before")
    put(smtp__password=CANARY + "2", smtp__port=587)

    with pytest.raises(CannotUndo, match="does not keep passwords"):
        ledger.restore("before")

    made = ledger.restore("before", force=True)
    assert made is not None
    assert made.why == "back to before; left as it is: smtp.password (user ana)"
    assert stored(ledger, "smtp.port") == 25


def test_going_back_takes_what_was_edited_by_hand_along(
    ledger: Ledger, put: Put, edit_by_hand: Callable[..., None]
) -> None:
    put(smtp__port=25)
    ledger.snapshot("before")
    edit_by_hand("users/ana.json", "smtp", "port", 2525)

    assert ledger.restore("before") is not None
    assert stored(ledger, "smtp.port") == 25


@BOTH
def test_going_back_is_a_conflict_with_whoever_commits_meanwhile(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger], meddle: Meddle
) -> None:
    put(smtp__port=25)
    ledger.snapshot("before")
    put(smtp__port=587)
    mine = open_ledger()
    meddle(mine, lambda: put(smtp__port=465))

    with pytest.raises(Conflict, match="465"):
        mine.restore("before")

    assert stored(ledger, "smtp.port") == 465


@BOTH
def test_going_back_touches_only_the_places_asked_for(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    bob = open_ledger("bob", "WS-02")
    put(smtp__port=25)
    put(bob, smtp__port=25)
    ledger.snapshot("before")
    put(smtp__port=587, smtp__name="a.example")
    put(bob, smtp__port=587)

    ledger.restore("before", places=[Place(Level.USER, "ana")])
    assert stored(ledger, "smtp.port") == 25
    assert stored(ledger, "smtp.name", Level.WORKSTATION) == "a.example"
    assert stored(bob, "smtp.port") == 587

    ledger.restore("before", everywhere=True)
    assert stored(ledger, "smtp.name", Level.WORKSTATION) is None
    assert stored(bob, "smtp.port") == 25


@pytest.mark.parametrize("why", ["\x1b]0;title\x07", "two\nlines", "x" * 2000])
def test_a_message_that_could_spoil_a_terminal_is_refused(
    ledger: Ledger, put: Put, why: str
) -> None:
    with pytest.raises(InvalidValue, match="the message for the history"):
        put(smtp__port=25, why=why)

    assert list(ledger.history()) == []


def test_a_long_message_leaves_room_for_what_stayed(ledger: Ledger, put: Put) -> None:
    put(smtp__password=CANARY, smtp__port=25)
    made = put(smtp__password=CANARY + "2", smtp__port=587)

    why = undone(ledger, made, force=True, why="x" * 1000).why

    assert len(why) == 1000
    assert why.endswith("left as it is: smtp.password (user ana)")


@BOTH
def test_another_users_commit_is_found_and_taken_back_too(
    ledger: Ledger, put: Put, open_ledger: Callable[..., Ledger]
) -> None:
    bob = open_ledger("bob", "WS-02")
    made = put(bob, smtp__port=587)

    undone(ledger, made)

    assert Ledger(ledger.store, Identity("bob", "WS-02")).resolve()["smtp", "port"].user is None
