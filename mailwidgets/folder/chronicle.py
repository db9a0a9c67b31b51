"""The history of one document: a line of JSON per commit, only ever added to.

A line is written, durably, before the document is replaced. It counts once the document names it:
a line that no document's chain leads to is of a commit that was cut short, or that someone took
back by putting an older file in place. So nothing that counts is ever removed, and no clock
decides::

    {"commit": "b2…", "parent": "a1…", "at": "2026-11-23T18:00:00+00:00", "by": "ana",
     "why": "new port", "edits": [{"setting": "pop3.port", "before": 110, "after": 995}],
     "digest": "…"}

The digest is that of the document after the commit: where it differs from the file's, someone
has edited the file since. A document that names no commit of its history, as one that was put in
place by hand, is taken to follow the last line.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from mailwidgets.disk import reported, start_writing
from mailwidgets.errors import DamagedDocument
from mailwidgets.folder.names import SUFFIX as DOCUMENT
from mailwidgets.folder.names import document_name
from mailwidgets.folder.owners import check_written, mode_of_new, open_to_read
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.levels import Place
from mailwidgets.store.commits import Commit, printable, read_record, time_told

SUFFIX: Final = ".history"
FIRST: Final = "first"  # marks a record that counts only where a document or another names it

_DAMAGED = N_(
    "{file}: the record of commit {commit} is damaged ({error}), so what came before it cannot be "
    "told."
)
_MISSING = N_("{file}: the record of commit {commit} is missing or damaged.")
_MISSING_BEFORE = N_(
    "{file}: the record of commit {commit} is missing or damaged, so what came before it cannot be "
    "told."
)
_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_APPEND: Final = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | _BINARY
_READ: Final = os.O_RDONLY | _BINARY
_BLOCK, _LARGEST_BLOCK = 4 * 2**10, 64 * 2**10  # bytes read at once, from the end
_LONGEST = 16 * 2**20  # bytes of a line
_ENCODED = json.JSONEncoder(ensure_ascii=True, check_circular=False).encode


@lru_cache(maxsize=1024)
def history_name(place: Place) -> str:
    """Return the path of a place's history within the store, with ``/`` between its parts."""
    return document_name(place).removesuffix(DOCUMENT) + SUFFIX


def line(record: dict[str, Any]) -> bytes:
    """Return a record as its line."""
    return _ENCODED(record).encode() + b"\n"


class Added(NamedTuple):
    """What a record was added to: the open file, and its sizes before and after."""

    number: int
    device: int
    inode: int
    before: int
    after: int

    @property
    def file(self) -> tuple[int, int, int]:
        """Return what tells the file as it is now."""
        return (self.device, self.inode, self.after)


