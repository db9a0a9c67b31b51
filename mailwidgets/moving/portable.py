"""Settings as one JSON file that another store can take: written and read. Pure.

::

    {"mailwidgets": "export", "format": 1, "at": "2026-11-23T18:45:00+00:00", "by": "ana",
     "documents": [
       {"level": "company", "id": "", "settings": {"smtp": {"port": 587}},
        "locks": {"smtp": {"port": "policy"}}},
       {"level": "user", "id": "ana", "settings": {"smtp": {"password": {"secret": "set"}}}}]}

A secret is ``{"secret": "set"}``, which leaves alone what is stored, or encrypted as
``{"passphrase": "pw1:…"}``. ``null`` removes a value. ``export.schema.json`` in this folder
describes it all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mailwidgets.errors import InvalidId, InvalidValue, VaultError, WrongLevel
from mailwidgets.moving.entries import LARGEST, Entry, Findings, Opener, reason
from mailwidgets.settings.documents import UNSET, Change, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SECTIONS, SETTINGS, fit
from mailwidgets.store.parse import named, parse

FORMAT: Final = 1
SET: Final = "set"  # stands for a secret that stays where it is

_FILE = "export"  # what a file says it is
_HEAD = frozenset({"mailwidgets", "format", "at", "by", "documents"})
_KNOWN = frozenset({"level", "id", "settings", "locks"})
_AS_EXPORTED = (
    'a password stands here as {"passphrase": "…"}, which export --passphrase wrote, as '
    '{"secret": "set"} to leave it as it is, or as null to remove it'
)


@dataclass(frozen=True, slots=True, repr=False)
class Copy:
    """What leaves the store of one document.

    Attributes:
        place: whose it is.
        values: kept values; of a secret ``"set"``, or what a passphrase encrypted.
        locks: reasons.
        unknown: what this version does not know, as the document has it.
    """

    place: Place
    values: Mapping[Key, object]
    locks: Mapping[Key, str]
    unknown: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        told: dict[str, Any] = {"level": self.place.level.value, "id": self.place.id}
        told["settings"] = _nested(
            {key: _json(key, value) for key, value in self.values.items()},
            self.unknown.get("settings", {}),
        )
        if self.place.level is Level.COMPANY:
            told["locks"] = _nested(self.locks, self.unknown.get("locks", {}))
        return told | {key: value for key, value in self.unknown.items() if key not in told}


def _json(key: Key, value: object) -> object:
    if not SETTINGS[key].secret:
        return SETTINGS[key].field.to_json(value)
    return {"secret": SET} if value == SET else {"passphrase": value}


def _nested(known: Mapping[Key, object], unknown: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for section, key in SETTINGS:
        if (section, key) in known:
            told.setdefault(section, {})[key] = known[section, key]
    for section, held in unknown.items():
        told[section] = {**told.get(section, {}), **held} if isinstance(held, dict) else held
    return told


def export_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of what ``mailwidgets export`` writes."""
    text = Path(__file__).with_name("export.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def written(copies: Iterable[Copy], by: str) -> bytes:
    """Return the file.

    Args:
        copies: the documents.
        by: who exports.
    """
    content = {
        "mailwidgets": _FILE,
        "format": FORMAT,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": by,
        "documents": [copy.document() for copy in copies],
    }
    try:
        return f"{json.dumps(content, indent=2, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, in something we don't know: only an escape carries it.
        return f"{json.dumps(content, indent=2)}\n".encode()


def read(data: bytes, findings: Findings, opener: Opener) -> Iterator[Entry]:
    """Yield what a file says, document by document.

    Args:
        data: the file.
        findings: gets what is wrong, and what this version does not know.
        opener: opens what was encrypted to a passphrase.

    Raises:
        DamagedDocument: if it is not JSON; names line and column.
        InvalidImport: if it is no export.
    """
    content, _ = parse(data, findings.name, largest=LARGEST)
    number, documents = content.get("format"), content.get("documents")
    if content.get("mailwidgets") != _FILE:
        findings.refuse('"mailwidgets"', f'an export says "{_FILE}" here; this is none')
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        findings.refuse('"format"', "must be a whole number from 1")
    if number > FORMAT:
        findings.refuse('"format"', f"is {number}: a newer mailwidgets wrote it; update first")
    if not isinstance(documents, list):
        findings.refuse('"documents"', f"must be a list, not {named(documents)}")
    for name in content:
        if name not in _HEAD:
            findings.pass_over(name, "the file")
    seen: dict[Place, int] = {}
    for index, one in enumerate(documents, 1):
        place = _place(one, f"document {index}", findings)
        if place is None:
            continue
        if seen.setdefault(place, index) != index:
            findings.fault(f"document {index}", f"{place} stands in document {seen[place]} already")
            continue
        yield from _entries(one, place, f"document {index} ({place})", findings, opener)


def _place(one: object, where: str, findings: Findings) -> Place | None:
    if not isinstance(one, dict):
        findings.fault(where, f"must be an object, not {named(one)}")
        return None
    level, id_ = one.get("level"), one.get("id", "")
    if level not in list(Level) or not isinstance(id_, str):
        findings.fault(where, f'needs a "level" of {", ".join(Level)}, and a text as "id"')
        return None
    try:
        return Place(Level(level), id_)
    except InvalidId as error:
        findings.fault(where, error)
        return None


def _entries(
    one: Mapping[str, Any], place: Place, where: str, findings: Findings, opener: Opener
) -> Iterator[Entry]:
    """Yield what one document says."""
    for name in one:
        if name not in _KNOWN:
            findings.pass_over(name, place)
    for part in ("settings", "locks"):
        for key, value in _settings(one.get(part, {}), f"{where}, {part}", findings):
            name = ("lock of " if part == "locks" else "") + ".".join(filter(None, key))
            if key not in SETTINGS:
                findings.pass_over(name, place)
                continue
            try:
                kept = _value(place, key, value, opener, lock=part == "locks")
            except (InvalidValue, WrongLevel, VaultError) as error:
                findings.fault(f"{where}, {name}", error)
            else:
                if kept is not None:
                    yield Entry(place, key, part == "locks", kept)


def _settings(found: object, where: str, findings: Findings) -> Iterator[tuple[Key, object]]:
    """Yield the keys and values of ``settings`` or ``locks``."""
    if not isinstance(found, dict):
        findings.fault(where, f"must be an object, not {named(found)}")
        return
    for section, held in found.items():
        if isinstance(held, dict):
            yield from (((section, key), value) for key, value in held.items())
        elif section in SECTIONS:
            findings.fault(f"{where}, {section}", f"must be an object, not {named(held)}")
        else:
            yield (section, ""), held


def _value(place: Place, key: Key, value: object, opener: Opener, *, lock: bool) -> object:
    """Return the value to be kept; ``None`` where a secret stays as it is.

    Raises:
        InvalidValue, WrongLevel, VaultError: if it cannot be kept there; of a secret nothing
            is told.
    """
    found = SETTINGS[key]
    fit(Change(place, key, UNSET, lock=lock))
    if value is None:
        return UNSET
    if lock:
        if not isinstance(value, str):
            raise InvalidValue(f"a lock's reason is a text, not {named(value)}")
        return reason(value)
    if not found.secret:
        return found.field.from_json(value)
    if value == {"secret": SET}:
        return None
    sealed = value.get("passphrase") if isinstance(value, dict) else None
    return opener.open(place, key, sealed if isinstance(sealed, str) else "", _AS_EXPORTED)
