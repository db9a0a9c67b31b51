"""Commits as a person reads them: who changed what, for whom, and from what to what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from mailwidgets.languages.formats import day, moment, number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.rows import label_of, section_title, shown
from mailwidgets.settings.documents import UNSET, Change, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import SET, Commit, Edit

NAMED: Final = 3  # users or workstations that are told by name
NAME: Final = 60  # characters of a reason within another line
_LONGEST: Final = 160  # characters of a value; longer ones are cut
_LOCK: Final = "lock of "  # as ``Edit.name`` has it


@dataclass(frozen=True, slots=True)
class Whose:
    """The places of one level, in words.

    Attributes:
        level: which.
        told: ``Company``, ``ana``, or ``812 users: ana, bob, eva and 809 more``.
    """

    level: Level
    told: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One setting, or its lock, changed in the same way in some places.

    Attributes:
        key: (section, setting).
        name: the setting as the forms call it, with its section.
        before: what was there, as a person reads it; empty for nothing.
        after: what is there since.
        told: what is said instead of both where neither may or need be shown; else empty.
        whose: where.
        known: whether this version knows the setting, so that it has a field.
    """

    key: Key
    name: str
    before: str
    after: str
    told: str
    whose: tuple[Whose, ...]
    known: bool


@dataclass(frozen=True, slots=True)
class CommitRow:
    """One commit as a list shows it.

    Attributes:
        commit: the commit itself.
        title: what it was for, or else what it changed, in a line.
        whose: where it changed anything.
        changes: what it changed; what was asked for comes first.
        asked: how many of those were asked for: all of them where nothing is left out.
        taken_back: the commit that took it back, as long as that stands.
        takes_back: what it took back itself, in words; empty for nothing.
        outside: whose documents had been edited by hand before, in words.
        may_undo: whether it changed anything that this person may write.
    """

    commit: Commit
    title: str
    whose: tuple[Whose, ...]
    changes: tuple[ChangeRow, ...]
    asked: int
    taken_back: Commit | None
    takes_back: str
    outside: str
    may_undo: bool


def name_of(key: Key, *, lock: bool = False) -> str:
    """Return what the forms call a setting, with its section unless the label tells it."""
    if key not in SETTINGS:
        name = ".".join(key)
    else:
        label, title = label_of(SETTINGS[key]), section_title(key[0])
        name = label if label.startswith(title) else f"{title}: {label}"
    return _("Lock of {setting}").format(setting=name) if lock else name


def clash_name(name: str) -> str:
    """Return what the forms call a setting that a conflict names: ``lock of pop3.port``."""
    dotted = name.removeprefix(_LOCK)
    section, _dot, key = dotted.partition(".")
    return name_of((section, key), lock=dotted != name)


def value_of(edit: Edit, value: Any) -> str:  # noqa: ANN401 - JSON of any type
    """Return one of an edit's values as a person reads it; empty for nothing."""
    told = edit.shown(value)
    if value is not None and not edit.lock and edit.key in SETTINGS:
        setting = SETTINGS[edit.key]
        try:
            told = shown(setting, setting.field.from_json(value))
        except ValueError:  # a rule that came later refuses it
            told = edit.shown(value)
    line = " ".join(told.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def places_told(places: Iterable[Place]) -> tuple[Whose, ...]:
    """Return places in words, an entry for each level."""
    listed = list(dict.fromkeys(places))
    found = []
    for level in Level:
        ids = [place.id for place in listed if place.level is level]
        if level is Level.COMPANY:
            found += [Whose(level, _("Company"))] * bool(ids)
        elif ids:
            found.append(Whose(level, _ids_told(level, ids)))
    return tuple(found)


def _ids_told(level: Level, ids: Sequence[str]) -> str:
    if len(ids) == 1:
        return ids[0]
    names = ", ".join(ids[:NAMED])
    if len(ids) > NAMED:
        more = number(len(ids) - NAMED)
        names = _("{names} and {count} more").format(names=names, count=more)
    told = ngettext("{count} workstation: {names}", "{count} workstations: {names}", len(ids))
    if level is Level.USER:
        told = ngettext("{count} user: {names}", "{count} users: {names}", len(ids))
    return told.format(count=number(len(ids)), names=names)


def change_rows(edits: Iterable[Edit]) -> tuple[ChangeRow, ...]:
    """Return edits as rows: what changed in the same way in many places is one of them."""
    places: dict[tuple[Key, bool, str, str, str], list[Place]] = {}
    for edit in edits:
        before = "" if edit.secret else value_of(edit, edit.before)
        after = "" if edit.secret else value_of(edit, edit.after)
        told = ""
        if edit.secret or before == after:  # as two certificates: nothing tells them apart
            told = _("removed") if edit.after is None else _("changed") if edit.before else _("set")
        places.setdefault((edit.key, edit.lock, before, after, told), []).append(edit.place)
    return tuple(
        ChangeRow(
            key, name_of(key, lock=lock), before, after, told, places_told(held), key in SETTINGS
        )
        for (key, lock, before, after, told), held in places.items()
    )


def as_edit(change: Change) -> Edit:
    """Return a planned change as an edit: from what is stored to what would be."""
    before, after = (_written(change, one) for one in (change.base, change.value))
    return Edit(change.place, change.key, before, after, change.lock)


def _written(change: Change, value: object) -> Any:  # noqa: ANN401 - JSON of any type
    """Return a kept value as history has it."""
    if value is UNSET or change.lock:
        return None if value is UNSET else value
    setting = SETTINGS[change.key]
    return SET if setting.secret else setting.field.to_json(value)


def title_of(commit: Commit, changes: Sequence[ChangeRow]) -> str:
    """Return what a commit was for, or else what it changed."""
    if commit.why:
        return commit.why
    if commit.snapshot:
        return _("Snapshot “{name}”").format(name=commit.snapshot)
    names = list(dict.fromkeys(one.name for one in changes))
    if not names:
        return _("No setting changed")
    if len(names) == 1:
        return _("{setting} changed").format(setting=names[0])
    told = ngettext("{count} setting changed", "{count} settings changed", len(names))
    return told.format(count=number(len(names)))


def commit_words(commit: Commit) -> str:
    """Return a commit in a few words: who and when, and why if they said so."""
    who = _("{who}, {when}").format(who=commit.by, when=moment(commit.at))
    label = commit.why or commit.snapshot
    if not label:
        return who
    return f"{who}: {label if len(label) <= NAME else label[: NAME - 1] + '…'}"


def taken_back(commits: Iterable[Commit]) -> dict[str, Commit]:
    """Return, by the id of what was taken back, the commit that did it and still stands.

    Args:
        commits: the newest first.
    """
    found: dict[str, Commit] = {}
    for commit in commits:
        if commit.undoes and commit.id not in found:
            found.setdefault(commit.undoes, commit)
    return found


def day_told(day_of: date, today: date) -> str:
    """Return a day as the heading over its commits."""
    if day_of == today:
        return _("Today")
    if day_of == today - timedelta(days=1):
        return _("Yesterday")
    return day(datetime(day_of.year, day_of.month, day_of.day, 12).astimezone())


def time_told(at: datetime) -> str:
    """Return the time of day, here, below the heading of its day."""
    return _("{at:%H:%M}").format(at=at.astimezone())
