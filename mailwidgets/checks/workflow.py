"""Workflow e-mail: by SMTP, or by IMAP with the acting user's SMTP behind it."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from mailwidgets.checks.attempts import Attempts
from mailwidgets.checks.imap import STEPS as IMAP_STEPS
from mailwidgets.checks.imap import climb_imap
from mailwidgets.checks.smtp import STEPS as SMTP_STEPS
from mailwidgets.checks.smtp import climb_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep
from mailwidgets.languages.texts import N_, _
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Report

AT_ONCE = N_("Use SMTP account sends by SMTP at once.")
NOT_NEEDED = N_("Not needed: mail goes by IMAP.")


@dataclass(frozen=True, slots=True)
class SmtpTarget:
    """Where mail goes when IMAP does not take it: the acting user's SMTP settings.

    Attributes:
        endpoint: where the server is.
        login: who logs in.
        ehlo: the name this client gives itself; empty means this machine's.
    """

    endpoint: Endpoint
    login: Login
    ehlo: str = ""


async def check_workflow_smtp(
    endpoint: Endpoint,
    login: Login,
    *,
    sender: str = "",
    ehlo: str = "",
    on_step: OnStep | None = None,
) -> Report:
    """Check workflow e-mail by SMTP: as ``check_smtp``, with the workflow's sender.

    Args:
        endpoint: where the server is.
        login: who logs in.
        sender: address for MAIL FROM and RCPT TO; shows whether the login may send as it.
        ehlo: the name this client gives itself; empty means this machine's.
        on_step: told of each step as it starts, ends or is skipped.

    Returns:
        The report of section ``workflow``, whatever went wrong.

    Raises:
        CheckCancelled: the task was cancelled; its ``report`` says how far the check had come.
    """
    return await climb_smtp("workflow", endpoint, login, ehlo=ehlo, sender=sender, on_step=on_step)


async def check_workflow_imap(  # noqa: PLR0913 - the settings of the section
    endpoint: Endpoint,
    login: Login,
    *,
    inbox: str = "Inbox",
    outbox: str = "Outbox",
    sender: str = "",
    fallback: SmtpTarget | None = None,
    use_smtp_account: bool = False,
    on_step: OnStep | None = None,
) -> Report:
    """Check workflow e-mail by IMAP; where sending that way fails, by the fallback.

    Steps carry ``via="imap"`` or ``via="smtp"``. Where IMAP fails and the fallback works, mail
    does go: the failure becomes a warning, except that of Inbox, which SMTP cannot replace.

    Args:
        endpoint: where the IMAP server is.
        login: who logs in there.
        inbox: name of the folder with incoming mail.
        outbox: name of the folder from which the server sends mail.
        sender: address for MAIL FROM and RCPT TO, by SMTP.
        fallback: the acting user's SMTP settings; None where there are none.
        use_smtp_account: mail goes by SMTP at once, so IMAP is not asked at all.
        on_step: told of each step as it starts, ends or is skipped; again where a failure
            becomes a warning.

    Returns:
        The report of section ``workflow``, whatever went wrong.

    Raises:
        CheckCancelled: the task was cancelled; its ``report`` says how far the check had come.
    """
    attempts = Attempts(on_step)
    if use_smtp_account:
        attempts.skip("imap", IMAP_STEPS, _(AT_ONCE))
        await _by_smtp(attempts, fallback, sender)
        return attempts.report()

    def by_imap(told: OnStep | None) -> Awaitable[Report]:
        return climb_imap(
            "workflow",
            endpoint,
            login,
            inbox=inbox,
            outbox=outbox,
            outbox_must_be=True,
            on_step=told,
        )

    failing = await attempts.run("imap", by_imap)
    if failing is None:
        attempts.skip("smtp", SMTP_STEPS, _(NOT_NEEDED))
    elif fallback is not None:
        works = await _by_smtp(attempts, fallback, sender)
        if works and failing.name != "inbox":
            attempts.downgrade(failing, _("Mail would go by SMTP instead, which works."))
    return attempts.report()


async def _by_smtp(attempts: Attempts, target: SmtpTarget | None, sender: str) -> bool:
    """Try SMTP and return whether it works."""
    if target is None:
        attempts.fail("smtp", SMTP_STEPS, no_fallback())
        return False

    def climb(told: OnStep | None) -> Awaitable[Report]:
        return climb_smtp(
            "workflow",
            target.endpoint,
            target.login,
            ehlo=target.ehlo,
            sender=sender,
            on_step=told,
        )

    return await attempts.run("smtp", climb) is None


def no_fallback() -> Fault:
    """Return what is wrong where mail is to go by SMTP and no server is set for it."""
    return Fault("fallback_missing", _("No SMTP server is set."))
