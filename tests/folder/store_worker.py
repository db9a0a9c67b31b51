"""What tests do to a store in a process of its own: write beside others, lack rights or room."""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from mailwidgets.errors import Conflict, MailwidgetsError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.documents import ANY, UNSET, Change
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.store.commits import Commit, Note

WORKER = Path(__file__)
Worker = Callable[..., Any]
NOBODY = 65534
ANA = Identity("ana", "WS-01")
SETTING = {Level.COMPANY: "pop3.port", Level.USER: "pop3.port", Level.WORKSTATION: "pop3.name"}


def change(
    level: Level, name: str, value: object, *, base: object = ANY, lock: bool = False
) -> Change:
    """Return a change of ana's or of the company's; ``None`` removes the value."""
    section, _, key = name.partition(".")
    return Change(ANA.place(level), (section, key), UNSET if value is None else value, base, lock)


def everywhere(number: int, levels: Iterable[Level] = Level) -> list[Change]:
    """Return changes of the documents of some levels that say the same number."""
    return [
        change(
            level, SETTING[level], f"h{number}.example" if level is Level.WORKSTATION else number
        )
        for level in levels
    ]


def numbers(store: FolderStore) -> dict[Level, int]:
    """Return the number that each document says; none where it says none."""
    read, found = store.read(ANA), {}
    for level, name in SETTING.items():
        section, _, key = name.partition(".")
        value = read.at(level).values.get((section, key))
        if value is not None:
            found[level] = int(str(value).strip("h").removesuffix(".example"))
    return found


def agreed(store: FolderStore, newest: int | None = None) -> list[Commit]:
    """Return the history, having seen that it tells exactly what the documents hold.

    Args:
        store: holds nothing but commits of ``everywhere``.
        newest: how many commits of a document to look at; by default all.
    """
    read = store.read(ANA)
    for level in Level:
        document = read.at(level)
        chain = list(itertools.islice(store.history([document.place]), newest))
        assert document.commit == (chain[0].id if chain else "")
        (value,) = document.values.values() or (None,)
        for commit in chain:
            assert document.place in commit.places
            (edit,) = commit.edits
            assert edit.after == value
            value = edit.before
        assert value is None or newest is not None
        assert all(old.at < new.at for new, old in itertools.pairwise(chain))
    places = [ANA.place(level) for level in Level]
    whole = list(itertools.islice(store.history(places), newest))
    assert all(len(commit.edits) == len(commit.places) for commit in whole[: newest and -1])
    assert len({commit.id for commit in whole}) == len(whole)
    return whole


def keep_committing(path: Path) -> object:
    """Commit to all three documents until told to stop; say when it has begun."""
    for number in itertools.count(1):
        FolderStore(path).commit(everywhere(number))
        if number == 1:
            print("begun", flush=True)  # noqa: T201 - the test waits for it
            os.set_blocking(0, False)
        if sys.stdin.buffer.read(1) is not None:
            return number
    raise AssertionError


def set_many(path: Path, section: str, count: str) -> object:
    """Commit the user's and the company's timeout of a section many times, one by one."""
    store, ids = FolderStore(path, timeout=60), []
    for number in range(1, int(count) + 1):
        for level in (Level.USER, Level.COMPANY):
            done = store.commit([change(level, f"{section}.timeout", number)], Note(section))
            ids += [done.id] if done else []
    return ids


def compete(path: Path, name: str, count: str) -> object:
    """Commit many times: now to a document of one's own, now one setting that all want.

    Returns:
        The ids of what was stored, how many were refused as conflicts, and the last own value.
    """
    store = FolderStore(path, timeout=60)
    own, wanted = Identity(name, "WS-01").place(Level.USER), ANA.place(Level.USER)
    ids, conflicts, number = [], 0, 0
    while len(ids) < int(count):
        number += 1
        if number % 4:
            changes = [Change(own, ("pop3", "port"), number)]
        else:
            seen = store.read(ANA).user.values.get(("imap", "port"), UNSET)
            mine = random.randrange(1, 65536)  # noqa: S311 - anything but what others want
            changes = [Change(wanted, ("imap", "port"), mine, seen)]
        try:
            done = store.commit(changes, Note(name))
        except Conflict as conflict:
            (clash,) = conflict.clashes
            assert clash.theirs != clash.base
            conflicts += 1
        else:
            ids += [done.id] if done else []
    value = store.read(Identity(name, "WS-01")).user.values["pop3", "port"]
    return {"ids": ids, "conflicts": conflicts, "value": value}


def trial(path: Path, stored: str) -> object:
    """Try, with as few rights as possible, to read, and to write each level by itself."""
    with tempfile.TemporaryDirectory() as elsewhere:  # load now what nobody may not read later
        FolderStore(Path(elsewhere)).commit(everywhere(1))
        numbers(FolderStore(Path(elsewhere)))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    store = FolderStore(path)
    said: dict[str, object] = {"numbers": list(numbers(store).values())}
    said["writable"] = [one.value for one in Level if not store.refusal(ANA.place(one))]
    for level in Level:
        try:
            store.commit(everywhere(int(stored) + 1, [level]))
        except MailwidgetsError as error:
            said[level] = [type(error).__name__, str(error)]
        else:
            said[level] = "stored"
    assert store.commit(everywhere(int(stored))) is None  # what changes nothing needs no right
    return said


def fill(path: Path) -> object:
    """Commit to two documents where the second one does not fit on the disk any more."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))
    long = change(Level.USER, "pop3.user", "x" * 900)
    try:
        FolderStore(path).commit([*everywhere(2, [Level.COMPANY]), long])
    except MailwidgetsError as error:
        return [type(error).__name__, str(error)]
    return "stored"


if __name__ == "__main__":
    tasks = (keep_committing, set_many, compete, trial, fill)
    chosen = {task.__name__: task for task in tasks}[sys.argv[1]]
    print(json.dumps(chosen(Path(sys.argv[2]), *sys.argv[3:])))  # type: ignore[operator] # noqa: T201 - its report
