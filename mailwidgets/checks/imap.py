"""IMAP (RFC 9051, RFC 3501): does this login reach its Inbox and its Outbox?"""

from __future__ import annotations

from mailwidgets.checks import folders
from mailwidgets.checks.authentication import must_not_be_overheard
from mailwidgets.checks.foresight import foresee
from mailwidgets.checks.imap_dialogue import ImapDialogue
from mailwidgets.checks.ladder import Ladder, Rung
from mailwidgets.checks.opening import OPENING, opened
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep, one_line
from mailwidgets.languages.texts import _
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Report

STEPS = (*OPENING, "inbox", "outbox", "goodbye")
"""The ladder of IMAP, in the order of STARTTLS."""


async def check_imap(  # noqa: PLR0913 - the settings of the section
    endpoint: Endpoint,
    login: Login,
    *,
    inbox: str = "Inbox",
    outbox: str = "Outbox",
    use_smtp_account: bool = False,
    on_step: OnStep | None = None,
) -> Report:
    """Check that an IMAP server lets this login reach its folders.

    A missing Inbox fails the check; a missing Outbox is a warning, for it matters only where
    mail is sent by IMAP.

    Args:
        endpoint: where the server is.
        login: who logs in; without a user name there are no folders to look at.
        inbox: name of the folder with incoming mail, any Unicode.
        outbox: name of the folder from which the server sends mail.
        use_smtp_account: mail is sent by SMTP, so Outbox is skipped.
        on_step: told of each step as it starts, ends or is skipped.

    Returns:
        The report of section ``imap``, whatever went wrong.

    Raises:
        CheckCancelled: the task was cancelled; its ``report`` says how far the check had come.
        InvalidValue: a folder name is more than one line.
    """
    return await climb_imap(
        "imap",
        endpoint,
        login,
        inbox=inbox,
        outbox="" if use_smtp_account else outbox,
        outbox_must_be=False,
        on_step=on_step,
    )


async def climb_imap(  # noqa: PLR0913 - the settings of a section
    section: str,
    endpoint: Endpoint,
    login: Login,
    *,
    inbox: str,
    outbox: str,
    outbox_must_be: bool,
    on_step: OnStep | None = None,
) -> Report:
    """Check IMAP on behalf of ``section``; see ``check_imap``.

    Args:
        section: whose settings the findings name.
        endpoint: where the server is.
        login: who logs in.
        inbox: name of Inbox.
        outbox: name of Outbox; empty skips it.
        outbox_must_be: whether what is wrong with Outbox fails the check.
        on_step: told of each step.
    """
    one_line(inbox=inbox, outbox=outbox)
    ladder = Ladder(section, STEPS, on_step=on_step, secrets=(login.password,))

    async def climb() -> None:
        foresee(ladder, endpoint, login, protocol="imap")
        async with opened(endpoint, ladder, ImapDialogue, "imap") as dialogue:
            if not await _log_in(dialogue, endpoint, login, ladder):
                return
            with ladder.step("inbox") as rung:
                folders.ask(dialogue, inbox, outbox)
                await folders.inbox(dialogue, inbox, rung, outbox)
            if not outbox:
                ladder.skip("outbox", _("Mail is sent by SMTP, as set."))
                return
            with ladder.step("outbox") as rung:
                await _outbox(dialogue, outbox, rung, must_be=outbox_must_be)

    return await ladder.climb(climb)


async def _log_in(dialogue: ImapDialogue, endpoint: Endpoint, login: Login, ladder: Ladder) -> bool:
    """Log in if there is a user name; return whether there are folders to look at."""
    if dialogue.preauthenticated:
        ladder.skip("authentication", _("The server has logged this connection in by itself."))
        return True
    if not login.user:
        for step in ("authentication", "inbox", "outbox"):
            ladder.skip(step, _("No user name is set."))
        return False
    with ladder.step("authentication") as rung:
        must_not_be_overheard(dialogue.wire, endpoint)
        await dialogue.authenticate(login, endpoint, rung)
    return True


async def _outbox(dialogue: ImapDialogue, outbox: str, rung: Rung, *, must_be: bool) -> None:
    try:
        await folders.outbox(dialogue, outbox, rung)
    except Fault as fault:
        if must_be or fault.field != "outbox":  # else the fault is not the folder's
            raise
        rung.warn(fault)
