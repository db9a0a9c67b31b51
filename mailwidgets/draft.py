"""What a form holds before it is saved: edits over the stored documents, valid or marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from traitlets import Bool, Dict, HasTraits, Instance, Int

from mailwidgets.errors import Conflict, InvalidValue
from mailwidgets.servers import Servers
from mailwidgets.settings.declare import Section, Setting
from mailwidgets.settings.documents import UNSET, Change, Documents, Key, drafted
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.resolve import Resolution, Value
from mailwidgets.settings.sections import SECTIONS, SETTINGS

_Slot = tuple[Place, Key, bool]


class Draft(HasTraits):
    """The edits of one person, over all sections, until Save or Discard.

    Traits:
        at_company: whether forms edit the company's level instead of each setting's own.
        errors: the rule a typed value breaks, by (section, setting).
        revision: grows with every change, so that views know when to look again.

    ``sections`` holds a ``Section`` instance per section: its traits are the values at the level
    that is edited, ``None`` where that level has none. Setting such a trait edits the draft.
    """

    at_company = Bool(default_value=False)
    errors: Dict[Key, str] = Dict()
    revision = Int(0)
    servers = Instance(Servers)

    def __init__(self, servers: Servers) -> None:
        super().__init__(servers=servers)
        self._edits: dict[_Slot, Change] = {}
        self._loading = False
        self.sections: dict[str, Section] = {}
        self.stored: Documents = servers.documents()
        for name, section in SECTIONS.items():
            self.sections[name] = section()
            self.sections[name].observe(self._on_trait)
        self.observe(lambda _: self._turn(), "at_company")
        self._load()

    def place(self, setting: Setting) -> Place:
        """Return where an edit of a setting goes now."""
        level = Level.COMPANY if self.at_company else setting.level
        return self.servers.identity.place(level)

    def enter(self, key: Key, text: str) -> None:
        """Take what a person typed: a value that fits, or a message in ``errors``.

        Args:
            key: (section, setting).
            text: as typed; empty removes the value, so that the inherited one shows.
        """
        try:
            self.put(key, SETTINGS[key].field.parse(text))
        except InvalidValue as error:
            self.errors = {**self.errors, key: str(error)}
            self.revision += 1

    def put(self, key: Key, value: Any) -> None:  # noqa: ANN401 - a value has its field's type
        """Set a value, or ``None`` to have none at this level.

        Raises:
            InvalidValue: if the setting refuses it; the draft stays as it was.
        """
        setattr(self.sections[key[0]], key[1], value)
        if key in self.errors:
            self.errors = {one: text for one, text in self.errors.items() if one != key}
            self.revision += 1

    def fill(self, section: str, values: Iterable[tuple[str, Any]]) -> None:
        """Put several values into the draft, or none where one of them cannot be changed here.

        Args:
            section: whose settings they are.
            values: keys and values, as a report's fix or a proposal has them.

        Raises:
            InvalidValue: names the setting that cannot be changed, and why.
        """
        pairs = tuple(values)
        now = self.resolution().section(section)
        for key, _ in pairs:
            setting = now[key].setting
            writable = self.servers.store.writable(self.place(setting).level)
            if why := blocked(now[key], at_company=self.at_company, writable=writable):
                raise InvalidValue(f"{setting.marked_label} cannot be changed here. {why}")
        for key, value in pairs:
            self.put((section, key), value)

    def lock(self, key: Key, reason: str | None) -> None:
        """Lock a setting at the company's level with a reason, or lift the lock with ``None``."""
        value = UNSET if reason is None else reason
        self._edit(Place(Level.COMPANY), key, value, lock=True)

    def changes(self, sections: Iterable[str] | None = None) -> tuple[Change, ...]:
        """Return the edits as changes, of the given sections or all."""
        wanted = set(SECTIONS if sections is None else sections)
        return tuple(edit for edit in self._edits.values() if edit.key[0] in wanted)

    def dirty(self, key: Key) -> bool:
        """Return whether a setting, or its lock, is edited at the level shown."""
        place = self.place(SETTINGS[key])
        return (place, key, False) in self._edits or (place, key, True) in self._edits

    def wrong(self, sections: Iterable[str]) -> list[str]:
        """Return the labels of the fields of some sections that are marked as wrong, in order."""
        wanted = set(sections)
        return [
            setting.marked_label
            for key, setting in SETTINGS.items()
            if key in self.errors and key[0] in wanted
        ]

    def resolution(self) -> Resolution:
        """Return the values that would be in force if the draft were saved."""
        return self.servers.resolve(documents=self.stored, changes=self.changes())

    def save(self, sections: Iterable[str] | None = None) -> int:
        """Commit the edits of the given sections, or all; return how many there were.

        Raises:
            InvalidValue: if a typed value is marked as wrong; nothing is stored.
            Conflict: if someone else changed the same; the draft keeps its edits, now over
                what they stored, so that a second save puts them through.
            StoreError: if the store refuses; the draft keeps its edits.
        """
        wanted = set(SECTIONS if sections is None else sections)
        if wrong := self.wrong(wanted):
            raise InvalidValue(f"Not saved: correct {', '.join(wrong)} first.")
        changes = self.changes(wanted)
        try:
            self.servers.commit(changes)
        except Conflict:
            self.stored = self.servers.documents()
            self._accept_stored(wanted)
            self._load()
            raise
        self._edits = {slot: edit for slot, edit in self._edits.items() if slot[1][0] not in wanted}
        self._take(self.servers.documents())
        return len(changes)

    def discard(self, sections: Iterable[str] | None = None) -> None:
        """Return to what is stored."""
        wanted = set(SECTIONS if sections is None else sections)
        stored = self.servers.documents()
        self._edits = {slot: edit for slot, edit in self._edits.items() if slot[1][0] not in wanted}
        self.errors = {key: text for key, text in self.errors.items() if key[0] not in wanted}
        self._take(stored)

    def refresh(self) -> None:
        """Read the store again; edits stay, and still conflict with what came in between.

        Raises:
            StoreError: if the store cannot be read; the draft stays as it was.
        """
        stored = self.servers.documents()
        if stored != self.stored:
            self._take(stored)

    def _take(self, stored: Documents) -> None:
        """Hold the edits, those that still differ, over what is stored now."""
        self.stored = stored
        for edit in tuple(self._edits.values()):
            self._keep(edit.place, edit.key, edit.value, lock=edit.lock)
        self._load()

    def _accept_stored(self, sections: set[str]) -> None:
        """Put the sections' edits over what is stored now: their maker is told of it."""
        for slot, edit in self._edits.items():
            if edit.key[0] in sections:
                stored = self.stored.at(edit.place.level).get(edit.key, lock=edit.lock)
                self._edits[slot] = replace(edit, base=stored)

    def _turn(self) -> None:
        """Show another level; texts that were marked as wrong at the one before are dropped."""
        self.errors = {}
        self._load()

    def _load(self) -> None:
        """Show the edited level's values in the sections' traits."""
        documents = drafted(self.stored, self.changes())
        self._loading = True
        try:
            for key, setting in SETTINGS.items():
                kept = documents.at(self.place(setting).level).get(key)
                setattr(self.sections[key[0]], key[1], None if kept is UNSET else kept)
        finally:
            self._loading = False
        self.revision += 1

    def _on_trait(self, change: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if not self._loading:
            key = (change.owner.section, change.name)
            value = UNSET if change.new is None else change.new
            self._edit(self.place(SETTINGS[key]), key, value)

    def _edit(self, place: Place, key: Key, value: object, *, lock: bool = False) -> None:
        self._keep(place, key, value, lock=lock)
        self.revision += 1

    def _keep(self, place: Place, key: Key, value: object, *, lock: bool) -> None:
        """Hold an edit, or drop it where it is what is stored anyway."""
        slot = (place, key, lock)
        stored = self.stored.at(place.level).get(key, lock=lock)
        if value == stored:
            self._edits.pop(slot, None)
        else:
            base = self._edits[slot].base if slot in self._edits else stored
            self._edits[slot] = Change(place, key, value, base, lock)


def blocked(value: Value, *, at_company: bool, writable: bool) -> str:
    """Return why a field cannot be edited now; empty where it can.

    Args:
        value: the setting as the draft has it.
        at_company: whether the company's level is edited.
        writable: whether the person may write the edited level.
    """
    level = Level.COMPANY if at_company else value.setting.level
    if value.locked is not None and level is not Level.COMPANY:
        return f"Locked by the company: {value.locked or 'no reason given'}"
    if value.borrowed is not None and not at_company:
        return f"Taken from {value.borrowed.upper()}, by “Use {value.borrowed.upper()} account”."
    if not writable:
        return f"Read-only: you may not write the {level} level."
    return ""
