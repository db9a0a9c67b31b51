"""What a check found: frozen values without any input or output.

A check is a ladder of steps. Each ``Step`` has a state, the time it took and evidence;
a ``Report`` holds them in order with the verdict and the first finding that matters.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Protocol

Fix = tuple[tuple[str, str | int], ...]
"""Settings of a section and the values that would mend it."""


class State(enum.StrEnum):
    """How a step stands."""

    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


class Who(enum.StrEnum):
    """Who can mend it."""

    YOU = "you"
    MAILBOX = "the mailbox's owner"
    SERVER = "the server's administrator"
    NETWORK = "the network's owner"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth a look, and what to do about it.

    Attributes:
        code: stable name of the fault, as ``cert_expired``.
        saw: what was seen on the wire, the server's own words escaped and masked.
        meaning: what that means.
        advice: what to do.
        field: key of the setting to look at (``"tls"``), or ``""`` where none is.
        who: who can mend it.
        severity: ``FAILED`` or ``WARNED``.
        fix: keys of settings with values that would mend it, where the check knows some:
            ``(("tls", "implicit"),)``.
        section: whose settings ``field`` and ``fix`` are, where that is not the report's own:
            workflow e-mail may fail by the SMTP settings of the user who sends.
    """

    code: str
    saw: str
    meaning: str
    advice: str
    field: str
    who: Who = Who.YOU
    severity: State = State.FAILED
    fix: Fix = ()
    section: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder.

    Attributes:
        name: what was done: ``name``, ``connection``, ``greeting``, ``capabilities``, ``tls``,
            ``certificate``, ``authentication``, ``mailbox``, ``inbox``, ``outbox``, ``sender``,
            ``recipient``, ``goodbye``.
        state: how it stands.
        ms: milliseconds it took; 0.0 while running or where it was skipped.
        evidence: short sentences of what was seen, safe to show: control characters are
            escaped, secrets masked; markup is *not* escaped, that is the page's part.
        finding: what is wrong with it, if anything is: the first thing that blocks.
        also: what else was seen to be wrong.
        via: the server this step spoke to where a check speaks to more than one
            (``"imap"``, ``"smtp"``), else ``""``.
    """

    name: str
    state: State
    ms: float = 0.0
    evidence: tuple[str, ...] = ()
    finding: Finding | None = None
    also: tuple[Finding, ...] = ()
    via: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript.

    Attributes:
        ms: milliseconds since the check began.
        who: ``"C"`` for what we sent, ``"S"`` for what the server said, ``"*"`` for a remark.
        text: the line without its end, secrets masked, control characters escaped.
    """

    ms: float
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one check: the steps in order and what they add up to."""

    section: str
    steps: tuple[Step, ...]
    transcript: tuple[Line, ...] = field(default=(), repr=False)

    @property
    def state(self) -> State:
        """Return FAILED, WARNED or PASSED: the worst state among the steps."""
        states = {step.state for step in self.steps}
        for state in (State.FAILED, State.WARNED):
            if state in states:
                return state
        return State.PASSED

    @property
    def ok(self) -> bool:
        """Return whether mail will work: passed, or passed with a warning."""
        return self.state is not State.FAILED

    @property
    def finding(self) -> Finding | None:
        """Return the first failure, or the first warning where nothing failed."""
        for state in (State.FAILED, State.WARNED):
            for step in self.steps:
                if step.state is state and step.finding is not None:
                    return step.finding
        return None

    @property
    def also(self) -> tuple[Finding, ...]:
        """Return what else was seen to be wrong, in the order of the steps."""
        every = (one for step in self.steps for one in (step.finding, *step.also) if one)
        return tuple(one for one in every if one is not self.finding)

    @property
    def code(self) -> str:
        """Return the finding's stable code, or ``"ok"``."""
        return self.finding.code if self.finding else "ok"

    @property
    def failing_step(self) -> Step | None:
        """Return the first failing step, if any."""
        return next((step for step in self.steps if step.state is State.FAILED), None)

    @property
    def ms(self) -> float:
        """Return the milliseconds of all steps together."""
        return sum(step.ms for step in self.steps)

    @property
    def verdict(self) -> str:
        """Return the result in one line, for a person."""
        name = self.section.upper() if self.section != "workflow" else "Workflow e-mail"
        found = self.finding
        if found is None:
            return f"{name} works: every step passed."
        if self.ok:
            return f"{name} works, with a remark: {found.meaning}"
        failing = self.failing_step
        where = f" at {failing.name}" if failing else ""
        return f"{name} does not work{where}: {found.meaning}"

    def as_dict(self) -> dict[str, object]:
        """Return the report as plain JSON values, the shape of ``check --format json``."""
        found = self.finding
        return {
            "section": self.section,
            "verdict": self.verdict,
            "ok": self.ok,
            "code": self.code,
            "field": (found.field or None) if found else None,
            "advice": found.advice if found else None,
            "steps": [
                {
                    "name": f"{step.via}.{step.name}" if step.via else step.name,
                    "state": str(step.state),
                    "ms": round(step.ms, 3),
                    "evidence": list(step.evidence),
                }
                for step in self.steps
            ],
        }

    def __str__(self) -> str:
        """Return the report for a terminal: the verdict, the steps, what to do."""
        lines = [self.verdict]
        reached = [step for step in self.steps if step.state is not State.SKIPPED or step.evidence]
        for step in reached:
            name = f"{step.via} {step.name}" if step.via else step.name
            head = f"  {_MARKS.get(step.state, '…')} {name:<20}{step.ms:>8.1f} ms  "
            first, *rest = step.evidence or ("",)
            lines += [f"{head}{first}".rstrip(), *(" " * len(head) + one for one in rest)]
        passed_over = [step.name for step in self.steps if step not in reached]
        if passed_over:
            lines.append(f"  - not reached: {', '.join(passed_over)}")
        found = self.finding
        if found is not None:
            field = f" (field {found.field})" if found.field else ""
            lines += [
                f"  Saw:   {found.saw}",
                f"  Means: {found.meaning}",
                f"  Do:    {found.advice}",
                f"  Who:   {found.who}",
                f"  Code:  {found.code}{field}",
            ]
            lines += [f"  Also:  {one.meaning} ({one.code})" for one in self.also]
        return "\n".join(lines)

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        """Show the report itself as the last value of a notebook's cell."""
        printer.text("…" if cycle else str(self))


_MARKS = {State.PASSED: "✓", State.WARNED: "!", State.FAILED: "✗", State.SKIPPED: "-"}


class _Printer(Protocol):
    """What IPython hands to ``_repr_pretty_``."""

    def text(self, obj: str) -> None:
        """Write text."""
