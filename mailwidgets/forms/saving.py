"""Saving a form: its buttons, what is not saved yet, and the question where others are concerned.

A question is asked only where a save changes what others have in force.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from functools import partial

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.draft.sight import Attempt, attempt
from mailwidgets.errors import Conflict, InvalidValue, MailwidgetsError
from mailwidgets.forms.concern import Concern, concern, reaches_others, rows, sentences
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.settings.documents import Change
from mailwidgets.widgets import markup, save_markup
from mailwidgets.widgets.beside import beside
from mailwidgets.widgets.look import button, plain, says, shared
from mailwidgets.widgets.panel import Panel


class SaveBar(widgets.VBox):
    """Save and Discard of a section, and what came of them.

    Attributes:
        save, discard: the buttons; their state follows from the draft.
        status: what is not saved yet, and what is wrong.
        question: whom a save concerns, as long as it is looked, and then asked.
        message: what came of the last button.
        looking: the look at whom a save concerns, ``None`` where none is under way.
        saving: likewise the save.

    Args:
        draft: what is saved.
        section: the section whose edits are.
        others: buttons that stand beside these.
    """

    def __init__(self, draft: Draft, section: str, others: Sequence[widgets.Widget] = ()) -> None:
        self.draft = draft
        self.section = section
        self.looking: asyncio.Task[None] | None = None
        self.saving: asyncio.Task[None] | None = None
        self._asked: tuple[Change, ...] = ()
        self._told_of: object = None
        self._ident = f"mw-concern-{uuid.uuid4().hex[:12]}"
        self.save = button(_("Save"), self._on_save, "mw-save")
        self.discard = button(_("Discard"), self._on_discard, "mw-discard")
        self.status = says()
        self.status.add_class("mw-pending")
        self.question = Panel(self.act, "mw-question")
        self.message = says()
        actions = plain(widgets.HBox, [self.save, self.discard, self.status, *others])
        actions.add_class("mw-actions")
        parts = [actions, self.question, self.message]
        super().__init__(parts, layout=shared(widgets.Layout))
        self.add_class("mw-saving")

    def show(self) -> None:
        """Bring buttons and status into line with the draft."""
        if self._told_of != self._entered():  # else it is news, which takes no answer away
            self.message.value = ""
        if self._asked and self._asked != self._wanted():
            self._withdraw()
            self.tell(_("Not saved: what is to be saved has changed. Save again."), "warn")
        self._show_status()

    def tell(self, text: str, kind: str = "status") -> None:
        """Say what came of a button, until something else is entered."""
        self.message.value = markup.message(text, kind=kind)
        self._told_of = self._entered()

    def close(self) -> None:
        """Look no further, and wait for no save; what was begun is done all the same."""
        for task in (self.looking, self.saving):
            if task is not None:
                task.cancel()
        super().close()

    def _show_status(self) -> None:
        """Show what keeps the section from being saved, or how much there is to save."""
        wrong = self.draft.wrong([self.section])
        disputes = self.draft.disputes([self.section])
        edits = len(self._wanted())
        said, kind = "", "warn"
        if wrong:
            said = _("To be corrected: {settings}.").format(settings=", ".join(wrong))
            kind = "bad"
        elif disputes:
            listed = ", ".join(map(str, disputes))
            said, kind = _("To be decided: {settings}.").format(settings=listed), "bad"
        elif edits:
            said = ngettext(
                "{count} change not saved yet.", "{count} changes not saved yet.", edits
            ).format(count=number(edits))
        self.status.value = markup.message(said, kind=kind)
        busy = self.saving is not None
        self.save.disabled = busy or not edits or bool(wrong)
        self.discard.disabled = busy or (not edits and not wrong)

    def _on_save(self) -> None:
        if self.saving is not None or self.looking is not None:
            return
        if self._asked and self._asked == self._wanted():
            self.question.focus(self._ident)
            return
        try:
            changes = self.draft.to_save([self.section])
        except Conflict:
            self.tell(_clash(), "bad")
        except InvalidValue as error:
            self.tell(str(error), "bad")
        else:
            if reaches_others(changes):
                self._look(changes)
            else:
                self._store(changes)

    def _look(self, changes: tuple[Change, ...]) -> None:
        """Find out whom the changes concern, beside the loop: there may be many."""
        servers = self.draft.servers
        self._asked = changes
        self.message.value = ""
        self.question.html = save_markup.looking(self._ident)
        self.question.focus(self._ident)  # and so it stays with the question, unless it moves on
        self.looking = beside(lambda: concern(servers, changes), partial(self._on_concern, changes))

    def _on_concern(self, changes: tuple[Change, ...], found: Concern) -> None:
        self.looking = None
        if not found:
            self._withdraw()
            self._store(changes)
            return
        told = sentences(found)
        self.question.html = save_markup.question(self._ident, told, rows(found))
        self.question.say(" ".join(told))

    def act(self, name: str, _value: str = "") -> None:
        """Do what is pressed in the question: ``save`` or ``back``."""
        changes = self._asked
        if name == save_markup.BACK:
            self._withdraw()
            self.save.focus()
        elif name == save_markup.SAVE and changes and self.looking is None:
            self._withdraw()
            self._store(changes)

    def _withdraw(self) -> None:
        """Ask no more, and look no further."""
        self._asked = ()
        if self.looking is not None:
            self.looking.cancel()
            self.looking = None
        self.question.html = self.question.said = ""

    def _store(self, changes: tuple[Change, ...]) -> None:
        draft = self.draft
        since = draft.sight
        self.saving = beside(lambda: attempt(draft.servers, changes, since), self._on_saved)
        if self.saving is not None:
            self.tell(_("Saving …"))
            self._show_status()

    def _on_saved(self, tried: Attempt) -> None:
        self.saving = None
        try:
            count = self.draft.finish(tried)
        except Conflict as clash:
            self.tell(_clash() if clash.clashes else str(clash), "bad")
        except MailwidgetsError as error:
            # Not "Not saved": of a connection that was lost, it says that nobody knows.
            self.tell(_("The save failed: {why}").format(why=error), "bad")
        else:
            said = ngettext("Saved {count} setting.", "Saved {count} settings.", count)
            self.tell(said.format(count=number(count)), "good")

    def _on_discard(self) -> None:
        self.draft.discard([self.section])
        self.tell(_("Back to what is stored."))

    def _wanted(self) -> tuple[Change, ...]:
        """Return what a save would store now."""
        return self.draft.changes([self.section])

    def _entered(self) -> object:
        """Return what the person has entered and not saved."""
        return self._wanted(), self.draft.wrong([self.section])


def _clash() -> str:
    return _(
        "Not saved: someone else changed the same. Your edits are still here. Keep mine or take"
        " theirs at each field, then save again."
    )
