"""History beside each document: exact, in order, and never in the way of a save."""

from __future__ import annotations

import errno
import json
import os
import resource
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from disks import at_call
from store_worker import ANA, agreed, everywhere

from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.folder import chronicle
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.documents import UNSET, Change
from mailwidgets.settings.levels import Level, Place
from mailwidgets.store import commits
from mailwidgets.store.commits import Note

USER = ANA.place(Level.USER)


def ports(store: FolderStore) -> list[object]:
    return [edit.after for commit in store.history([USER]) for edit in commit.edits]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (path / "users/ana.history").read_bytes().splitlines()]


def save(store: FolderStore, *numbers: int) -> None:
    for number in numbers:
        store.commit(everywhere(number, [Level.USER]), Note("ana", f"to {number}"))


def test_a_document_names_its_last_commit_and_history_leads_on_from_there(
    store: FolderStore, path: Path
) -> None:
    save(store, 1, 2, 3)

    written = lines(path)
    assert [one["why"] for one in written] == ["to 1", "to 2", "to 3"]
    assert [one["parent"] for one in written] == [None, *[one["commit"] for one in written[:-1]]]
    assert json.loads((path / "users/ana.json").read_bytes())["commit"] == written[-1]["commit"]
    assert len(agreed(store)) == 3


def test_a_clock_that_goes_back_does_not_turn_history_round(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        back = timedelta(0)

        @classmethod
        def now(cls, tz: Any = UTC) -> datetime:  # noqa: ANN401 - as the real one
            return datetime.now(tz) - cls.back

    monkeypatch.setattr(commits, "datetime", Clock)
    save(store, 1)
    Clock.back = timedelta(days=365)
    save(store, 2, 3)
    store.commit(everywhere(4))

    assert [commit.why for commit in store.history([USER])] == ["", "to 3", "to 2", "to 1"]
    times = [commit.at for commit in agreed(store)]
    assert times == sorted(times, reverse=True)
    assert len({*times}) == 4
    assert times[0] - times[-1] == 3 * datetime.resolution


def test_a_record_without_its_document_does_not_count(store: FolderStore, path: Path) -> None:
    save(store, 1, 2)
    history = path / "users/ana.history"
    orphan = lines(path)[-1] | {"commit": "f" * 32, "why": "cut short"}
    with history.open("a") as file:
        file.write(json.dumps(orphan) + "\n")
        file.write('{"commit": "half a li')

    assert ports(store) == [2, 1]
    save(store, 3)
    assert ports(store) == [3, 2, 1]
    assert '"cut short"' in history.read_text()  # what is there is never removed
    assert len(agreed(store)) == 3


def test_a_document_put_back_from_a_copy_has_the_history_of_its_time(
    store: FolderStore, path: Path
) -> None:
    save(store, 1, 2)
    document = path / "users/ana.json"
    copy = document.read_bytes()
    save(store, 3, 4)
    document.write_bytes(copy)

    assert ports(store) == [2, 1]
    save(store, 5)
    assert ports(store) == [5, 2, 1]
    assert len(agreed(store)) == 3


@pytest.mark.parametrize("how", ["removed", "written by hand"])
def test_a_document_that_names_no_commit_follows_the_last_one(
    store: FolderStore, path: Path, how: str
) -> None:
    save(store, 1, 2)
    document = path / "users/ana.json"
    if how == "removed":
        document.unlink()
    else:
        document.write_text('{"id": "ana", "settings": {"pop3": {"port": 77}}}')

    assert ports(store) == [2, 1]
    save(store, 3)
    newest, *older = store.history([USER])
    assert [commit.why for commit in older] == ["to 2", "to 1"]
    assert newest.outside == (USER,)
    (edit,) = newest.edits
    assert edit.before == (None if how == "removed" else 77)
    assert edit.after == 3


@pytest.mark.parametrize("named", ["\ud800", "\x1b[2J", 'é"\\'])
def test_whatever_commit_someone_lets_a_document_name_does_no_harm(
    store: FolderStore, path: Path, named: str
) -> None:
    save(store, 1, 2)
    document = path / "users/ana.json"
    document.write_text(json.dumps(json.loads(document.read_bytes()) | {"commit": named}))

    seen = []
    with pytest.raises(DamagedDocument, match="is missing or damaged") as caught:
        seen.extend(store.history([USER]))
    assert [commit.why for commit in seen] == ["to 2", "to 1"]
    assert str(caught.value).isprintable()
    save(store, 3)
    assert ports(store) == [3, 2, 1]


@pytest.mark.parametrize("id_", ["é😀", 'a"\\b', "\ud800"])
def test_a_commit_of_any_id_is_found_again(store: FolderStore, id_: str) -> None:
    save(store, 1)
    store.commit(everywhere(2, [Level.USER]), Note(id=id_))
    save(store, 3)

    assert [commit.id for commit in store.history([USER])][1] == id_


@pytest.mark.parametrize("call", range(1, 40))
def test_a_commit_that_fails_where_a_document_names_none_leaves_no_extra_commit(
    store: FolderStore, path: Path, call: int
) -> None:
    save(store, 1, 2)
    (path / "users/ana.json").write_text('{"id": "ana", "settings": {"pop3": {"port": 77}}}')

    def fail() -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with at_call(call, fail, again=True) as failed:
        try:
            save(store, 3)
        except StoreError as error:
            stored = "is stored" in str(error)
        else:
            stored = True

    assert ports(store) == ([3, 2, 1] if stored else [2, 1]), failed


def test_a_damaged_record_is_told_and_does_not_hinder_a_save(
    store: FolderStore, path: Path
) -> None:
    save(store, 1, 2, 3)
    history = path / "users/ana.history"
    first, second, third = history.read_bytes().splitlines(keepends=True)
    history.write_bytes(first + second[:20] + b"?" + second[21:] + third)
    seen = []

    with pytest.raises(DamagedDocument, match="is missing or damaged") as caught:
        seen.extend(store.history([USER]))

    assert str(history) in str(caught.value)
    assert "The settings themselves are not affected." in str(caught.value)
    assert "move it away: then the next save begins a new one." in str(caught.value)
    assert [commit.why for commit in seen] == ["to 3"]
    save(store, 4)
    assert next(store.history([USER])).why == "to 4"
    history.rename(path / "taken away")  # as the message says
    save(store, 5, 6)
    assert [commit.why for commit in store.history([USER])] == ["to 6", "to 5"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record | {"at": "yesterday"},
        lambda record: record | {"at": "2026-01-01T00:00:00"},
        lambda record: record | {"at": None},
        lambda record: record | {"at": "9999-12-31T23:59:59.999999+00:00"},
        lambda record: record | {"at": "0001-01-01T00:00:00+14:00"},
        lambda record: {key: value for key, value in record.items() if key != "edits"},
        lambda record: record | {"edits": 7},
        lambda record: record | {"edits": [{"setting": 1}]},
        lambda record: record | {"places": [["moon", "x"]]},
    ],
)
def test_a_record_that_someone_spoilt_is_told(
    store: FolderStore, path: Path, spoil: Callable[[dict[str, Any]], object]
) -> None:
    save(store, 1)
    history = path / "users/ana.history"
    history.write_text(json.dumps(spoil(lines(path)[0])) + "\n")

    with pytest.raises(DamagedDocument, match="record of commit"):
        list(store.history([USER]))
    save(store, 2)
    assert next(store.history([USER])).why == "to 2"


