"""A check on the page: its steps as they happen, then all that its report says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets

from mailwidgets.reports import page
from mailwidgets.reports.bundle import bundle, bundle_name
from mailwidgets.reports.report import Finding, Fix, Report, Step
from mailwidgets.settings.sections import SECTIONS, SETTINGS
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
        fix: a button that puts the values into the draft that would mend the fault; it stands
            with the verdict.
        list: the steps: a table, and once the check is done what else was seen and a timeline.
        transcript: the dialogue, folded, and a link that saves the support bundle.

    Args:
        section: the section that is checked.
        mend: takes a section and the fix's values for it, when the person wants them.
        user: who the settings are in force for, as the support bundle tells it.
        workstation: likewise.
    """

    def __init__(
        self,
        section: str,
        mend: Callable[[str, Fix], None],
        *,
        user: str = "",
        workstation: str = "",
    ) -> None:
        self.section = section
        self.steps: list[Step] = []
        self.report: Report | None = None
        self._mend = mend
        self._whom = {"user": user, "workstation": workstation}
        self._settings: Sequence[Mapping[str, object]] = ()
        self.verdict = plain(widgets.HTML)
        self.verdict.add_class("mw-report")
        self.fix = plain(widgets.Button)
        self.fix.add_class("mw-fix")
        self.fix.on_click(lambda _: self._on_fix())
        self.list = plain(widgets.HTML)
        self.transcript = plain(widgets.HTML)
        super().__init__([self.list, self.transcript], layout=shared(widgets.Layout))
        self.add_class("mw-results")
        self.add_class("mw-report")
        self.clear()

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
        packed = bundle(report, self._settings, **self._whom)
        saving = markup.bundle(packed, bundle_name(report))
        self.transcript.value = page.transcript(report.transcript) + saving
        found = report.finding
        if found and all((self._home(found), key) in SETTINGS for key, _ in found.fix):
            self.fix.description = self._told(found)
            self.fix.disabled = not found.fix

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
