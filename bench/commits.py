"""Commits to a folder per second, beside the bare floor of what the disk does for one file.

The floor writes as many bytes as a commit does to a new file, syncs it and renames it over the
old one. The second floor also syncs the folder, without which a power failure may take the new
name back; that is what a commit promises, beside a line of history that is synced, too. All take
turns, round by round, in one process and on one disk: trust the ratios.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mailwidgets.folder.chronicle import line
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.sections import SETTINGS, fit

ANA = Identity("ana", "WS-01")
USER = ANA.place(Level.USER)
_NUMBERS = itertools.count(1)


def filled() -> list[Change]:
    """Return changes that fill a user's document with what every person sets."""
    values: dict[tuple[str, str], object] = {}
    for key, setting in SETTINGS.items():
        if setting.secret or key[0] == "trust" or key == ("pop3", "timeout"):
            continue
        for value in ("ana@mail.example.org", 993, True, "require", "utf-8"):
            try:
                values[key] = fit(Change(USER, key, value)).value
            except (ValueError, TypeError):
                continue
            break
    return [Change(USER, key, value) for key, value in values.items()]


def store_of(path: Path, commits: int = 0) -> FolderStore:
    """Return a store whose user's history has some commits already."""
    store = FolderStore(path)
    done = store.commit(filled())
    assert done is not None
    if commits:
        history, parent = path / "users/ana.history", done.id
        (last,) = history.read_bytes().splitlines(keepends=True)
        with history.open("ab") as file:
            for number in range(commits - 1):
                id_ = f"{number:032x}"
                record = {"commit": id_, "parent": parent, "at": done.at.isoformat(), "by": "ana"}
                edit = {"setting": "pop3.timeout", "before": number, "after": number + 1}
                file.write(line({**record, "edits": [edit], "digest": ""}))
                parent = id_
        document = path / "users/ana.json"
        document.write_bytes(document.read_bytes().replace(done.id.encode(), parent.encode()))
        assert last
    store.commit([Change(USER, ("pop3", "timeout"), 7)])
    return store


def one(store: FolderStore) -> Callable[[], None]:
    """Return a commit of one setting of one user."""

    def commit() -> None:
        store.commit([Change(USER, ("pop3", "timeout"), next(_NUMBERS) % 3600 + 1)])

    return commit


def three(store: FolderStore) -> Callable[[], None]:
    """Return a commit of all three levels."""

    def commit() -> None:
        number = next(_NUMBERS) % 3600 + 1
        host = Change(ANA.place(Level.WORKSTATION), ("pop3", "name"), f"h{number}.example")
        levels = [
            Change(ANA.place(level), ("pop3", "timeout"), number) for level in list(Level)[:2]
        ]
        store.commit([*levels, host])

    return commit


def floor(folder: Path, size: int, *, folder_too: bool) -> Callable[[], None]:
    """Return the bare write, fsync and rename of a file; and the fsync of its folder."""
    folder.mkdir(exist_ok=True)
    draft, target, data = str(folder / "draft"), str(folder / "file"), b"x" * size

    def write() -> None:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        os.write(number, data)
        os.fsync(number)
        os.close(number)
        os.rename(draft, target)  # noqa: PTH104 - the floor is bare
        if folder_too:
            number = os.open(folder, os.O_RDONLY)
            os.fsync(number)
            os.close(number)

    return write


def measured(tasks: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return each task's median, in microseconds, over rounds in which all take turns."""
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) * 1e6 for name, found in times.items()}


def side_by_side(folder: Path, processes: int, seconds: float) -> list[tuple[str, float]]:
    """Return how many of each a second several processes do at once, each for its own user."""
    path, rates = folder / f"crowd{processes}", []
    store_of(path)

    def saving(number: int) -> Callable[[], None]:
        store, place = FolderStore(path, timeout=60), Identity(f"u{number}", "WS").place(Level.USER)
        store.commit([Change(place, change.key, change.value) for change in filled()])
        key = ("pop3", "timeout")
        return lambda: store.commit([Change(place, key, next(_NUMBERS) % 3600 + 1)]) and None

    def bare(number: int) -> Callable[[], None]:
        return floor(folder / f"floor{processes}.{number}", 837, folder_too=False)

    def safe(number: int) -> Callable[[], None]:
        return floor(folder / f"safe{processes}.{number}", 837, folder_too=True)

    for what, prepared in (("floor", bare), ("floor with the folder", safe), ("commits", saving)):
        readers = []
        for number in range(processes):
            reader, writer = os.pipe()
            if not os.fork():
                task, done = prepared(number), 0
                until = time.perf_counter() + seconds
                while time.perf_counter() < until:
                    task()
                    done += 1
                os.write(writer, str(done).encode())
                os._exit(0)
            os.close(writer)
            readers.append(os.fdopen(reader))
        total = 0
        for one_ in readers:
            with one_:
                total += int(one_.read())
            os.wait()
        rates.append((what, total / seconds))
    return rates


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=500)
    options.add_argument("--folder", type=Path, help="on the disk to measure", default=None)
    options.add_argument("--history", type=int, default=[1, 10_000, 1_000_000], nargs="*")
    options.add_argument("--users", type=int, default=100_000, help="other users' documents")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        stores = {
            f"one setting, history of {count:,}": one(store_of(folder / str(count), count))
            for count in chosen.history
        }
        crowd = folder / "crowd"
        stores[f"one setting, among {chosen.users:,} users"] = one(store_of(crowd))
        for number in range(chosen.users):
            (crowd / f"users/u{number}.json").touch()
        size = (folder / "crowd/users/ana.json").stat().st_size
        tasks = {
            "floor: write, fsync, rename": floor(folder / "floor", size, folder_too=False),
            "floor, and fsync of the folder": floor(folder / "floor2", size, folder_too=True),
            **stores,
            "three documents": three(store_of(folder / "three")),
        }
        found = measured(tasks, chosen.rounds)
        crowds = {count: side_by_side(folder, count, 3) for count in (1, 2, 4, 16)}
    bare, safe = list(found.values())[:2]
    print(f"{size} bytes in the document; medians of {chosen.rounds}\n")
    print("| what | µs | per second | of the floor's rate | of the floor with the folder |")
    print("|---|---|---|---|---|")
    for what, median in found.items():
        print(f"| {what} | {median:.0f} | {1e6 / median:.0f} | {bare / median:.2f} "
              f"| {safe / median:.2f} |")  # fmt: skip
    print("\n| processes | floor, per second | with the folder | commits | of the floor's rate |")
    print("|---|---|---|---|---|")
    for count, rates in crowds.items():
        (_, low), (_, middle), (_, ours) = rates
        print(f"| {count} | {low:.0f} | {middle:.0f} | {ours:.0f} | {ours / low:.2f} |")


if __name__ == "__main__":
    main()
