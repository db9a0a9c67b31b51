"""What the steps of a check add up to: a verdict, and the first finding that matters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from mailwidgets.languages.texts import _
from mailwidgets.reports.steps import Finding, Line, State, Step


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check came to: the steps in order and what they add up to.

    >>> [step.name for step in report.steps][:3]
    ['settings', 'name', 'connection']
    >>> {line.who for line in report.transcript} <= {"C", "S", "*"}
    True

    Attributes:
        section: ``pop3``, ``smtp``, ``imap`` or ``workflow``.
        steps: in the order in which they were climbed.
        transcript: the dialogue, line by line.
        began: when the check began, with a time zone.
    """

    section: str
    steps: tuple[Step, ...]
    transcript: tuple[Line, ...] = field(default=(), repr=False)
    # Two checks that found the same are equal, whenever they ran.
    began: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC), compare=False)

    @property
    def state(self) -> State:
        """Return FAILED, WARNED or PASSED: the worst state among the steps.

        >>> report.state, failed.state
        (<State.PASSED: 'passed'>, <State.FAILED: 'failed'>)
        """
        states = {step.state for step in self.steps}
        for state in (State.FAILED, State.WARNED):
            if state in states:
                return state
        return State.PASSED

    @property
    def ok(self) -> bool:
        """Return whether mail will work: passed, or passed with a warning.

        >>> report.ok, failed.ok
        (True, False)
        """
        return self.state is not State.FAILED

    @property
    def finding(self) -> Finding | None:
        """Return the first failure, or the first warning where nothing failed.

        >>> failed.finding.meaning, report.finding
        ('There is no folder named My inbox.', None)
        """
        for state in (State.FAILED, State.WARNED):
            for step in self.steps:
                if step.state is state and step.finding is not None:
                    return step.finding
        return None

    @property
    def also(self) -> tuple[Finding, ...]:
        """Return what else was seen to be wrong, in the order of the steps.

        >>> [found.meaning for found in failed.also]
        ['There is no folder named My outbox.']
        """
        return tuple(finding for _, finding in self.remarks)

    @property
    def remarks(self) -> tuple[tuple[Step, Finding], ...]:
        """Return what else was seen to be wrong, each with its step.

        >>> [(step.name, found.field) for step, found in failed.remarks]
        [('inbox', 'outbox')]
        """
        first = self.finding
        every = ((step, one) for step in self.steps for one in (step.finding, *step.also) if one)
        return tuple((step, one) for step, one in every if one is not first)

    @property
    def code(self) -> str:
        """Return the finding's stable code, or ``"ok"``.

        >>> report.code, failed.code
        ('ok', 'folder_missing')
        """
        return self.finding.code if self.finding else "ok"

    @property
    def failing_step(self) -> Step | None:
        """Return the first failing step, if any.

        >>> failed.failing_step.name, report.failing_step
        ('inbox', None)
        """
        return next((step for step in self.steps if step.state is State.FAILED), None)

    @property
    def ms(self) -> float:
        """Return the milliseconds of all steps together.

        >>> report.ms == sum(step.ms for step in report.steps)
        True
        """
        return sum(step.ms for step in self.steps)

    @property
    def title(self) -> str:
        """Return the section's name for a person.

        >>> report.title, (await servers.check("workflow")).title
        ('IMAP', 'Workflow e-mail')
        """
        return self.section.upper() if self.section != "workflow" else _("Workflow e-mail")

    @property
    def verdict(self) -> str:
        r"""Return the result in one line, for a person.

        >>> print(report.verdict, failed.verdict, sep="\n")
        IMAP works: every step passed.
        IMAP does not work at inbox: There is no folder named My inbox.
        """
        name = self.title
        found = self.finding
        sent = any(step.name == "message" and step.state is State.PASSED for step in self.steps)
        if found is None:
            told = _("{name} works: every step passed.")
            if sent:
                told = _("{name} works: the server has taken the message.")
            return told.format(name=name)
        told = _("{name} does not work: {meaning}")
        failing = self.failing_step
        if self.ok:
            told = _("{name} works, with a remark: {meaning}")
            if sent:
                told = _("{name} works, and the message was taken, with a remark: {meaning}")
        elif failing is not None:
            told = _("{name} does not work at {step}: {meaning}")
        step = failing.words if failing else ""
        return told.format(name=name, step=step, meaning=found.meaning)

    @property
    def fix(self) -> dict[str, str | int]:
        """Return the settings that would mend the finding, by dotted name: ``smtp.port``.

        >>> failed.fix
        {'imap.inbox': 'INBOX'}
        >>> _ = servers.commit([servers.change(name, value) for name, value in failed.fix.items()])
        """
        return self.named(self.finding) if self.finding else {}

    def named(self, found: Finding) -> dict[str, str | int]:
        """Return a finding's fix by dotted name.

        >>> [failed.named(found) for found in failed.also]
        [{'imap.outbox': 'Outbox'}]
        """
        return {f"{found.section or self.section}.{key}": value for key, value in found.fix}

    def field_name(self, found: Finding) -> str:
        """Return the field a finding points at, dotted where it is another section's.

        ``port``, ``smtp.port``, or ``""`` where there is none.

        >>> failed.field_name(failed.finding)
        'inbox'
        """
        if not found.field or found.section in {"", self.section}:
            return found.field
        return f"{found.section}.{found.field}"
