"""What a commit leaves behind: who changed what, when and why, and what was there before.

A value is kept as the document has it (JSON); of a secret only that one was set.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import Any, Final

from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SETTINGS

_NAMED: Final = 20  # places that each of them names in its record; of more, only how many
SET: Final = "set"  # all that history says of a secret's value
Slot = tuple[Place, Key, bool]  # what one edit is about; the last tells a lock from a value

_SHORT: Final = 12  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class Edit:
    """One setting, or its lock, changed in one place.

    Attributes:
        place: whose document.
        key: (section, setting); one that this version does not know is possible.
        before: what was there, as JSON; ``None`` for nothing, ``"set"`` for any secret.
        after: what is there since.
        lock: whether this is the setting's lock: the values are reasons.
    """

    place: Place
    key: Key
    before: Any
    after: Any
    lock: bool = False

    @property
    def slot(self) -> Slot:
        """Return what it is about."""
        return (self.place, self.key, self.lock)

    @property
    def name(self) -> str:
        """Return the setting as a person writes it: ``pop3.port``, ``lock of pop3.port``."""
        name = ".".join(self.key)
        return f"lock of {name}" if self.lock else name

    @property
    def secret(self) -> bool:
        """Return whether only "set" is known of its values."""
        return is_secret(self.key) and not self.lock

    def __str__(self) -> str:
        """Return it in words: ``smtp.port (user ana): 25 → 587``; safe on a terminal."""
        before, after = (printable(self.shown(one)) for one in (self.before, self.after))
        told = f"{before or 'unset'} → {after or 'unset'}"
        if self.secret or before == after:  # as two certificates: nothing tells them apart
            told = "removed" if self.after is None else "changed" if self.before else "set"
        return f"{printable(f'{self.name} ({self.place})')}: {told}"

    def shown(self, value: Any) -> str:  # noqa: ANN401 - JSON of any type
        """Return one of its values as a person reads it; empty for nothing."""
        if value is None or self.lock or self.secret or self.key not in SETTINGS:
            return "" if value is None else str(value)
        setting = SETTINGS[self.key].field
        try:
            return setting.shown(setting.from_json(value))
        except ValueError:  # a rule that came later refuses it
            return str(value)


def printable(text: str) -> str:
    """Return text with everything escaped that a terminal could act on or not show."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def is_secret(key: Key) -> bool:
    """Return whether a setting's values are never shown."""
    return key in SETTINGS and SETTINGS[key].secret


@dataclass(frozen=True, slots=True)
class Commit:
    """One save, as history tells it.

    Attributes:
        id: 32 hexadecimal digits.
        at: when, in UTC; never before the commit that it follows, whatever the clock says.
        by: who saved it.
        why: what they noted; may be empty.
        edits: what changed, in the places that the reader may see.
        places: the places that it changed: all of them, or, of a commit of many, those that
            the reader asked for.
        snapshot: the name of the moment after it; mostly empty.
        undoes: the id of the commit that it took back; mostly empty.
        outside: places whose document had been changed by other means before.
        spread: how many places it changed where ``places`` does not name them all.
        role: as whom the database knew the writer, whatever ``by`` says; ``None`` for a folder,
            and before it is read again.
    """

    id: str
    at: datetime
    by: str
    why: str = ""
    edits: tuple[Edit, ...] = ()
    places: tuple[Place, ...] = ()
    snapshot: str = ""
    undoes: str = ""
    outside: tuple[Place, ...] = ()
    spread: int = 0
    role: str | None = field(default=None, compare=False)

    @property
    def short(self) -> str:
        """Return as much of the id as tells it from a million others."""
        return self.id[:_SHORT]

    def __str__(self) -> str:
        """Return it as an entry of a log, its time as it is here; safe on a terminal."""
        at = self.at.astimezone().isoformat(sep=" ", timespec="seconds")
        by = f"{self.by} (as {self.role})" if self.role and self.role != self.by else self.by
        head = "  ".join(filter(None, (self.short, at, by, self.why)))
        lines = [f'snapshot "{self.snapshot}"'] if self.snapshot else []
        lines += [f"takes back {self.undoes[:_SHORT]}"] if self.undoes else []
        lines += [f"{place} was edited outside mailwidgets before this" for place in self.outside]
        return "\n    ".join([*map(printable, [head, *lines]), *map(str, self.edits)])

    def seen_from(self, place: Place) -> Commit:
        """Return what it changed in one place."""
        return replace(
            self,
            edits=tuple(edit for edit in self.edits if edit.place == place),
            outside=tuple(one for one in self.outside if one == place),
        )

    def parts(self) -> dict[Place, Commit]:
        """Return what it changed in each of its places, as ``seen_from`` does, in one go."""
        edits: dict[Place, list[Edit]] = {place: [] for place in self.places}
        for edit in self.edits:
            edits[edit.place].append(edit)
        outside = frozenset(self.outside)
        return {
            place: replace(self, edits=tuple(some), outside=(place,) if place in outside else ())
            for place, some in edits.items()
        }

    def record(self) -> dict[str, Any]:
        """Return it as JSON; the edits do not say their place: one place keeps each record."""
        told: dict[str, Any] = {"commit": self.id, "at": self.at.isoformat(), "by": self.by}
        told |= {
            name: value for name in ("why", "snapshot", "undoes") if (value := getattr(self, name))
        }
        spread = max(self.spread, len(self.places))
        if len(self.places) == spread <= _NAMED:
            told |= (
                {"places": [[one.level.value, one.id] for one in self.places]} if spread > 1 else {}
            )
        else:
            told["places"] = spread
        if self.outside:
            told["outside"] = True
        told["edits"] = [
            {"setting": ".".join(edit.key), "before": edit.before, "after": edit.after}
            | ({"lock": True} if edit.lock else {})
            for edit in self.edits
        ]
        return told


