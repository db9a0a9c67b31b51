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
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, Final

from mailwidgets.disk import entries, reported, stage, sync
from mailwidgets.errors import StoreError
from mailwidgets.folder.owners import opened
from mailwidgets.folder.staging import (
    TEMPORARY,
    UNCHANGED,
    Besides,
    discard,
    temporary_beside,
    write_staged,
)
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import N_, _
from mailwidgets.store.parse import LARGEST, parse

JOURNAL: Final = ".journal"
AT_ONCE: Final = 100

_NAME = re.compile(r"(?!\.)[\w@.%~-]+(/(?!\.)[\w@.%~-]+)?\Z", re.ASCII)
_LARGEST = 128 * 2**20  # bytes of the journal, which names two files for each new person
_REMEMBERED = 1000  # paths
_PATIENCE = 5.0  # seconds; a commit takes milliseconds
_EARLIER = N_("Nothing was stored: an earlier save counts, but could not be finished: try again.")
_UNFINISHED = N_("The save counts, but could not be finished: try again.")
_FLEETING = N_(
    "What was saved is stored and read by everyone, but may not outlive a power failure."
)


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
        self._paths: dict[str, Path] = {}  # most are asked for again and again

    def path(self, name: str) -> Path:
        """Return where a file is."""
        found = self._paths.get(name)
        if found is None:
            if len(self._paths) >= _REMEMBERED:
                self._paths.clear()  # perhaps while another thread looks: it has its own by then
            found = self._paths[name] = self.root / name
        return found

    def read(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Return the files as they stood at one instant; ``None`` for one that is absent.

        Of more than a hundred, each hundred is of one instant: no more may be open at once.

        Raises:
            StoreError: if one cannot be read.
        """
        listed = tuple(names)
        if len(listed) > AT_ONCE:
            parts = (listed[at : at + AT_ONCE] for at in range(0, len(listed), AT_ONCE))
            return {name: data for part in parts for name, data in self.read(part).items()}
        deadline = time.monotonic() + _PATIENCE
        while True:
            with ExitStack() as held:
                first = self._open_all(listed, held)
                # A file is only ever replaced, and an open one keeps its number: what was
                # the same in two rounds was there together between the rounds.
                again = self._open_all(listed, held) if len(listed) > 1 else first
                if first is again or [*map(_number, first)] == [*map(_number, again)]:
                    return dict(zip(listed, map(_content, first), strict=True))
            if time.monotonic() > deadline:
                raise StoreError(
                    _("{folder} changes faster than it can be read: try again").format(
                        folder=self.root
                    )
                )

    def read_alone(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Return the files as they are, under the lock and with nothing waiting: none can change.

        Raises:
            StoreError: if one cannot be read.
        """
        found: dict[str, bytes | None] = {}
        for name in names:  # thousands may be asked for: one open file at a time
            with ExitStack() as held:
                found[name] = _content(opened(self.path(name), held))
        return found

    def _open_all(self, names: Iterable[str], held: ExitStack) -> list[BinaryIO | None]:
        waiting = self.waiting()
        files = []
        for name in names:
            target, temporary = self.path(name), waiting.get(name)
            staged = opened(temporary, held, target) if temporary else None
            files.append(opened(target, held) if staged is None else staged)
        return files

    def waiting(self) -> dict[str, Path]:
        """Return the temporary files that count as the named files, by name.

        Raises:
            DamagedDocument: if the journal is not what was written.
            StoreError: if it cannot be read.
        """
        if not os.path.lexists(self._path):  # as nearly always
            return {}
        with ExitStack() as held:
            journal = opened(self._path, held)
            if journal is None:
                return {}
            content, source = parse(journal.read(_LARGEST + 1), str(self._path), largest=_LARGEST)
        for name, temporary in content.items():
            if not (_NAME.match(name) and TEMPORARY.match(str(temporary))):
                raise source.damaged_at((name,), _("this is no file of the store"))
        return {name: self.root.joinpath(name).with_name(temp) for name, temp in content.items()}

    def replace(self, files: Mapping[str, bytes], besides: Besides | None = None) -> None:
        """Replace all the files, or none; what waited before must be finished.

        It may not outlive a power failure before ``settle``.

        Args:
            files: what each shall hold.
            besides: what must be done, durably, before they count.

        Raises:
            ReadOnlyStore: if this person may not write one of them.
            StoreError: if one cannot be written; nothing is changed.
        """
        besides = besides or Besides()
        targets = {name: self.path(name) for name in files}
        staged = {name: temporary_beside(target) for name, target in targets.items()}
        try:
            write_staged([(targets[name], staged[name], files[name]) for name in files], besides)
            if len(staged) > 1:
                self._decide(staged, besides)
            else:
                for name, temporary in staged.items():
                    with reported(targets[name], "written", UNCHANGED):
                        os.replace(temporary, targets[name])  # noqa: PTH105 - every commit
        finally:
            if self._undecided(staged):
                besides.undo()
                discard(staged.values(), besides)
        if len(staged) > 1:
            self._finish(staged, _UNFINISHED)

    def _undecided(self, staged: Mapping[str, Path]) -> bool:
        """Return whether staged files do not count and will not: the save failed."""
        if len(staged) > 1:
            return not os.path.lexists(self._path)
        return any(map(os.path.lexists, staged.values()))

    def _decide(self, staged: Mapping[str, Path], besides: Besides) -> None:
        """Write the journal: once it has its name, the staged files count."""
        draft = temporary_beside(self._path)
        content = {name: temporary.name for name, temporary in staged.items()}
        data = json.dumps(content, indent=2).encode()
        if len(data) > _LARGEST:  # nobody would read it again
            told = _("{count} files are more than can be saved at once. Nothing was stored.")
            raise StoreError(told.format(count=number(len(staged))))
        try:
            with reported(self._path, "written", UNCHANGED):
                stage(draft, data)
                for folder in {path.parent for path in staged.values()}:
                    sync(folder)
                draft.replace(self._path)
        finally:
            discard([draft], besides)

    def settle(self, names: Collection[str]) -> None:
        """Let a file that was replaced outlive a power failure; this needs no lock.

        Several that were replaced together do so already.

        Raises:
            StoreError: if the disk refuses: they are stored, but may be lost with the power.
        """
        for name in names if len(names) == 1 else ():
            folder = self.path(name).parent
            with reported(folder, "synced to its disk", _FLEETING):
                sync(folder)

    def finish(self) -> None:
        """Give the files that wait their names: those of this commit, or of one cut short.

        Raises:
            StoreError: if that cannot be done here; readers see the right files all the same.
        """
        waiting = self.waiting()
        if waiting:
            self._finish(waiting, _EARLIER)

    def _finish(self, waiting: Mapping[str, Path], consequence: str) -> None:
        with reported(self._path, "followed", consequence):
            sync(self.root)
            for name, temporary in waiting.items():
                with suppress(FileNotFoundError):  # it has its name already
                    temporary.replace(self.path(name))
            for folder in {path.parent for path in waiting.values()}:
                sync(folder)
            # Should a power failure bring it back, it names files that are not there any more.
            self._path.unlink()

    def clear(self, besides: Besides) -> None:
        """Remove what killed processes left; under the lock, nobody else is writing."""
        for folder in (self.root, *(self.root / name for name in self.folders)):
            left = (Path(one) for one in entries(folder) if TEMPORARY.match(one.name))
            discard(left, besides)

    def listing(self, folder: str) -> set[str]:
        """Return the names of the files in a sub-folder, those that wait included.

        Raises:
            StoreError: if it cannot be read.
        """
        waiting = (Path(name) for name in self.waiting())
        names = {one.name for one in entries(self.root / folder)}
        return names | {path.name for path in waiting if path.parent == Path(folder)}

    def marks(self, names: Sequence[str]) -> list[tuple[int, ...] | None]:
        """Return what differs once one of the files does, by a commit or by someone's edit.

        Raises:
            StoreError: if a folder cannot be read.
        """
        waiting = self.waiting()
        paths = [waiting.get(name, self.path(name)) for name in names]
        return [
            _mark(path) or _mark(self.path(name)) for path, name in zip(paths, names, strict=True)
        ]


def _mark(path: Path) -> tuple[int, ...] | None:
    with reported(path, "read"):
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _content(file: BinaryIO | None) -> bytes | None:
    """Return what a file holds, or as much as tells that it is too large."""
    if file is None:
        return None
    # Asked for 16 MiB, a reader sets aside as much memory.
    return file.read(min(os.fstat(file.fileno()).st_size, LARGEST) + 1)


def _number(file: BinaryIO | None) -> tuple[int, int] | None:
    if file is None:
        return None
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino
