"""A check on the page: its steps as they happen, then all that its report says, until it ages."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as widgets
from traitlets import Int

from mailwidgets.draft.draft import Draft
from mailwidgets.errors import MailwidgetsError
from mailwidgets.forms.aging import Aging
from mailwidgets.forms.expected import expected, same
from mailwidgets.languages.texts import _
from mailwidgets.reports.bundle import bundle, bundle_name
from mailwidgets.reports.report import Finding, Fix, Report, Step
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.widgets import check_markup
from mailwidgets.widgets.check_markup import Standing
from mailwidgets.widgets.look import button, mark, shared
from mailwidgets.widgets.panel import Panel

if TYPE_CHECKING:
    from mailwidgets.checks.ladder import CheckRun


class CheckView(widgets.VBox):
    """What a check found, from its first step on; the last report stays, and says when it is old.

    Traits:
        changed: grows whenever there is something else to see.

    Attributes:
        start, cancel: the buttons, for their owner to lay out; what starting means, it says.
            ``start`` is never disabled, for it would lose the focus: while a check runs it does
            nothing.
        running: the check under way, ``None`` where none is.
        following: the task that waits for its report, to show it.
        steps: the steps so far, in order.
        report: the last check's report; ``None`` before and while one runs.
        refused: why the last one was not started at all; empty where it was.
        stale: since what change the report is about other settings; empty while it is not.
        verdict: how far the check has come, then the outcome in a sentence, what to do, and the
            button that applies the fix; the form shows it beside its buttons.
        list: the steps on one time axis, what else was seen, and the dialogue, folded.

    Args:
        draft: whose values are checked.
        section: the section that is checked.
        start: starts a check by ``run`` or ``test``.
        mend: takes a section and the fix's values for it, when the person wants them.
        sending: whether a message is sent.
    """

    changed = Int(0)

    def __init__(
        self,
        draft: Draft,
        section: str,
        start: widgets.Button,
        mend: Callable[[str, Fix], None],
        *,
        sending: bool = False,
    ) -> None:
        self.draft = draft
        self.section = section
        self.start = start
        self.cancel = button(_("Cancel"), self._on_cancel, "mw-cancel")
        self.running: CheckRun | None = None
        self.following: asyncio.Task[None] | None = None
        self.steps: list[Step] = []
        self.report: Report | None = None
        self.refused = ""
        self.stale = ""
        self._sending = sending
        self._mend = mend
        self._mended = False
        self._expected: Sequence[Step] = ()
        self._aging = Aging(draft, section, sending=sending)
        self._settings: Sequence[Mapping[str, object]] = ()
        self._ident = f"mw-course-{uuid.uuid4().hex[:12]}"
        self.verdict = Panel(self.act, "mw-report")
        self.list = Panel(self.act, "mw-report")
        super().__init__([self.list], layout=shared(widgets.Layout))
        self.add_class("mw-results")
        self._show_running()

    def test(self) -> str:
        """Start the section's check; return why it was not, as ``run`` does."""
        launch = partial(self.draft.servers.start_check, self.section)
        return self.run(launch, [self.section, "trust"], _("The check broke off."))

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
        self.refused = self._launched(launch, sections, broken)
        self.changed += 1
        return self.refused

    def _launched(self, launch: Callable[..., CheckRun], sections: Iterable[str], said: str) -> str:
        draft = self.draft
        if wrong := draft.wrong(sections):
            return _("correct {settings} first.").format(settings=", ".join(wrong))
        # Every step is told of in a later turn of the loop: what is shown now comes before it.
        try:
            run = launch(changes=draft.changes(), documents=draft.stored, on_step=self.step)
        except MailwidgetsError as error:
            return str(error)
        self.running = run
        self.begin([value.as_row() for value in draft.resolution().values()])
        self.following = asyncio.get_running_loop().create_task(self._follow(run, said))
        self._show_running()
        return ""

    def stop(self) -> None:
        """Cancel a running check."""
        if self.running is not None:
            self.running.cancel()

    def close(self) -> None:
        """Cancel a running check, and close the view, its buttons and its verdict."""
        self.stop()
        for part in (self.start, self.cancel, self.verdict, self.list):
            part.close()
        super().close()

    def begin(self, settings: Sequence[Mapping[str, object]] = ()) -> None:
        """Show that a check runs, with the steps that are to be expected.

        Args:
            settings: those it runs with, as rows without secrets, for the support bundle.
        """
        resolution = self.draft.resolution()
        self._settings = settings
        self._expected = expected(resolution, self.section, sending=self._sending)
        self._aging.begin(resolution)
        self.steps, self.report, self.stale, self._mended = [], None, "", False
        self.verdict.said = _("The check runs.")
        self._show_progress()

    def step(self, step: Step) -> None:
        """Show a step as it starts or ends, or as it stands once more is known."""
        known = next((n for n, one in enumerate(self.steps) if same(one, step)), None)
        if known is not None:
            self.steps[known] = step
        else:
            self.steps.append(step)
        self._show_progress()

    def finish(self, report: Report) -> None:
        """Show the finished check's report."""
        self.report = report
        self.steps = list(report.steps)
        whose = self.draft.servers.identity
        packed = bundle(report, self._settings, user=whose.user, workstation=whose.workstation)
        saving = check_markup.bundle(packed, bundle_name(report))
        self.list.html = check_markup.course(report, self._ident, saving)
        self.follow()
        self._show_verdict()
        said = report.verdict
        if report.finding is not None:
            said = f"{said} {report.finding.advice}"
        self.verdict.said = said

    def follow(self) -> None:
        """Mark the report as old once the settings it depends on have changed."""
        if self.report is None:
            return
        stale = self._aging.told(self.report)
        if stale != self.stale:
            self.stale = stale
            self._show_verdict()
            mark(self, "mw-aged", on=bool(stale))
            self.changed += 1

    def mend(self) -> None:
        """Put the values that would mend the fault into the draft."""
        found = self.report.finding if self.report else None
        if found is not None and self._fix(found) and not self._mended:
            self._mended = True
            self._mend(self._home(found), found.fix)
            self._show_verdict()

    async def _follow(self, run: CheckRun, broken: str) -> None:
        """Show the report once it is there."""
        try:
            self.finish(await run.report())
        finally:
            if self.report is None:
                self.list.html = ""
                self.verdict.html = check_markup.broken(broken)
                self.verdict.said = broken
            self.running = self.following = None
            self._show_running()

    def act(self, name: str, _value: str = "") -> None:
        """Do what is pressed in the verdict: ``fix`` or ``steps``."""
        if name == check_markup.FIX:
            self.mend()
        elif name == check_markup.STEPS:
            self.list.focus(self._ident)

    def _on_cancel(self) -> None:
        self.stop()
        self.start.focus()  # the pressed button goes away

    def _show_running(self) -> None:
        mark(self.start, "mw-busy", on=self.running is not None)
        mark(self.cancel, "mw-away", on=self.running is None)
        self.cancel.disabled = self.running is None
        self.changed += 1

    def _show_progress(self) -> None:
        waiting = [one for one in self._expected if not any(same(one, two) for two in self.steps)]
        self.list.html = check_markup.running(self.steps, waiting, self._ident)
        self.verdict.html = check_markup.progress(self.steps, len(self.steps) + len(waiting))
        mark(self, "mw-aged", on=False)
        self.changed += 1

    def _show_verdict(self) -> None:
        if self.report is not None:
            found = self.report.finding
            fix = self._fix(found) if found and not self._mended else ""
            when = check_markup.tested(self.report, sent=self._sending)
            standing = Standing(self.stale or when, stale=bool(self.stale), fix=fix)
            self.verdict.html = check_markup.verdict(self.report, standing)

    def _home(self, found: Finding) -> str:
        """Return the section whose form a finding is about."""
        return found.section or self.section

    def _fix(self, found: Finding) -> str:
        """Return what the fix is called, in the forms' words; empty where there is none."""
        home = self._home(found)
        if not found.fix or not all((home, key) in SETTINGS for key, _ in found.fix):
            return ""
        values = []
        for key, value in found.fix:
            setting = SETTINGS[home, key]
            values.append(f"{setting.marked_label} {setting.field.shown(value)}")
        if home == self.section:
            return _("Apply this fix: {values}").format(values=", ".join(values))
        told = _("Apply this fix in {section}: {values}")
        return told.format(section=SECTIONS[home].title, values=", ".join(values))
