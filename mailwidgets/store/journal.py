"""Several files in a folder, replaced all together or not at all, even by a process killed midway.

The new files are written beside the old ones under temporary names. For one file, renaming it
is the commit. For several, a journal that names them is renamed into place: from that instant
they count, and a reader takes a file that the journal names from its temporary name as long as
that exists. Then they are renamed and the journal goes. Whoever writes next finishes what a
killed process left.

Writers must hold the store's lock. Readers need none, and nothing but the right to read.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, Final

from mailwidgets.errors import StoreError
from mailwidgets.store.files import entries, make_folder, opened, reported, stage, sync
from mailwidgets.store.parse import LARGEST, parse

JOURNAL: Final = ".journal"

_TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.tmp\Z")
_NAME = re.compile(r"(?!\.)[\w@.%~-]+(/(?!\.)[\w@.%~-]+)?\Z", re.ASCII)
_PATIENCE = 5.0  # seconds; a commit takes milliseconds
_UNCHANGED = "Nothing was stored."
_UNFINISHED = "A save is recorded there, and counts, but could not be finished."


class Journal:
    """The files of a folder and of its sub-folders, by name (``users/ana.json``).

    Args:
        root: the folder; it may be absent.
        folders: the names of the sub-folders.
    """

    def __init__(self, root: Path, folders: Iterable[str]) -> None:
        self.root = root
        self.folders = tuple(folders)
        self._path = root / JOURNAL

    def read(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Return the files as they stood at one instant; ``None`` for one that is absent.

        Raises:
            StoreError: if one cannot be read.
        """
        listed = tuple(names)
        deadline = time.monotonic() + _PATIENCE
        while True:
            with ExitStack() as held:
                # A file is only ever replaced, and an open one keeps its number: what was
                # the same in two rounds was there together between the rounds.
                first = self._open_all(listed, held)
                again = self._open_all(listed, held)
                if [*map(_number, first)] == [*map(_number, again)]:
                    data = [None if file is None else file.read(LARGEST + 1) for file in first]
                    return dict(zip(listed, data, strict=True))
            if time.monotonic() > deadline:
                raise StoreError(f"{self.root} changes faster than it can be read: try again")

    def _open_all(self, names: Iterable[str], held: ExitStack) -> list[BinaryIO | None]:
        waiting = self.waiting()
        files = []
        for name in names:
            staged = opened(waiting[name], held) if name in waiting else None
            files.append(opened(self.root / name, held) if staged is None else staged)
        return files

    def waiting(self) -> dict[str, Path]:
        """Return the temporary files that count as the named files, by name.

        Raises:
            DamagedDocument: if the journal is not what was written.
            StoreError: if it cannot be read.
        """
        with ExitStack() as held:
            journal = opened(self._path, held)
            if journal is None:
                return {}
            content, source = parse(journal.read(LARGEST + 1), str(self._path))
        for name, temporary in content.items():
            if not (_NAME.match(name) and _TEMPORARY.match(str(temporary))):
                raise source.damaged_at((name,), "this is no file of the store")
        return {name: self.root.joinpath(name).with_name(temp) for name, temp in content.items()}

    def replace(self, files: Mapping[str, bytes]) -> None:
        """Replace all the files, or none.

        Raises:
            ReadOnlyStore: if this person may not write one of them.
            StoreError: if one cannot be written; nothing is changed.
        """
        self.finish()
        self._clear()
        staged = {name: _temporary_beside(self.root / name) for name in files}
        try:
            for name, data in files.items():
                with reported(self.root / name, "written", _UNCHANGED):
                    make_folder(staged[name].parent)
                    stage(staged[name], data, self.root / name)
            if len(staged) > 1:
                self._decide(staged)
            else:
                for name, temporary in staged.items():
                    with reported(self.root / name, "written", _UNCHANGED):
                        temporary.replace(self.root / name)
        finally:
            if not self._path.exists():  # else they count
                _discard(staged.values())
        self.finish()
        with reported(self.root, "written", "What was stored may not outlive a power failure."):
            for folder in {path.parent for path in staged.values()}:
                sync(folder)

    def _decide(self, staged: Mapping[str, Path]) -> None:
        """Write the journal: once it has its name, the staged files count."""
        draft = _temporary_beside(self._path)
        content = {name: temporary.name for name, temporary in staged.items()}
        try:
            with reported(self._path, "written", _UNCHANGED):
                stage(draft, json.dumps(content, indent=2).encode(), self._path)
                for folder in {path.parent for path in staged.values()}:
                    sync(folder)
                draft.replace(self._path)
        finally:
            _discard([draft])

    def finish(self) -> None:
        """Give the files that wait their names: those of this commit, or of one cut short.

        Raises:
            StoreError: if that cannot be done here; readers see the right files all the same.
        """
        waiting = self.waiting()
        if not waiting:
            return
        with reported(self._path, "finished", _UNFINISHED):
            sync(self.root)
            for name, temporary in waiting.items():
                with suppress(FileNotFoundError):  # it has its name already
                    temporary.replace(self.root / name)
            for folder in {path.parent for path in waiting.values()}:
                sync(folder)
            self._path.unlink()
            sync(self.root)

    def _clear(self) -> None:
        """Remove what killed processes left; under the lock, nobody else is writing."""
        for folder in (self.root, *(self.root / name for name in self.folders)):
            _discard(Path(one) for one in entries(folder) if _TEMPORARY.match(one.name))

    def listing(self, folder: str) -> set[str]:
        """Return the names of the files in a sub-folder, those that wait included.

        Raises:
            StoreError: if it cannot be read.
        """
        waiting = (Path(name) for name in self.waiting())
        names = {one.name for one in entries(self.root / folder)}
        return names | {path.name for path in waiting if path.parent == Path(folder)}

    def marks(self) -> list[tuple[str, int]]:
        """Return what differs after every commit: files by number, folders by time of change.

        Raises:
            StoreError: if a folder cannot be read.
        """
        marks = []
        for folder in ("", *self.folders):
            path = self.root / folder
            with reported(path, "read"), suppress(FileNotFoundError):
                marks.append((f"{folder}/", path.stat().st_mtime_ns))
            marks += sorted((f"{folder}/{one.name}", one.inode()) for one in entries(path))
        return marks


def _number(file: BinaryIO | None) -> tuple[int, int] | None:
    if file is None:
        return None
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino


def _temporary_beside(target: Path) -> Path:
    return target.with_name(f".{secrets.token_hex(8)}.tmp")


def _discard(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):  # the next writer who may will clear it
            path.unlink(missing_ok=True)
