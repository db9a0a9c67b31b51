"""Editing: what a person enters, takes back and takes again, over documents as last seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from traitlets import Int

from mailwidgets.draft import ports
from mailwidgets.draft.edits import NOTHING, Entry, Move, slot_of
from mailwidgets.draft.held import Held
from mailwidgets.draft.sheet import Sheet
from mailwidgets.draft.sight import Sight
from mailwidgets.draft.steps import Step, Steps, difference
from mailwidgets.errors import InvalidValue
from mailwidgets.servers import Servers
from mailwidgets.settings import rules
from mailwidgets.settings.declare import Section
from mailwidgets.settings.documents import UNSET, Change, Key, drafted
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import Slot


class Editing(Held):
    """What ``Draft`` inherits: edits, texts that are no values yet, and the steps back.

    >>> draft.enter(("imap", "timeout"), "20")
    >>> draft.undo(), draft.changes(), draft.redo()
    ('IMAP: Timeout (sec) (u)', (), 'IMAP: Timeout (sec) (u)')

    Traits:
        revision: grows with every change, so that forms know when to look again.
        settled: the same, after them: for what is less urgent than the field that is typed in.
    """

    revision = Int(0)
    settled = Int(0)

    def __init__(self, servers: Servers, sight: Sight) -> None:
        super().__init__(servers, sight)
        self._steps = Steps()
        self._stepping = self._touched = False
        self._sheet = Sheet(lambda key, value: self._write(self.slot(key), value))
        self.observe(lambda _: self._load(), "at_company")
        self._load()

    @property
    def sections(self) -> dict[str, Section]:
        """Return a ``Section`` instance per section.

        Its traits are the values at the level that is edited, ``None`` where that level has none.
        Setting such a trait edits the draft.

        >>> draft.sections["imap"].outbox = "Sent"
        >>> draft.changes()[0].name, draft.sections["imap"].outbox
        ('imap.outbox', 'Sent')
        """
        return self._sheet.sections

    @property
    def can_undo(self) -> str:
        """Return what ``undo`` would take back, as ``SMTP port (u)``; empty for nothing.

        >>> draft.put(("smtp", "timeout"), 20)
        >>> draft.can_undo
        'SMTP: Timeout (sec) (u)'
        """
        return self._steps.last.name if self._steps.last else ""

    @property
    def can_redo(self) -> str:
        """Return what ``redo`` would do again; empty for nothing.

        >>> draft.put(("smtp", "timeout"), 20)
        >>> draft.undo() == draft.can_redo
        True
        """
        return self._steps.next.name if self._steps.next else ""

    def enter(self, key: Key, text: str) -> None:
        """Take what a person typed: a value that fits, or a message in ``errors``.

        >>> draft.enter(("smtp", "timeout"), "20")
        >>> draft.resolution()["smtp", "timeout"].effective
        20
        >>> draft.enter(("smtp", "timeout"), "soon")
        >>> draft.errors["smtp", "timeout"]
        "Must be numeric: a number of seconds above 0 and at most 3600, not 'soon'."

        Args:
            key: (section, setting).
            text: as typed; empty removes the value, so that the inherited one shows.
        """
        setting, slot = SETTINGS[key], self.slot(key)
        # A password is taken whole; all else key by key, and those are one step.
        with self.one_step(run=None if setting.secret else slot):
            try:
                self._put(key, setting.field.parse(text))
            except InvalidValue as error:
                self._edits.refuse(slot, "" if setting.secret else text, str(error))
                self._touch()

    def put(self, key: Key, value: Any) -> None:  # noqa: ANN401 - a value has its field's type
        """Set a value, or ``None`` to have none at this level.

        A port that nobody has set goes along with the TLS mode: see ``ports``.

        >>> draft.put(("imap", "outbox"), "Sent")
        >>> draft.put(("imap", "outbox"), None)
        >>> draft.changes()
        ()

        Raises:
            InvalidValue: if the setting refuses it; the draft stays as it was.
        """
        with self.one_step():
            self._put(key, value)
            if key in ports.movers(key[0]):
                self._move_port(key)

    def lock(self, key: Key, reason: str | None) -> None:
        """Lock a setting at the company's level, or lift the lock with ``None``.

        A reason that does not fit, as an empty one, is held with its message: see ``text``.

        >>> draft.lock(("smtp", "tls"), "security policy")
        >>> draft.resolution()["smtp", "tls"].locked
        'security policy'
        """
        slot = self.slot(key, lock=True)
        with self.one_step(run=None if reason is None else slot):
            try:
                self._write(slot, UNSET if reason is None else rules.reason(reason))
            except InvalidValue as error:
                self._edits.refuse(slot, reason or "", str(error))
                self._touch()

    def hold(self, change: Change) -> None:
        """Hold an edit as it was made elsewhere, over what was stored there.

        >>> draft.hold(servers.change("imap.outbox", "Sent"))
        >>> draft.sections["imap"].outbox
        'Sent'
        """
        with self.one_step():
            self._edits.restore(slot_of(change), Entry(change))
            self._load()

    def retype(self, slot: Slot, text: str) -> None:
        """Take what was typed elsewhere, for any level.

        >>> draft.retype(draft.slot(("smtp", "timeout")), "soon")
        >>> draft.text(("smtp", "timeout")).rule
        "Must be numeric: a number of seconds above 0 and at most 3600, not 'soon'."
        """
        _place, key, lock = slot
        with self.one_step():
            try:
                value = rules.reason(text) if lock else SETTINGS[key].field.parse(text)
            except InvalidValue as error:
                self._edits.refuse(slot, text, str(error))
            else:
                self._edits.put(slot, UNSET if value is None else value)
            self._load()

    def undo(self) -> str:
        """Take the last step back and show its level; return its name, empty for none.

        >>> draft.put(("smtp", "timeout"), 20)
        >>> draft.undo(), draft.changes()
        ('SMTP: Timeout (sec) (u)', ())
        """
        step = self._steps.back()
        return "" if step is None else self._go(step, back=True)

    def redo(self) -> str:
        """Do again what was taken back last; return its name, empty for none.

        >>> draft.put(("smtp", "timeout"), 20)
        >>> draft.undo() == draft.redo()
        True
        >>> draft.dirty(("smtp", "timeout"))
        True
        """
        step = self._steps.forth()
        return "" if step is None else self._go(step, back=False)

    @contextmanager
    def one_step(self, told: str = "", *, run: Slot | None = None) -> Iterator[None]:
        """Make one step, to be taken back at once, of all that is edited within.

        >>> with draft.one_step():
        ...     draft.put(("smtp", "timeout"), 20)
        ...     draft.put(("imap", "timeout"), 20)
        >>> draft.undo(), draft.changes()
        ('SMTP: Timeout (sec) (u) and 1 more', ())

        Args:
            told: what it is called, marked with ``N_``; empty: after the settings it changed.
            run: the field that is typed in; steps of one run become one.
        """
        if self._stepping:
            yield
            return
        before = self._edits.entries()
        self._stepping = True
        try:
            yield
        finally:
            self._stepping = False
            after = self._edits.entries()
            slots = difference(before, after)
            old, new = ({slot: one.get(slot, NOTHING) for slot in slots} for one in (before, after))
            if slots:
                self._steps.note(Step(old, new, self.at_company, told, run))
            if self._touched:
                self._touched = False
                self._tell()

    def _put(self, key: Key, value: object) -> None:
        setattr(self.sections[key[0]], key[1], value)
        slot = self.slot(key)
        entry = self._edits.entry(slot)
        if entry.text is not None or entry.move is not None:  # it is what the trait had: typed now
            self._edits.restore(slot, Entry(entry.change))
            self._touch()

    def _write(self, slot: Slot, value: object) -> None:
        with self.one_step():
            self._edits.put(slot, value)
            self._edited(slot)
            self._touch()

    def _move_port(self, by: Key) -> None:
        """Let a port go along with the TLS mode, as long as nobody has set it."""
        key = (by[0], "port")
        slot, default = self.slot(key), SETTINGS[key].default
        entry = self._edits.entry(slot)
        if entry != NOTHING and entry.move is None:
            return
        stored = self.servers.resolve(documents=self.stored)
        goal = ports.goal(stored, self.resolution(), key[0], at_company=self.at_company)
        if goal is None:
            return
        self._edits.put(slot, UNSET if goal == default else goal, move=Move(default, goal, by))
        self._load()

    def _go(self, step: Step, *, back: bool) -> str:
        for slot, entry in (step.before if back else step.after).items():
            self._edits.restore(slot, entry)
        if self.at_company is step.at_company:
            self._load()
        self.at_company = step.at_company  # shows what it is about
        return step.name

    def _load(self) -> None:
        """Show the edited level's values in the sections' traits."""
        self._sheet.show(drafted(self.stored, self.changes()), at_company=self.at_company)
        self._touch()

    def _touch(self) -> None:
        """Tell who looks that something changed; of a step, once it is whole."""
        if self._stepping:
            self._touched = True
        else:
            self._tell()

    def _tell(self) -> None:
        self.revision += 1
        self.settled = self.revision

    def _edited(self, slot: Slot) -> None:
        """Know that something was edited: for whoever inherits."""
