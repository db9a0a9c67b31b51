"""One writer at a time: the store's lock, and a note in it of who holds it."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import lock_descriptor, unlock_descriptor

from mailwidgets.disk import make_folder, reported
from mailwidgets.errors import StoreError
from mailwidgets.languages.texts import N_, _

LOCK: Final = ".lock"

_OPEN: Final = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_LONGEST_NOTE: Final = 200
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.005  # seconds; a commit takes about one thousandth


@dataclass(slots=True)
class Turn:
    """A writer's turn.

    Attributes:
        cut_short: whether the writer before was killed: its note is still there.
        path: the lock's file.
        number: its descriptor.
        tidy: whether nothing is left for the next writer to remove.
    """

    cut_short: bool
    path: Path
    number: int
    tidy: bool = True

    def check(self, consequence: str) -> None:
        """Make sure that the folder is still the one whose lock is held.

        Raises:
            StoreError: if it was unmounted, removed or replaced meanwhile.
        """
        if not _is_at(self.number, self.path):
            raise StoreError(
                _(
                    "{folder} went away while it was written: it was unmounted, removed or "
                    "replaced. {consequence}"
                ).format(folder=self.path.parent, consequence=_(consequence))
            )


def gone(folder: Path) -> StoreError:
    """Return the error for a store that was here a moment ago."""
    told = _(
        "{folder} held settings a moment ago, and now there is nothing: is its disk or share "
        "still mounted? Nothing was read or stored. Should they have been removed on purpose, "
        "start again."
    )
    return StoreError(told.format(folder=folder))


@contextmanager
def alone(folder: Path, timeout: float, *, new: bool = False) -> Iterator[Turn]:
    """Hold a folder's lock.

    Args:
        folder: the store's.
        timeout: seconds to wait for another writer.
        new: whether the folder and the lock's file are to be made where they are not there.

    Yields:
        The turn.

    Raises:
        ReadOnlyStore: if this person may not write.
        StoreError: if another writer holds it all that time, or it cannot be locked.
    """
    path = folder / LOCK
    number = _locked(path, timeout, new=new)
    try:
        with reported(path, "written", N_("Nothing was stored.")):
            turn = Turn(bool(os.read(number, _LONGEST_NOTE)), path, number)
            os.lseek(number, 0, os.SEEK_SET)
            with suppress(OSError):  # a full disk: the note is for those who wait
                note = f"process {os.getpid()} on {socket.gethostname()}".encode()
                if os.write(number, note) and turn.cut_short:  # the note before may be longer
                    os.ftruncate(number, len(note))
        try:
            yield turn
        finally:
            if turn.tidy and _is_at(number, path):  # else the note tells the next one to look
                with suppress(OSError):
                    os.ftruncate(number, 0)
    finally:
        with suppress(OSError):  # a child that was forked meanwhile has the descriptor, too
            unlock_descriptor(number)
        os.close(number)


def _locked(path: Path, timeout: float, *, new: bool) -> int:
    """Return the lock's descriptor once nobody else holds it."""
    deadline, pause = time.monotonic() + timeout, _FIRST_PAUSE
    while True:
        number = _open(path, new=new)
        try:
            if _lock(number, path) and _is_at(number, path):
                held, number = number, -1
                return held
        finally:
            if number >= 0:
                os.close(number)
        if time.monotonic() >= deadline:
            raise StoreError(
                _(
                    "{folder} is being written by {writer}: waited {seconds} s. Nothing was "
                    "stored: try again."
                ).format(
                    folder=path.parent,
                    writer=_note(path) or _("another process"),
                    seconds=f"{timeout:g}",
                )
            )
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that not all try at once
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _open(path: Path, *, new: bool) -> int:
    with reported(path, "written", N_("Nothing was stored.")):
        # Some systems refuse O_CREAT for somebody else's file in a shared folder.
        try:
            return os.open(path, _OPEN)
        except FileNotFoundError as error:
            if not new:  # it would be made where a disk was mounted before
                raise gone(path.parent) from error
        make_folder(path.parent)
        return os.open(path, _OPEN | os.O_CREAT, 0o666)


def _lock(number: int, path: Path) -> bool:
    """Return whether the lock could be taken; ``False`` while someone else holds it."""
    try:
        return lock_descriptor(number, blocking=False)
    except OSError as error:
        raise StoreError(
            _(
                "{path} cannot be locked: {reason}. Nothing was stored: without a lock two writers "
                "could undo each other. A network share must offer file locks (over NFS, its lock "
                "service); else keep the store on a disk of this machine."
            ).format(path=path, reason=error.strerror or error)
        ) from error


def _is_at(number: int, path: Path) -> bool:
    """Return whether an open file is the one that its path names."""
    try:
        return os.path.samestat(os.fstat(number), os.stat(path))  # noqa: PTH116 - once a commit
    except OSError:
        return False


def _note(path: Path) -> str:
    """Return who holds the lock, as the holder noted it."""
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        return "".join(filter(str.isprintable, file.read(_LONGEST_NOTE)))
    return ""
