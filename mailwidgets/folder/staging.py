"""New files under temporary names, before they count: written, made durable, or discarded."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mailwidgets.disk import make_folder, reported
from mailwidgets.folder.owners import begin
from mailwidgets.languages.texts import N_

TEMPORARY: Final = re.compile(r"\.[0-9a-f]{16}\.tmp\Z")
UNCHANGED: Final = N_("Nothing was stored.")

_TOGETHER = 16  # files that are open at once


class Unsynced:
    """Files that were written, but may not outlive a power failure before ``settle``."""

    def __init__(self) -> None:
        self._files: list[tuple[Path, int]] = []

    def add(self, path: Path, number: int) -> None:
        """Take an open file over; it is closed once it is durable.

        Raises:
            StoreError: if the disk refuses it, or one before.
        """
        self._files.append((path, number))
        if len(self._files) > _TOGETHER:
            self.settle()

    def settle(self) -> None:
        """Make them durable.

        Raises:
            StoreError: if the disk refuses.
        """
        while self._files:
            path, number = self._files.pop(0)
            try:
                with reported(path, "written", UNCHANGED):
                    os.fsync(number)
            finally:
                os.close(number)

    def close(self) -> None:
        """Close them."""
        while self._files:
            os.close(self._files.pop()[1])


class Besides:
    """What has to be done, durably, before files that are replaced count: here, nothing."""

    def check(self) -> None:
        """Make sure that the folder may still be written.

        Raises:
            StoreError: if not.
        """

    def do(self, unsynced: Unsynced) -> None:
        """Do it; the new files are written, but not under their names.

        Args:
            unsynced: takes what is to be made durable before they count.

        Raises:
            StoreError: if it cannot be done: then the files are not replaced.
        """

    def undo(self) -> None:
        """Take back what was done: the files are not replaced."""

    def left(self) -> None:
        """Hear that a temporary file could not be removed."""


def temporary_beside(target: Path) -> Path:
    """Return a temporary name for what is to replace a file."""
    return target.with_name(f".{secrets.token_hex(8)}.tmp")


def discard(paths: Iterable[Path], besides: Besides) -> None:
    """Remove temporary files; tell of one that cannot be."""
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError:  # the next writer who may will clear it
            besides.left()


def write_staged(files: Iterable[tuple[Path, Path, bytes]], besides: Besides) -> None:
    """Write new files under temporary names, durably.

    Args:
        files: the target, the temporary name and the data of each.
        besides: what is done as well, while the disk writes.

    Raises:
        ReadOnlyStore: if this person may not write a target.
        StoreError: if one cannot be written.
    """
    unsynced = Unsynced()
    try:
        for target, temporary, data in files:
            with reported(target, "written", UNCHANGED):
                folder = target.parent
                if not os.path.isdir(folder):  # noqa: PTH112 - every commit
                    besides.check()  # or would it be made where a disk was mounted before?
                    make_folder(folder)
                number = begin(temporary, data, target)
            unsynced.add(target, number)
        besides.do(unsynced)
        unsynced.settle()
    finally:
        unsynced.close()
