"""Commits to a folder: under its lock, history first, then the documents that name it.

A document's first commit makes its history file, and both count at the same instant. From then
on a record is added, durably, and counts once the document that names it is in place.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mailwidgets.disk import reported
from mailwidgets.errors import StoreError
from mailwidgets.folder.alone import Turn, alone
from mailwidgets.folder.chronicle import FIRST, Added, Chronicle, history_name, line, time_of
from mailwidgets.folder.journal import Journal
from mailwidgets.folder.names import document_name
from mailwidgets.folder.staging import UNCHANGED, Besides, Unsynced
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Place
from mailwidgets.store.commits import Commit, Moved, Note
from mailwidgets.store.merge import Merged, merge, places_of
from mailwidgets.store.written import Written, dumped, read_written

_UNKNOWN: Final = N_("Whether the save was stored is not known: look before you save again.")

Found = Mapping[Place, tuple[Written, bytes | None]]  # what documents hold, and their bytes
Record = dict[str, Any]


class Writer:
    """Whoever commits to a folder.

    Args:
        journal: replaces its files.
        timeout: seconds to wait while another process writes.
    """

    def __init__(self, journal: Journal, timeout: float) -> None:
        self._journal = journal
        self._root = journal.root
        self._timeout = timeout

    def found(self, places: Iterable[Place], *, locked: bool = False) -> Found:
        """Return what places hold, at one instant.

        Args:
            places: whose documents.
            locked: whether this process holds the lock: then it is cheaper.

        Raises:
            DamagedDocument: if one of them is not what was written.
            StoreError: if one cannot be read.
        """
        names = {place: document_name(place) for place in places}
        read = self._journal.read_alone if locked else self._journal.read
        data = read(names.values())
        return {
            place: (read_written(data[name], place, str(self._journal.path(name))), data[name])
            for place, name in names.items()
        }

    def commit(
        self, changes: Sequence[Change], note: Note, touch: Sequence[Place], *, new: bool
    ) -> Commit | None:
        """Write what changes, all or nothing; see ``FolderStore.commit``."""
        places = places_of(changes, note, touch)
        with ExitStack() as held:
            try:
                turn = self._turn(held, new=new)
            except StoreError:
                if self.would_change(changes, note, touch):
                    raise
                return None  # what changes nothing needs no right to write
            found = self.found(places, locked=True)
            save = _Save(turn)
            merged = self._merged(found, changes, note, touch, save)
            if merged is None:
                return None
            files = self._files(merged, found, save)
            self._journal.replace(files, save)
            turn.check(_UNKNOWN)
        self._journal.settle(files)
        return merged.commit

    def would_change(self, changes: Sequence[Change], note: Note, touch: Sequence[Place]) -> bool:
        """Return whether a commit would change anything as the documents stand.

        Raises:
            Conflict, StoreError: as the commit would.
        """
        found = self.found(places_of(changes, note, touch))
        written = {place: one for place, (one, _) in found.items()}
        return merge(written, changes, note, touch=touch) is not None

    def _turn(self, held: ExitStack, *, new: bool) -> Turn:
        """Wait for the lock, and tidy up behind a writer that was cut short."""
        turn = held.enter_context(alone(self._root, self._timeout, new=new))
        self._journal.finish()  # first: it names temporary files that count
        if turn.cut_short:
            self._journal.clear(_Save(turn))
        return turn

    def _merged(
        self,
        found: Found,
        changes: Sequence[Change],
        note: Note,
        touch: Sequence[Place],
        save: _Save,
    ) -> Merged | None:
        written = {place: one for place, (one, _) in found.items()}
        for place, one in written.items():
            chronicle = save.chronicles[place] = Chronicle(
                self._journal.path(history_name(place)), place
            )
            save.last[place] = chronicle.record(one.content.get("commit", ""))
        times = [at for at in map(time_of, save.last.values()) if at]
        merged = merge(written, changes, note, touch=touch, since=max(times, default=None))
        if merged is None:
            return None
        outside = [place for place in merged.contents if _edited(found[place][1], save.last[place])]
        if not outside:
            return merged
        return replace(merged, commit=replace(merged.commit, outside=tuple(outside)))

    def _files(self, merged: Merged, found: Found, save: _Save) -> dict[str, bytes]:
        """Return the files that a commit replaces; what it adds to history is left to the save."""
        files: dict[str, bytes] = {}
        parts = merged.commit.parts()
        for place, content in merged.contents.items():
            written, last = found[place][0], save.last[place]
            data = dumped(content, written.file)
            record = parts[place].record()
            record |= {"parent": last and last["commit"], "digest": _digest(data)}
            files[document_name(place)] = data
            if last is None and self._may_make_both(merged, place):
                files[history_name(place)] = line(record)
                continue
            save.records[place] = record if last else record | {FIRST: True}
            if last and last["commit"] != written.content.get("commit"):
                # Nothing but the document tells whether a record counts: it must name one first.
                named = dumped(written.merged([], commit=last["commit"]), written.file)
                self._journal.replace({document_name(place): named})
        return files

    def _may_make_both(self, merged: Merged, place: Place) -> bool:
        """Return whether history is made together with its document; two files need a journal.

        In a shared folder most people may not write one. Theirs begins with a marked record.
        """
        if os.path.lexists(self._journal.path(history_name(place))):
            return False
        return len(merged.contents) > 1 or os.access(self._root, os.W_OK | os.X_OK)

    def adopt(self, batch: Sequence[Moved], *, new: bool) -> None:
        """Take over places from another store, all or none; see ``Store.adopt``."""
        with ExitStack() as held:
            turn = self._turn(held, new=new)
            found = self.found([one.place for one in batch], locked=True)
            files: dict[str, bytes] = {}
            for moved in batch:
                files |= self._adopted(moved, *found[moved.place])
            if files:
                self._journal.replace(files, _Save(turn))
                turn.check(_UNKNOWN)
        self._journal.settle(files)

    def _adopted(self, moved: Moved, here: Written, data: bytes | None) -> dict[str, bytes]:
        """Return the files of a place that is to be taken over; none if they are here."""
        history = self._journal.path(history_name(moved.place))
        if data is not None and here.content == moved.content:
            return {}
        if data is not None or (moved.commits and os.path.lexists(history)):
            file = history if data is None else here.file
            raise StoreError(
                _(
                    "{file} holds something else already than what would be taken over for "
                    "{place}. {unchanged} Take it over into an empty store, or move the file away."
                ).format(file=file, place=moved.place.words, unchanged=_(UNCHANGED))
            )
        files = {}
        if moved.content:
            files[document_name(moved.place)] = dumped(moved.content, here.file)
        lines, parent = [], None
        for number, commit in enumerate(reversed(moved.commits), 1):
            record = commit.seen_from(moved.place).record() | {"parent": parent}
            if files and number == len(moved.commits):
                record["digest"] = _digest(files[document_name(moved.place)])
            lines.append(line(record))
            parent = commit.id
        return files | ({history_name(moved.place): b"".join(lines)} if lines else {})


@dataclass(slots=True)
class _Save(Besides):
    """What happens between the writing of new documents and their counting.

    Attributes:
        turn: the lock.
        chronicles: the histories.
        last: the record that each document follows.
        records: what is to be added to history.
        added: what was.
    """

    turn: Turn
    chronicles: dict[Place, Chronicle] = field(default_factory=dict)
    last: dict[Place, Record | None] = field(default_factory=dict)
    records: dict[Place, Record] = field(default_factory=dict)
    added: list[tuple[Chronicle, Added]] = field(default_factory=list)

    def check(self) -> None:
        """Make sure that the folder is still there."""
        self.turn.check(UNCHANGED)

    def do(self, unsynced: Unsynced) -> None:
        """Add the records to history."""
        for place, record in self.records.items():
            chronicle = self.chronicles[place]
            with reported(chronicle.path, "written", UNCHANGED):
                added = chronicle.add(record)
            self.added.append((chronicle, added))
            unsynced.add(chronicle.path, added.number)
        self.check()

    def undo(self) -> None:
        """Take them back."""
        while self.added:
            chronicle, added = self.added.pop()
            chronicle.take_back(added)

    def left(self) -> None:
        """Leave the note in the lock: the next writer has to tidy up."""
        self.turn.tidy = False


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]


def _edited(data: bytes | None, last: Record | None) -> bool:
    """Return whether a document is not what the last commit wrote."""
    return last is not None and (data is None or _digest(data) != last.get("digest"))
