"""Where an edit and someone else's save are about the same setting."""

from __future__ import annotations

from dataclasses import dataclass

from mailwidgets.draft.news import Author, News
from mailwidgets.errors import Clash
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import UNSET, Change, Key
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.store.commits import Slot, is_secret


@dataclass(frozen=True, slots=True)
class Dispute:
    """One setting, or its lock, that two people changed; each side as a person reads it.

    Attributes:
        slot: what it is about.
        base: what was stored when the person began to edit; empty for nothing.
        theirs: what is stored now.
        yours: what the person wants.
        author: who stored it; ``None`` where someone edited the document outside mailwidgets.
        secret: whether no side says more than that there is something.
    """

    slot: Slot
    base: str
    theirs: str
    yours: str
    author: Author | None
    secret: bool

    @property
    def label(self) -> str:
        """Return what the forms call it: ``IMAP: Name (m)``, ``lock of POP3 port (u)``."""
        _place, key, lock = self.slot
        return lock_label(key) if lock else label_of(key)

    def __str__(self) -> str:
        """Return what it is about; with the level where that is not the setting's own."""
        return slot_label(self.slot)

    def clash(self) -> Clash:
        """Return it as a store tells of it."""
        place, key, lock = self.slot
        name = ".".join(key)
        told = f"lock of {name}" if lock else name
        return Clash(told, str(place), self.base, self.theirs, self.yours)


def dispute(edit: Change, stored: object, news: News | None) -> Dispute:
    """Return the conflict of an edit with what is stored, of which there may be news."""
    slot = (edit.place, edit.key, edit.lock)
    base, theirs, yours = (side_of(slot, side) for side in (edit.base, stored, edit.value))
    secret = is_secret(edit.key) and not edit.lock
    if secret:
        theirs, yours = (_("changed") if side else "" for side in (theirs, yours))
    return Dispute(slot, base, theirs, yours, news.author if news else None, secret)


def label_of(key: Key) -> str:
    """Return what the forms call a setting, with its section unless the label tells it."""
    label, title = SETTINGS[key].marked_label, SECTIONS[key[0]].title
    return label if label.startswith(title) else f"{title}: {label}"


def lock_label(key: Key) -> str:
    """Return what the forms call the company's lock on a setting."""
    return _("lock of {label}").format(label=label_of(key))


def slot_label(slot: Slot) -> str:
    """Return what the forms call something; with its level where that is not the setting's own."""
    place, key, lock = slot
    if lock:
        return lock_label(key)
    if place.level is SETTINGS[key].level:
        return label_of(key)
    return _("{label} at the company's level").format(label=label_of(key))


def side_of(slot: Slot, value: object) -> str:
    """Return a value of a setting, or a lock's reason, as a person reads it; empty for none."""
    _place, key, lock = slot
    if value is UNSET or lock:
        return "" if value is UNSET else str(value)
    return SETTINGS[key].field.shown(value)
