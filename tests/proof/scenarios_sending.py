"""A test message that is sent: what may be wrong with it, or become of it."""

from __future__ import annotations

from dataclasses import replace

from scripted import DROP, Answer

from mailwidgets.connection.endpoint import Login
from mailwidgets.protocols.message import Letter
from mailwidgets.reports.report import Who
from proof.scenarios_login import IMAP
from proof.scenarios_network import SMTP
from proof.scenarios_stage import ANA, ESCAPED, HOSTILE, Reach, Scenario, against, scripted

_LETTER = Letter("ana@example.test", "ben@example.test")
_SENDING: dict[str, Answer] = {**SMTP, "DATA": "354 go", ".": "250 2.0.0 queued"}


def by_smtp(letter: Letter = _LETTER, login: Login = ANA, **changed: Answer) -> Reach:
    """Return the sending of a letter to a server that takes all but what is changed."""
    answers = {**_SENDING, **{key.replace("dot", "."): text for key, text in changed.items()}}
    return against("send by smtp", scripted("220 mx", answers), login=login, letter=letter)


def by_imap(answer: str) -> Reach:
    """Return the sending of a letter to a server that says this to APPEND."""
    server = scripted("* OK ready", {**IMAP, "APPEND": f"{{tag}} {answer}{HOSTILE}"})
    return against("send by imap", server, letter=_LETTER)


SENDING = (
    Scenario(
        code="sender_missing",
        section="workflow",
        reach=by_smtp(replace(_LETTER, sender=""), Login("ana", "ana-secret")),
        step="composition",
        saw=("No sender is set",),
        field="sender",
    ),
    Scenario(
        code="charset_refused",
        section="workflow",
        reach=by_smtp(replace(_LETTER, charset="idna")),
        step="composition",
        saw=("idna",),
        field="charset",
        fix=(("charset", "utf-8"),),
    ),
    Scenario(
        code="charset_refused",
        note="by the server",
        section="workflow",
        reach=by_imap("NO [BADCHARSET (UTF-8)] what is this"),
        step="message",
        saw=("NO [BADCHARSET] what is this" + ESCAPED,),
        advice="utf-8",
        field="charset",
    ),
    Scenario(
        code="message_refused",
        section="workflow",
        reach=by_smtp(dot="554 5.7.1 looks like spam" + HOSTILE),
        step="message",
        saw=("554 5.7.1 looks like spam" + ESCAPED,),
        field="",
        who=Who.SERVER,
    ),
    Scenario(
        code="delivery_unknown",
        section="workflow",
        reach=by_smtp(dot=DROP),
        step="message",
        saw=("closed the connection",),
        advice="before you send it again",
        field="",
    ),
    Scenario(
        code="size_limit",
        note="as EHLO announces it",
        section="workflow",
        reach=by_smtp(EHLO="250-mx\n250-SIZE 100\n250 AUTH PLAIN"),
        step="sender",
        saw=("SIZE is 100 octets; the message has",),
        field="sender",
        who=Who.SERVER,
    ),
    Scenario(
        code="over_quota",
        note="at APPEND",
        section="workflow",
        reach=by_imap("NO [OVERQUOTA] no room"),
        step="message",
        saw=("NO [OVERQUOTA] no room" + ESCAPED,),
        field="outbox",
        who=Who.MAILBOX,
    ),
)
