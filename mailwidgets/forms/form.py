"""The form of one section: its fields, its buttons, and its check."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.draft.sight import Attempt, attempt
from mailwidgets.errors import Conflict, InvalidValue, MailwidgetsError
from mailwidgets.forms.results import CheckView
from mailwidgets.forms.row import Row
from mailwidgets.forms.sending import SendBox
from mailwidgets.reports.report import Fix
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.targets import Targets
from mailwidgets.widgets import markup, words
from mailwidgets.widgets.beside import beside
from mailwidgets.widgets.look import button, mark, plain, shared

_CLASH: Final = (
    "Not saved: someone else changed the same. Your edits are still here. Keep mine or take theirs"
    " at each field, then save again."
)


class SectionForm(widgets.VBox):
    """A section's part of a draft, generated from its traits.

    Attributes:
        rows: the fields by setting key, in the panel's order.
        save, discard, test: the buttons; their state follows from draft and check.
        advanced: shows the settings that the panel does not have.
        refused: what of it the person may not write, and why.
        status: what is not saved yet, and what is wrong.
        odd: what is odd about the settings, before anything is tested.
        message: what came of the last button.
        results: the check.
        saving: the save under way, ``None`` where none is.

    Args:
        draft: what the form edits, together with the other forms.
        section: the section's name.
    """

    def __init__(self, draft: Draft, section: str) -> None:
        self.draft = draft
        self.section = section
        self.saving: asyncio.Task[None] | None = None
        declared = SECTIONS[section]
        self.rows = {one.key: Row(draft, one) for one in declared.settings()}
        self.save = button("Save", self._on_save, "mw-save")
        self.discard = button("Discard", self._on_discard, "mw-discard")
        self.test = button(declared.test_label, self._on_test, "mw-test")
        self._told_of: object = None
        self.refused = plain(widgets.HTML)
        self.status = plain(widgets.HTML)
        self.odd = plain(widgets.HTML)
        self.message = plain(widgets.HTML)
        self.results = CheckView(draft, section, self.test, self._mend)
        self.advanced = plain(widgets.ToggleButton, description="▸ Advanced")
        super().__init__(self._laid_out(), layout=shared(widgets.Layout))
        self.add_class("mw-form")
        draft.observe(self._on_revision, "revision")
        self.show()

    def _laid_out(self) -> list[widgets.Widget]:
        """Return fields under their headings, our own ones folded, then buttons and messages."""
        panel = [row for row in self.rows.values() if not row.setting.ours]
        ours = [row for row in self.rows.values() if row.setting.ours]
        parts: list[widgets.Widget] = []
        for title, rows in itertools.groupby(panel, key=lambda row: row.setting.group):
            parts += [_heading(title), _fields(rows)]
        if not panel:
            parts += [_heading(SECTIONS[self.section].title), _fields(ours)]
        if panel and ours:
            fold = _fields(ours)
            fold.add_class("mw-folded")
            self.advanced.add_class("mw-advanced")
            self.advanced.observe(lambda _: self._fold(fold), "value")
            parts += [self.advanced, fold]
        self.status.add_class("mw-pending")
        actions = [self.save, self.discard, self.status]
        if self.test.description:
            actions += [self.test, self.results.cancel]
        bar = plain(widgets.HBox, actions)
        bar.add_class("mw-actions")
        # Kept in sight: what came of a button has to be seen where the button was pressed.
        foot = plain(widgets.VBox, [bar, self.message, self.results.verdict, self.results.fix])
        foot.add_class("mw-foot")
        more = [SendBox(self.draft, self._mend)] if self.section == "workflow" else []
        return [self.refused, *parts, self.odd, foot, self.results, *more]

    def show(self) -> None:
        """Bring fields, buttons and status into line with the draft."""
        draft = self.draft
        resolution = draft.resolution()
        values = resolution.section(self.section)
        if self.test.description:
            found = Targets(resolution, draft.servers.vault).oddities(self.section)
            self.odd.value = markup.oddities(found)
        places = dict.fromkeys(draft.place(row.setting) for row in self.rows.values())
        refusals = {place: draft.sight.refusals[place] for place in places}
        self.refused.value = markup.refusals(words.refused(refusals))
        for key, row in self.rows.items():
            row.show(values[key])
        if self._told_of != self._entered():  # else it is news, which takes no answer away
            self.message.value = ""
        self._show_status()

    def _show_status(self) -> None:
        """Show what keeps the section from being saved, or how much there is to save."""
        wrong = self.draft.wrong([self.section])
        disputes = self.draft.disputes([self.section])
        edits = len(self.draft.changes([self.section]))
        said, kind = "", "warn"
        if wrong:
            said, kind = f"To be corrected: {', '.join(wrong)}.", "bad"
        elif disputes:
            said, kind = f"To be decided: {', '.join(map(str, disputes))}.", "bad"
        elif edits:
            said = f"{edits} {'change' if edits == 1 else 'changes'} not saved yet."
        self.status.value = markup.message(said, kind=kind)
        busy = self.saving is not None
        self.save.disabled = busy or not edits or bool(wrong)
        self.discard.disabled = busy or (not edits and not wrong)

    def close(self) -> None:
        """Leave the draft, cancel a running check and close the form."""
        if self.comm is not None:
            self.draft.unobserve(self._on_revision, "revision")
            if self.saving is not None:
                self.saving.cancel()
            # Where a section has no use for these, they are not among its children.
            self.results.close()
            self.advanced.close()
        super().close()

    def _on_revision(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        self.show()

    def _on_save(self) -> None:
        draft = self.draft
        if self.saving is not None:
            return
        try:
            changes = draft.to_save([self.section])
        except Conflict:
            self._tell(_CLASH, "bad")
        except InvalidValue as error:
            self._tell(str(error), "bad")
        else:
            since = draft.sight
            self.saving = beside(lambda: attempt(draft.servers, changes, since), self._on_saved)
            if self.saving is not None:
                self._tell("Saving …")
                self._show_status()

    def _on_saved(self, tried: Attempt) -> None:
        self.saving = None
        try:
            count = self.draft.finish(tried)
        except Conflict as clash:
            self._tell(_CLASH if clash.clashes else str(clash), "bad")
        except MailwidgetsError as error:
            # Not "Not saved": of a connection that was lost, it says that nobody knows.
            self._tell(f"The save failed: {error}", "bad")
        else:
            self._tell(f"Saved {count} {'setting' if count == 1 else 'settings'}.", "good")

    def _on_discard(self) -> None:
        self.draft.discard([self.section])
        self._tell("Back to what is stored.")

    def _on_test(self) -> None:
        launch = partial(self.draft.servers.start_check, self.section)
        why = self.results.run(launch, [self.section, "trust"], "The check broke off.")
        self._tell(f"Not tested: {why}" if why else "", "bad")

    def _mend(self, section: str, fix: Fix) -> None:
        """Put a fix's values into the draft, unless one of them cannot be changed here."""
        try:
            self.draft.fill(section, fix)
        except InvalidValue as error:
            self._tell(str(error), "bad")
            return
        form = "the form" if section == self.section else f"the form {SECTIONS[section].title}"
        self._tell(f"In {form} now: test again, then save.")

    def _tell(self, text: str, kind: str = "status") -> None:
        self.message.value = markup.message(text, kind=kind)
        self._told_of = self._entered()

    def _entered(self) -> object:
        """Return what the person has entered and not saved."""
        return self.draft.changes([self.section]), self.draft.wrong([self.section])

    def _fold(self, fold: widgets.Box) -> None:
        mark(fold, "mw-folded", on=not self.advanced.value)
        self.advanced.description = "▾ Advanced" if self.advanced.value else "▸ Advanced"


def _heading(title: str) -> widgets.HTML:
    heading = plain(widgets.HTML, markup.group(title))
    heading.add_class("mw-group")
    return heading


def _fields(rows: Iterable[Row]) -> widgets.VBox:
    fields = plain(widgets.VBox, list(rows))
    fields.add_class("mw-fields")
    return fields
