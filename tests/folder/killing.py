"""Kills a process in the middle of a commit, at a chosen moment or at any, and looks what is left.

``python tests/folder/killing.py TASK FOLDER …`` runs one of the tasks and prints its counts.
"""

from __future__ import annotations

import itertools
import json
import mmap
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from store_worker import agreed, everywhere, numbers

from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Level

KILLER = Path(__file__)
# Whatever changes the disk, and what opens a file, which may make one.
CALLS = (
    *("open", "write", "fsync", "replace", "rename", "unlink", "mkdir"),
    *("truncate", "ftruncate", "fchmod", "fchown"),
)
KINDS = {"one": [Level.USER], "three": list(Level)}
_NOTE = mmap.mmap(-1, 64)  # what a child that is about to die leaves to its parent
_RECENT = 40  # commits of each document that are looked at after a kill


def note(text: str) -> None:
    _NOTE[:] = text.encode().ljust(len(_NOTE))


def noted() -> str:
    return _NOTE[:].decode().strip()


def die_at(call: int, *, torn: bool) -> None:
    """Let this process be killed in place of its n-th change to the disk, or halfway through."""
    counted = itertools.count(1)

    def deadly(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **kwargs: object) -> object:
            if next(counted) == call:
                note(name)
                if torn and name == "write":
                    data = bytes(args[1])  # type: ignore[call-overload]
                    real(args[0], data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return called

    for name in CALLS:
        setattr(os, name, deadly(name, getattr(os, name)))


def survives(
    call: int, task: Callable[[], object], seen: Counter[str], *, torn: bool = False
) -> bool:
    """Do a task in a child that dies at its n-th change to the disk; return whether it did not."""
    child = os.fork()
    if not child:
        failed = 1
        try:
            die_at(call, torn=torn)
            task()
            failed = 0
        finally:
            os._exit(failed)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        seen[f"at {noted()}"] += 1
        return False
    assert os.WEXITSTATUS(status) == 0, status
    return True


def tell(store: FolderStore) -> int:
    """Return the number of the last commit, having seen that every document agrees with it."""
    history = agreed(store)
    now = max(numbers(store).values(), default=0)
    assert len(history) == now, (len(history), now)
    return now


def die_everywhere(path: Path, kind: str) -> object:
    """Kill a commit at each change to the disk, and each recovery from it likewise.

    First each starts from a store at rest; then, killed halfway through what it writes, each
    has to recover what the one before left.
    """
    reader, seen = FolderStore(path), Counter[str]()
    reader.commit(everywhere(1))
    for torn in (False, True):
        for call in itertools.count(1):
            old = tell(reader)
            changes = everywhere(old + 1, KINDS[kind])
            store = reader if torn else FolderStore(path)  # opened before the kill, or after it
            finished = survives(call, lambda: store.commit(changes), seen, torn=torn)  # noqa: B023
            now = tell(reader)
            assert now in (old, old + 1)
            seen["after" if now > old else "before"] += 1
            seen["killed"] += not finished
            if finished:
                break
            for step in () if torn else itertools.count(1):
                recovered = survives(step, lambda: FolderStore(path), Counter())
                seen["recoveries killed"] += not recovered
                assert max(numbers(reader).values()) == now
                agreed(reader, 2)
                if recovered:
                    FolderStore(path).commit(everywhere(now + 1, KINDS[kind]))
                    break
    seen["left behind"] = left_behind(path)
    return seen


def die_at_first(path: Path, kind: str) -> object:
    """Kill the first commit of all at each change to the disk; then make it."""
    seen = Counter[str]()
    for call in itertools.count(1):
        store = FolderStore(path / str(call))
        finished = survives(
            call,
            lambda: FolderStore(path / str(call)).commit(everywhere(1, KINDS[kind])),  # noqa: B023
            seen,
        )
        now = tell(store)
        seen["after" if now else "before"] += 1
        seen["killed"] += not finished
        FolderStore(path / str(call)).commit(everywhere(now + 1, KINDS[kind]))
        assert tell(store) == now + 1
        seen["left behind"] += left_behind(path / str(call))
        shutil.rmtree(path / str(call))
        if finished:
            return seen
    raise AssertionError


def die_at_random(path: Path, rounds: str) -> object:
    """Kill a process that commits all the time, now one document, now three, at any moment."""
    FolderStore(path).commit(everywhere(1))
    reader, seen, now = FolderStore(path), Counter[str](), 1
    for _ in range(int(rounds)):
        note(str(now))
        child = os.fork()
        if not child:
            store = FolderStore(path)
            for number in itertools.count(now + 1):
                store.commit(everywhere(number, KINDS["one" if number % 3 else "three"]))
                note(str(number))  # what was acknowledged must be there
        time.sleep(random.uniform(0, 0.012))  # noqa: S311 - any moment will do
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged, old = int(noted()), now
        now = numbers(reader)[Level.USER]
        assert now in (acknowledged, acknowledged + 1), (acknowledged, now)
        held, threes = numbers(reader), now - now % 3 or 1
        assert set(held.values()) == {now, threes}, held
        assert len(agreed(reader, _RECENT)) == min(now, _RECENT)
        seen["killed"] += 1
        seen["commits"] += now - old
        seen["stored, but not yet told so"] += now > acknowledged
        seen["left a journal"] += (path / ".journal").exists()
        seen["left temporary files"] += left_behind(path) > 0
    assert tell(reader) == now
    FolderStore(path).commit(everywhere(now + 1))
    assert tell(reader) == now + 1
    seen["left behind"] = left_behind(path)
    return seen


def die_at_system_calls(path: Path, kind: str) -> object:
    """Kill a commit on entering each of its system calls, by strace; the next one recovers."""
    FolderStore(path).commit(everywhere(1))
    reader, seen = FolderStore(path), Counter[str]()
    calls = path.with_suffix(".calls")
    traced(reader, everywhere(2, KINDS[kind]), f"trace=all -o {calls}")
    names = re.findall(r"^(\w+)\(", calls.read_text(), re.MULTILINE)
    for name in sorted({*names} - {"exit_group"}):
        for time_ in itertools.count(1):
            old = tell(reader)
            changes = everywhere(old + 1, KINDS[kind])
            killed = traced(reader, changes, f"inject={name}:signal=KILL:when={time_}")
            now = tell(reader)
            assert now in (old, old + 1)
            seen["after" if now > old else "before"] += 1
            if not killed:
                break
            seen["killed"] += 1
            seen[f"at {name}"] += 1
    seen["left behind"] = left_behind(path)
    return seen


def traced(store: FolderStore, changes: list[Change], expression: str) -> bool:
    """Commit in a child under strace; return whether it was killed."""
    child = os.fork()
    if not child:
        os.kill(os.getpid(), signal.SIGSTOP)
        store.commit(changes)
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    options = ["-o", "/dev/null", "-e", *expression.split(), "-p", str(child)]
    with subprocess.Popen(["strace", "-qq", *options]):
        while "TracerPid:\t0" in Path(f"/proc/{child}/status").read_text():
            time.sleep(0.001)
        os.kill(child, signal.SIGCONT)
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def leave_half_done(path: Path) -> object:
    """Leave a journal of a commit that counts but is not finished."""
    FolderStore(path).commit(everywhere(1))
    for call in itertools.count(1):
        survives(call, lambda: FolderStore(path).commit(everywhere(2)), Counter())
        if (path / ".journal").exists():
            return call
    raise AssertionError


def left_behind(path: Path) -> int:
    """Return how many files there are that are none of a store's."""
    kept = (".json", ".history", ".lock")
    return sum(one.is_file() and not one.name.endswith(kept) for one in path.rglob("*"))


if __name__ == "__main__":
    tasks = (
        *(die_everywhere, die_at_first, die_at_random, die_at_system_calls),
        leave_half_done,
    )
    chosen = {task.__name__: task for task in tasks}[sys.argv[1]]
    print(json.dumps(chosen(Path(sys.argv[2]), *sys.argv[3:])))  # type: ignore[operator] # noqa: T201 - its report
