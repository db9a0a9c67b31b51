"""A check on the page: its buttons, its steps as they happen, then all that its report says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.errors import MailwidgetsError
from mailwidgets.reports import page
from mailwidgets.reports.bundle import bundle, bundle_name
from mailwidgets.reports.report import Finding, Fix, Report, Step
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import button, plain, shared

if TYPE_CHECKING:
    from mailwidgets.checks.ladder import CheckRun

_USUAL_STEPS = 10


class CheckView(widgets.VBox):
    """What a check found, from its first step on.

    Attributes:
        start, cancel: the buttons, for their owner to lay out; what starting means, it says.
        running: the check under way, ``None`` where none is.
        following: the task that waits for its report, to show it.
        steps: the steps so far, in order.
        report: the finished check's report; ``None`` before and while one runs.
        verdict: how far the check has come, then the outcome in a sentence and what to do; the
            form shows it beside its buttons.
        fix: a button that puts the values into the draft that would mend the fault; it stands
            with the verdict.
        list: the steps: a table, and once the check is done what else was seen and a timeline.
        transcript: the dialogue, folded, and a link that saves the support bundle.

    Args:
        draft: whose values are checked.
        section: the section that is checked.
        start: starts a check by ``run``.
        mend: takes a section and the fix's values for it, when the person wants them.
    """

    def __init__(
        self,
        draft: Draft,
        section: str,
        start: widgets.Button,
        mend: Callable[[str, Fix], None],
    ) -> None:
        self.draft = draft
        self.section = section
        self.start = start
        self.cancel = button("Cancel", self.stop, "mw-cancel")
        self.running: CheckRun | None = None
        self.following: asyncio.Task[None] | None = None
        self.steps: list[Step] = []
        self.report: Report | None = None
        self._mend = mend
        self._settings: Sequence[Mapping[str, object]] = ()
        self.verdict = plain(widgets.HTML)
        self.verdict.add_class("mw-report")
        self.fix = button("", self._on_fix, "mw-fix")
        self.list = plain(widgets.HTML)
        self.transcript = plain(widgets.HTML)
        super().__init__([self.list, self.transcript], layout=shared(widgets.Layout))
        self.add_class("mw-results")
        self.add_class("mw-report")
        self.clear()
        self._show_running()

    def run(self, launch: Callable[..., CheckRun], sections: Iterable[str], broken: str) -> str:
        """Start a check of what the draft holds, and show how it goes.

        Args:
            launch: starts it, by ``changes``, ``documents`` and ``on_step``.
            sections: those whose values it takes, which have to be fit.
            broken: what to say should it end without a report.

        Returns:
            Why nothing was started; empty where it was, or where one is under way.
        """
        if self.running is not None:
            return ""
        self.clear()
        if wrong := self.draft.wrong(sections):
            return f"correct {', '.join(wrong)} first."
        self.begin([value.as_row() for value in self.draft.resolution().values()])
        try:
            self.running = launch(
                changes=self.draft.changes(), documents=self.draft.stored, on_step=self.step
            )
        except MailwidgetsError as error:
            self.clear()
            return str(error)
        following = self._follow(self.running, broken)
        self.following = asyncio.get_running_loop().create_task(following)
        self._show_running()
        return ""

    def stop(self) -> None:
        """Cancel a running check."""
        if self.running is not None:
            self.running.cancel()

    def close(self) -> None:
        """Cancel a running check, and close the view and its buttons."""
        self.stop()
        self.start.close()
        self.cancel.close()
        super().close()

    def clear(self) -> None:
        """Show nothing."""
        self.steps, self.report = [], None
        self.verdict.value = self.list.value = self.transcript.value = ""
        self.fix.description, self.fix.disabled = "", True

    def begin(self, settings: Sequence[Mapping[str, object]] = ()) -> None:
        """Show that a check runs.

        Args:
            settings: those it runs with, as rows without secrets, for the support bundle.
        """
        self.clear()
        self._settings = settings
        self._show_progress()

    def step(self, step: Step) -> None:
        """Show a step as it starts or ends, or as it stands once more is known."""
        same = next((n for n, one in enumerate(self.steps) if _same(one, step)), None)
        if same is not None:
            self.steps[same] = step
        else:
            self.steps.append(step)
        self._show_progress()

    def finish(self, report: Report) -> None:
        """Show the finished check's report."""
        self.report = report
        self.steps = list(report.steps)
        self.verdict.value = markup.verdict(report)
        self.list.value = markup.course(report)
        whose = self.draft.servers.identity
        packed = bundle(report, self._settings, user=whose.user, workstation=whose.workstation)
        saving = markup.bundle(packed, bundle_name(report))
        self.transcript.value = page.transcript(report.transcript) + saving
        found = report.finding
        if found and all((self._home(found), key) in SETTINGS for key, _ in found.fix):
            self.fix.description = self._told(found)
            self.fix.disabled = not found.fix

    async def _follow(self, run: CheckRun, broken: str) -> None:
        """Show the report once it is there."""
        try:
            self.finish(await run.report())
        finally:
            if self.report is None:
                self.clear()
                self.verdict.value = markup.message(broken, kind="bad")
            self.running = self.following = None
            self._show_running()

    def _show_running(self) -> None:
        self.start.disabled = self.running is not None
        self.cancel.disabled = self.running is None

    def _show_progress(self) -> None:
        self.list.value = page.steps(self.steps, "Steps so far")
        self.verdict.value = markup.progress(self.steps, _USUAL_STEPS)

    def _on_fix(self) -> None:
        if self.report is not None and self.report.finding is not None:
            self._mend(self._home(self.report.finding), self.report.finding.fix)
            self.fix.disabled = True

    def _home(self, found: Finding) -> str:
        """Return the section whose form a finding is about."""
        return found.section or self.section

    def _told(self, found: Finding) -> str:
        """Return the fix in the form's words: ``SMTP port (u) 465, Use TLS/SSL (u) SSL/TLS``."""
        if not found.fix:
            return ""
        home = self._home(found)
        values = []
        for key, value in found.fix:
            setting = SETTINGS[home, key]
            values.append(f"{setting.marked_label} {setting.field.shown(value)}")
        form = "the form" if home == self.section else f"the form {SECTIONS[home].title}"
        return f"Put into {form}: {', '.join(values)}"


def _same(one: Step, other: Step) -> bool:
    return (one.name, one.via) == (other.name, other.via)
