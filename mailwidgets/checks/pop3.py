"""POP3 (RFC 1939): is there a mailbox behind this login?"""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from mailwidgets.checks.authentication import (
    chosen,
    exchange,
    must_have_proven_itself,
    must_not_be_overheard,
)
from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.checks.foresight import foresee
from mailwidgets.checks.ladder import Ladder, Rung
from mailwidgets.checks.opening import OPENING, opened
from mailwidgets.connection.address import server_name
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep
from mailwidgets.connection.wire import Wire
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.protocols.replies import Pop3Status, pop3_capabilities, pop3_status, shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.refusals import pop3_refusal
from mailwidgets.reports.report import Report
from mailwidgets.reports.transcript import MASK, verb

_LONGEST_COMMAND = 255  # octets with CRLF, RFC 2449 §4
_DIGITS = 20  # of a number of messages

STEPS = (*OPENING, "mailbox", "goodbye")
"""The ladder of a POP3 check."""


async def check_pop3(endpoint: Endpoint, login: Login, *, on_step: OnStep | None = None) -> Report:
    """Check that a POP3 server lets this login read its mailbox.

    Args:
        endpoint: where the server is.
        login: who logs in; without a user name the check ends before authentication.
        on_step: told of each step as it starts, ends or is skipped.

    Returns:
        The report of section ``pop3``, whatever went wrong.

    Raises:
        CheckCancelled: the task was cancelled; its ``report`` says how far the check had come.
    """
    ladder = Ladder("pop3", STEPS, on_step=on_step, secrets=(login.password,))

    async def climb() -> None:
        foresee(ladder, endpoint, login, protocol="pop3")
        async with opened(endpoint, ladder, Pop3Dialogue, "pop3") as dialogue:
            if not login.user:
                ladder.skip("authentication", _("No user name is set."))
                ladder.skip("mailbox", _("Only a login has a mailbox."))
                return
            with ladder.step("authentication") as rung:
                must_not_be_overheard(dialogue.wire, endpoint)
                await dialogue.authenticate(login, endpoint, rung)
            with ladder.step("mailbox") as rung:
                rung.saw(await dialogue.mailbox())

    return await ladder.climb(climb)


