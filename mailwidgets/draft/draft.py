"""What a form holds before it is saved: edits over the stored documents, valid or marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from traitlets import Bool, Dict, HasTraits, Instance, Int

from mailwidgets.draft.disputes import Dispute, dispute
from mailwidgets.draft.edits import Edits, slot_of
from mailwidgets.draft.news import Marks, News, differences
from mailwidgets.draft.obstacles import blocked
from mailwidgets.draft.sight import Attempt, Sight, attempt, look
from mailwidgets.errors import Conflict, InvalidValue
from mailwidgets.servers import Servers
from mailwidgets.settings.declare import Section, Setting
from mailwidgets.settings.documents import UNSET, Change, Documents, Key, drafted
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.resolve import Resolution
from mailwidgets.settings.sections import SECTIONS, SETTINGS, fit
from mailwidgets.store.commits import Slot


class Draft(HasTraits):
    """The edits of one person, over all sections, until Save or Discard.

    Traits:
        at_company: whether forms edit the company's level instead of each setting's own.
        errors: the rule a typed value breaks, by (section, setting).
        revision: grows with every change, so that views know when to look again.

    Attributes:
        sections: a ``Section`` instance per section: its traits are the values at the level that
            is edited, ``None`` where that level has none. Setting such a trait edits the draft.
        sight: the store as it was last seen; nothing here reads it again but ``refresh`` and
            ``save``.
        news: what changed elsewhere since the person saw the form.
    """

    at_company = Bool(default_value=False)
    errors: Dict[Key, str] = Dict()
    revision = Int(0)
    servers = Instance(Servers)

    def __init__(self, servers: Servers, sight: Sight | None = None) -> None:
        super().__init__(servers=servers)
        self._loading = False
        self.sections: dict[str, Section] = {}
        self.sight: Sight = sight or look(servers)
        self._edits = Edits(self.stored)
        self.news = Marks()
        for name, section in SECTIONS.items():
            self.sections[name] = section()
            self.sections[name].observe(self._on_trait)
        self.observe(lambda _: self._turn(), "at_company")
        self._load()

    @property
    def stored(self) -> Documents:
        """Return what is stored, as it was last seen."""
        return self.sight.documents

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
            self._edits.begin((self.place(SETTINGS[key]), key, False))
            self.errors = {**self.errors, key: str(error)}
            self.revision += 1

    def put(self, key: Key, value: Any) -> None:  # noqa: ANN401 - a value has its field's type
        """Set a value, or ``None`` to have none at this level.

        Raises:
            InvalidValue: if the setting refuses it; the draft stays as it was.
        """
        setattr(self.sections[key[0]], key[1], value)
        if key in self.errors:
            self._unmark(key)
            self.revision += 1

    def fill(self, section: str, values: Iterable[tuple[str, Any]]) -> None:
        """Put several values into the draft, or none where one of them does not go there.

        Args:
            section: whose settings they are.
            values: keys and values, as a report's fix or a proposal has them.

        Raises:
            InvalidValue: names the setting that cannot be changed or refuses its value, and why.
        """
        pairs = tuple(values)
        now = self.resolution().section(section)
        for key, value in pairs:
            setting = now[key].setting
            fit(Change(self.place(setting), setting.id, value))
            refusal = self.sight.refusals[self.place(setting)]
            if why := blocked(now[key], at_company=self.at_company, refusal=refusal):
                raise InvalidValue(f"{setting.marked_label} cannot be changed here. {why}")
        for key, value in pairs:
            self.put((section, key), value)

    def lock(self, key: Key, reason: str | None) -> None:
        """Lock a setting at the company's level with a reason, or lift the lock with ``None``."""
        value = UNSET if reason is None else reason
        self._edit(Place(Level.COMPANY), key, value, lock=True)

    def changes(self, sections: Iterable[str] | None = None) -> tuple[Change, ...]:
        """Return the edits of the given sections, or all."""
        return self._edits.changes(sections)

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

    def to_save(self, sections: Iterable[str] | None = None) -> tuple[Change, ...]:
        """Return what a save of the given sections, or all, would commit.

        Raises:
            InvalidValue: if a typed value is marked as wrong.
            Conflict: if someone else changed the same, and it is not decided whose counts.
        """
        wanted = set(SECTIONS if sections is None else sections)
        if wrong := self.wrong(wanted):
            raise InvalidValue(f"Not saved: correct {', '.join(wrong)} first.")
        if disputes := self.disputes(wanted):
            listed = ", ".join(one.label for one in disputes)
            raise Conflict(
                f"Not saved: someone else changed {listed}. Keep mine or take theirs first.",
                [one.clash() for one in disputes],
            )
        return self.changes(wanted)

    def save(self, sections: Iterable[str] | None = None) -> int:
        """Commit the edits of the given sections, or all; return how many there were.

        Raises:
            InvalidValue: if a typed value is marked as wrong; nothing is stored.
            Conflict: if someone else changed the same; the draft keeps its edits until
                ``keep_mine`` or ``take_theirs`` has decided about each.
            StoreError: if the store refuses; the draft keeps its edits.
        """
        return self.finish(attempt(self.servers, self.to_save(sections), self.sight))

    def finish(self, tried: Attempt) -> int:
        """Take what came of a save; return how many settings were saved.

        What was edited while it went on stays an edit, over what was saved.

        Raises:
            MailwidgetsError: the reason why nothing was saved, as ``save`` does.
        """
        saved = tried.changes if tried.refusal is None else ()
        again = self._edits.saved(saved)
        self.news.forget({change.key[0] for change in saved})
        if tried.sight is not None:
            self.take(tried.sight, own=[slot_of(change) for change in saved])
        for slot in again:
            if slot in self._edits:
                self._edits.put_over(slot)
        self._load()
        if tried.refusal is not None:
            raise tried.refusal
        return len(saved)

    def discard(self, sections: Iterable[str] | None = None) -> None:
        """Return to what is stored, as it was last seen."""
        wanted = set(SECTIONS if sections is None else sections)
        self._edits.drop(wanted)
        self.errors = {key: text for key, text in self.errors.items() if key[0] not in wanted}
        self.news.forget(wanted)
        self._load()

    def refresh(self) -> None:
        """Read the store again; edits stay, and still conflict with what came in between.

        Raises:
            StoreError: if the store cannot be read; the draft stays as it was.
        """
        self.take(look(self.servers, self.sight))

    def take(self, sight: Sight, *, own: Collection[Slot] = ()) -> None:
        """Hold the edits, those that still differ, over what is stored now; note the news.

        Args:
            sight: a look at the store, newer than the one held.
            own: what this draft has saved itself, which is no news.
        """
        changed = differences(self.stored, sight.documents)
        same = (self.stored, self.sight.rights) == (sight.documents, sight.rights)
        self.sight = sight
        self._edits.rebase(sight.documents)
        if not same:
            self.news.note(changed, sight.authors, own)
            self._load()

    def elsewhere(self, key: Key) -> tuple[News, ...]:
        """Return what changed elsewhere of a setting, as far as the level shown is concerned.

        Conflicts are not among it: see ``disputed``.
        """
        company = Place(Level.COMPANY)
        slots = {(self.place(SETTINGS[key]), key, False), (company, key, False)}
        slots.add((company, key, True))
        return self.news.of(slots - {one.slot for one in self.disputed(key)})

    def seen(self) -> None:
        """Forget what changed elsewhere: the person has looked."""
        self.news.forget(SECTIONS)
        self.revision += 1

    def disputes(self, sections: Iterable[str] | None = None) -> tuple[Dispute, ...]:
        """Return where someone else changed what is edited here, of some sections or all."""
        wanted = set(SECTIONS if sections is None else sections)
        return tuple(
            dispute(edit, self._edits.base(slot_of(edit)), self.news.get(slot_of(edit)))
            for edit in self._edits.conflicts()
            if edit.key[0] in wanted
        )

    def disputed(self, key: Key) -> tuple[Dispute, ...]:
        """Return the conflicts about a setting and its lock at the level shown."""
        place = self.place(SETTINGS[key])
        return tuple(one for one in self.disputes([key[0]]) if one.slot[:2] == (place, key))

    def keep_mine(self, slot: Slot) -> None:
        """Decide a conflict for the edit: the next save puts it through."""
        self._edits.put_over(slot)
        self.news.remove(slot)
        self.revision += 1

    def take_theirs(self, slot: Slot) -> None:
        """Decide for what is stored: an edit is dropped, and a text that fits no value."""
        self._edits.remove(slot)
        self.news.remove(slot)
        place, key, lock = slot
        if not lock and place == self.place(SETTINGS[key]):
            self._unmark(key)
        self._load()

    def _unmark(self, key: Key) -> None:
        self.errors = {one: text for one, text in self.errors.items() if one != key}

    def _turn(self) -> None:
        """Show another level; texts that were marked as wrong at the one before are dropped."""
        self.errors = {}
        self._edits.forget_texts()
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
        slot = (place, key, lock)
        self._edits.put(slot, value)
        if not self.disputed(key):  # else it says who is on the other side
            self.news.remove(slot)
        self.revision += 1
