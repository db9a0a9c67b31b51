"""What a form holds before it is saved: edits over the stored documents, valid or marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from mailwidgets.draft.disputes import Dispute, dispute, slot_label
from mailwidgets.draft.editing import Editing
from mailwidgets.draft.edits import slot_of
from mailwidgets.draft.news import Marks, News, differences
from mailwidgets.draft.obstacles import blocked
from mailwidgets.draft.sight import Attempt, Sight, attempt, look
from mailwidgets.errors import Conflict, InvalidValue
from mailwidgets.languages.texts import N_, _
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import Change, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.sections import SECTIONS, SETTINGS, fit
from mailwidgets.store.commits import Slot


class Draft(Editing):
    """The edits of one person, over all sections, until Save or Discard.

    How they are made and taken back is ``Editing``; here is how they are saved, and what becomes
    of them when others save.

    >>> draft = Draft(servers)
    >>> draft.put(("imap", "outbox"), "Sent")
    >>> (await servers.check("imap", changes=draft.changes())).ok, draft.save()
    (True, 1)

    Attributes:
        sight: the store as it was last seen; nothing here reads it again but ``refresh`` and
            ``save``.
        news: what changed elsewhere since the person saw the form.
    """

    def __init__(self, servers: Servers, sight: Sight | None = None) -> None:
        self.news = Marks()
        super().__init__(servers, sight or look(servers))

    def fill(self, section: str, values: Iterable[tuple[str, Any]]) -> None:
        """Put several values into the draft, or none where one of them does not go there.

        >>> draft.fill("imap", failed.finding.fix)
        >>> draft.sections["imap"].inbox
        'INBOX'

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
                told = _("{setting} cannot be changed here. {why}")
                raise InvalidValue(told.format(setting=setting.marked_label, why=why))
        with self.one_step():
            for key, value in pairs:
                self._put((section, key), value)

    def wrong(self, sections: Iterable[str]) -> list[str]:
        """Return the labels of the fields of some sections that are marked as wrong, in order.

        >>> draft.enter(("smtp", "port"), "many")
        >>> draft.wrong(["smtp"]), draft.wrong(["imap"])
        (['SMTP port (u)'], [])
        """
        order, wanted = list(SETTINGS), set(sections)
        found = [slot for slot in self.texts() if slot[1][0] in wanted]
        return [self._named(slot) for slot in sorted(found, key=lambda one: order.index(one[1]))]

    def to_save(self, sections: Iterable[str] | None = None) -> tuple[Change, ...]:
        """Return what a save of the given sections, or all, would commit.

        >>> draft.put(("imap", "outbox"), "Sent")
        >>> [change.name for change in draft.to_save(["imap"])]
        ['imap.outbox']
        >>> draft.enter(("smtp", "port"), "many")
        >>> draft.to_save()
        Traceback (most recent call last):
            ...
        mailwidgets.errors.InvalidValue: Not saved: correct SMTP port (u) first.

        Raises:
            InvalidValue: if a typed value is marked as wrong.
            Conflict: if someone else changed the same, and it is not decided whose counts.
        """
        wanted = set(SECTIONS if sections is None else sections)
        if wrong := self.wrong(wanted):
            told = _("Not saved: correct {settings} first.")
            raise InvalidValue(told.format(settings=", ".join(wrong)))
        if disputes := self.disputes(wanted):
            told = _("Not saved: someone else changed {settings}. Keep mine or take theirs first.")
            listed = ", ".join(one.label for one in disputes)
            raise Conflict(told.format(settings=listed), [one.clash() for one in disputes])
        return self.changes(wanted)

    def save(self, sections: Iterable[str] | None = None) -> int:
        """Commit the edits of the given sections, or all; return how many there were.

        >>> draft.put(("imap", "outbox"), "Sent")
        >>> draft.save(), draft.save()
        (1, 0)

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

        >>> draft.put(("imap", "outbox"), "Sent")
        >>> tried = attempt(servers, draft.to_save(), draft.sight)
        >>> draft.finish(tried), draft.changes()
        (1, ())

        Raises:
            MailwidgetsError: the reason why nothing was saved, as ``save`` does.
        """
        saved = tried.changes if tried.refusal is None else ()
        own = [slot_of(change) for change in saved]
        again = self._edits.saved(saved)
        self._steps.forget(own)
        self.news.forget({change.key[0] for change in saved})
        if tried.sight is not None:
            self.take(tried.sight, own=own)
        for slot in again:
            if slot in self._edits:
                self._edits.put_over(slot)
        self._load()
        if tried.refusal is not None:
            raise tried.refusal
        return len(saved)

    def discard(self, sections: Iterable[str] | None = None) -> None:
        """Return to what is stored, as it was last seen; this too can be taken back.

        >>> draft.put(("imap", "outbox"), "Sent")
        >>> draft.discard(["imap"])
        >>> draft.changes(), draft.can_undo
        ((), 'Discard')
        """
        wanted = set(SECTIONS if sections is None else sections)
        with self.one_step(N_("Discard")):
            self._edits.drop(wanted)
            self.news.forget(wanted)
            self._load()

    def refresh(self) -> None:
        """Read the store again; edits stay, and still conflict with what came in between.

        >>> draft.put(("imap", "outbox"), "Sent")
        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.refresh()
        >>> draft.sections["imap"].inbox, draft.sections["imap"].outbox
        ('Eingang', 'Sent')

        Raises:
            StoreError: if the store cannot be read; the draft stays as it was.
        """
        self.take(look(self.servers, self.sight))

    def take(self, sight: Sight, *, own: Collection[Slot] = ()) -> None:
        """Hold the edits, those that still differ, over what is stored now; note the news.

        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.take(look(servers, draft.sight))
        >>> draft.sections["imap"].inbox
        'Eingang'

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

        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.refresh()
        >>> [news.author.by == servers.author for news in draft.elsewhere(("imap", "inbox"))]
        [True]
        """
        company = Place(Level.COMPANY)
        slots = {(self.place(SETTINGS[key]), key, False), (company, key, False)}
        slots.add((company, key, True))
        return self.news.of(slots - {one.slot for one in self.disputed(key)})

    def seen(self) -> None:
        """Forget what changed elsewhere: the person has looked.

        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.refresh()
        >>> draft.seen()
        >>> draft.elsewhere(("imap", "inbox"))
        ()
        """
        self.news.forget(SECTIONS)
        self._touch()

    def disputes(self, sections: Iterable[str] | None = None) -> tuple[Dispute, ...]:
        """Return where someone else changed what is edited here, of some sections or all.

        >>> draft.put(("imap", "inbox"), "Post")
        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.refresh()
        >>> [(one.label, one.theirs, one.yours) for one in draft.disputes()]
        [('IMAP: Inbox (u)', 'Eingang', 'Post')]
        """
        wanted = set(SECTIONS if sections is None else sections)
        return tuple(
            dispute(edit, self._edits.base(slot_of(edit)), self.news.get(slot_of(edit)))
            for edit in self._edits.conflicts()
            if edit.key[0] in wanted
        )

    def disputed(self, key: Key) -> tuple[Dispute, ...]:
        """Return the conflicts about a setting and its lock at the level shown.

        >>> draft.put(("imap", "inbox"), "Post")
        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.refresh()
        >>> len(draft.disputed(("imap", "inbox"))), len(draft.disputed(("imap", "outbox")))
        (1, 0)
        """
        place = self.place(SETTINGS[key])
        return tuple(one for one in self.disputes([key[0]]) if one.slot[:2] == (place, key))

    def keep_mine(self, slot: Slot) -> None:
        """Decide a conflict for the edit: the next save puts it through.

        >>> draft.put(("imap", "inbox"), "Post")
        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.refresh()
        >>> draft.keep_mine(draft.slot(("imap", "inbox")))
        >>> draft.save(), servers.resolve()["imap", "inbox"].effective
        (1, 'Post')
        """
        with self.one_step():
            self._edits.put_over(slot)
            self.news.remove(slot)
            self._touch()

    def take_theirs(self, *slots: Slot) -> None:
        """Decide for what is stored: an edit is dropped, and a text that fits no value.

        >>> draft.put(("imap", "inbox"), "Post")
        >>> _ = servers.commit([servers.change("imap.inbox", "Eingang")])
        >>> draft.refresh()
        >>> draft.take_theirs(*(one.slot for one in draft.disputes()))
        >>> draft.changes(), draft.sections["imap"].inbox
        ((), 'Eingang')
        """
        with self.one_step():
            for slot in slots:
                self._edits.remove(slot)
                self.news.remove(slot)
            self._load()

    def _named(self, slot: Slot) -> str:
        """Return what the forms call something; with its level where they show another."""
        place, key, lock = slot
        if not lock and slot == self.slot(key):
            return SETTINGS[key].marked_label
        if self.at_company and place.level is not Level.COMPANY:
            return _("{label} at its own level").format(label=slot_label(slot))
        return slot_label(slot)

    def _edited(self, slot: Slot) -> None:
        if not self.disputed(slot[1]):  # else it says who is on the other side
            self.news.remove(slot)