class Chronicle:
    """One document's history.

    Args:
        path: its file; it may be absent.
        place: whose document it is about.
        waiting: the temporary file that counts as it, as long as that exists.
    """

    def __init__(self, path: Path, place: Place, *, waiting: Path | None = None) -> None:
        self.path = path
        self.place = place
        self._paths = (path,) if waiting is None else (waiting, path)

    def add(self, record: dict[str, Any]) -> Added:
        """Write one more record; the caller makes it durable, and closes the file.

        Raises:
            OSError: if it cannot be written; what was there before stays readable.
        """
        data = line(record)
        # In a shared folder most people may not make it together with the document: see FIRST.
        flags = _APPEND | os.O_CREAT if FIRST in record else _APPEND
        number = os.open(self.path, flags, mode_of_new(self.path))
        try:
            check_written(self.path, number)
            status = os.fstat(number)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, _("it is no regular file"))  # noqa: TRY301 - closes it
            size = status.st_size
            try:
                if size:
                    os.lseek(number, size - 1, os.SEEK_SET)
                    if os.read(number, 1) != b"\n":
                        data = b"\n" + data  # a line was cut short: it must not spoil this one
                _write(number, data)
                start_writing(number, size, len(data))
            except OSError:
                with suppress(OSError):  # half a line does no harm
                    os.ftruncate(number, size)
                raise
        except OSError:
            os.close(number)
            raise
        return Added(number, status.st_dev, status.st_ino, size, size + len(data))

    def take_back(self, added: Added) -> None:
        """Remove what was just added for a commit that failed; left there it would do no harm."""
        with suppress(OSError):
            number = os.open(self.path, _APPEND)
            try:
                status = os.fstat(number)
                if (status.st_dev, status.st_ino, status.st_size) == added.file:
                    os.ftruncate(number, added.before)
            finally:
                os.close(number)

    def record(self, commit: str) -> dict[str, Any] | None:
        """Return the record that a document follows.

        Args:
            commit: the id that the document names; empty or unknown: the last record.

        Raises:
            StoreError: if the file cannot be read.
        """
        for wanted in dict.fromkeys((commit, "")):
            for record in self._chain(wanted):
                return record
        return None

    def commits(self, last: str) -> Iterator[Commit]:
        """Yield the commits that led to a document, the newest first.

        Args:
            last: the id of the commit that the document names; empty or unknown: the last one.

        Raises:
            DamagedDocument: in its turn, if a record is missing, or not what was written.
            StoreError: if the file cannot be read.
        """
        for wanted in dict.fromkeys((last, "")):
            told = False
            for record in self._chain(wanted):
                try:
                    yield read_record(record, self.place)
                except (KeyError, TypeError, ValueError) as error:
                    raise self._damaged(record["commit"], _DAMAGED, error=repr(error)) from error
                told = True
            if told:
                break
        if wanted != last:
            raise self._damaged(last, _MISSING)

    def _damaged(self, commit: str, what: str, error: str = "") -> DamagedDocument:
        told = _(what).format(file=self.path, commit=printable(commit), error=error)
        advice = _(
            "The settings themselves are not affected. Put back an older copy of the file, or "
            "move it away: then the next save begins a new one."
        )
        return DamagedDocument(f"{told} {advice}")

    def _chain(self, first: str) -> Iterator[dict[str, Any]]:
        """Yield the records from the one wanted on, each the parent of the one before."""
        expected, found = first, False
        for data in self._lines_backwards():
            record = _matching(data, expected)
            if record is None or not (found or first or FIRST not in record):
                continue
            yield record
            found, expected = True, str(record.get("parent") or "")
            if not expected:
                return
        if found:
            raise self._damaged(expected, _MISSING_BEFORE)

    def _lines_backwards(self) -> Iterator[bytes]:
        """Yield the lines from the end, reading no more than is asked for.

        The file is opened for each block: thousands of histories can be read side by side.
        """
        at, rest, block, too_long = None, b"", _BLOCK, False
        while at is None or at > 0:
            at, data = self._block(at, block)
            *lines, rest = (data + rest).split(b"\n")[::-1]
            if too_long and lines:
                lines[0], too_long = b"", False
            too_long = too_long or len(rest) > _LONGEST
            if too_long:  # none of ours: it is missed where it is named
                rest = b""
            yield from filter(None, lines)
            block = min(2 * block, _LARGEST_BLOCK)
        if rest:
            yield rest

    def _block(self, end: int | None, size: int) -> tuple[int, bytes]:
        """Return the octets before a position, by default the end, and where they begin."""
        for path in self._paths:
            with reported(self.path, "read"), suppress(FileNotFoundError):
                number = open_to_read(path, _READ, self.path)
                try:
                    end = os.fstat(number).st_size if end is None else end
                    at = os.lseek(number, max(0, end - size), os.SEEK_SET)
                    return at, os.read(number, end - at)
                finally:
                    os.close(number)
        return 0, b""


def _write(number: int, data: bytes) -> None:
    while data:
        data = data[os.write(number, data) :]


def _matching(data: bytes, commit: str) -> dict[str, Any] | None:
    """Return a line's record if it is of a commit, or of any where none is named."""
    if _ENCODED(commit)[1:-1].encode() not in data:
        return None
    with suppress(ValueError, RecursionError):  # a line cut short: nothing names it
        record = json.loads(data)
        found = record.get("commit") if isinstance(record, dict) else None
        if isinstance(found, str) and found and found == (commit or found):
            return dict(record)
    return None


def time_of(record: Mapping[str, Any] | None) -> datetime | None:
    """Return when a record was made; ``None`` for no record, or one that someone spoilt."""
    try:
        return time_told(record["at"]) if record else None
    except (KeyError, TypeError, ValueError):
        return None
