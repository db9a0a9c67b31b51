"""What disks do to a store: they fill up, fail, refuse, and go away, at any step of a commit.

Run as root in a mount namespace of its own: ``unshare --mount python tests/folder/disks.py …``.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from killing import CALLS, KINDS, left_behind, tell
from store_worker import ANA, everywhere

from mailwidgets.errors import ReadOnlyStore, StoreError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import Level
from mailwidgets.store.commits import Note

DISKS = Path(__file__)
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LONG = "because " * 2 * (_PAGE // 8)  # a note that fills pages of history


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


@contextmanager
def at_call(
    number: int, meanwhile: Callable[[], object], *, again: bool = False
) -> Iterator[list[str]]:
    """Do something before the n-th change to the disk, or before each from there on.

    Yields:
        Before which calls it was done.
    """
    counted, done, real = itertools.count(1), list[str](), {one: getattr(os, one) for one in CALLS}

    def hooked(name: str) -> Callable[..., object]:
        def called(*args: object, **kwargs: object) -> object:
            now = next(counted)
            if now == number or (again and now > number):
                done.append(name)
                meanwhile()
            return real[name](*args, **kwargs)

        return called

    for name in CALLS:
        setattr(os, name, hooked(name))
    try:
        yield done
    finally:
        for name in CALLS:
            setattr(os, name, real[name])


def outcome(store: FolderStore, old: int, kind: str, note: Note | None = None) -> str:
    """Try a commit; return what the person is told, having seen that it is true."""
    told = "stored"
    try:
        store.commit(everywhere(old + 1, KINDS[kind]), note)
    except StoreError as error:
        told = str(error)
    return told


def true(told: str, old: int, now: int) -> bool:
    """Return whether what a person was told is what happened."""
    if told == "stored" or "is stored" in told or "The save counts" in told:
        return now == old + 1
    if "is not known" in told:
        return now in (old, old + 1)
    return now == old and ("Nothing was" in told or "cannot be read" in told)


def full(path: Path) -> object:
    """Commit on a disk that has room for none, one, two… pages more."""
    path.mkdir()
    mount("-t", "tmpfs", "-o", f"size={100 * _PAGE}", "tmpfs", str(path))
    store, seen, filler = FolderStore(path / "store"), Counter[str](), path / "filler"
    store.commit(everywhere(1))
    for why, kind, free in itertools.product(("", _LONG), KINDS, range(16)):
        filler.write_bytes(b"")
        room = os.statvfs(path)
        filler.write_bytes(bytes(max(0, room.f_bfree - free) * _PAGE))
        old, before = tell(store), files(path)
        told = outcome(store, old, kind, Note(why=why))
        now = tell(FolderStore(path / "store"))
        assert true(told, old, now), told
        if told != "stored":
            assert "No space left on device. Nothing was stored." in told
            name = told.removeprefix(f"{path / 'store'}/").partition(" ")[0]
            seen[name] += 1
            assert files(path) == before, "something was left"
        seen["refused" if now == old else "stored"] += 1
        filler.unlink()
        store.commit(everywhere(now + 1, KINDS[kind]))
        assert tell(store) == now + 1
    seen["left behind"] = left_behind(path / "store")
    return seen


def files(path: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in path.rglob("*") if one.is_file()}


def fails(path: Path, kind: str, number: str) -> object:
    """Commit on a disk that fails at each change to it, once or from then on."""
    store, seen, error = FolderStore(path), Counter[str](), int(number)
    store.commit(everywhere(1))

    def fail() -> None:
        raise OSError(error, os.strerror(error))

    for again in (False, True):
        for call in itertools.count(1):
            old = tell(store)
            with at_call(call, fail, again=again) as failed:
                told = outcome(store, old, kind)
            now = tell(store)
            assert true(told, old, now), (told, failed, old, now)
            if failed:
                seen[f"at {failed[0]}"] += 1
                seen["refused" if now == old else "told, though stored"] += told != "stored"
                seen["stored all the same"] += told == "stored"
                assert told == "stored" or os.strerror(error) in told
            if not again and "unlink" not in failed and "The save counts" not in told:
                assert not left_behind(path), (failed, told)  # else the next one tidies up
            store.commit(everywhere(now + 1))
            assert tell(store) == now + 1
            if not failed:
                break
    seen["left behind"] = left_behind(path)
    return seen


def read_only(path: Path) -> object:
    """Commit on a disk that is mounted anew for reading alone."""
    path.mkdir()
    mount("-t", "tmpfs", "tmpfs", str(path))
    store = FolderStore(path / "store")
    store.commit(everywhere(1))
    mount("-o", "remount,ro", str(path))
    told = outcome(store, 1, "three")
    refusals = [store.refusal(ANA.place(level)) for level in Level]
    first = FolderStore(path / "other")
    assert tell(store) == 1
    try:
        first.commit(everywhere(1))
    except ReadOnlyStore as error:
        elsewhere = str(error)
    mount("-o", "remount,rw", str(path))
    store.commit(everywhere(2))
    return {"told": told, "refusals": refusals, "elsewhere": elsewhere, "then": tell(store)}


def vanishes(path: Path, kind: str) -> object:
    """Commit to a disk that is unmounted before any change to it, and comes back later."""
    real = path.with_name("real")
    real.mkdir()
    path.mkdir()
    seen, told = Counter[str](), ""

    def leave() -> None:
        subprocess.run(["umount", "--lazy", str(path)], check=True)

    for call in itertools.count(1):
        mount("--bind", str(real), str(path))
        store = FolderStore(path)
        if call == 1:
            store.commit(everywhere(1))
        old = tell(store)
        with at_call(call, leave) as left:
            told = outcome(store, old, kind)
        if left:
            assert list(path.iterdir()) == [], "something was written where the disk had been"
            gone = gone_from(store)
            assert all("is its disk or share still mounted?" in one for one in gone), gone
            assert list(path.iterdir()) == []
            mount("--bind", str(real), str(path))
        now = tell(store)
        assert true(told, old, now), (told, left)
        seen[" ".join(["unmounted", *left]) if left else "finished"] += 1
        seen["refused" if now == old else "stored"] += 1
        store.commit(everywhere(now + 1))
        assert tell(store) == now + 1
        leave()
        if not left:
            return {**seen, "left behind": left_behind(real), "told": gone[0]}
    raise AssertionError


def gone_from(store: FolderStore) -> list[str]:
    """Return what a person is told by all that a store can do."""
    return [
        refused(lambda: store.read(ANA)),
        refused(lambda: store.version(ANA)),
        refused(lambda: store.places(Level.USER)),
        refused(lambda: store.commit(everywhere(99))),
    ]


def refused(task: Callable[[], object]) -> str:
    """Return what a person is told."""
    try:
        return f"not refused: {task()}"
    except StoreError as error:
        return str(error)


if __name__ == "__main__":
    chosen = {task.__name__: task for task in (full, fails, read_only, vanishes)}[sys.argv[1]]
    print(json.dumps(chosen(Path(sys.argv[2]), *sys.argv[3:])))  # type: ignore[operator] # noqa: T201 - its report
