"""Whose effective values changes would change, and how: told before anyone saves.

A user's settings depend on their own document and the company's, a workstation's on its own and
the company's, so each document is resolved by itself, before and after. People whose documents
say the same of the settings in question are resolved once for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from mailwidgets.everyone.shifts import Impact, Shift, Side
from mailwidgets.everyone.standing import COMPANY, Reader, Standing
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import Change, Document, Documents, Key, changed
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import ACCOUNT, BORROWERS, Value, resolve
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.protocol import Store

_NOBODY: Final = Identity("nobody", "nobody")  # stands for whoever stores nothing


def impact(store: Store, changes: Sequence[Change], reader: Reader | None = None) -> Impact:
    """Return what changes would do to the values in force for everyone in a store.

    >>> change = servers.change("smtp.timeout", 20, level=Level.COMPANY)
    >>> print(impact(servers.store, [change]))
    smtp.timeout: 30 (default) → 20 (company) for every user that has stored nothing
    smtp.timeout: unchanged for 1 user (ana)

    Args:
        store: where the documents live.
        changes: each fit for its setting.
        reader: has read some documents before.

    Raises:
        DamagedDocument: if the company's document is; that of one user or workstation is told
            in ``unread``.
        StoreError: if the store cannot be reached.
    """
    reader = reader or Reader(store)
    places = {change.place for change in changes}
    reader.ask({COMPANY, *places})
    if COMPANY in places:
        for level in {SETTINGS[key].level for key in _reached(changes)}:
            reader.read(level)
    return compare(reader.standing, changes)


def compare(standing: Standing, changes: Sequence[Change]) -> Impact:
    """Return what changes would do to documents as they stand. Pure.

    >>> standing = Standing({COMPANY: Document(COMPANY)})
    >>> print(compare(standing, [servers.change("workflow.port", 587)]))
    workflow.port: 25 (default) → 587 (company) for the company

    Args:
        standing: the company's document and all that the changes may reach.
        changes: each fit for its setting.

    Raises:
        StoreError: if the company's document could not be read.
    """
    company = standing.company()
    by_place: dict[Place, list[Change]] = {}
    for change in changes:
        by_place.setdefault(change.place, []).append(change)
    of_company = by_place.get(COMPANY, [])
    reached = _reached(changes)
    shifts: list[Shift] = []
    unchanged: dict[Key, tuple[str, ...]] = {}
    for level in Level:
        keys = [key for key in SETTINGS if key in reached and SETTINGS[key].level is level]
        if not keys:
            continue
        pairs = _Pairs(level, keys, company, changed(company, of_company))
        told = [
            (document.place.id, pairs.of(document, by_place.get(document.place, ())))
            for document in _owners(standing, level, by_place)
        ]
        shifts += _shifts(told, pairs.of(Document(_NOBODY.place(level))), keys)
        direct = {change.key for change in of_company} & {shift.key for shift in shifts}
        for key in keys if level is not Level.COMPANY else ():
            others = sorted(id_ for id_, pair in told if key not in pair)
            unchanged |= {key: tuple(others)} if others and key in direct else {}
    return Impact(tuple(shifts), unchanged, tuple(map(str, standing.unread.values())))


def _owners(
    standing: Standing, level: Level, by_place: Mapping[Place, object]
) -> Iterator[Document]:
    """Yield the documents of a level, empty ones of those who are to get one; not the company's."""
    if level is Level.COMPANY:
        return
    for place, document in standing.documents.items():
        if place.level is level:
            yield document
    for place in by_place:
        if (
            place.level is level
            and place not in standing.documents
            and place not in standing.unread
        ):
            yield Document(place)


@dataclass(frozen=True, slots=True)
class _Own:
    """Stands for a value of someone's own: which one it is decides nothing, but for switches."""

    new: bool