def test_a_line_that_is_too_long_is_passed_over(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, 1)
    monkeypatch.setattr(chronicle, "_LONGEST", 2**16)
    with (path / "users/ana.history").open("ab") as file:
        file.truncate(file.tell() + 2**19)

    assert ports(store) == [1]
    save(store, 2)
    assert ports(store) == [2, 1]


def test_a_history_that_is_no_file_is_told(store: FolderStore, path: Path) -> None:
    save(store, 1)
    history = path / "users/ana.history"
    history.unlink()
    history.mkdir()

    with pytest.raises(StoreError, match=r"ana\.history cannot be"):
        save(store, 2)
    assert store.read(ANA).user.values == {("pop3", "port"): 1}


def test_a_save_reads_no_more_of_history_than_its_end(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, 1)
    history = path / "users/ana.history"
    (line,) = history.read_bytes().splitlines(keepends=True)
    with history.open("wb") as file:
        file.truncate(2**40)  # as many commits as there ever will be
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + line)
    read, real = [], os.read

    def counted(number: int, size: int) -> bytes:
        data = real(number, size)
        read.append(len(data))
        return data

    monkeypatch.setattr(os, "read", counted)

    save(store, 2)

    assert sum(read) < 10_000


def test_a_save_lists_no_folder(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    save(store, 1)

    def refuse(*_: object) -> None:
        raise AssertionError("thousands of people may be in there")

    monkeypatch.setattr(os, "scandir", refuse)
    monkeypatch.setattr(os, "listdir", refuse)

    save(store, 2)
    assert ports(store) == [2, 1]


def test_nothing_is_added_through_a_link(tmp_path: Path) -> None:
    """Someone may put it there between the reading of a history and the adding to it."""
    (tmp_path / "precious").write_text("precious\n")
    link = tmp_path / "ana.history"
    link.symlink_to("precious")

    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        chronicle.Chronicle(link, USER).add({"commit": "f" * 32})

    assert (tmp_path / "precious").read_text() == "precious\n"


def test_what_is_taken_back_takes_nothing_of_others_along(store: FolderStore, path: Path) -> None:
    save(store, 1)
    whole, history = lines(path), chronicle.Chronicle(path / "users/ana.history", USER)
    for theirs in ("", "added in an editor\n"):
        added = history.add({"commit": "f" * 32})
        os.close(added.number)
        with history.path.open("a") as file:
            file.write(theirs)
        history.take_back(added)
        assert (lines(path) == whole) if not theirs else history.path.read_text().endswith(theirs)


def test_more_places_are_saved_at_once_than_files_may_be_open(store: FolderStore) -> None:
    people = [Place(Level.USER, f"u{number}") for number in range(100)]
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len([*Path("/dev/fd").iterdir()]) + 60, limits[1]))
    try:
        for number in (1, 2):
            store.commit([Change(one, ("pop3", "port"), number) for one in people])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert [one.values for one in store.read_all(Level.USER)] == [{("pop3", "port"): 2}] * 100


def test_more_histories_are_read_side_by_side_than_files_may_be_open(store: FolderStore) -> None:
    people = [Place(Level.USER, f"u{number}") for number in range(300)]
    for start in range(0, len(people), 100):
        some = people[start : start + 100]
        store.commit([Change(one, ("pop3", "port"), 995, UNSET) for one in some])

    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len([*Path("/dev/fd").iterdir()]) + 220, limits[1]))
    try:
        whole = list(store.history(people))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert [len(commit.edits) for commit in whole] == [100] * 3
