"""What tests do to a store in a process of its own: die in the middle, lack rights, lack room."""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailwidgets.errors import MailwidgetsError
from mailwidgets.settings.documents import ANY, UNSET, Change
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.store.folder import FolderStore

WORKER = Path(__file__)
Worker = Callable[..., Any]
ANA = Identity("ana", "WS-01")
NOBODY = 65534
CALLS = ("open", "fsync", "replace", "unlink", "mkdir", "fchmod")


def change(
    level: Level, name: str, value: object, *, base: object = ANY, lock: bool = False
) -> Change:
    """Return a change of ana's or of the company's; ``None`` removes the value."""
    section, _, key = name.partition(".")
    return Change(ANA.place(level), (section, key), UNSET if value is None else value, base, lock)


def everywhere(number: int) -> list[Change]:
    """Return changes of all three documents that say the same number."""
    return [
        change(Level.COMPANY, "pop3.timeout", number),
        change(Level.USER, "pop3.timeout", number),
        change(Level.WORKSTATION, "pop3.name", f"h{number}.example"),
    ]


def numbers(store: FolderStore) -> set[int]:
    """Return the numbers that the three documents say: one, if no commit is halved."""
    read = store.read(ANA)
    host = str(read.workstation.values["pop3", "name"])
    told = (read.company.values["pop3", "timeout"], read.user.values["pop3", "timeout"])
    return {int(str(one)) for one in told} | {int(host[1:].partition(".")[0])}


def die_at(call: int) -> None:
    """Let this process be killed in place of its n-th change to the disk."""
    counted = itertools.count(1)

    def deadly(real: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **kwargs: object) -> object:
            if next(counted) == call:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)

        return called

    for name in CALLS:
        setattr(os, name, deadly(getattr(os, name)))


def survives(call: int, task: Callable[[], object]) -> bool:
    """Do a task in a child that dies at its n-th change to the disk; return whether it did not."""
    child = os.fork()
    if not child:
        die_at(call)
        task()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    return not os.WIFSIGNALED(status)


def die_everywhere(path: Path) -> object:
    """Kill a commit at each change to the disk, and each recovery from it likewise."""
    reader = FolderStore(path)
    reader.commit(everywhere(1))
    seen = {"killed": 0, "before": 0, "after": 0, "recoveries": 0}
    for call in itertools.count(1):
        (old,) = numbers(reader)
        new = old + 1
        finished = survives(call, lambda number=new: FolderStore(path).commit(everywhere(number)))
        (now,) = numbers(reader)
        assert now in (old, new)
        seen["killed"] += not finished
        seen["after" if now == new else "before"] += 1
        for step in itertools.count(1):
            recovered = survives(step, lambda: FolderStore(path))
            seen["recoveries"] += not recovered
            assert numbers(reader) == {now}
            if recovered:
                break
        assert not (path / ".journal").exists()
        if finished:
            return {**seen, "left": sorted(str(one) for one in path.rglob(".*.tmp"))}
    raise AssertionError


def die_at_random(path: Path, rounds: str) -> object:
    """Kill a process that commits all the time, at any moment."""
    FolderStore(path).commit(everywhere(1))
    reader, seen = FolderStore(path), []
    for _ in range(int(rounds)):
        child = os.fork()
        if not child:
            for number in itertools.count(max(numbers(FolderStore(path))) % 1000 + 1):
                FolderStore(path).commit(everywhere(number % 3600 + 1))
        time.sleep(random.uniform(0.002, 0.06))  # noqa: S311 - any moment will do
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        (now,) = numbers(reader)
        assert numbers(FolderStore(path)) == {now}
        seen.append(now)
    return seen


def keep_committing(path: Path) -> object:
    """Commit to all three documents until told to stop; say when it has begun."""
    for number in itertools.count():
        FolderStore(path).commit(everywhere(number % 3600 + 1))
        if number == 0:
            print("begun", flush=True)  # noqa: T201 - the test waits for it
            os.set_blocking(0, False)
        if sys.stdin.buffer.read(1) is not None:
            return number
    raise AssertionError


def leave_half_done(path: Path) -> object:
    """Leave a journal of a commit that counts but is not finished."""
    FolderStore(path).commit(everywhere(1))
    for call in itertools.count(1):
        survives(call, lambda: FolderStore(path).commit(everywhere(2)))
        if (path / ".journal").exists():
            return call
    raise AssertionError


def set_many(path: Path, section: str, count: str) -> object:
    """Commit the user's and the company's timeout of a section many times, one by one."""
    for number in range(1, int(count) + 1):
        for level in (Level.USER, Level.COMPANY):
            FolderStore(path).commit([change(level, f"{section}.timeout", number)])
    return count


def trial(path: Path, *levels: str) -> object:
    """Try, with as few rights as possible, to read, and to write each level by itself."""
    with tempfile.TemporaryDirectory() as elsewhere:  # load now what nobody may not read later
        FolderStore(Path(elsewhere)).commit(everywhere(1))
        numbers(FolderStore(Path(elsewhere)))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    store = FolderStore(path)
    said: dict[str, object] = {"numbers": sorted(numbers(store))}
    said["writable"] = [level.value for level in Level if store.writable(level)]
    for words in levels:
        level, _, who = words.partition(":")
        identity = Identity(who or "ana", who or "WS-01")
        try:
            name = ("imap", "name" if level == "workstation" else "port")
            value = "mx.example" if level == "workstation" else 993
            store.commit([Change(identity.place(Level(level)), name, value)])
        except MailwidgetsError as error:
            said[words] = [type(error).__name__, str(error)]
        else:
            said[words] = "stored"
    return said


def fill(path: Path) -> object:
    """Commit to two documents where the second one does not fit on the disk any more."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
    long = change(Level.USER, "pop3.user", "x" * 900)
    try:
        FolderStore(path).commit([everywhere(2)[0], long])
    except MailwidgetsError as error:
        return [type(error).__name__, str(error)]
    return "stored"


if __name__ == "__main__":
    tasks = (
        *(die_everywhere, die_at_random, keep_committing),
        *(leave_half_done, set_many, trial, fill),
    )
    chosen = {task.__name__: task for task in tasks}[sys.argv[1]]
    print(json.dumps(chosen(Path(sys.argv[2]), *sys.argv[3:])))  # type: ignore[operator] # noqa: T201 - its report
