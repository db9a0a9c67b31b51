"""The form of one section: its fields, its buttons, and its check."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from mailwidgets.draft import Draft
from mailwidgets.errors import Conflict, InvalidValue, MailwidgetsError
from mailwidgets.reports.report import Fix
from mailwidgets.settings.levels import Level
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.targets import Targets
from mailwidgets.widgets import markup
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
        status: what is not saved yet, and what is wrong.
        odd: what is odd about the settings, before anything is tested.
        message: what came of the last button.
        results: the check.
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
        declared = SECTIONS[section]
        self.rows = {one.key: Row(draft, one) for one in declared.settings()}
        self.save = _button("Save", "mw-save", self._on_save)
        self.discard = _button("Discard", "mw-discard", self._on_discard)
        self.test = _button(declared.test_label, "mw-test", self._on_test)
        self.cancel = _button("Cancel", "mw-cancel", self._on_cancel)
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
        return [*parts, self.odd, foot, self.results, *more]

    def show(self) -> None:
        """Bring fields, buttons and status into line with the draft."""
        draft = self.draft
        resolution = draft.resolution()
        values = resolution.section(self.section)
        if self.test.description:
            found = Targets(resolution, draft.servers.vault).oddities(self.section)
            self.odd.value = markup.oddities(found)
        may_write = {level: draft.servers.store.writable(level) for level in Level}
        for key, row in self.rows.items():
            row.show(values[key], writable=may_write[draft.place(row.setting).level])
        self.message.value = ""
        wrong = self.draft.wrong([self.section])
        edits = len(draft.changes([self.section]))
        if wrong:
            self.status.value = markup.message(f"To be corrected: {', '.join(wrong)}.", kind="bad")
        else:
            words = f"{edits} {'change' if edits == 1 else 'changes'} not saved yet."
            self.status.value = markup.message(words if edits else "", kind="warn")
        self.save.disabled = not edits or bool(wrong)
        self.discard.disabled = not edits and not wrong
        self._show_running()

    def close(self) -> None:
        """Leave the draft, cancel a running check and close the form."""
        if self.comm is not None:
            self.draft.unobserve(self._on_revision, "revision")
            self._on_cancel()
            # Trust has no use for these, and so does not hold them.
            for part in (self.test, self.cancel, self.advanced):
                part.close()
        super().close()

    def _on_revision(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        self.show()

    def _on_save(self) -> None:
        try:
            count = self.draft.save([self.section])
        except Conflict as clash:
            self.message.value = markup.conflict(clash.clashes)
        except MailwidgetsError as error:
            self.message.value = markup.message(str(error), kind="bad")
        else:
            words = f"Saved {count} {'setting' if count == 1 else 'settings'}."
            self.message.value = markup.message(words, kind="good")

    def _on_discard(self) -> None:
        try:
            self.draft.discard([self.section])
        except MailwidgetsError as error:
            self.message.value = markup.message(str(error), kind="bad")
        else:
            self.message.value = markup.message("Back to what is stored.")

    def _on_test(self) -> None:
        self.message.value = ""
        wrong = self.draft.wrong([self.section, "trust"])
        if wrong:
            words = f"Not tested: correct {', '.join(wrong)} first."
            self.message.value = markup.message(words, kind="bad")
            return
        self.results.begin([value.as_row() for value in self.draft.resolution().values()])
        try:
            run = self.draft.servers.start_check(
                self.section, changes=self.draft.changes(), on_step=self.results.step
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
