"""A document as it is written: JSON that people can read, in which what we don't know survives.

::

    {"format": 2, "id": "ana", "commit": "5f0e…", "public_key": "x25519:…",
     "settings": {"pop3": {"port": 995, "password": {"sealed": "v1:…"}}},
     "locks": {"smtp": {"port": "reason"}}}

The company's document has no id; only it has locks. Format 1 had neither ``commit``, the id of
the last one, nor ``public_key``, to which others seal this person's secrets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailwidgets.errors import InvalidId, InvalidValue, StoreError
from mailwidgets.languages.texts import _
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import UNSET, Change, Document, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.store.layout import dumped
from mailwidgets.store.parse import Source, named, parse

__all__ = ["FORMAT", "Written", "dumped", "read_written", "written_id"]

FORMAT: Final = 2

_OURS: Final = frozenset({"format", "id", "commit", "public_key", "settings", "locks"})

# Every document of a hundred thousand shares these keys.
_DECLARED: Final = {
    section: {key[1]: (key, found) for key, found in SETTINGS.items() if key[0] == section}
    for section in SECTIONS
}


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

    @property
    def commit(self) -> str:
        """Return the id of the commit that it names; empty where it names none."""
        return str(self.content.get("commit", ""))

    def document(self, keys: Collection[Key] | None = None) -> Document:
        """Return what it holds; a single value that its setting refuses becomes a problem.

        Args:
            keys: the settings that are asked for; by default all.
        """
        values: dict[Key, object] = {}
        problems: dict[Key, str] = {}
        for key, setting, held in self._known("settings"):
            if keys is not None and key not in keys:
                continue
            try:
                value = setting.field.from_json(held)
            except InvalidValue as error:
                problems[key] = f"{self.file}: {error}"
            else:
                values |= {} if value is None else {key: value}
        locks: dict[Key, str] = {}
        if self.place.level is Level.COMPANY:
            locks = {key: reason for key, _, reason in self._known("locks")}
        told = {name: self.content.get(name, "") for name in ("public_key", "commit")}
        unknown = self._unknown() if keys is None else {}
        return Document(self.place, values, locks, problems, **told, unknown=unknown)

    def _known(self, part: str) -> Iterator[tuple[Key, Setting, Any]]:
        """Yield what it holds of declared settings: most people store few of them."""
        sections = self.content.get(part, {})
        for section, declared in _DECLARED.items():
            for name, held in sections.get(section, {}).items():
                if name in declared and held is not None:
                    yield *declared[name], held

    def _unknown(self) -> dict[str, Any]:
        found = {name: held for name, held in self.content.items() if name not in _OURS}
        for part in ("settings", "locks") if self.place.level is Level.COMPANY else ("settings",):
            beside = {
                section: _beside(section, held)
                for section, held in self.content.get(part, {}).items()
                if section not in _DECLARED or not held.keys() <= _DECLARED[section].keys()
            }
            found |= {part: beside} if beside else {}
        return found

    def _held(self, part: str, key: Key) -> Any:  # noqa: ANN401 - JSON of any type
        return self.content.get(part, {}).get(key[0], {}).get(key[1])

    def held(self, key: Key, *, lock: bool = False) -> Any:  # noqa: ANN401 - JSON of any type
        """Return a value, or a lock's reason, as JSON; ``None`` for nothing."""
        return self._held("locks" if lock else "settings", key)

    def merged(
        self, changes: Sequence[Change], *, commit: str, public_key: str = ""
    ) -> dict[str, Any]:
        """Return the whole object with changes made: what we know first, then the rest.

        Args:
            changes: of this place, with values as their fields keep them.
            commit: the id of the commit that makes them.
            public_key: the one to keep from now on; empty: as it is.

        Raises:
            StoreError: if a newer mailwidgets wrote it.
        """
        content = self.content
        if content.get("format", FORMAT) > FORMAT:
            told = _(
                "{file} is in format {found}, written by a newer mailwidgets; this one writes "
                "format {format}. Nothing was stored: update first."
            )
            raise StoreError(told.format(file=self.file, found=content["format"], format=FORMAT))
        known: dict[str, Any] = {"format": FORMAT}
        known |= {"id": self.place.id} if self.place.id else {}
        known["commit"] = commit
        if public_key or "public_key" in content:
            known["public_key"] = public_key or content["public_key"]
        values = [change for change in changes if not change.lock]
        locks = [change for change in changes if change.lock]
        known["settings"] = _part(content.get("settings", {}), values)
        if locks:
            known["locks"] = _part(content.get("locks", {}), locks)
        elif "locks" in content:
            known["locks"] = content["locks"]
        return known | {key: value for key, value in content.items() if key not in known}


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
    return checked(content, place, source)


def checked(content: dict[str, Any], place: Place, source: Source) -> Written:
    """Return a document from JSON, its shape checked.

    Args:
        content: the whole object.
        place: whose document it should be.
        source: its text, to say where something is wrong.

    Raises:
        DamagedDocument: if it is not what was written, or someone else's.
    """
    _check_head(content, place, source)
    for part in ("settings", "locks") if place.level is Level.COMPANY else ("settings",):
        _check_object(content.get(part, {}), (part,), source)
        for section in SECTIONS:
            _check_object(content.get(part, {}).get(section, {}), (part, section), source)
    for section, key in SETTINGS if place.level is Level.COMPANY else ():
        reason = content.get("locks", {}).get(section, {}).get(key, "")
        if not isinstance(reason, str):
            raise source.damaged_at(
                ("locks", section, key),
                _("a lock's reason is a text, not {found}").format(found=named(reason)),
            )
    return Written(place, source.file, content)


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
        raise source.damaged_at(("format",), _("the format is a whole number from 1"))
    for name in ("commit", "public_key"):
        if not isinstance(content.get(name, ""), str):
            raise source.damaged_at(
                (name,),
                _('"{name}" is a text, not {found}').format(name=name, found=named(content[name])),
            )
    found = content.get("id", "" if place.level is Level.COMPANY else None)
    if not isinstance(found, str):
        raise source.damaged_at(
            ("id",), _('"id" should be the text {id}').format(id=repr(place.id))
        )
    try:
        same = (Place(place.level, found) if found else None) == (place if place.id else None)
    except InvalidId:
        same = False
    if not same:
        # Moved by hand, or the file system takes Ana.json for ana.json.
        raise source.damaged_at(
            ("id",),
            _("this is the document of {found}, not of {place}").format(
                found=repr(found), place=place.words
            ),
        )


def _beside(section: str, held: Any) -> Any:  # noqa: ANN401 - JSON of any type
    if section not in _DECLARED:
        return held
    return {name: one for name, one in held.items() if name not in _DECLARED[section]}


def _check_object(found: object, path: tuple[str, ...], source: Source) -> None:
    if not isinstance(found, dict):
        raise source.damaged_at(
            path,
            _('"{name}" should be an object, not {found}').format(
                name=path[-1], found=named(found)
            ),
        )


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
