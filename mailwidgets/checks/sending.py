"""Sending a test message by the workflow's settings: built, handed over, and accounted for."""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from collections.abc import Awaitable
from dataclasses import replace

from mailwidgets.checks import folders
from mailwidgets.checks.attempts import Attempts
from mailwidgets.checks.authentication import must_not_be_overheard
from mailwidgets.checks.delivery import ImapDelivery, SmtpDelivery
from mailwidgets.checks.foresight import foresee, is_address
from mailwidgets.checks.ladder import Ladder
from mailwidgets.checks.opening import OPENING, opened
from mailwidgets.checks.smtp import log_in
from mailwidgets.checks.workflow import AT_ONCE, NOT_NEEDED, SmtpTarget, no_fallback
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep, one_line
from mailwidgets.languages.texts import N_, _
from mailwidgets.protocols.mailbox import wire_name
from mailwidgets.protocols.message import CharsetRefused, Letter, Message, build
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Report, Step

COMPOSITION = ("composition",)
SMTP_STEPS = (*OPENING, "sender", "recipient", "message", "goodbye")
"""The ladder of a message sent by SMTP."""
IMAP_STEPS = (*OPENING, "message", "goodbye")
"""The ladder of a message put into Outbox by IMAP."""

_NOT_TWICE = N_("Not tried: the message may have gone already, and must not go twice.")


async def send_by_smtp(
    endpoint: Endpoint,
    login: Login,
    letter: Letter,
    *,
    ehlo: str = "",
    on_step: OnStep | None = None,
) -> Report:
    """Send a message by SMTP, once.

    Args:
        endpoint: where the server is.
        login: who logs in; without a user name nobody does.
        letter: what to send; without a sender, from the user name where that is an address.
        ehlo: the name this client gives itself; empty means this machine's FQDN, or its address.
        on_step: told of each step as it starts, ends or is skipped.

    Returns:
        The report of section ``workflow``, whatever went wrong. With the code
        ``delivery_unknown`` the server may have taken the message.

    Raises:
        CheckCancelled: the task was cancelled; its ``report`` says how far it had come.
        InvalidValue: an address, a name or a subject that no message can have.
    """
    attempts = Attempts(on_step)
    message = await _composed(attempts, letter, login)
    if message is None:
        attempts.skip("", SMTP_STEPS, "")
    else:
        target = SmtpTarget(endpoint, login, ehlo)
        await attempts.run("", functools.partial(_climb_smtp, target, message))
    return attempts.report()


async def send_by_imap(  # noqa: PLR0913 - the settings of the section
    endpoint: Endpoint,
    login: Login,
    letter: Letter,
    *,
    outbox: str = "Outbox",
    fallback: SmtpTarget | None = None,
    use_smtp_account: bool = False,
    on_step: OnStep | None = None,
) -> Report:
    """Put a message into Outbox by IMAP; where that fails, send it by the fallback.

    A message that was sent whole to the IMAP server, and of which it then said nothing, does not
    go by the fallback: it might arrive twice.

    Args:
        endpoint: where the IMAP server is.
        login: who logs in there.
        letter: what to send; without a sender, from the user name where that is an address.
        outbox: name of the folder from which the server sends mail.
        fallback: the acting user's SMTP settings; None where there are none.
        use_smtp_account: the message goes by SMTP at once.
        on_step: told of each step as it starts, ends or is skipped; again where a failure
            becomes a warning.

    Returns:
        The report of section ``workflow`` with both attempts, ``via="imap"`` and ``via="smtp"``.

    Raises:
        CheckCancelled, InvalidValue: as ``send_by_smtp``.
    """
    one_line(outbox=outbox)
    attempts = Attempts(on_step)
    message = await _composed(attempts, letter, login)
    if message is None:
        attempts.skip("imap", IMAP_STEPS, "")
        attempts.skip("smtp", SMTP_STEPS, "")
        return attempts.report()
    if use_smtp_account:
        attempts.skip("imap", IMAP_STEPS, _(AT_ONCE))
        await _fall_back(attempts, fallback, message)
        return attempts.report()
    climb = functools.partial(_climb_imap, endpoint, login, message, outbox)
    failing = await attempts.run("imap", climb)
    if failing is None:
        attempts.skip("smtp", SMTP_STEPS, _(NOT_NEEDED))
    elif not _surely_not_sent(failing):
        attempts.skip("smtp", SMTP_STEPS, _(_NOT_TWICE))
    elif await _fall_back(attempts, fallback, message):
        attempts.downgrade(failing, _("The message went by SMTP instead."))
    return attempts.report()


