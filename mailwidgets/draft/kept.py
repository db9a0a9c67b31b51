"""A copy of a draft that may leave the kernel, to survive its loss; it holds no password.

What comes back is hostile input: it was kept where anyone at that browser can write.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast

from mailwidgets.draft.disputes import slot_label
from mailwidgets.draft.draft import Draft
from mailwidgets.draft.edits import slot_of
from mailwidgets.errors import InvalidId, InvalidValue, WrongLevel
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.documents import UNSET, Change, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SETTINGS, fit
from mailwidgets.store.commits import Slot, is_secret

_FORMAT: Final = 1
_MOST: Final = 6 * len(SETTINGS)  # value and lock of each, at three levels, and some to spare
_LONGEST: Final = 200_000  # characters: certificates of some authorities


@dataclass(slots=True)
class Restored:
    """What came of a copy, by the forms' names of settings.

    Attributes:
        restored: edits that are back in the draft, and texts that fit no value.
        saved: edits that had been saved by then.
        again: passwords that have to be typed again, since none is in a copy.
        ignored: what was not taken, and why, in sentences.
        moved_on: whether the store has changed since the copy was made.
    """

    restored: list[str] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    moved_on: bool = False

    def __bool__(self) -> bool:
        """Return whether there is anything to tell a person."""
        return bool(self.restored or self.saved or self.again or self.ignored)


def pack(draft: Draft) -> dict[str, Any]:
    """Return what JSON can hold of a draft; empty where nothing is edited.

    Each edit tells its place, setting, value and what was stored when it was begun, as documents
    have them, ``None`` for none. Of a password nothing is told but that one was typed.
    """
    changes, texts = draft.changes(), draft.texts()
    if not changes and not texts:
        return {}
    typed = [edit for edit in changes if _hidden(slot_of(edit)) and edit.value is not UNSET]
    return {
        "format": _FORMAT,
        "version": draft.sight.version,
        "at_company": draft.at_company,
        "edits": [_packed(edit) for edit in changes if edit not in typed],
        "texts": [
            {**_where(slot), "text": text.typed}
            for slot, text in texts.items()
            if not _hidden(slot)
        ],
        "left_out": [_where(slot_of(edit)) for edit in typed],
    }


def unpack(draft: Draft, data: object) -> Restored:
    """Put a copy back into a draft, as edits over what is stored now; one step to take back.

    An edit of what someone else has changed since is in conflict with that, as it would have been
    in the draft itself. Whatever is not understood is left out and told.

    Args:
        draft: a fresh one of the same person.
        data: what ``pack`` gave, after whatever happened to it.
    """
    told = Restored()
    if not isinstance(data, Mapping) or not data:
        return told
    if data.get("format") != _FORMAT:
        told.ignored.append(_("The copy was made by another version of mailwidgets."))
        return told
    told.moved_on = data.get("version") != draft.sight.version
    with draft.one_step(N_("Restored edits")):
        for item in _items(data, "edits", told):
            _restore(draft, item, told)
        for item in _items(data, "texts", told):
            _restore_text(draft, item, told)
    for item in _items(data, "left_out", told):
        slot = _slot(draft, item, told)
        if slot is not None and _hidden(slot):
            told.again.append(slot_label(slot))
    if told.restored and isinstance(data.get("at_company"), bool):
        draft.at_company = data["at_company"]
    return told


def _restore(draft: Draft, item: Mapping[str, object], told: Restored) -> None:
    slot = _slot(draft, item, told)
    if slot is None:
        return
    place, key, lock = slot
    label = slot_label(slot)
    if _hidden(slot) and item.get("value") is not None:
        told.ignored.append(_told(label, _("a password is never taken from a copy.")))
        return
    try:
        value = _value(item.get("value"), key, lock=lock)
        change = fit(Change(place, key, value, lock=lock))
    except (InvalidValue, WrongLevel) as error:
        told.ignored.append(_told(label, str(error)))
        return
    stored = draft.stored.at(place.level).get(key, lock=lock)
    if change.value == stored:
        told.saved.append(label)
        return
    base = stored
    if "base" in item and not _hidden(slot):
        with suppress(InvalidValue):  # what was stored then fits no more: nobody can compare it
            base = _value(item["base"], key, lock=lock)
    draft.hold(Change(place, key, change.value, base, lock))
    told.restored.append(label)


def _restore_text(draft: Draft, item: Mapping[str, object], told: Restored) -> None:
    slot = _slot(draft, item, told)
    if slot is None:
        return
    label, text = slot_label(slot), item.get("text")
    if not isinstance(text, str) or len(text) > _LONGEST:
        told.ignored.append(_told(label, _("what was typed is no text, or too long.")))
    elif _hidden(slot):
        told.again.append(label)
    else:
        draft.retype(slot, text)
        told.restored.append(label)


def _items(data: Mapping[Any, Any], name: str, told: Restored) -> list[Mapping[str, object]]:
    """Return a list of the copy, as far as it is one."""
    found = data.get(name, [])
    if not isinstance(found, list):
        told.ignored.append(_("A part of the copy is damaged."))
        return []
    kept = [cast("Mapping[str, object]", one) for one in found[:_MOST] if isinstance(one, Mapping)]
    if len(kept) < len(found):
        told.ignored.append(_("A part of the copy is damaged."))
    return kept


def _slot(draft: Draft, item: Mapping[str, object], told: Restored) -> Slot | None:
    """Return what an item is about; ``None``, and say why, where that is nothing of this draft."""
    key = (item.get("section"), item.get("key"))
    if not all(isinstance(part, str) for part in key) or key not in SETTINGS:
        told.ignored.append(_("The copy tells of a setting that there is not."))
        return None
    known = cast("Key", key)
    lock = item.get("lock") is True
    try:
        place = Place(Level(cast("str", item.get("level"))), cast("str", item.get("id")))
    except (InvalidId, ValueError, TypeError):
        told.ignored.append(_told(SETTINGS[known].marked_label, _("the copy does not say whose.")))
        return None
    allowed = {draft.servers.identity.place(SETTINGS[known].level), Place(Level.COMPANY)}
    if place not in allowed or (lock and place.level is not Level.COMPANY):
        told.ignored.append(
            _told(SETTINGS[known].marked_label, _("the copy is another person's or machine's."))
        )
        return None
    return (place, known, lock)


def _value(found: object, key: Key, *, lock: bool) -> object:
    """Return a value as it is kept in memory.

    Raises:
        InvalidValue: if the setting refuses it.
    """
    if found is None:
        return UNSET
    if isinstance(found, str | list) and len(found) > _LONGEST:
        raise InvalidValue(_("it is too long."))
    if lock and not isinstance(found, str):
        raise InvalidValue(_("a lock's reason is a line of text."))
    return found if lock else SETTINGS[key].field.from_json(found)


def _hidden(slot: Slot) -> bool:
    """Return whether this is a password; the reason of a lock on one is no secret."""
    return is_secret(slot[1]) and not slot[2]


def _packed(edit: Change) -> dict[str, Any]:
    """Return an edit as JSON; what was stored of a password is left out."""
    packed = {**_where(slot_of(edit)), "value": _json(edit, edit.value)}
    if not _hidden(slot_of(edit)):
        packed["base"] = _json(edit, edit.base)
    return packed


def _json(edit: Change, value: object) -> object:
    if value is UNSET or edit.lock:
        return None if value is UNSET else value
    return SETTINGS[edit.key].field.to_json(value)


def _where(slot: Slot) -> dict[str, Any]:
    place, (section, key), lock = slot
    where = {"level": place.level.value, "id": place.id, "section": section, "key": key}
    return {**where, "lock": True} if lock else where


def _told(label: str, why: str) -> str:
    return _("{setting}: {why}").format(setting=label, why=why)
