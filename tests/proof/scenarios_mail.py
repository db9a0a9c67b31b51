"""What mail is about: folders, senders and recipients, limits, charsets."""

from __future__ import annotations

from daemons import accounts

from mailwidgets.connection.endpoint import Login
from mailwidgets.reports.report import Report, State, Who
from proof.scenarios_login import imap, real, smtp
from proof.scenarios_stage import ESCAPED, HOSTILE, Scenario, Stage

_BOB = Login(accounts.BOB.login, accounts.BOB.password)
_CARLA = Login(accounts.CARLA.login, accounts.CARLA.password)
_MINE, _THEIRS = accounts.ANA.address, "boss@example.test"
_NOBODY = Login()

FOLDERS = (
    Scenario(
        code="folder_missing",
        section="imap",
        reach=real("imap", "standard", inbox="Posteingang"),
        step="inbox",
        saw=("Posteingang: NO", "The folders are:", "Gesendete Objekte"),
        field="inbox",
    ),
    Scenario(
        code="folder_missing",
        note="Outbox",
        section="imap",
        reach=real("imap", "standard", outbox="Outbocks"),
        step="outbox",
        saw=("Outbocks: NO",),
        advice="Did you mean Outbox?",
        field="outbox",
        state=State.WARNED,
        fix=(("outbox", "Outbox"),),
    ),
    Scenario(
        code="folder_prefix",
        section="imap",
        reach=real("imap", "standard", _CARLA, outbox="Sent"),
        step="outbox",
        saw=("Sent: NO", "INBOX.Sent"),
        advice="Enter INBOX.Sent.",
        field="outbox",
        state=State.WARNED,
        fix=(("outbox", "INBOX.Sent"),),
    ),
    *(
        Scenario(
            code="folder_readonly",
            note=reply[6:20],
            section="imap",
            reach=imap("SELECT", f"{{tag}} {reply}{HOSTILE}"),
            step="outbox",
            saw=(reply + ESCAPED,),
            field="outbox",
            who=Who.MAILBOX,
            state=State.WARNED,
        )
        for reply in ("OK [READ-ONLY] look, don't touch", "NO [NOPERM] not yours")
    ),
    Scenario(
        code="over_quota",
        note="Outbox",
        section="imap",
        reach=imap("SELECT", "{tag} NO [OVERQUOTA] full" + HOSTILE),
        step="outbox",
        saw=("NO [OVERQUOTA] full" + ESCAPED,),
        field="outbox",
        who=Who.MAILBOX,
        state=State.WARNED,
    ),
)


def at_mail(code: str, reply: str, command: str = "MAIL", **more: object) -> Scenario:
    """Return the scenario of a server that says this to MAIL or RCPT, and something hostile."""
    reach = smtp(command, reply + HOSTILE)
    step = "sender" if command == "MAIL" else "recipient"
    known = {"section": "smtp", "step": step, "saw": (reply + ESCAPED,), "field": "user"}
    note = f"{command} {reply[:9]}"
    return Scenario(code=code, note=note, reach=reach, **{**known, **more})  # type: ignore[arg-type]  # fields


async def _workflow_sender(stage: Stage) -> Report:
    reach = real("smtp", "own-sender", sender=_THEIRS)
    return await reach(stage)


SENDERS = (
    *(
        Scenario(
            code="ehlo_rejected",
            note=f"at {step}",
            section="smtp",
            reach=real("smtp", variant, ehlo="-bad-.example", sender=_MINE),
            step=step,
            saw=("501 5.5.2 <-bad-.example>: Helo command rejected",),
            advice="full domain name",
            field="ehlo",
        )
        for step, variant in (
            ("capabilities", "strict-ehlo"),
            ("recipient", "strict-ehlo at RCPT"),
        )
    ),
    at_mail("auth_missing", "530 5.7.0 Authentication required"),
    at_mail("auth_missing", "550 5.7.1 must authenticate first", "RCPT"),
    Scenario(
        code="sender_refused",
        section="smtp",
        reach=_workflow_sender,
        step="recipient",
        saw=("553 5.7.1 <boss@example.test>: Sender address rejected: not owned by user ana",),
        field="user",
        who=Who.SERVER,
    ),
    at_mail("sender_refused", "550 5.7.60 SendAsDenied", who=Who.SERVER),
    Scenario(
        code="recipient_refused",
        section="smtp",
        reach=real("smtp", "standard", sender="nobody@example.test"),
        step="recipient",
        saw=("550 5.1.1 <nobody@example.test>: Recipient address rejected: User unknown",),
        field="user",
        state=State.WARNED,
    ),
    Scenario(
        code="relay_denied",
        section="smtp",
        reach=real("smtp", "no-auth", _NOBODY, sender="ana@elsewhere.test"),
        step="recipient",
        saw=("554 5.7.1 <ana@elsewhere.test>: Relay access denied",),
        advice="Log in",
        field="user",
    ),
    at_mail("greylisted", "450 4.7.1 come back later", "RCPT", state=State.WARNED),
    at_mail("greylisted", "451 4.7.1 Greylisted", state=State.WARNED),
    at_mail("rate_limited", "450 4.7.1 rate limit, too many messages", "RCPT"),
    at_mail("rate_limited", "421 4.7.0 too many messages"),
    at_mail("busy", "421 4.3.2 shutting down", field="name"),
    at_mail("over_quota", "452 4.2.2 over quota", "RCPT", who=Who.MAILBOX),
    at_mail("over_quota", "552 5.2.2 mailbox full", who=Who.MAILBOX),
    at_mail("size_limit", "552 5.3.4 message too big, 1000 octets at most", who=Who.SERVER),
    at_mail(
        "greeting_refused",
        "554 5.7.1 Client host blocked using bl.test",
        "RCPT",
        field="name",
        who=Who.SERVER,
    ),
    Scenario(
        code="smtputf8_missing",
        section="smtp",
        reach=smtp("NOOP", "250 ok", sender="jürgen@example.test"),
        step="sender",
        saw=("jürgen@example.test needs SMTPUTF8, which is not offered",),
        field="user",
    ),
)
