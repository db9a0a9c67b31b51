"""What a check found: frozen values without any input or output.

A check is a ladder of steps. Each ``Step`` has a state, the time it took and evidence;
an ``Outcome`` holds them in order with the verdict and the first finding that matters.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from typing import Final

from mailwidgets.languages.texts import N_, _

Fix = tuple[tuple[str, str | int], ...]
"""Settings of a section and the values that would mend it."""


class State(enum.StrEnum):
    """How a step stands; ``wording.SIGNS`` has the words."""

    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


class Who(enum.StrEnum):
    """Who can mend it."""

    YOU = N_("you")
    MAILBOX = N_("the mailbox's owner")
    SERVER = N_("the server's administrator")
    NETWORK = N_("the network's owner")

    @property
    def words(self) -> str:
        """Return it in the language in use; ``str()`` is the same in all."""
        return _(self.value)


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
class Try:
    """One address that a connection was tried to.

    Attributes:
        at: milliseconds since its step began.
        ms: milliseconds until it answered, failed, or was not needed any more.
        answered: whether it is the one that the check went on with.
    """

    at: float
    ms: float
    answered: bool


# Translators: the steps of a check, as in: SMTP does not work at authentication. The step
# called name looks up the server's name.
STEP_NAMES: Final = (
    *(N_("settings"), N_("name"), N_("connection"), N_("greeting"), N_("capabilities")),
    *(N_("tls"), N_("certificate"), N_("authentication"), N_("mailbox"), N_("inbox")),
    *(N_("outbox"), N_("composition"), N_("sender"), N_("recipient"), N_("message")),
    N_("goodbye"),
)
"""What a step may be called, in the order in which most checks climb them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder.

    Attributes:
        name: what was done: ``settings``, ``name``, ``connection``, ``greeting``,
            ``capabilities``, ``tls``, ``certificate``, ``authentication``, ``mailbox``,
            ``inbox``, ``outbox``, ``composition``, ``sender``, ``recipient``, ``message``,
            ``goodbye``.
        state: how it stands.
        ms: milliseconds it took; 0.0 while running or where it was skipped.
        evidence: short sentences of what was seen, safe to show: control characters are
            escaped, secrets masked; markup is *not* escaped, that is the page's part.
        finding: what is wrong with it, if anything is: the first thing that blocks.
        also: what else was seen to be wrong.
        via: the server this step spoke to where a check speaks to more than one
            (``"imap"``, ``"smtp"``), else ``""``.
        at: milliseconds since the check began at which the step began.
        tries: of ``connection``, the addresses tried, in the order of the evidence.
    """

    name: str
    state: State
    ms: float = 0.0
    evidence: tuple[str, ...] = ()
    finding: Finding | None = None
    also: tuple[Finding, ...] = ()
    via: str = ""
    at: float = 0.0
    tries: tuple[Try, ...] = ()

    @property
    def words(self) -> str:
        """Return its name in the language in use, as it stands within a sentence."""
        return _(self.name)


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
class Outcome:
    """What one check came to: the steps in order and what they add up to.

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
        return tuple(finding for _, finding in self.remarks)

    @property
    def remarks(self) -> tuple[tuple[Step, Finding], ...]:
        """Return what else was seen to be wrong, each with its step."""
        first = self.finding
        every = ((step, one) for step in self.steps for one in (step.finding, *step.also) if one)
        return tuple((step, one) for step, one in every if one is not first)

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
    def title(self) -> str:
        """Return the section's name for a person."""
        return self.section.upper() if self.section != "workflow" else _("Workflow e-mail")

    @property
    def verdict(self) -> str:
        """Return the result in one line, for a person."""
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
        """Return the settings that would mend the finding, by dotted name: ``smtp.port``."""
        return self.named(self.finding) if self.finding else {}

    def named(self, found: Finding) -> dict[str, str | int]:
        """Return a finding's fix by dotted name."""
        return {f"{found.section or self.section}.{key}": value for key, value in found.fix}

    def field_name(self, found: Finding) -> str:
        """Return the field a finding points at, dotted where it is another section's.

        ``port``, ``smtp.port``, or ``""`` where there is none.
        """
        if not found.field or found.section in {"", self.section}:
            return found.field
        return f"{found.section}.{found.field}"
