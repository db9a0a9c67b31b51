"""Settings as a spreadsheet: one row for each user, workstation or the company. Pure.

Columns are ``level``, ``id``, one per ``section.key`` and one per ``lock:section.key``. An empty
cell leaves a setting as it is; ``(none)`` removes it; ``(set)`` stands for a password that is
kept where it is. Text that a spreadsheet would take for a formula or a number, or this module for
one of those words, gets an apostrophe in front, which is taken off again.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailwidgets.errors import InvalidId, InvalidValue, UnknownSetting, VaultError, WrongLevel
from mailwidgets.moving.entries import Entry, Findings, Opener, reason
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import UNSET, Change
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import fit, setting

LEVEL, ID, LOCK = "level", "id", "lock:"
REMOVED, KEPT = "(none)", "(set)"
SEPARATORS: Final = ",;\t"

# OWASP, "CSV Injection"; the last four are what Japanese spreadsheets take for the first four.
_FORMULA: Final = frozenset("=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20")
# What a spreadsheet would save as another number or as a date: 007, 1E5, 3-4, 192.168.100.200.
_NUMBER: Final = re.compile(r"(?!(?:0|[1-9][0-9]{0,9})\Z)[.,]*[0-9][0-9.,:/eE+% -]*\Z")
_WORDS: Final = frozenset({REMOVED, KEPT})
_REMEMBERED = 10_000  # different texts of a column whose values are not worked out twice
_LONGEST_LINE = 2**20  # characters
_SHOWN = 40  # characters of a wrong cell
_AS_EXPORTED = f"a password stands here as export --passphrase wrote it, as {KEPT} or as {REMOVED}"


def guarded(text: str) -> str:
    """Return a cell's text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in _FORMULA or _is_word(text) else text


def unguarded(text: str) -> str:
    """Return the text that ``guarded`` or ``cell`` was given."""
    rest = text[1:]
    return rest if text[:1] == "'" and rest != text and cell(rest) != rest else text


def _is_word(text: str) -> bool:
    return text.strip().casefold() in _WORDS


def cell(value: object) -> str:
    """Return a kept value as ``set`` takes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if _NUMBER.match(text) else guarded(text)


def written(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a spreadsheet as Excel opens it: UTF-8 with its mark, commas, CRLF (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return codecs.BOM_UTF8 + text.getvalue().encode()


@dataclass(slots=True)
class _Column:
    """One column of settings, or of locks."""

    index: int
    setting: Setting
    lock: bool
    fits: set[Level] = field(default_factory=set)
    known: dict[str, object] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Return it as a person finds it: ``column F (smtp.port)``."""
        return f"column {_letters(self.index)} ({LOCK if self.lock else ''}{self.setting.name})"

    def check(self, place: Place) -> None:
        """Refuse a level at which the setting cannot be kept.

        Raises:
            WrongLevel: if it cannot.
        """
        if place.level not in self.fits:
            fit(Change(place, self.setting.id, UNSET, lock=self.lock))
            self.fits.add(place.level)

    def value(self, text: str) -> object:
        """Return the value of a cell that is not empty, no secret.

        Raises:
            InvalidValue: with the rule in words.
        """
        if text not in self.known:
            if len(self.known) >= _REMEMBERED:
                self.known.clear()
            self.known[text] = self._parsed(text)
        return self.known[text]

    def _parsed(self, text: str) -> object:
        if text.strip().casefold() == REMOVED:
            return UNSET
        plain = unguarded(text)
        return reason(plain) if self.lock else self.setting.field.parse(plain)

    def secret(self, place: Place, text: str, opener: Opener) -> object:
        """Return the secret of a cell that is not empty; ``None`` where it stays as it is.

        Raises:
            InvalidValue, VaultError: if it cannot be opened; neither holds the text.
        """
        word = text.strip().casefold()
        if word in _WORDS:
            return UNSET if word == REMOVED else None
        return opener.open(place, self.setting.id, text.strip(), _AS_EXPORTED)