async def _fall_back(attempts: Attempts, target: SmtpTarget | None, message: Message) -> bool:
    """Send by the acting user's SMTP settings; return whether that worked."""
    if target is None:
        attempts.fail("smtp", SMTP_STEPS, no_fallback())
        return False
    return await attempts.run("smtp", functools.partial(_climb_smtp, target, message)) is None


def _surely_not_sent(failing: Step) -> bool:
    """Return whether the message did certainly not go where an attempt failed at that step."""
    unknown = failing.finding is not None and failing.finding.code == "delivery_unknown"
    return not unknown and failing.name != "goodbye"


# The message


async def _composed(attempts: Attempts, letter: Letter, login: Login) -> Message | None:
    """Build the message, before anything is connected to; None where it cannot be built."""
    written = _written(letter, login)

    def climb(on_step: OnStep | None) -> Awaitable[Report]:
        ladder = Ladder("workflow", COMPOSITION, on_step=on_step)

        async def compose() -> None:
            with ladder.step(*COMPOSITION) as rung:
                if isinstance(written, Fault):
                    raise written
                rung.saw(
                    shown(
                        _("From {sender} to {recipient}.").format(
                            sender=written.sender, recipient=written.to
                        )
                    ),
                    _("{size} octets, {charset} in {encoding}.").format(
                        size=len(written.data), charset=written.charset, encoding=written.encoding
                    ),
                    _("An address beyond ASCII needs SMTPUTF8.") if written.smtputf8 else "",
                )

        return ladder.climb(compose)

    await attempts.run("", climb)
    return None if isinstance(written, Fault) else written


def _written(letter: Letter, login: Login) -> Message | Fault:
    """Return the message, or what keeps it from being written."""
    if not letter.sender:
        if not is_address(login.user):
            return Fault("sender_missing", _("No sender is set, and the login is no address."))
        letter = replace(letter, sender=login.user)
    try:
        return build(letter, date=dt.datetime.now(dt.UTC), unique=secrets.token_hex(16))
    except CharsetRefused as error:
        return Fault(
            "charset_refused",
            shown(str(error)),
            meaning=_("The message cannot be written in this charset."),
            fix=(("charset", "utf-8"),),
        )


# The ladders


async def _climb_smtp(target: SmtpTarget, message: Message, on_step: OnStep | None) -> Report:
    endpoint, login = target.endpoint, target.login
    one_line(ehlo=target.ehlo)
    ladder = Ladder("workflow", SMTP_STEPS, on_step=on_step, secrets=(login.password,))

    async def climb() -> None:
        foresee(ladder, endpoint, login, protocol="smtp", sender=message.sender)
        talk = functools.partial(SmtpDelivery, ehlo=target.ehlo)
        async with opened(endpoint, ladder, talk, "smtp") as dialogue:
            await log_in(dialogue, ladder, endpoint, login)
            anonymous = not login.user and dialogue.offers_auth
            with ladder.step("sender") as rung:
                mail = f"MAIL FROM:<{message.sender}>{dialogue.parameters(message)}"
                rcpt = f"RCPT TO:<{message.to}>"
                dialogue.queue(mail, rcpt)
                rung.saw(await dialogue.accepted(mail, "mail", anonymous=anonymous))
            with ladder.step("recipient") as rung:
                rung.saw(await dialogue.accepted(rcpt, "rcpt", anonymous=anonymous))
            with ladder.step("message") as rung:
                await dialogue.deliver(message, rung)

    return await ladder.climb(climb)


async def _climb_imap(
    endpoint: Endpoint, login: Login, message: Message, outbox: str, on_step: OnStep | None
) -> Report:
    ladder = Ladder("workflow", IMAP_STEPS, on_step=on_step, secrets=(login.password,))

    async def climb() -> None:
        foresee(ladder, endpoint, login, protocol="imap")
        async with opened(endpoint, ladder, ImapDelivery, "imap") as dialogue:
            if dialogue.preauthenticated:
                ladder.skip(
                    "authentication", _("The server has logged this connection in by itself.")
                )
            else:
                with ladder.step("authentication") as rung:
                    if not login.user:
                        raise Fault("auth_missing", _("No user name is set."))
                    must_not_be_overheard(dialogue.wire, endpoint)
                    await dialogue.authenticate(login, endpoint, rung)
            with ladder.step("message") as rung:
                if message.smtputf8:
                    await dialogue.accept_utf8()
                try:
                    await dialogue.append(message, wire_name(outbox, message.smtputf8), rung)
                except Fault as fault:
                    if fault.code == "folder_missing":  # which one is meant?
                        dialogue.queue(b"SELECT " + wire_name(outbox, message.smtputf8))
                        await folders.outbox(dialogue, outbox, rung)
                    raise
                rung.saw(_("The server is to send it from {folder}.").format(folder=shown(outbox)))

    return await ladder.climb(climb)
