"""SMTP (RFC 5321): does the server take mail from this sender? Nothing is ever sent by a check."""

from __future__ import annotations

import functools

from mailwidgets.checks.authentication import must_not_be_overheard
from mailwidgets.checks.foresight import foresee, is_address
from mailwidgets.checks.ladder import Ladder
from mailwidgets.checks.opening import OPENING, opened
from mailwidgets.checks.smtp_dialogue import SmtpDialogue
from mailwidgets.connection.address import a_label
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep, one_line
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.refusals import smtp_refusal
from mailwidgets.reports.report import Report

STEPS = (*OPENING, "sender", "recipient", "goodbye")
"""The ladder of SMTP, in the order of STARTTLS."""


async def check_smtp(
    endpoint: Endpoint,
    login: Login,
    *,
    ehlo: str = "",
    sender: str = "",
    on_step: OnStep | None = None,
) -> Report:
    """Check that an SMTP server takes mail from this login and sender; no message is sent.

    Args:
        endpoint: where the server is.
        login: who logs in; without a user name nobody does.
        ehlo: the name this client gives itself; empty means this machine's FQDN, or its address.
        sender: address for MAIL FROM and RCPT TO; empty means the user name where that is an
            address, else ``MAIL FROM:<>`` and ``RCPT TO:<postmaster>`` (RFC 5321 §4.5.1).
        on_step: told of each step as it starts, ends or is skipped.

    Returns:
        The report of section ``smtp``, whatever went wrong.

    Raises:
        CheckCancelled: the task was cancelled; its ``report`` says how far the check had come.
        InvalidValue: ``ehlo`` or ``sender`` is more than one line.
    """
    return await climb_smtp("smtp", endpoint, login, ehlo=ehlo, sender=sender, on_step=on_step)


async def climb_smtp(  # noqa: PLR0913 - the settings of a section
    section: str,
    endpoint: Endpoint,
    login: Login,
    *,
    ehlo: str = "",
    sender: str = "",
    on_step: OnStep | None = None,
) -> Report:
    """Check SMTP on behalf of ``section``; see ``check_smtp``."""
    one_line(ehlo=ehlo, sender=sender)
    ladder = Ladder(section, STEPS, on_step=on_step, secrets=(login.password,))

    async def climb() -> None:
        foresee(ladder, endpoint, login, protocol="smtp", sender=sender)
        talk = functools.partial(SmtpDialogue, ehlo=ehlo)
        async with opened(endpoint, ladder, talk, "smtp") as dialogue:
            await log_in(dialogue, ladder, endpoint, login)
            own = login.user if is_address(login.user) else ""
            anonymous = not login.user and dialogue.offers_auth
            await _prove(dialogue, ladder, sender or own, anonymous=anonymous)

    return await ladder.climb(climb)


async def log_in(dialogue: SmtpDialogue, ladder: Ladder, endpoint: Endpoint, login: Login) -> None:
    """Climb ``authentication``, where there is a user name.

    Raises:
        Fault: the step that failed holds it already.
    """
    if not login.user:
        ladder.skip("authentication", _("No user name is set."))
        return
    with ladder.step("authentication") as rung:
        must_not_be_overheard(dialogue.wire, endpoint)
        await dialogue.authenticate(login, endpoint, rung)


async def _prove(dialogue: SmtpDialogue, ladder: Ladder, sender: str, *, anonymous: bool) -> None:
    """Show that the server takes the sender and a recipient, then take both back with RSET."""
    path = _path(sender)
    with ladder.step("sender") as rung:
        mail = f"MAIL FROM:<{path}>{dialogue.smtputf8(path)}"
        rcpt = f"RCPT TO:<{path or 'postmaster'}>"
        dialogue.queue(mail, rcpt, "RSET", last=True)
        reply = await dialogue.answer()
        rung.saw(shown(f"{mail} - {reply.code} {reply.text}"))
        if not reply.ok:
            rung.judge(smtp_refusal(reply, "mail", anonymous=anonymous))
    if not reply.ok:
        ladder.skip("recipient", _("The sender has to be accepted first."))
        return
    with ladder.step("recipient") as rung:
        reply = await dialogue.answer()
        rung.saw(shown(f"{rcpt} - {reply.code} {reply.text}"))
        if not reply.ok:
            rung.judge(smtp_refusal(reply, "rcpt", anonymous=anonymous))
        await dialogue.answer()  # to RSET: nothing hangs on what it is


def _path(address: str) -> str:
    """Return an address for the wire: its domain as A-labels, where that makes it ASCII."""
    local, at, domain = address.rpartition("@")
    if address.isascii() or not local.isascii():
        return address
    try:
        return local + at + a_label(domain)
    except Fault:
        return address  # no domain name; the server will say so
