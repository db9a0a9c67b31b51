"""The ladder of one check: its steps in order, each timed, told of, and turned into the report."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import Any

from mailwidgets.connection.endpoint import OnStep
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import MalformedReply, shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Finding, Fix, Report, State, Step, Try, Who
from mailwidgets.reports.steps import step_words
from mailwidgets.reports.transcript import Transcript


class CheckCancelled(asyncio.CancelledError):
    """The check's task was cancelled; ``report`` says how far it had come."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"the check of {report.section} was cancelled")
        self.report = report


class Rung:
    """A step under way: what it has seen so far."""

    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self.evidence: list[str] = []
        self.finding: Finding | None = None
        self.also: list[Finding] = []
        self.tries: tuple[Try, ...] = ()

    def saw(self, *sentences: str) -> None:
        """Add evidence: short sentences, the server's own words already escaped."""
        self.evidence += [self._ladder.transcript.mask(one) for one in sentences if one]

    def warn(self, fault: Fault) -> None:
        """Note something worth a look that does not stop the check; the first one leads."""
        found = replace(self._ladder.finding(fault), severity=State.WARNED)
        if self.finding is None:
            self.finding = found
        else:
            self.also.append(found)

    def mention(self, fault: Fault) -> None:
        """Note what else is wrong, beside what decides over this step."""
        self.also.append(self._ladder.finding(fault))

    def judge(self, fault: Fault) -> None:
        """Warn of the fault where it is one to warn of, else raise it."""
        if self._ladder.finding(fault).severity is not State.WARNED:
            raise fault
        self.warn(fault)


