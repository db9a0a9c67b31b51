"""A document as it is written: JSON that people can read, in which what we don't know survives.

::

    {"format": 1, "id": "ana",
     "settings": {"pop3": {"port": 995, "password": {"sealed": "v1:…"}}},
     "locks": {"smtp": {"port": "reason"}}}

The company's document has no id; only it has locks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailwidgets.errors import DamagedDocument, InvalidId, InvalidValue, StoreError
from mailwidgets.settings.documents import UNSET, Change, Document, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.store.parse import LARGEST, Source, named, parse

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class Written:
    """One document as its file holds it.

    Attributes:
        place: whose it is.
        file: its name, for messages.
        content: the JSON object; empty where there is no file.
    """

    place: Place
    file: str
    content: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return whose it is; the content may hold what someone mistyped into it."""
        return f"Written({self.file!r})"

    def document(self) -> Document:
        """Return what it holds; a single value that its setting refuses becomes a problem."""
        values: dict[Key, object] = {}
        locks: dict[Key, str] = {}
        problems: dict[Key, str] = {}
        for key, setting in SETTINGS.items():
            if self.place.level is Level.COMPANY:
                reason = self._held("locks", key)
                locks |= {} if reason is None else {key: reason}
            held = self._held("settings", key)
            if held is None:
                continue
            try:
                value = setting.field.from_json(held)
            except InvalidValue as error:
                problems[key] = f"{self.file}: {error}"
            else:
                values |= {} if value is None else {key: value}
        return Document(self.place, values, locks, problems)

    def _held(self, part: str, key: Key) -> Any:  # noqa: ANN401 - JSON of any type
        return self.content.get(part, {}).get(key[0], {}).get(key[1])

    def edited(self, changes: Iterable[Change]) -> bytes | None:
        """Return the document's new text, ``None`` where the changes change nothing.

        Args:
            changes: of this place, with values as their fields keep them.

        Raises:
            StoreError: if a newer mailwidgets wrote it, or it would become too large.
        """
        document = self.document()
        wanted = [
            change
            for change in changes
            if change.value != document.get(change.key, lock=change.lock)
            or (not change.lock and change.key in document.problems)
        ]
        if not wanted:
            return None
        if self.content.get("format", FORMAT) > FORMAT:
            raise StoreError(
                f"{self.file} is in format {self.content['format']}, written by a newer "
                f"mailwidgets; this one writes format {FORMAT}. Nothing was stored: update first."
            )
        return _dumped(_merged(self.place, self.content, wanted), self.file)


def read_written(data: bytes | None, place: Place, file: str) -> Written:
    """Return a document from its file's bytes, its shape checked.

    Args:
        data: the bytes; ``None`` where there is no file.
        place: whose document it should be.
        file: its name, for messages.

    Raises:
        DamagedDocument: if it is not what was written, or someone else's.
    """
    if data is None:
        return Written(place, file, {})
    content, source = parse(data, file)
    _check_head(content, place, source)
    for part in ("settings", "locks") if place.level is Level.COMPANY else ("settings",):
        _check_object(content.get(part, {}), (part,), source)
        for section in SECTIONS:
            _check_object(content.get(part, {}).get(section, {}), (part, section), source)
    for section, key in SETTINGS if place.level is Level.COMPANY else ():
        reason = content.get("locks", {}).get(section, {}).get(key, "")
        if not isinstance(reason, str):
            raise source.damaged_at(
                ("locks", section, key), f"a lock's reason is a text, not {named(reason)}"
            )
    return Written(place, file, content)


def written_id(data: bytes, file: str) -> str:
    """Return the id that a document says it has; empty if it says none.

    Raises:
        DamagedDocument: if it cannot be read.
    """
    found = parse(data, file)[0].get("id", "")
    return found if isinstance(found, str) else ""


def _check_head(content: Mapping[str, Any], place: Place, source: Source) -> None:
    number = content.get("format", FORMAT)
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise source.damaged_at(("format",), "the format is a whole number from 1")
    found = content.get("id", "" if place.level is Level.COMPANY else None)
    if not isinstance(found, str):
        raise source.damaged_at(("id",), f'"id" should be the text {place.id!r}')
    try:
        same = (Place(place.level, found) if found else None) == (place if place.id else None)
    except InvalidId:
        same = False
    if not same:
        # Moved by hand, or the file system takes Ana.json for ana.json.
        raise source.damaged_at(("id",), f"this is the document of {found!r}, not of {place}")


def _check_object(found: object, path: tuple[str, ...], source: Source) -> None:
    if not isinstance(found, dict):
        raise source.damaged_at(path, f'"{path[-1]}" should be an object, not {named(found)}')


def _merged(place: Place, content: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """Return the whole object with the changes made: what we know first, then the rest."""
    head = {"format": FORMAT, "id": place.id} if place.id else {"format": FORMAT}
    values = [change for change in changes if not change.lock]
    locks = [change for change in changes if change.lock]
    known = {**head, "settings": _part(content.get("settings", {}), values)}
    if locks:
        known["locks"] = _part(content.get("locks", {}), locks)
    elif "locks" in content:
        known["locks"] = content["locks"]
    return known | {key: value for key, value in content.items() if key not in known}


def _part(part: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """Return settings or locks with the changes: declared ones in order, then the others."""
    sections = dict(part)
    for section in {change.key[0]: None for change in changes}:
        held = dict(sections.get(section, {}))
        for change in changes:
            name, key = change.key
            if name != section:
                continue
            if change.value is UNSET:
                held.pop(key, None)
            else:
                field = SETTINGS[change.key].field
                held[key] = change.value if change.lock else field.to_json(change.value)
        sections[section] = _ordered(held, (key for name, key in SETTINGS if name == section))
        if not held:
            del sections[section]
    return _ordered(sections, SECTIONS)


def _ordered(held: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    first = {key: held[key] for key in order if key in held}
    return first | {key: value for key, value in held.items() if key not in first}


def _dumped(content: Mapping[str, Any], file: str) -> bytes:
    try:
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    except RecursionError as error:
        raise DamagedDocument(f"{file} is nested too deeply to be written again") from error
    try:
        data = f"{text}\n".encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, in something we don't know: only an escape carries it.
        data = f"{json.dumps(content, indent=2)}\n".encode()
    if len(data) > LARGEST:
        raise StoreError(f"{file} would have over {LARGEST // 2**20} MiB: nothing was stored")
    return data
