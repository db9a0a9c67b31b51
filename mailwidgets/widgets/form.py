"""The form of one section: its fields, its buttons, and its check."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.draft.sight import Attempt, attempt
from mailwidgets.errors import Conflict, InvalidValue, MailwidgetsError
from mailwidgets.reports.report import Fix
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.targets import Targets
from mailwidgets.widgets import markup, words
from mailwidgets.widgets.beside import beside
from mailwidgets.widgets.look import plain, shared
from mailwidgets.widgets.results import CheckView
from mailwidgets.widgets.row import Row
from mailwidgets.widgets.sending import SendBox

if TYPE_CHECKING:
    from mailwidgets.checks.ladder import CheckRun


class SectionForm(widgets.VBox):
    """A section's part of a draft, generated from its traits.

    Attributes:
        rows: the fields by setting key, in the panel's order.
        save, discard, test, cancel: the buttons; their state follows from draft and check.
        advanced: shows the settings that the panel does not have.
        refused: what of it the person may not write, and why.
        status: what is not saved yet, and what is wrong.
        odd: what is odd about the settings, before anything is tested.
        message: what came of the last button.
        results: the check.
        saving: the save under way, ``None`` where none is.
        running: the check under way, ``None`` where none is.
        following: the task that waits for its report, to show it.

    Args:
        draft: what the form edits, together with the other forms.
        section: the section's name.
    """

    def __init__(self, draft: Draft, section: str) -> None:
        self.draft = draft
        self.section = section
        self.running: CheckRun | None = None
        self.following: asyncio.Task[None] | None = None
        self.saving: asyncio.Task[None] | None = None
        declared = SECTIONS[section]
        self.rows = {one.key: Row(draft, one) for one in declared.settings()}
        self.save = _button("Save", "mw-save", self._on_save)
        self.discard = _button("Discard", "mw-discard", self._on_discard)
        self.test = _button(declared.test_label, "mw-test", self._on_test)
        self.cancel = _button("Cancel", "mw-cancel", self._on_cancel)
        self.refused = plain(widgets.HTML)
        self.status = plain(widgets.HTML)
        self.odd = plain(widgets.HTML)
        self.message = plain(widgets.HTML)
        whose = draft.servers.identity
        self.results = CheckView(
            section, self._mend, user=whose.user, workstation=whose.workstation
        )
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
            actions += [self.test, self.cancel]
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
        self.message.value = ""
        self._show_status()
        self._show_running()

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
            self._on_cancel()
            if self.saving is not None:
                self.saving.cancel()
            # Trust has no use for these, and so does not hold them.
            for part in (self.test, self.cancel, self.advanced):
                part.close()
        super().close()

    def _on_revision(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        self.show()

    def _on_save(self) -> None:
        draft = self.draft
        if self.saving is not None:
            return
        try:
            changes = draft.to_save([self.section])
        except Conflict as clash:
            self.message.value = markup.conflict(clash.clashes)
        except InvalidValue as error:
            self.message.value = markup.message(str(error), kind="bad")
        else:
            since = draft.sight
            self.saving = beside(lambda: attempt(draft.servers, changes, since), self._on_saved)
            if self.saving is not None:
                self.message.value = markup.message("Saving …")
                self._show_status()

    def _on_saved(self, tried: Attempt) -> None:
        self.saving = None
        try:
            count = self.draft.finish(tried)
        except Conflict as clash:
            self.message.value = markup.conflict(clash.clashes)
        except MailwidgetsError as error:
            self.message.value = markup.message(str(error), kind="bad")
        else:
            said = f"Saved {count} {'setting' if count == 1 else 'settings'}."
            self.message.value = markup.message(said, kind="good")

    def _on_discard(self) -> None:
        self.draft.discard([self.section])
        self.message.value = markup.message("Back to what is stored.")

    def _on_test(self) -> None:
        self.message.value = ""
        wrong = self.draft.wrong([self.section, "trust"])
        if wrong:
            said = f"Not tested: correct {', '.join(wrong)} first."
            self.message.value = markup.message(said, kind="bad")
            return
        self.results.begin([value.as_row() for value in self.draft.resolution().values()])
        try:
            run = self.draft.servers.start_check(
                self.section,
                changes=self.draft.changes(),
                documents=self.draft.stored,
                on_step=self.results.step,
            )
        except MailwidgetsError as error:
            self.results.clear()
            self.message.value = markup.message(f"Not tested: {error}", kind="bad")
            return
        self.running = run
        self.following = asyncio.get_running_loop().create_task(self._follow(run))
        self._show_running()

    async def _follow(self, run: CheckRun) -> None:
        """Show the report once it is there."""
        try:
            self.results.finish(await run.report())
        finally:
            if self.results.report is None:
                self.results.clear()
                self.message.value = markup.message("The check broke off.", kind="bad")
            self.running = self.following = None
            self._show_running()

    def _on_cancel(self) -> None:
        if self.running is not None:
            self.running.cancel()

    def _show_running(self) -> None:
        self.test.disabled = self.running is not None
        self.cancel.disabled = self.running is None

    def _mend(self, section: str, fix: Fix) -> None:
        """Put a fix's values into the draft, unless one of them cannot be changed here."""
        try:
            self.draft.fill(section, fix)
        except InvalidValue as error:
            self.message.value = markup.message(str(error), kind="bad")
            return
        form = "the form" if section == self.section else f"the form {SECTIONS[section].title}"
        self.message.value = markup.message(f"In {form} now: test again, then save.")

    def _fold(self, fold: widgets.Box) -> None:
        if self.advanced.value:
            fold.remove_class("mw-folded")
        else:
            fold.add_class("mw-folded")
        self.advanced.description = "▾ Advanced" if self.advanced.value else "▸ Advanced"


def _button(label: str, css_class: str, act: Callable[[], None]) -> widgets.Button:
    button = plain(widgets.Button, description=label)
    button.add_class(css_class)
    button.on_click(lambda _: act())
    return button


def _heading(title: str) -> widgets.HTML:
    heading = plain(widgets.HTML, markup.group(title))
    heading.add_class("mw-group")
    return heading


def _fields(rows: Iterable[Row]) -> widgets.VBox:
    fields = plain(widgets.VBox, list(rows))
    fields.add_class("mw-fields")
    return fields
