"""Several attempts, one server after the other, as one report."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from mailwidgets.checks.ladder import CheckCancelled
from mailwidgets.connection.endpoint import OnStep
from mailwidgets.languages.texts import _
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Finding, Line, Report, State, Step

Climb = Callable[[OnStep | None], Awaitable[Report]]
"""One attempt, ready to be told whom to tell of its steps."""

_OWN_FIELDS = frozenset({"sender", "charset"})  # the workflow's, whatever server takes the message


class Attempts:
    """The attempts of one check of workflow e-mail, in their order.

    Steps carry ``via``, the protocol of the server they spoke to. By ``smtp``, a finding's field
    and fix are those of the SMTP settings of the user who sends, and its ``section`` says so.

    Args:
        on_step: told of each step as it starts, ends or is skipped.
    """

    def __init__(self, on_step: OnStep | None) -> None:
        self._on_step = on_step
        self._began = dt.datetime.now(dt.UTC)
        self._from = time.perf_counter()
        self._steps: list[Step] = []
        self._lines: list[Line] = []

    async def run(self, via: str, climb: Climb) -> Step | None:
        """Make one attempt, and return the step at which it failed, None where it did not.

        Raises:
            CheckCancelled: the task was cancelled; its report has the attempts before, too.
        """
        on_step, base, first = self._on_step, self._elapsed(), len(self._steps)
        told = on_step and (lambda step: on_step(_seen_from_here(step, via, base)))
        try:
            report = await climb(told)
        except CheckCancelled as stop:
            self._append(via, base, stop.report)
            raise CheckCancelled(self.report()) from None
        self._append(via, base, report)
        return next((step for step in self._steps[first:] if step.state is State.FAILED), None)

    def fail(self, via: str, names: Sequence[str], fault: Fault) -> None:
        """Note an attempt that cannot even begin."""
        finding = fault.finding("workflow")
        if via == "smtp":
            finding = replace(finding, section=via)
        self._add(Step(names[0], State.FAILED, finding=finding, via=via, at=self._elapsed()))
        self.skip(via, names[1:], "")

    def skip(self, via: str, names: Sequence[str], why: str) -> None:
        """Pass over all steps of one attempt."""
        for name in names:
            self._add(Step(name, State.SKIPPED, evidence=(why,) if why else (), via=via))

    def downgrade(self, failing: Step, remark: str) -> None:
        """Turn the failed step into a warning, now that mail goes another way."""
        if failing.finding is None:
            return
        meaning = f"{failing.finding.meaning} {remark}"
        finding = replace(failing.finding, severity=State.WARNED, meaning=meaning)
        warned = replace(failing, state=State.WARNED, finding=finding)
        self._steps[self._steps.index(failing)] = warned
        if self._on_step is not None:
            self._on_step(warned)

    def report(self) -> Report:
        """Return all attempts as one report."""
        return Report("workflow", tuple(self._steps), tuple(self._lines), self._began)

    def _append(self, via: str, base: float, report: Report) -> None:
        self._steps += [_seen_from_here(step, via, base) for step in report.steps]
        self._lines += [replace(line, ms=base + line.ms) for line in report.transcript]

    def _add(self, step: Step) -> None:
        self._steps.append(step)
        if self._on_step is not None:
            self._on_step(step)

    def _elapsed(self) -> float:
        """Return the milliseconds since the first attempt began."""
        return (time.perf_counter() - self._from) * 1000


def _seen_from_here(step: Step, via: str, base: float) -> Step:
    """Return a step of one attempt, which began at ``base``, as the whole report shows it."""
    found, also = step.finding, step.also
    if via == "smtp":
        found, also = found and _users(found), tuple(_users(one) for one in also)
    return replace(step, via=via, at=base + step.at, finding=found, also=also)


def _users(found: Finding) -> Finding:
    """Return a finding at the server of the user who sends, whose settings are to be looked at."""
    if found.field in _OWN_FIELDS or not (found.field or found.fix):
        return found
    advice = _("{advice} This is about the SMTP settings of the user who sends.").format(
        advice=found.advice
    )
    return replace(found, advice=advice, section="smtp")
