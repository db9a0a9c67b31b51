"""All or nothing: killed at any moment, without rights, without room, beside other writers."""

from __future__ import annotations

import errno
import itertools
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killing import KILLER
from store_worker import ANA, WORKER, Worker, agreed, everywhere, numbers

from mailwidgets.errors import StoreError
from mailwidgets.folder.chronicle import history_name
from mailwidgets.folder.folder import FolderStore
from mailwidgets.folder.names import document_name
from mailwidgets.folder.owners import opened
from mailwidgets.settings.levels import Level


def files(path: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in path.rglob("*") if one.is_file()}


def test_a_reader_never_sees_half_of_a_commit(path: Path) -> None:
    command = [sys.executable, "-W", "error", str(WORKER), "keep_committing", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"begun\n"
        store, seen, deadline = FolderStore(path), set(), time.monotonic() + 30
        while len(seen) <= 5 and time.monotonic() < deadline:
            (number,) = {*numbers(store).values()}
            seen.add(number)
        writer.communicate(b"x", timeout=30)

    assert writer.returncode == 0
    assert len(seen) > 5


@pytest.mark.parametrize("moment", range(1, 7))
def test_a_commit_between_the_opening_of_two_files_is_read_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    store, count = FolderStore(path), itertools.count(1)
    store.commit(everywhere(1))

    def interrupted(*args: Any) -> Any:  # noqa: ANN401 - as the real one
        if next(count) == moment:
            FolderStore(path).commit(everywhere(2))
        return opened(*args)

    monkeypatch.setattr("mailwidgets.folder.journal.opened", interrupted)

    assert len({*numbers(store).values()}) == 1
    assert next(count) > moment


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

    said = worker("trial", "7", at=reachable)

    assert said["numbers"] == [7, 7, 7]
    assert said["writable"] == []
    told = f"{reachable}/.lock cannot be written: Permission denied. Nothing was stored."
    assert [said[level] for level in Level] == [["ReadOnlyStore", told]] * 3
    assert files(reachable) == before
    allow(reachable)


def test_one_who_may_not_write_reads_a_commit_that_waits_to_be_finished(
    reachable: Path, worker: Worker
) -> None:
    worker("leave_half_done", at=reachable, program=KILLER)
    forbid(reachable)
    before = files(reachable)

    said = worker("trial", "2", at=reachable)

    assert said["numbers"] == [2, 2, 2]
    assert said["user"][0] == "ReadOnlyStore"
    assert files(reachable) == before
    allow(reachable)


def test_what_waits_to_be_finished_is_listed_and_noticed_as_if_it_were(
    store: FolderStore, path: Path
) -> None:
    store.commit(everywhere(1, [Level.USER]))
    versions, document = [store.version(ANA)], path / "users/ana.json"
    waiting = {path / "users/.0123456789abcdef.tmp": document}
    waiting[path / "users/.fedcba9876543210.tmp"] = path / "users/bob.json"
    for temporary, target in waiting.items():
        temporary.write_bytes(document.read_bytes().replace(b'"ana"', f'"{target.stem}"'.encode()))
    names = {f"users/{target.name}": temporary.name for temporary, target in waiting.items()}

    (path / ".journal").write_text(json.dumps(names))  # of another process, killed
    versions.append(store.version(ANA))
    assert [place.id for place in store.places(Level.USER)] == ["ana", "bob"]
    assert [one.place.id for one in store.read_all(Level.USER)] == ["ana", "bob"]
    FolderStore(path)

    assert not (path / ".journal").exists()
    assert [place.id for place in store.places(Level.USER)] == ["ana", "bob"]
    assert [store.version(ANA)] == versions[1:] != versions[:1]


def test_opening_a_store_finishes_a_commit_that_was_cut_short(path: Path, worker: Worker) -> None:
    worker("leave_half_done", program=KILLER)
    assert (path / ".journal").exists()

    store = FolderStore(path)

    assert not (path / ".journal").exists()
    assert "h2.example" in (path / "workstations/WS-01.json").read_text()
    assert {*numbers(store).values()} == {2}
    assert len(agreed(store)) == 2


def test_a_full_disk_changes_nothing_and_leaves_nothing(
    store: FolderStore, path: Path, worker: Worker
) -> None:
    store.commit(everywhere(1))
    before = files(path)

    kind, message = worker("fill")

    assert kind == "StoreError"
    assert "users/ana.json cannot be written: File too large. Nothing was stored." in message
    assert files(path) == before


def test_what_a_killed_process_left_is_cleared_by_the_next_commit(
    store: FolderStore, path: Path
) -> None:
    store.commit(everywhere(1))
    left = [path / ".0123456789abcdef.tmp", path / "users/.fedcba9876543210.tmp"]
    for one in left:
        one.write_text("half")
    (path / ".lock").write_text("process 1 on elsewhere")  # it could not take this back

    store.commit(everywhere(2))

    assert not any(one.exists() for one in left)


def test_what_cannot_be_cleared_now_is_cleared_by_a_later_commit(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(everywhere(1, [Level.USER]))
    left = path / "users/.fedcba9876543210.tmp"
    left.write_text("of somebody else, in a folder that several people share")
    (path / ".lock").write_text("process 1 on elsewhere")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    with monkeypatch.context() as theirs:
        theirs.setattr(Path, "unlink", refuse)
        store.commit(everywhere(2, [Level.USER]))
    assert left.exists()
    store.commit(everywhere(3, [Level.USER]))

    assert not left.exists()
    assert (path / ".lock").read_bytes() == b""


def test_a_folder_that_is_replaced_as_a_commit_counts_is_told(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(everywhere(1))
    real, away = os.replace, path.with_name("away")

    def replaced(*names: Path) -> None:
        real(*names)
        path.rename(away)
        path.mkdir()

    monkeypatch.setattr(os, "replace", replaced)

    with pytest.raises(StoreError, match=r"went away .* Whether the save was stored is not known"):
        store.commit(everywhere(2, [Level.COMPANY]))
    assert numbers(FolderStore(away))[Level.COMPANY] == 2


def test_folders_that_are_made_outlive_a_power_failure(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real = [], os.fsync

    def noted(number: int) -> None:
        synced.append(str(Path(f"/dev/fd/{number}").resolve()))
        real(number)

    monkeypatch.setattr(os, "fsync", noted)
    path = path / "deep/down"
    FolderStore(path).commit(everywhere(1, [Level.USER]))

    above = [str(one) for one in (*path.parents[2::-1], path)]
    assert synced[: len(above)] == above  # each folder's name in the one above, first of all


def test_what_is_taken_over_outlives_a_power_failure_once_that_is_told(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(everywhere(1))
    there, done = FolderStore(path.with_name("there")), [""]
    there.commit(everywhere(1, [Level.COMPANY]))
    (path / "users/ana.history").unlink()
    document = json.loads((path / "users/ana.json").read_bytes())
    (path / "users/ana.json").write_text(json.dumps(document | {"commit": ""}))
    moved = store.moved(ANA.place(Level.USER))  # one file, no history: no journal is written

    def noting(call: str, named: Callable[..., Path]) -> None:
        real = getattr(os, call)
        monkeypatch.setattr(
            os, call, lambda *args: (done.append(f"{call} {named(*args).name}"), real(*args))[1]
        )

    noting("fsync", lambda number: Path(f"/dev/fd/{number}").resolve())
    noting("replace", lambda _, target: Path(target))
    there.adopt([moved])

    assert done[-2:] == ["replace ana.json", "fsync users"]


def test_a_folder_that_cannot_be_locked_is_told_apart_from_one_that_is(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(everywhere(1))
    before = files(path)

    def refuse(*_: object, **__: object) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("mailwidgets.folder.alone.lock_descriptor", refuse)

    with pytest.raises(StoreError) as caught:
        store.commit(everywhere(2))

    told = f"{path}/.lock cannot be locked: No locks available. Nothing was stored: without a lock"
    assert told in str(caught.value)
    assert "A network share must offer file locks" in str(caught.value)
    assert files(path) == before


def test_a_folder_that_cannot_be_synced_is_told_to_be_stored_but_fleeting(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(everywhere(1))
    real = os.fsync

    def refuse(number: int) -> None:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(number)

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(StoreError) as caught:
        store.commit(everywhere(2, [Level.USER]))

    assert "Input/output error. What was saved is stored and read by everyone, but may not" in str(
        caught.value
    )
    assert numbers(store)[Level.USER] == 2
    assert len(agreed(store)) == 2


@pytest.mark.parametrize("levels", [[Level.USER], list(Level)])
def test_what_is_acknowledged_was_synced_in_the_order_that_a_power_failure_needs(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch, levels: list[Level]
) -> None:
    store.commit(everywhere(1))
    done: list[tuple[str, str]] = []

    def name(number: int) -> str:
        return str(Path(f"/dev/fd/{number}").resolve().relative_to(path))

    def noting(call: str, named: Callable[..., str]) -> None:
        real = getattr(os, call)

        def noted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the real one
            done.append((call, named(*args)))
            return real(*args, **kwargs)

        monkeypatch.setattr(os, call, noted)

    for call in ("write", "fsync"):
        noting(call, lambda number, *_: name(number))
    noting("replace", lambda _, target: str(Path(target).relative_to(path)))
    noting("unlink", lambda gone: str(Path(gone).relative_to(path)))

    store.commit(everywhere(2, levels))

    written = {one for call, one in done if call == "write" and one != ".lock"}
    places = {document_name(ANA.place(level)) for level in levels}
    histories = {history_name(ANA.place(level)) for level in levels}
    counts = done.index(("replace", ".journal" if len(levels) > 1 else min(places)))
    for one in written:  # all that was written is durable before any of it counts
        synced = done.index(("fsync", one))
        assert done.index(("write", one)) < synced < counts, one
    assert histories < written
    folders = {str(Path(one).parent) for one in places}
    if len(levels) > 1:
        assert ("fsync", ".") in done[counts : done.index(("replace", "company.json"))]
        assert folders <= {one for call, one in done[:counts] if call == "fsync"}
        counts = max(index for index, (call, _) in enumerate(done) if call == "replace")
    assert folders <= {one for call, one in done[counts:] if call == "fsync"}
    gone = [index for index, one in enumerate(done) if one == ("unlink", ".journal")]
    assert all(done.index(("fsync", one), counts) < gone[0] for one in folders if gone)


def test_waiting_ends_in_time_and_a_closed_store_is_usable(store: FolderStore) -> None:
    store.commit(everywhere(1))
    store.wait(0.001)

    store.close()

    assert {*numbers(store).values()} == {1}
