"""The words for steps, states and times, the same wherever a report is shown."""

from __future__ import annotations

import datetime as dt
from typing import Final

from mailwidgets.languages.formats import duration
from mailwidgets.languages.texts import N_, _
from mailwidgets.reports.steps import State, Step

SIGNS = {
    State.RUNNING: ("…", N_("running")),
    State.PASSED: ("✓", N_("passed")),
    State.WARNED: ("!", N_("warning")),
    State.FAILED: ("✗", N_("failed")),
    State.SKIPPED: ("-", N_("skipped")),
}
"""How a step stands: a sign, so that no colour has to say it, and a word to look up."""

SPEAKERS = {"C": N_("client"), "S": N_("server"), "*": N_("remark")}
"""Who says a line of the transcript; a word to look up."""

__all__ = ["SIGNS", "SPEAKERS", "duration", "moment", "step_name"]

# A step at the head of a row, and after the name of the server it spoke to.
_NAMES: Final = {
    "settings": (N_("Settings"), N_("{server} settings")),
    "name": (N_("Name lookup"), N_("{server} name lookup")),
    "connection": (N_("Connection"), N_("{server} connection")),
    "greeting": (N_("Greeting"), N_("{server} greeting")),
    "capabilities": (N_("Capabilities"), N_("{server} capabilities")),
    "tls": (N_("TLS"), N_("{server} TLS")),
    "certificate": (N_("Certificate"), N_("{server} certificate")),
    "authentication": (N_("Authentication"), N_("{server} authentication")),
    "mailbox": (N_("Mailbox"), N_("{server} mailbox")),
    "inbox": (N_("Inbox"), N_("{server} inbox")),
    "outbox": (N_("Outbox"), N_("{server} outbox")),
    "composition": (N_("Composition"), N_("{server} composition")),
    "sender": (N_("Sender"), N_("{server} sender")),
    "recipient": (N_("Recipient"), N_("{server} recipient")),
    "message": (N_("Message"), N_("{server} message")),
    "goodbye": (N_("Goodbye"), N_("{server} goodbye")),
}


def step_name(step: Step) -> str:
    """Return a step's name for a person: ``TLS``, ``IMAP name lookup``."""
    known = _NAMES.get(step.name, (step.name.capitalize(), f"{{server}} {step.name}"))
    told = known[1] if step.via else known[0]
    return _(told).format(server=step.via.upper())


def moment(time: dt.datetime) -> str:
    """Return a time in UTC for a person, to the second."""
    return _("{at:%Y-%m-%d %H:%M:%S} UTC").format(at=time.astimezone(dt.UTC))