class Ladder:
    """The steps of one check, in order, and its transcript.

    Args:
        section: the section whose settings are checked; decides the fields findings name.
        names: all steps, in the order in which they are expected.
        on_step: told of each step as it starts, ends or is skipped.
        secrets: values that must appear nowhere.
    """

    def __init__(
        self,
        section: str,
        names: Sequence[str],
        *,
        on_step: OnStep | None = None,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self.section = section
        self.transcript = Transcript(secrets)
        self._began = dt.datetime.now(dt.UTC)
        self._from = time.perf_counter()
        self._on_step = on_step
        self._steps: dict[str, Step | None] = dict.fromkeys(names)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Rung]:
        """Run one step; a ``Fault`` inside fails it and goes on to end the check."""
        rung = Rung(self)
        began = time.perf_counter()
        if self._on_step is not None:
            self._on_step(Step(name, State.RUNNING, at=self._since(began)))
        try:
            yield rung
        except Fault as fault:
            self._end(name, rung, began, self._failure(fault))
            raise
        except MalformedReply as error:
            malformed = Fault("malformed_reply", f"{str(error)[:1].upper()}{str(error)[1:]}.")
            self._end(name, rung, began, self._failure(malformed))
            raise malformed from error
        except asyncio.CancelledError:
            self._end(name, rung, began, self._failure(_cancelled(name)))
            raise
        self._end(name, rung, began, rung.finding)

    def skip(self, name: str, why: str = "") -> None:
        """Pass over a step that does not apply."""
        self._tell(Step(name, State.SKIPPED, evidence=(why,) if why else ()))

    def finding(self, fault: Fault) -> Finding:
        """Return the fault as a finding of this section, secrets masked.

        A fix goes into a form and onto a command line as it is, so none is offered with a value
        of the server's that nobody could read, or that is the secret.
        """
        found = fault.finding(self.section)
        mask = self.transcript.mask
        texts = [value for _, value in found.fix if isinstance(value, str)]
        return replace(
            found,
            saw=mask(found.saw),
            meaning=mask(found.meaning),
            advice=mask(found.advice),
            fix=found.fix if all(mask(shown(text)) == text for text in texts) else (),
        )

    def amend(self, advice: str, fix: Fix) -> None:
        """Add to the failed step's finding what was found out since, and tell of it again."""
        for step in self._steps.values():
            if step and step.state is State.FAILED and step.finding:
                better = replace(
                    step.finding,
                    advice=f"{step.finding.advice} {advice}".strip(),
                    fix=fix,
                    who=Who.YOU if fix else step.finding.who,
                )
                self._tell(replace(step, finding=better))
                return

    def arrange(self, first: Sequence[str]) -> None:
        """Put the steps ``first`` directly behind those already done, in that order."""
        done = [name for name, step in self._steps.items() if step is not None]
        rest = [name for name in self._steps if name not in {*done, *first}]
        self._steps = {name: self._steps[name] for name in (*done, *first, *rest)}

    async def climb(self, check: Callable[[], Awaitable[None]]) -> Report:
        """Run the check and return its report; what stands above a failed step is skipped.

        Raises:
            CheckCancelled: the task was cancelled.
        """
        try:
            await check()
        except Fault:
            if not self._failed:
                raise  # no step would show it: a mistake of ours, not of the server
        except asyncio.CancelledError:
            self._cancel_next()
            raise CheckCancelled(self.report()) from None
        return self.report()

    def report(self) -> Report:
        """Return the report; steps that never came count as skipped, and are told of as such."""
        for name, step in self._steps.items():
            if step is None:
                self.skip(name)
        steps = tuple(step for step in self._steps.values() if step is not None)
        return Report(self.section, steps, self.transcript.lines(), self._began)

    @property
    def _failed(self) -> bool:
        return any(step and step.state is State.FAILED for step in self._steps.values())

    def _cancel_next(self) -> None:
        """Fail the step that would have been next, where the check stood between two."""
        if self._failed:
            return
        for name, step in self._steps.items():
            if step is None:
                finding = self._failure(_cancelled(name))
                self._tell(Step(name, State.FAILED, finding=finding))
                return

    def _failure(self, fault: Fault) -> Finding:
        """Return the finding of a fault that ended the check, however grave it is by itself."""
        return replace(self.finding(fault), severity=State.FAILED)

    def _end(self, name: str, rung: Rung, began: float, finding: Finding | None) -> None:
        state = finding.severity if finding else State.PASSED
        ms = (time.perf_counter() - began) * 1000
        # What was warned of before the step failed is still worth telling.
        warned = (rung.finding,) if rung.finding and rung.finding is not finding else ()
        also = (*warned, *rung.also)
        at = self._since(began)
        evidence = tuple(rung.evidence)
        self._tell(Step(name, state, ms, evidence, finding, also, at=at, tries=rung.tries))

    def _since(self, time_: float) -> float:
        """Return how many milliseconds after the check's beginning a time is."""
        return (time_ - self._from) * 1000

    def _tell(self, step: Step) -> None:
        self._steps[step.name] = step
        if self._on_step is not None:
            self._on_step(step)


def _cancelled(name: str) -> Fault:
    return Fault("cancelled", _("Cancelled during {step}.").format(step=step_words(name)))


class CheckRun:
    """One check in a task of its own, which can be cancelled at once and leaves nothing behind.

    Args:
        check: makes the check's coroutine, as ``lambda: check_smtp(endpoint, login)``.
    """

    def __init__(self, check: Callable[[], Coroutine[Any, Any, Report]]) -> None:
        self._check = check
        self._task: asyncio.Task[Report] | None = None

    def start(self) -> asyncio.Task[Report]:
        """Start the check in the running event loop, once, and return its task."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        return self._task

    def cancel(self) -> None:
        """Cancel the check; ``report`` then gives what it had found, with the code ``cancelled``.

        Call it in the event loop's thread. A check that is done stays as it is.
        """
        if self._task is not None and not self._task.done():
            # One turn later, so that a check cancelled right after its start has begun.
            self._task.get_loop().call_soon(self._task.cancel)

    @property
    def done(self) -> bool:
        """Return whether the report is there."""
        return self._task is not None and self._task.done()

    async def report(self) -> Report:
        """Start the check if need be, wait for it, and return its report.

        Cancelling the caller cancels the check.
        """
        task = self.start()
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait({task})
            raise

    async def _run(self) -> Report:
        try:
            return await self._check()
        except CheckCancelled as stop:
            return stop.report