class Pop3Dialogue(Dialogue):
    """One POP3 session, as far as a check goes."""

    protocol: ClassVar[str] = "pop3"
    starttls_name: ClassVar[str] = "STLS"

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self._capabilities: dict[str, str] | None = None  # None: the server knows no CAPA
        self._verdict: Pop3Status | None = None
        self._unanswered: deque[str] = deque()  # commands, by their verbs

    async def greet(self) -> str:
        """Read the greeting (§4)."""
        status = pop3_status(await self.first_line())
        if not status.ok:
            raise pop3_refusal(status, "greeting")
        return shown(status.text)

    async def ask(self) -> str:
        """Ask for the capabilities with CAPA (RFC 2449 §5)."""
        status = await self.command("CAPA")
        if not status.ok:
            self._capabilities = None
            return _("The server does not list what it offers.")
        self.idle = False
        lines = await self.wire.reply(lambda line: line != b".")
        self.idle = True
        self._capabilities = pop3_capabilities(line.removeprefix(b".") for line in lines[:-1])
        offers = (f"{name} {value}".strip() for name, value in self._capabilities.items())
        return shown(_("Offers {list}.").format(list=", ".join(offers)), 400)

    @property
    def offers_tls(self) -> bool:
        """Return whether STLS was among the capabilities (RFC 2595 §4)."""
        return "STLS" in (self._capabilities or {})

    async def starttls(self) -> None:
        """Send STLS (RFC 2595 §4)."""
        status = await self.command("STLS")
        if not status.ok:
            raise pop3_refusal(status, "starttls")

    async def authenticate(self, login: Login, endpoint: Endpoint, rung: Rung) -> None:
        """Log in, once: with AUTH for SASL and tokens, else with USER and PASS."""
        if login.sasl or login.token:
            await self._auth(login, endpoint, rung)
        else:
            await self._user_and_pass(login, rung)

    async def _auth(self, login: Login, endpoint: Endpoint, rung: Rung) -> None:
        offered = (self._capabilities or {}).get("SASL", "").split()
        if not offered and self.offers_tls and self.wire.records is None:
            raise Fault("auth_needs_tls", _("SASL is not offered before STLS."))
        host = server_name(endpoint.host)
        sasl = chosen(offered, login, host=host, port=endpoint.port)
        rung.saw(_("{mechanism} as {user}.").format(mechanism=sasl.name, user=shown(login.user)))
        await exchange(self, f"AUTH {sasl.name}", sasl, longest_command=_LONGEST_COMMAND)
        self._must_be_in(login, sasl.error)
        must_have_proven_itself(sasl)

    async def _user_and_pass(self, login: Login, rung: Rung) -> None:
        offers = self._capabilities
        if offers is not None and "USER" not in offers:
            if self.offers_tls and self.wire.records is None:
                raise Fault("auth_needs_tls", _("USER is not offered before STLS."))
            if offers.get("SASL"):
                raise Fault(
                    "auth_mechanism",
                    _("The server offers SASL {mechanisms}, but not USER and PASS.").format(
                        mechanisms=shown(offers["SASL"])
                    ),
                    advice=_("Set Use SASL to Yes."),
                    fix=(("sasl", True),),
                )
        rung.saw(_("USER and PASS as {user}.").format(user=shown(login.user)))
        user, password = f"USER {login.user}", f"PASS {login.password}"
        self._send(user)
        if self._pipelines:
            self._send(password, masked=f"PASS {MASK}")
        self._verdict = await self._status()
        self._must_be_in(login)
        if not self._pipelines:
            self._send(password, masked=f"PASS {MASK}")
        self._verdict = await self._status()
        self._must_be_in(login)

    def _must_be_in(self, login: Login, remark: str = "") -> None:
        if self._verdict is None or self._verdict.ok:
            return
        fault = pop3_refusal(self._verdict, "auth", token=login.token, user=login.user)
        fault.saw += f" ({remark})" if remark else ""
        raise fault

    async def mailbox(self) -> str:
        """Ask for the number of messages with STAT (§5)."""
        self._send("STAT")
        if self._pipelines:
            self.send_goodbye()
        status = await self._status()
        if not status.ok:
            raise pop3_refusal(status, "mailbox")
        count, octets = (*status.text.split(" ", maxsplit=1), "")[:2]
        number = int(count) if count.isascii() and count.isdigit() and len(count) < _DIGITS else 0
        told = ngettext(
            "{count} message, {size} octets.", "{count} messages, {size} octets.", number
        )
        return told.format(count=shown(count, 20), size=shown(octets, 20))

    async def command(self, line: str) -> Pop3Status:
        """Send a command and return the status line that answers it."""
        self._send(line)
        return await self._status()

    @property
    def _pipelines(self) -> bool:
        """Return whether a command may be sent before the last one is answered (RFC 2449 §6.6)."""
        return "PIPELINING" in (self._capabilities or {})

    def _send(self, line: str, masked: str | None = None) -> None:
        self.idle = False
        self.wire.send(line.encode(), masked)
        self._unanswered.append(verb(line))

    async def _status(self) -> Pop3Status:
        """Return the status line that answers the oldest command without an answer."""
        self.wire.awaited = self._unanswered.popleft()
        status = pop3_status(await self.wire.line())
        self.idle = self._leaving or self._pipelines or not self._unanswered
        return status

    async def challenge(self) -> bytes | None:
        """Return the next challenge of AUTH (RFC 5034 §4), None once a status line came."""
        line = await self.wire.line(secret=True)
        if line.startswith(b"+") and line[:3].upper() != b"+OK":
            return line[1:].strip()
        self._verdict = pop3_status(line)
        return None

    def _say_goodbye(self) -> None:
        """Send QUIT (§5)."""
        self.wire.send(b"QUIT")
        self._unanswered.append("QUIT")

    async def last_words(self) -> str:
        """Return the answer to QUIT, once those to the commands before it were read."""
        while len(self._unanswered) > 1:
            await self._status()
        return shown((await self._status()).text)