def read_record(record: Mapping[str, Any], place: Place) -> Commit:
    """Return a commit from the record that a place keeps of it.

    Raises:
        KeyError, TypeError, ValueError: if it is not what was written.
    """
    told = record.get("places")
    listed, spread = (None, told) if isinstance(told, int) else (told, 0)
    edits = [
        Edit(place, _key(one["setting"]), one["before"], one["after"], bool(one.get("lock")))
        for one in record["edits"]
    ]
    return Commit(
        id=str(record["commit"]),
        at=time_told(record["at"]),
        by=str(record["by"]),
        why=str(record.get("why", "")),
        edits=tuple(edits),
        places=tuple(Place(Level(level), id_) for level, id_ in listed) if listed else (place,),
        snapshot=str(record.get("snapshot", "")),
        undoes=str(record.get("undoes", "")),
        outside=(place,) if record.get("outside") else (),
        spread=spread,
    )


def time_told(text: str) -> datetime:
    """Return a commit's time, in UTC, from its record.

    Raises:
        TypeError, ValueError: if it is none that a clock could have shown, or lacks its offset.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"a commit's time needs its offset, {text!r} has none")
    if not MINYEAR < at.year < MAXYEAR:  # another zone, or the next commit, could be beyond
        raise ValueError(f"{text!r} is no time of a commit")
    return at.astimezone(UTC)


def _key(name: object) -> Key:
    if not isinstance(name, str):
        raise TypeError(f"a setting's name is a text, not {name!r}")
    section, _, key = name.partition(".")
    return (section, key)


def joined(records: Iterable[Commit]) -> Commit:
    """Return one commit from the records that several places keep of it."""
    first, *rest = records
    return replace(
        first,
        places=tuple(dict.fromkeys(place for one in (first, *rest) for place in one.places)),
        edits=tuple(edit for one in (first, *rest) for edit in one.edits),
        outside=tuple(place for one in (first, *rest) for place in one.outside),
    )


@dataclass(frozen=True, slots=True)
class Note:
    """What goes with a commit beside its changes.

    Attributes:
        by: who saves; a store that knows who is connected keeps that, too.
        why: a message for those who read the history.
        snapshot: a name for the moment after it.
        undoes: the id of the commit that it takes back.
        public_keys: keys to seal a person's secrets to, by place; see the vault.
        sealed_to: the public keys that secrets among the changes were sealed to, by place: where
            another one is published by now, the commit conflicts.
        id: the commit's id, made beforehand so that its fate can be found out later.
    """

    by: str = ""
    why: str = ""
    snapshot: str = ""
    undoes: str = ""
    public_keys: Mapping[Place, str] = field(default_factory=dict)
    sealed_to: Mapping[Place, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    def commit(
        self, edits: Iterable[Edit], places: Iterable[Place], *, since: datetime | None = None
    ) -> Commit:
        """Return the commit of some edits.

        Args:
            edits: what it changes.
            places: every place that it writes.
            since: the time of the last commit there; this one comes later.
        """
        now = datetime.now(UTC)
        # A clock that went back must not turn history round.
        at = now if since is None or since < now else since + _TICK
        return Commit(
            self.id, at, self.by, self.why, tuple(edits), tuple(places), self.snapshot, self.undoes
        )


@dataclass(frozen=True, slots=True, repr=False)
class Moved:
    """Everything that a store keeps of a place.

    Attributes:
        place: whose it is.
        content: its document, the whole JSON object with what this version does not know.
        commits: its history, the newest first, each with the edits of this place alone.
    """

    place: Place
    content: Mapping[str, Any]
    commits: tuple[Commit, ...]


_TICK: Final = datetime.resolution