class _Pairs:
    """Resolves documents of one level before and after, those that are alike once for all."""

    def __init__(
        self, level: Level, keys: Sequence[Key], before: Document, after: Document
    ) -> None:
        self._level, self._keys = level, keys
        self._company = (before, after)
        self._deciding = sorted(_deciding(keys))
        self._known: dict[object, list[tuple[Key, Value, Value]]] = {}

    def of(
        self, document: Document, changes: Iterable[Change] = ()
    ) -> dict[Key, tuple[Side, Side]]:
        """Return the settings that change for a document's owner, each with both its sides."""
        both = (document, changed(document, changes) if changes else document)
        alike = tuple(_alike(key, *(one.values.get(key) for one in both)) for key in self._deciding)
        if alike not in self._known:
            self._known[alike] = self._resolved(alike)
        found = {}
        for key, before, after in self._known[alike]:
            sides = _sides(before, after, both)
            if sides[0] != sides[1]:
                found[key] = sides
        return found

    def _resolved(self, alike: Sequence[tuple[object, object]]) -> list[tuple[Key, Value, Value]]:
        """Return the settings that change for those whose documents are alike."""
        resolutions = []
        for side, company in enumerate(self._company):
            placed = {level: Document(_NOBODY.place(level)) for level in Level}
            if self._level is not Level.COMPANY:
                own = zip(self._deciding, (one[side] for one in alike), strict=True)
                values = {key: value for key, value in own if value is not None}
                placed[self._level] = replace(placed[self._level], values=values)
            placed[Level.COMPANY] = company
            resolutions.append(resolve(Documents(*(placed[level] for level in Level)), _NOBODY))
        before, after = resolutions
        return [
            (key, before[key], after[key])
            for key in self._keys
            if before[key].effective != after[key].effective
            or before[key].from_words != after[key].from_words
        ]


def _alike(key: Key, before: object, after: object) -> tuple[object, object]:
    """Return two values of one setting as far as they decide anything."""
    if key[1] == BORROWERS.get(key[0]):
        return before, after
    return (
        None if before is None else _Own(new=False),
        None if after is None else _Own(new=after != before),
    )


def _sides(before: Value, after: Value, documents: tuple[Document, Document]) -> tuple[Side, Side]:
    """Return what is told of both values."""
    found = []
    for value in (before, after):
        effective = value.effective
        if isinstance(effective, _Own):
            effective = documents[effective.new].values[value.source]
        found.append((effective, Side(value.shown(effective), value.from_words)))
    (old, one), (new, other) = found
    if old != new and before.setting.field.shown(old) == before.setting.field.shown(new):
        other = replace(
            other, value=_("{value}, another").format(value=other.value)
        )  # secrets and certificates
    return one, other


def _shifts(
    told: Iterable[tuple[str, Mapping[Key, tuple[Side, Side]]]],
    everyone: Mapping[Key, tuple[Side, Side]],
    keys: Sequence[Key],
) -> Iterator[Shift]:
    """Yield the shifts: for each setting, those who see the same change together."""
    ids: dict[tuple[Key, Side, Side], list[str]] = {}
    for id_, pairs in told:
        for key, sides in pairs.items():
            ids.setdefault((key, *sides), []).append(id_)
    for key, sides in everyone.items():
        ids.setdefault((key, *sides), [])
    found = [
        Shift(key, before, after, tuple(sorted(names)), everyone.get(key) == (before, after))
        for (key, before, after), names in ids.items()
    ]
    found.sort(key=lambda one: (keys.index(one.key), not one.everyone_else, -len(one.ids)))
    for _key, group in groupby(found, key=lambda one: one.key):
        yield from group


def _reached(changes: Iterable[Change]) -> set[Key]:
    """Return the settings whose effective values changes can reach, borrowed ones included."""
    keys = {change.key for change in changes}
    return keys | {
        (section, key)
        for section, switch in BORROWERS.items()
        for key in ACCOUNT
        if (section, switch) in keys or ("pop3", key) in keys
    }


def _deciding(keys: Iterable[Key]) -> set[Key]:
    """Return the settings that decide some settings' effective values."""
    found = set(keys)
    for section, key in tuple(found):
        if section in BORROWERS and key in ACCOUNT:
            found |= {("pop3", key), (section, BORROWERS[section])}
    return found
