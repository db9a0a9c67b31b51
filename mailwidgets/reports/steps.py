"""What a check found, step by step: frozen values without any input or output.

A check is a ladder of steps. Each ``Step`` has a state, the time it took and evidence.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from mailwidgets.languages.texts import N_, _

Fix = tuple[tuple[str, str | int], ...]
"""Settings of a section and the values that would mend it."""


class State(enum.StrEnum):
    """How a step stands; ``wording.SIGNS`` has the words.

    >>> report.state, str(State.WARNED)
    (<State.PASSED: 'passed'>, 'warned')
    """

    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"


class Who(enum.StrEnum):
    """Who can mend it.

    >>> failed.finding.who, str(Who.SERVER)
    (<Who.YOU: 'you'>, "the server's administrator")
    """

    YOU = N_("you")
    MAILBOX = N_("the mailbox's owner")
    SERVER = N_("the server's administrator")
    NETWORK = N_("the network's owner")

    @property
    def words(self) -> str:
        """Return it in the language in use; ``str()`` is the same in all.

        >>> [one.words for one in Who]
        ['you', "the mailbox's owner", "the server's administrator", "the network's owner"]
        """
        return _(self.value)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or worth a look, and what to do about it.

    >>> found = failed.finding
    >>> found.code, found.field, found.fix
    ('folder_missing', 'inbox', (('inbox', 'INBOX'),))
    >>> print(found.meaning)
    There is no folder named My inbox.

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

    >>> connection = next(step for step in report.steps if step.name == "connection")
    >>> [one.answered for one in connection.tries]
    [True]

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
    *("tls", N_("certificate"), N_("authentication"), N_("mailbox"), N_("inbox")),
    *(N_("outbox"), N_("composition"), N_("sender"), N_("recipient"), N_("message")),
    N_("goodbye"),
)
"""What a step may be called, in the order in which most checks climb them."""


def step_words(name: str) -> str:
    """Return a step's name in the language in use, as it stands within a sentence.

    >>> step_words("certificate"), step_words("tls")
    ('certificate', 'TLS')
    """
    return "TLS" if name == "tls" else _(name)


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of the ladder.

    >>> step = report.steps[3]
    >>> step.name, step.state, step.evidence
    ('greeting', <State.PASSED: 'passed'>, ('mailwidgets practice IMAP ready',))

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
        """Return its name in the language in use, as it stands within a sentence.

        >>> [step.words for step in report.steps][-3:]
        ['inbox', 'outbox', 'goodbye']
        """
        return step_words(self.name)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript.

    >>> [line.text for line in report.transcript if line.who == "C"][-1]
    'A6 LOGOUT'

    Attributes:
        ms: milliseconds since the check began.
        who: ``"C"`` for what we sent, ``"S"`` for what the server said, ``"*"`` for a remark.
        text: the line without its end, secrets masked, control characters escaped.
    """

    ms: float
    who: str
    text: str
