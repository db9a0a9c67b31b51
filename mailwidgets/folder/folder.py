"""The default store: a folder of JSON documents that people can read and version.

::

    company.json  users/ana.json  workstations/WS-01.json           the documents
    company.history  users/ana.history  …                           what was changed, by whom
    .lock                                                           held by whoever writes
    .journal                                                        only while several are replaced

Who may write is for the file system to say. Whoever writes must be able to write ``.lock`` and
the document's folder, and the document itself where there is one; to save several documents at
once, the store's folder, too. New files follow the umask, replaced ones keep owner and mode.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Event

from mailwidgets.errors import DamagedDocument, InvalidId, StoreError
from mailwidgets.folder.alone import LOCK, alone, gone
from mailwidgets.folder.chronicle import Chronicle, history_name
from mailwidgets.folder.journal import AT_ONCE, Journal
from mailwidgets.folder.names import COMPANY, FOLDERS, document_name, file_name, is_cut, place_of
from mailwidgets.folder.owners import stranger
from mailwidgets.folder.writer import Found, Writer
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import Change, Document, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import fit
from mailwidgets.store.commits import Commit, Moved, Note, joined
from mailwidgets.store.protocol import Store, Unread, raised
from mailwidgets.store.written import Written, written_id


class FolderStore(Store):
    """Documents in a folder; nothing is made before the first commit.

    Args:
        path: the folder.
        timeout: seconds to wait while another process writes.
    """

    def __init__(self, path: Path, *, timeout: float = 10.0) -> None:
        self.path = path
        self.timeout = timeout
        self._lock = path / LOCK
        self._journal = Journal(path, FOLDERS.values())
        self._writer = Writer(self._journal, timeout)
        self._inhabited = _inhabited(path)
        # Reads see a save that was cut short as finished; here it is finished for people who
        # look into the folder. Where that fails, the next commit says why.
        with suppress(StoreError):
            if self._journal.waiting():
                with alone(path, 0):
                    self._journal.finish()

    def __repr__(self) -> str:
        """Return where the folder is."""
        return f"FolderStore({str(self.path)!r})"

    @property
    def location(self) -> str:
        """Return the folder."""
        return str(self.path)

    def read(self, identity: Identity) -> Documents:
        """Return the documents that decide for an identity, as they stood at one instant.

        Raises:
            DamagedDocument: if one of them is not what was written; names file, line, column.
            StoreError: if one cannot be read.
        """
        found = self._read([identity.place(level) for level in Level])
        return Documents(*(written.document() for written, _ in found.values()))

    def read_each(self, places: Iterable[Place], unread: Unread = raised) -> Iterator[Document]:
        """Yield the documents of places, each as it stands by itself; none for an absent one.

        Args:
            places: whose, of any level.
            unread: told of each one that cannot be read; by default it is raised.

        Raises:
            StoreError: if the folder went away.
        """
        for place in places:
            try:
                ((written, data),) = self._writer.found([place]).values()
            except StoreError as error:
                unread(place, error)
                continue
            self._notice(data is not None)
            if data is not None:
                yield written.document()

    def _read(self, places: Sequence[Place]) -> Found:
        found = self._writer.found(places)
        self._notice(any(data is not None for _, data in found.values()))
        return found

    def _notice(self, found: bool) -> None:  # noqa: FBT001 - it is the only thing told
        """Remember that there is something here; refuse to take what went away for empty.

        Raises:
            StoreError: if there was something before, and the folder is empty now.
        """
        if found or not self._inhabited:
            self._inhabited = found
        elif not _inhabited(self.path):
            raise gone(self.path)

    def commit(
        self, changes: Sequence[Change], note: Note | None = None, *, touch: Sequence[Place] = ()
    ) -> Commit | None:
        """Write all changes, in every place they touch, or none; keep what was there before.

        Args:
            changes: what is to be changed; what is so already is left out.
            note: who saves, and why.
            touch: places that get a commit even where nothing changes.

        Raises:
            InvalidValue, WrongLevel: if a change does not fit its setting.
            Conflict: if a stored value is neither a change's base nor its new value.
            ReadOnlyStore: if this person may not write one of the places.
            DamagedDocument: if a document to be changed cannot be read; it stays as it is.
            StoreError: if the folder cannot be written; nothing is changed.
        """
        note = note or Note()
        fitting = [fit(change) for change in changes]
        new = not os.path.lexists(self._lock)
        if new:
            # Nothing was ever saved here, or it went away: what changes nothing makes nothing.
            self._notice(False)  # noqa: FBT003
            if not self._writer.would_change(fitting, note, touch):
                return None
        commit = self._writer.commit(fitting, note, touch, new=new)
        self._inhabited = self._inhabited or commit is not None
        return commit

    def history(self, places: Sequence[Place]) -> Iterator[Commit]:
        """Yield the commits that touched some places, the newest first.

        A document that is damaged, so names no commit, is taken to follow the last one.

        Raises:
            DamagedDocument: once all that can be told was told, if a document or a record is not
                what was written.
            StoreError: if the history cannot be read.
        """
        damaged: list[DamagedDocument] = []
        found = self._chronicles(places, damaged)
        chains = (_sound(one.commits(written.commit), damaged) for one, written in found)
        merged = heapq.merge(*chains, key=_order, reverse=True)
        for _at, records in itertools.groupby(merged, key=_order):
            yield joined(records)
        if damaged:
            raise damaged[0]

    def _chronicles(
        self, places: Sequence[Place], damaged: list[DamagedDocument]
    ) -> Iterator[tuple[Chronicle, Written]]:
        """Yield the histories of places, each with its document."""
        listed = [*dict.fromkeys(places)]
        for start in range(0, len(listed), AT_ONCE):
            found = self._sound_ones(listed[start : start + AT_ONCE], damaged)
            waiting = self._journal.waiting()  # after reading: then it is here or in place
            for one in found:
                name = history_name(one.place)
                yield Chronicle(self.path / name, one.place, waiting=waiting.get(name)), one

    def _sound_ones(self, places: list[Place], damaged: list[DamagedDocument]) -> list[Written]:
        """Return documents, empty for a damaged one; keep what is to be said of that."""
        try:
            return [written for written, _ in self._read(places).values()]
        except DamagedDocument as error:
            if len(places) == 1:
                damaged.append(error)
                return [Written(places[0], "", {})]
        return [one for place in places for one in self._sound_ones([place], damaged)]

    def moved(self, place: Place) -> Moved:
        """Return everything that is kept of a place, to be adopted by another store.

        Raises:
            DamagedDocument: if its document or history is not what was written.
            StoreError: if the folder cannot be read.
        """
        damaged: list[DamagedDocument] = []
        ((chronicle, written),) = self._chronicles([place], damaged)
        if damaged:
            raise damaged[0]
        return Moved(place, written.content, tuple(chronicle.commits(written.commit)))

    def adopt(self, batch: Sequence[Moved]) -> None:
        """Take over places from another store, all of a batch or none, secrets as they are sealed.

        Raises:
            ReadOnlyStore: if this person may not write one of the places.
            StoreError: if a place holds another document here already, or cannot be written.
        """
        new = not os.path.lexists(self._lock)
        if new:
            self._notice(False)  # noqa: FBT003
        self._writer.adopt(batch, new=new)
        self._inhabited = True

    def places(self, level: Level) -> tuple[Place, ...]:
        """Return the places of a level that hold a document, sorted by id.

        One whose name is too long for a file's name goes by that while the document, which alone
        tells the whole, cannot be read: whoever asks for it learns why.

        Raises:
            StoreError: if the folder cannot be read.
        """
        if level is Level.COMPANY:
            held = self._journal.read([COMPANY])[COMPANY] is not None
            self._notice(held)
            return (Place(level),) if held else ()
        names = self._journal.listing(FOLDERS[level])
        self._notice(bool(names))
        found = (self._cut(level, one) if is_cut(one) else place_of(level, one) for one in names)
        return tuple(sorted((one for one in found if one), key=lambda place: place.id))

    def _cut(self, level: Level, name: str) -> Place | None:
        """Return whose document a file is whose name is not its whole id."""
        path = f"{FOLDERS[level]}/{name}"
        try:
            data = self._journal.read([path])[path]
            place = Place(level, written_id(data or b"", path))
        except (StoreError, InvalidId):
            return Place(level, name)
        return place if file_name(place.id) == name else None

    def refusal(self, place: Place) -> str:
        """Return why this person may not write a place, as far as can be told beforehand."""
        document = self.path / document_name(place)
        if not _may_add_to(document.parent):
            return _("you may not write into {folder}").format(folder=document.parent)
        for file in (self.path / LOCK, document, self.path / history_name(place)):
            if not (os.access(file, os.W_OK) if file.exists() else _may_add_to(file.parent)):
                return _("you may not write {file}").format(file=file)
            if file.name != LOCK and (why := stranger(file)):
                return why
        return ""

    def version(self, identity: Identity) -> str:
        """Return a token that changes whenever the documents of an identity do.

        Raises:
            StoreError: if the folder cannot be read.
        """
        names = [document_name(identity.place(level)) for level in Level]
        marks = self._journal.marks(names)
        self._notice(any(marks))
        return hashlib.sha256(repr(marks).encode()).hexdigest()

    def wait(self, seconds: float) -> None:
        """Return after some time: a folder does not tell, least of all on a network share."""
        Event().wait(seconds)

    def close(self) -> None:
        """Do nothing: nothing is held open."""


def _sound(commits: Iterator[Commit], damaged: list[DamagedDocument]) -> Iterator[Commit]:
    """Yield commits up to where their history is damaged; keep what is to be said of that."""
    try:
        yield from commits
    except DamagedDocument as error:
        damaged.append(error)


def _order(commit: Commit) -> tuple[datetime, str]:
    return (commit.at, commit.id)


def _inhabited(path: Path) -> bool:
    """Return whether there is anything of a store in a folder."""
    return any(os.path.lexists(path / name) for name in (LOCK, COMPANY, *FOLDERS.values()))


def _may_add_to(folder: Path) -> bool:
    """Return whether one may make files in a folder, or make the folder itself."""
    while not folder.exists() and folder.parent != folder:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
