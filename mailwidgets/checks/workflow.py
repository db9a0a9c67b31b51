"""Workflow e-mail: by SMTP, or by IMAP with the acting user's SMTP behind it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace

from mailwidgets.checks.imap import STEPS as IMAP_STEPS
from mailwidgets.checks.imap import climb_imap
from mailwidgets.checks.ladder import CheckCancelled
from mailwidgets.checks.smtp import STEPS as SMTP_STEPS
from mailwidgets.checks.smtp import climb_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Line, Report, State, Step

_AT_ONCE = "Use SMTP account sends by SMTP at once."
_NOT_NEEDED = "Not needed: mail goes by IMAP."


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
    attempts = _Attempts(on_step)
    if use_smtp_account:
        attempts.skip("imap", IMAP_STEPS, _AT_ONCE)
        await attempts.by_smtp(fallback, sender)
        return attempts.report()
    failing = await attempts.by_imap(endpoint, login, inbox, outbox)
    if failing is None:
        attempts.skip("smtp", SMTP_STEPS, _NOT_NEEDED)
    elif fallback is not None:
        works = await attempts.by_smtp(fallback, sender)
        if works and failing.name != "inbox":
            attempts.downgrade(failing)
    return attempts.report()


class _Attempts:
    """The attempts of one check, first by IMAP and then by SMTP, as one report."""

    def __init__(self, on_step: OnStep | None) -> None:
        self._on_step = on_step
        self._began = time.perf_counter()
        self._steps: list[Step] = []
        self._lines: list[Line] = []

    async def by_imap(
        self, endpoint: Endpoint, login: Login, inbox: str, outbox: str
    ) -> Step | None:
        """Try IMAP and return the step that failed, if one did."""
        check = climb_imap(
            "workflow",
            endpoint,
            login,
            inbox=inbox,
            outbox=outbox,
            outbox_must_be=True,
            on_step=self._told("imap"),
        )
        report = await self._added("imap", check)
        return report.failing_step and replace(report.failing_step, via="imap")

    async def by_smtp(self, target: SmtpTarget | None, sender: str) -> bool:
        """Try SMTP and return whether it works."""
        if target is None:
            finding = Fault("fallback_missing", "No SMTP server is set.").finding("workflow")
            self._add(Step(SMTP_STEPS[0], State.FAILED, finding=finding, via="smtp"))
            self.skip("smtp", SMTP_STEPS[1:], "")
            return False
        check = climb_smtp(
            "workflow",
            target.endpoint,
            target.login,
            ehlo=target.ehlo,
            sender=sender,
            on_step=self._told("smtp"),
        )
        return (await self._added("smtp", check)).ok

    def skip(self, via: str, names: Sequence[str], why: str) -> None:
        """Pass over all steps of one attempt."""
        for name in names:
            self._add(Step(name, State.SKIPPED, evidence=(why,) if why else (), via=via))

    def downgrade(self, failing: Step) -> None:
        """Turn the failed step into a warning, now that mail goes another way."""
        if failing.finding is None:
            return
        meaning = f"{failing.finding.meaning} Mail would go by SMTP instead, which works."
        finding = replace(failing.finding, severity=State.WARNED, meaning=meaning)
        warned = replace(failing, state=State.WARNED, finding=finding)
        self._steps[self._steps.index(failing)] = warned
        if self._on_step is not None:
            self._on_step(warned)

    def report(self) -> Report:
        """Return all attempts as one report."""
        return Report("workflow", tuple(self._steps), tuple(self._lines))

    async def _added(self, via: str, check: Awaitable[Report]) -> Report:
        """Run one check and add what it found, also where it is cancelled."""
        base = (time.perf_counter() - self._began) * 1000
        try:
            report = await check
        except CheckCancelled as stop:
            self._append(via, base, stop.report)
            raise CheckCancelled(self.report()) from None
        self._append(via, base, report)
        return report

    def _append(self, via: str, base: float, report: Report) -> None:
        self._steps += [_seen_from_here(step, via) for step in report.steps]
        self._lines += [replace(line, ms=base + line.ms) for line in report.transcript]

    def _add(self, step: Step) -> None:
        self._steps.append(step)
        if self._on_step is not None:
            self._on_step(step)

    def _told(self, via: str) -> OnStep | None:
        on_step = self._on_step
        return on_step and (lambda step: on_step(_seen_from_here(step, via)))


def _seen_from_here(step: Step, via: str) -> Step:
    """Return a step of one attempt as this section shows it.

    By SMTP, all settings but the sender are the acting user's: no field of this section's can
    be pointed at, or filled in.
    """
    found = step.finding
    if via != "smtp" or found is None or found.field in {"sender", ""}:
        return replace(step, via=via)
    advice = f"{found.advice} This is about the SMTP settings of the user who sends."
    return replace(step, via=via, finding=replace(found, advice=advice, field="", fix=()))
