"""All or nothing: killed at any moment, without rights, without room, beside other writers."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from store_worker import ANA, WORKER, Worker, change, everywhere, numbers

from mailwidgets.settings.levels import Level
from mailwidgets.store.files import opened
from mailwidgets.store.folder import FolderStore


def files(path: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in path.rglob("*") if one.is_file()}


def test_a_commit_killed_at_any_step_is_whole_or_absent(worker: Worker) -> None:
    seen = worker("die_everywhere")

    assert seen["before"] > 10
    assert seen["after"] > 5
    assert seen["recoveries"] > 20
    assert seen["left"] == []


def test_a_process_killed_at_random_never_leaves_half_a_commit(worker: Worker) -> None:
    seen = worker("die_at_random", "30")

    assert len(seen) == 30
    assert seen[-1] > 1


def test_a_reader_never_sees_half_of_a_commit(path: Path) -> None:
    command = [sys.executable, "-W", "error", str(WORKER), "keep_committing", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"begun\n"
        store, seen, deadline = FolderStore(path), set(), time.monotonic() + 30
        while len(seen) <= 5 and time.monotonic() < deadline:
            (number,) = numbers(store)
            seen.add(number)
        writer.communicate(b"x", timeout=30)

    assert writer.returncode == 0
    assert len(seen) > 5


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_commit_between_the_opening_of_two_files_is_read_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    store, count = FolderStore(path), itertools.count(1)
    store.commit(everywhere(1))

    def interrupted(*args: Any) -> Any:  # noqa: ANN401 - as the real one
        if next(count) == moment:
            FolderStore(path).commit(everywhere(2))
        return opened(*args)

    monkeypatch.setattr("mailwidgets.store.journal.opened", interrupted)

    assert len(numbers(store)) == 1
    assert next(count) > moment


def test_two_processes_that_write_different_settings_lose_nothing(
    store: FolderStore, path: Path
) -> None:
    writers = [
        subprocess.Popen([sys.executable, str(WORKER), "set_many", str(path), section, "30"],
                         stdout=subprocess.DEVNULL)
        for section in ("pop3", "smtp", "imap")
    ]  # fmt: skip
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]

    read = store.read(ANA)
    wanted = {(section, "timeout"): 30 for section in ("pop3", "smtp", "imap")}
    assert (read.user.values, read.company.values) == (wanted, wanted)


def forbid(path: Path) -> None:
    """Take the right to write from everyone, except from root, who has it anyway."""
    for folder in (path, path / "users", path / "workstations"):
        folder.chmod(0o555)
    (path / ".lock").chmod(0o444)


def allow(path: Path) -> None:
    """Let the test's folder be removed again."""
    for folder in (path, path / "users", path / "workstations"):
        folder.chmod(0o755)


def test_one_who_may_not_write_reads_and_is_told(reachable: Path, worker: Worker) -> None:
    FolderStore(reachable).commit(everywhere(7))
    forbid(reachable)
    before = files(reachable)

    said = worker("trial", "user", "company", "user:bob", at=reachable)

    assert said["numbers"] == [7]
    assert said["writable"] == []
    for level in ("user", "company", "user:bob"):
        told = f"{reachable}/.lock cannot be written: Permission denied. Nothing was stored."
        assert said[level] == ["ReadOnlyStore", told]
    assert files(reachable) == before
    allow(reachable)


def test_one_who_may_not_write_reads_a_commit_that_waits_to_be_finished(
    reachable: Path, worker: Worker
) -> None:
    worker("leave_half_done", at=reachable)
    forbid(reachable)
    before = files(reachable)

    said = worker("trial", "user", at=reachable)

    assert said["numbers"] == [2]
    assert said["user"][0] == "ReadOnlyStore"
    assert files(reachable) == before
    allow(reachable)


def test_opening_a_store_finishes_a_commit_that_was_cut_short(path: Path, worker: Worker) -> None:
    worker("leave_half_done")
    assert (path / ".journal").exists()

    store = FolderStore(path)

    assert not (path / ".journal").exists()
    assert "h2.example" in (path / "workstations/WS-01.json").read_text()
    assert numbers(store) == {2}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of someone else")
def test_in_a_shared_folder_each_writes_their_own_document(reachable: Path, worker: Worker) -> None:
    FolderStore(reachable).commit(everywhere(7))
    (reachable / "users").chmod(0o1777)
    (reachable / ".lock").chmod(0o666)
    (reachable / "workstations").chmod(0o777)
    document = reachable / "users/ana.json"
    document.chmod(0o666)
    before = document.read_bytes()

    said = worker("trial", "user:bob", "user:ana", "workstation", "company", at=reachable)

    assert said["writable"] == ["user", "workstation"]
    assert said["user:bob"] == "stored"
    assert said["user:ana"][0] == said["company"][0] == "ReadOnlyStore"
    assert "workstations/WS-01.json cannot be written: Permission" in said["workstation"][1]
    assert f"{document} cannot be written: it is another person's file" in said["user:ana"][1]
    assert f"{reachable}/company.json cannot be written: Permission denied" in said["company"][1]
    assert document.read_bytes() == before


def test_a_full_disk_changes_nothing_and_leaves_nothing(
    store: FolderStore, path: Path, worker: Worker
) -> None:
    store.commit(everywhere(1))
    before = files(path)

    kind, message = worker("fill")

    assert kind == "StoreError"
    assert "users/ana.json cannot be written: File too large. Nothing was stored." in message
    left = files(path)
    before.pop(str(path / ".lock"))
    left.pop(str(path / ".lock"))  # it notes who held it last
    assert left == before


def test_what_a_killed_process_left_is_cleared_by_the_next_commit(
    store: FolderStore, path: Path
) -> None:
    store.commit(everywhere(1))
    left = [path / ".0123456789abcdef.tmp", path / "users/.fedcba9876543210.tmp"]
    for one in left:
        one.write_text("half")

    store.commit([change(Level.USER, "pop3.timeout", 2)])

    assert not any(one.exists() for one in left)
