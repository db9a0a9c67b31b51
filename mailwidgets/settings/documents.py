"""Documents and changes: what a level holds, and what a commit would make of it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mailwidgets.settings.levels import Level, Place

Key = tuple[str, str]  # (section, setting), as ("pop3", "port")


class Mark(enum.Enum):
    """Stands where a value could stand."""

    UNSET = "unset"  # no value: the setting is removed
    ANY = "any"  # whatever is stored: a change that cannot conflict


UNSET: Final = Mark.UNSET
ANY: Final = Mark.ANY


@dataclass(frozen=True, slots=True)
class Document:
    """What one place holds.

    Attributes:
        place: whose it is.
        values: kept values by (section, setting); secrets are ``Sealed``, or ``Secret`` in a draft.
        locks: reasons by (section, setting); only the company's document has any.
        problems: what could not be read, in words, by (section, setting).
        public_key: what others seal this person's secrets to; empty where nobody can.
        commit: the id of the last commit; empty before the first.
        unknown: what else it holds, as it is written there: a newer version's, or someone's own.
    """

    place: Place
    values: Mapping[Key, object] = field(default_factory=dict)
    locks: Mapping[Key, str] = field(default_factory=dict)
    problems: Mapping[Key, str] = field(default_factory=dict)
    public_key: str = ""
    commit: str = ""
    unknown: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def get(self, key: Key, *, lock: bool = False) -> object:
        """Return a kept value, or a lock's reason; ``UNSET`` where there is none."""
        return (self.locks if lock else self.values).get(key, UNSET)


@dataclass(frozen=True, slots=True)
class Documents:
    """The three documents that decide for one identity."""

    company: Document
    user: Document
    workstation: Document

    def at(self, level: Level) -> Document:
        """Return the document of a level."""
        document: Document = getattr(self, level.value)
        return document


@dataclass(frozen=True, slots=True)
class Change:
    """One setting to be changed in one place.

    Attributes:
        place: whose document.
        key: (section, setting).
        value: the new value, a lock's reason, or ``UNSET`` to remove it.
        base: what was there when the person looked; ``ANY`` to write regardless. A commit in
            which the stored value is neither the base nor the new value is a conflict.
        lock: whether this is the setting's lock instead of its value.
    """

    place: Place
    key: Key
    value: object
    base: object = ANY
    lock: bool = False

    @property
    def name(self) -> str:
        """Return the setting as a person writes it: ``pop3.port``."""
        return ".".join(self.key)


def changed(document: Document, changes: Iterable[Change]) -> Document:
    """Return the document with the changes that are meant for its place.

    >>> company = Place(Level.COMPANY)
    >>> before = Document(company, {("smtp", "port"): 25})
    >>> changed(before, [Change(company, ("smtp", "port"), 587)]).values
    {('smtp', 'port'): 587}
    """
    values, locks = dict(document.values), dict(document.locks)
    problems = dict(document.problems)
    for change in changes:
        if change.place != document.place:
            continue
        held: dict[Key, object] = locks if change.lock else values  # type: ignore[assignment]
        if change.value is UNSET:
            held.pop(change.key, None)
        else:
            held[change.key] = change.value
        if not change.lock:
            problems.pop(change.key, None)
    return replace(document, values=values, locks=locks, problems=problems)


def drafted(documents: Documents, changes: Iterable[Change]) -> Documents:
    """Return the documents as they would be after the changes.

    >>> stored = servers.documents()
    >>> after = drafted(stored, [servers.change("smtp.port", 465)])
    >>> after.user.get(("smtp", "port"))
    465
    """
    listed = tuple(changes)
    return Documents(*(changed(documents.at(level), listed) for level in Level))
