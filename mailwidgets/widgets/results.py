"""A check on the page: its steps as they happen, its progress, verdict, advice and transcript."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from mailwidgets.reports.report import Fix, Report, State, Step
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import plain, shared

_USUAL_STEPS = 10


class CheckView(widgets.VBox):
    """What a check found, from its first step on.

    Attributes:
        steps: the steps so far, in order.
        report: the finished check's report; ``None`` before and while one runs.
        verdict: how far the check has come, then the outcome in a sentence and what to do; the
            form shows it beside its buttons.
        fix: a button that puts the values into the draft that would mend the fault.

    Args:
        section: the section that is checked.
        mend: takes the fix's values when the person wants them.
    """

    def __init__(self, section: str, mend: Callable[[Fix], None]) -> None:
        self.section = section
        self.steps: list[Step] = []
        self.report: Report | None = None
        self._mend = mend
        self.verdict = plain(widgets.HTML)
        self.fix = plain(widgets.Button)
        self.fix.add_class("mw-fix")
        self.fix.on_click(lambda _: self._on_fix())
        self.list = plain(widgets.HTML)
        self.transcript = plain(widgets.HTML)
        super().__init__([self.fix, self.list, self.transcript], layout=shared(widgets.Layout))
        self.add_class("mw-results")
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self.steps, self.report = [], None
        self.verdict.value = self.list.value = self.transcript.value = ""
        self.fix.description, self.fix.disabled = "", True

    def begin(self) -> None:
        """Show that a check runs."""
        self.clear()
        self._show_progress()

    def step(self, step: Step) -> None:
        """Show a step as it starts or ends."""
        last = self.steps[-1] if self.steps else None
        if last is not None and last.state is State.RUNNING and _same(last, step):
            self.steps[-1] = step
        else:
            self.steps.append(step)
        self._show_progress()

    def finish(self, report: Report) -> None:
        """Show the finished check's report."""
        self.report = report
        self.steps = list(report.steps)
        self.list.value = markup.steps(self.steps)
        self.verdict.value = markup.verdict(report)
        self.transcript.value = markup.transcript(report.transcript)
        fix = report.finding.fix if report.finding is not None else ()
        # A workflow's message may fail at a server that another form's settings name.
        if fix and all((self.section, key) in SETTINGS for key, _ in fix):
            self.fix.description = f"Put into the form: {self._told(fix)}"
            self.fix.disabled = False

    def _show_progress(self) -> None:
        self.list.value = markup.steps(self.steps)
        self.verdict.value = markup.progress(self.steps, _USUAL_STEPS)

    def _on_fix(self) -> None:
        if self.report is not None and self.report.finding is not None:
            self._mend(self.report.finding.fix)
            self.fix.disabled = True

    def _told(self, fix: Fix) -> str:
        """Return the fix in the form's words: ``SMTP port (u) 465, Use TLS/SSL (u) SSL/TLS``."""
        told = []
        for key, value in fix:
            setting = SETTINGS[self.section, key]
            told.append(f"{setting.marked_label} {setting.field.shown(value)}")
        return ", ".join(told)


def _same(one: Step, other: Step) -> bool:
    return (one.name, one.via) == (other.name, other.via)
