"""Changes over documents as they stand: what comes of them, or where they clash. Pure.

Every store commits by this one rule: different settings merge; the same setting is a conflict,
unless what is stored is what the person saw, or what they want.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailwidgets.errors import Clash, Conflict
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import ANY, UNSET, Change, Document
from mailwidgets.settings.levels import Place
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import SET, Commit, Edit, Note, is_secret
from mailwidgets.store.written import Written


@dataclass(frozen=True, slots=True)
class Merged:
    """What a commit would write.

    Attributes:
        commit: its history.
        contents: the new JSON object of every place that it writes.
    """

    commit: Commit
    contents: Mapping[Place, dict[str, Any]]


def places_of(changes: Sequence[Change], note: Note, touch: Sequence[Place]) -> list[Place]:
    """Return every place that a commit may write, each once."""
    changed = (change.place for change in changes)
    return list(dict.fromkeys((*changed, *note.public_keys, *touch)))


def merge(
    written: Mapping[Place, Written],
    changes: Sequence[Change],
    note: Note,
    *,
    touch: Sequence[Place] = (),
    since: datetime | None = None,
) -> Merged | None:
    """Return what a commit makes of documents; ``None`` where it changes nothing.

    Args:
        written: every place of ``places_of`` as it stands.
        changes: each fit for its setting.
        note: goes with the commit.
        touch: places that are written even where nothing changes.
        since: the time of the last commit in these places.

    Raises:
        Conflict: if a stored value is neither a change's base nor its new value, or if a secret
            was sealed to a key that is no longer the published one.
        StoreError: if a newer mailwidgets wrote one of the documents.
    """
    keys = {change.key for change in changes}
    documents = {place: one.document(keys) for place, one in written.items()}
    asked: dict[Place, list[Change]] = {place: [] for place in written}
    for change in changes:
        asked[change.place].append(change)
    _agree([clash for place, one in documents.items() for clash in _clashes(one, asked[place])])
    for place, key in note.sealed_to.items():
        if documents[place].public_key != key:
            raise Conflict(
                _("Nothing was stored: {place} has published another key meanwhile").format(
                    place=place.words
                )
            )
    wanted = {place: _wanted(one, asked[place]) for place, one in documents.items()}
    new_keys = {
        place: key for place, key in note.public_keys.items() if documents[place].public_key != key
    }
    kept = {*new_keys, *touch}
    places = [one for one in written if wanted[one] or one in kept]
    if not places:
        return None
    edits = [_edit(change, written[place]) for place in places for change in wanted[place]]
    contents = {
        place: written[place].merged(
            wanted[place], commit=note.id, public_key=new_keys.get(place, "")
        )
        for place in places
    }
    return Merged(note.commit(edits, places, since=since), contents)


def _wanted(document: Document, changes: Sequence[Change]) -> list[Change]:
    """Return the changes that change something; of several of one setting the last counts."""
    last = {(change.key, change.lock): change for change in changes}
    return [
        change
        for change in last.values()
        if change.value != document.get(change.key, lock=change.lock)
        or (not change.lock and change.key in document.problems)
    ]


def _edit(change: Change, written: Written) -> Edit:
    before = written.held(change.key, lock=change.lock)
    after = None if change.value is UNSET else change.value
    if after is not None and not change.lock:
        after = SETTINGS[change.key].field.to_json(after)
    if is_secret(change.key) and not change.lock:
        before, after = (None if one is None else SET for one in (before, after))
    return Edit(change.place, change.key, before, after, change.lock)


def _agree(clashes: Sequence[Clash]) -> None:
    if clashes:
        clash = _("{setting} ({place}) was {base}, is {theirs} now, and you want {yours}")
        listed = "; ".join(
            clash.format(
                setting=one.name,
                place=one.place,
                base=one.base or _("unset"),
                theirs=one.theirs or _("unset"),
                yours=one.yours or _("unset"),
            )
            for one in clashes
        )
        told = _("Nothing was stored: someone else changed the same: {listed}.")
        raise Conflict(told.format(listed=listed), clashes)


def _clashes(document: Document, changes: Sequence[Change]) -> Iterator[Clash]:
    for change in changes:
        stored = document.get(change.key, lock=change.lock)
        if change.base is ANY or stored in (change.base, change.value):
            continue
        told = [_told(change, side) for side in (change.base, stored, change.value)]
        if SETTINGS[change.key].secret and not change.lock:
            told[1:] = [_("changed") if side else "" for side in told[1:]]
        name = f"lock of {change.name}" if change.lock else change.name
        yield Clash(name, str(document.place), *told)


def _told(change: Change, value: object) -> str:
    if value is UNSET:
        return ""
    return str(value) if change.lock else SETTINGS[change.key].field.shown(value)
