"""The default store: a folder of JSON documents that people can read and version.

::

    company.json  users/ana.json  workstations/WS-01.json     the documents
    .lock                                                     held by whoever writes
    .journal                                                  only while several are replaced

Who may write is for the file system to say. Whoever writes must be able to write ``.lock`` and
the document's folder, and the document itself where there is one; to save several documents at
once, the store's folder, too. New files follow the umask, replaced ones keep owner and mode.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from mailwidgets.errors import Clash, Conflict, InvalidId, StoreError
from mailwidgets.settings.documents import ANY, UNSET, Change, Document, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import SETTINGS, fit
from mailwidgets.store.files import make_folder, reported
from mailwidgets.store.journal import Journal
from mailwidgets.store.names import COMPANY, FOLDERS, document_name, file_name, is_cut, place_of
from mailwidgets.store.protocol import Store
from mailwidgets.store.written import Written, read_written, written_id

_LOCK: Final = ".lock"
_LONGEST_NOTE = 200


class FolderStore(Store):
    """Documents in a folder; nothing is made before the first commit.

    Args:
        path: the folder.
        timeout: seconds to wait while another process writes.
    """

    def __init__(self, path: Path, *, timeout: float = 10.0) -> None:
        self.path = path
        self.timeout = timeout
        self._journal = Journal(path, FOLDERS.values())
        # Reads see a save that was cut short as finished; here it is finished for people who
        # look into the folder. Where that fails, the next commit says why.
        with suppress(StoreError):
            if self._journal.waiting():
                with self._alone(timeout=0):
                    self._journal.finish()

    def __repr__(self) -> str:
        """Return where the folder is."""
        return f"FolderStore({str(self.path)!r})"

    def read(self, identity: Identity) -> Documents:
        """Return the documents that decide for an identity, as they stood at one instant.

        Raises:
            DamagedDocument: if one of them is not what was written; names file, line, column.
            StoreError: if one cannot be read.
        """
        written = self._read([identity.place(level) for level in Level])
        return Documents(*(one.document() for one in written.values()))

    def _read(self, places: Sequence[Place]) -> dict[Place, Written]:
        names = {place: document_name(place) for place in places}
        found = self._journal.read(names.values())
        return {
            place: read_written(found[name], place, str(self.path / name))
            for place, name in names.items()
        }

    def commit(self, changes: Sequence[Change]) -> None:
        """Write all changes, in every place they touch, or none.

        Raises:
            InvalidValue, WrongLevel: if a change does not fit its setting.
            Conflict: if a stored value is neither a change's base nor its new value.
            ReadOnlyStore: if this person may not write one of the places.
            DamagedDocument: if a document to be changed cannot be read; it stays as it is.
            StoreError: if the folder cannot be written; nothing is changed.
        """
        fitting = [fit(change) for change in changes]
        # Looked at without the lock: what changes nothing needs no right to write.
        if not self._edited(fitting):
            return
        with self._alone(self.timeout):
            files = self._edited(fitting)
            if files:
                self._journal.replace(files)

    def _edited(self, changes: Sequence[Change]) -> dict[str, bytes]:
        """Return the new text of every document that the changes change."""
        written = self._read(list(dict.fromkeys(change.place for change in changes)))
        clashes = [
            clash
            for place, one in written.items()
            for clash in _clashes(one.document(), changes, place)
        ]
        if clashes:
            listed = "; ".join(
                f"{one.name} ({one.place}) was {one.base or 'unset'}, is {one.theirs or 'unset'} "
                f"now, and you want {one.yours or 'unset'}"
                for one in clashes
            )
            raise Conflict(f"Nothing was stored: someone else changed {listed}", clashes)
        texts = {
            document_name(place): one.edited([each for each in changes if each.place == place])
            for place, one in written.items()
        }
        return {name: text for name, text in texts.items() if text is not None}

    @contextmanager
    def _alone(self, timeout: float) -> Iterator[None]:
        """Hold the store's lock, having made the folder."""
        path = self.path / _LOCK
        with reported(path, "written", "Nothing was stored."):
            make_folder(self.path)
            try:
                lock = FileLock(path, timeout=timeout).acquire()
            except Timeout as error:
                raise StoreError(
                    f"{self.path} is being written by {_note(path)}: waited {timeout:g} s. "
                    "Nothing was stored: try again."
                ) from error
        with lock:
            with suppress(OSError):  # a courtesy to those who wait; Windows refuses it
                path.write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
            yield

    def places(self, level: Level) -> tuple[Place, ...]:
        """Return the places of a level that hold a document, sorted by id.

        One whose name is too long for a file's name is left out while its document is damaged.

        Raises:
            StoreError: if the folder cannot be read.
        """
        if level is Level.COMPANY:
            held = self._journal.read([COMPANY])[COMPANY] is not None
            return (Place(level),) if held else ()
        names = self._journal.listing(FOLDERS[level])
        found = (self._cut(level, one) if is_cut(one) else place_of(level, one) for one in names)
        return tuple(sorted((one for one in found if one), key=lambda place: place.id))

    def _cut(self, level: Level, name: str) -> Place | None:
        """Return whose document a file is whose name is not its whole id."""
        path = f"{FOLDERS[level]}/{name}"
        data = self._journal.read([path])[path]
        with suppress(StoreError, InvalidId):
            place = Place(level, written_id(data or b"", path))
            return place if file_name(place.id) == name else None
        return None

    def writable(self, level: Level) -> bool:
        """Return whether this person may write the level, as far as can be told beforehand."""
        lock, company = self.path / _LOCK, self.path / COMPANY
        folder = self.path / FOLDERS.get(level, "")
        files = (lock, company) if level is Level.COMPANY else (lock,)
        return _may_add_to(folder) and all(
            os.access(file, os.W_OK) if file.exists() else _may_add_to(self.path) for file in files
        )

    def version(self) -> str:
        """Return a token that changes with every commit; it opens no document.

        Raises:
            StoreError: if the folder cannot be read.
        """
        return hashlib.sha256(repr(self._journal.marks()).encode()).hexdigest()


def _clashes(document: Document, changes: Sequence[Change], place: Place) -> Iterator[Clash]:
    for change in changes:
        stored = document.get(change.key, lock=change.lock)
        if change.place != place or change.base is ANY or stored in (change.base, change.value):
            continue
        told = [_told(change, side) for side in (change.base, stored, change.value)]
        if SETTINGS[change.key].secret and not change.lock:
            told[1:] = ["changed" if side else "" for side in told[1:]]
        name = f"lock of {change.name}" if change.lock else change.name
        yield Clash(name, str(place), *told)


def _told(change: Change, value: object) -> str:
    if value is UNSET:
        return ""
    return str(value) if change.lock else SETTINGS[change.key].field.shown(value)


def _note(path: Path) -> str:
    """Return who holds the lock, as the holder noted it."""
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        note = "".join(filter(str.isprintable, file.read(_LONGEST_NOTE)))
        return note or "another process"
    return "another process"


def _may_add_to(folder: Path) -> bool:
    """Return whether one may make files in a folder, or make the folder itself."""
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