@dataclass(slots=True)
class _Sheet:
    """The columns of a spreadsheet."""

    level: int
    id: int
    columns: list[_Column]
    width: int
    rows: dict[Place, int] = field(default_factory=dict)  # where each place stands

    def place(self, number: int, row: Sequence[str], findings: Findings) -> Place | None:
        """Return whose row it is; ``None`` where that is a fault."""
        level, id_ = (row[at] if at < len(row) else "" for at in (self.level, self.id))
        name = level.strip().casefold()
        if name not in set(Level):
            listed = ", ".join(Level)
            rule = f"must be one of {listed}, not {level[:_SHOWN]!r}"
            findings.fault(f"row {number}, column {_letters(self.level)} (level)", rule)
            return None
        try:
            place = Place(Level(name), unguarded(id_))
        except InvalidId as error:
            findings.fault(f"row {number}, column {_letters(self.id)} (id)", error)
            return None
        first = self.rows.setdefault(place, number)
        if first != number:
            findings.fault(f"row {number}", f"the {place} stands in row {first} already")
            return None
        if any(map(str.strip, row[self.width :])):
            findings.fault(f"row {number}", f"more cells than the {self.width} columns of row 1")
            return None
        return place

    def entries(
        self, number: int, row: Sequence[str], place: Place, findings: Findings, opener: Opener
    ) -> Iterator[Entry]:
        """Yield what a row says."""
        for column in self.columns:
            text = row[column.index] if column.index < len(row) else ""
            if not text or text.isspace():
                continue
            secret = column.setting.secret and not column.lock
            try:
                column.check(place)
                value = column.secret(place, text, opener) if secret else column.value(text)
            except (InvalidValue, WrongLevel, VaultError) as error:
                findings.fault(f"row {number}, {column.where}", error)
            else:
                if value is not None:
                    yield Entry(place, column.setting.id, column.lock, value)


def read(data: bytes, findings: Findings, opener: Opener) -> Iterator[Entry]:
    """Yield what a spreadsheet says, row by row.

    Args:
        data: UTF-8, its cells separated by , ; or tab.
        findings: gets what is wrong, by row and column.
        opener: opens what was encrypted to a passphrase.
    """
    head = _head(data, findings)
    lines = _lines(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), findings)
    reader = csv.reader(lines, delimiter=max(SEPARATORS, key=head.count), strict=True)
    try:
        sheet = _read_head(next(reader, []), findings)
        findings.check()
        number, row = 1, list[str]()
        for number, row in enumerate(reader, 2):
            if any(map(str.strip, row)):
                place = sheet.place(number, row, findings)
                if place is not None:
                    yield from sheet.entries(number, row, place, findings, opener)
        if 0 < len(row) < sheet.width and not data.endswith((b"\r", b"\n")):
            rule = f"the file ends after {len(row)} of its {sheet.width} cells: is it whole?"
            findings.fault(f"row {number}", f"{rule} Then end it with a line break")
    except csv.Error as error:
        findings.fault(f"line {reader.line_num}", f"not CSV: {error}")


def _head(data: bytes, findings: Findings) -> str:
    """Return the first line, once all could be decoded."""
    start = 0
    try:
        return re.split(r"[\r\n]", data.decode(), maxsplit=1)[0]
    except UnicodeDecodeError as error:
        start = error.start
    line, column = data.count(b"\n", 0, start) + 1, start - data.rfind(b"\n", 0, start)
    where = f"line {line}, byte {column}"
    return findings.refuse(where, "not UTF-8: save it as 'CSV UTF-8' or 'Unicode text'")


def _lines(stream: Iterable[str], findings: Findings) -> Iterator[str]:
    """Yield the lines, none of which could hold millions of cells."""
    for number, line in enumerate(stream, 1):
        if len(line) > _LONGEST_LINE:
            findings.refuse(f"line {number}", f"over {_LONGEST_LINE:,} characters")
        yield line


def _read_head(row: Sequence[str], findings: Findings) -> _Sheet:
    names = [name.strip().casefold() for name in row]
    while names and not names[-1]:
        names.pop()
    missing = [name for name in (LEVEL, ID) if name not in names]
    if missing:
        listed = " and ".join(missing)
        findings.refuse("row 1", f"needs the columns {LEVEL} and {ID}; it lacks {listed}")
    columns = []
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            findings.fault(f"row 1, column {_letters(index)}", f"a second column {name!r}")
        elif name not in (LEVEL, ID):
            try:
                found = setting(name.removeprefix(LOCK))
            except UnknownSetting as error:
                rule = f"{error}. Take the column out if it is for others"
                findings.fault(f"row 1, column {_letters(index)}", rule)
            else:
                columns.append(_Column(index, found, name.startswith(LOCK)))
        seen.add(name)
    return _Sheet(names.index(LEVEL), names.index(ID), columns, len(names))


def _letters(index: int) -> str:
    """Return a column's name in a spreadsheet: A, B … Z, AA."""
    rest, last = divmod(index, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("A") + last)
