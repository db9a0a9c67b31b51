"""One SMTP session (RFC 5321), as far as a check goes."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from mailwidgets.checks.authentication import (
    chosen,
    exchange,
    must_have_proven_itself,
    no_mechanism,
)
from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.checks.ladder import Rung
from mailwidgets.connection.address import a_label, server_name
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.connection.threads import together
from mailwidgets.connection.wire import Wire
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import (
    SmtpReply,
    ehlo_keywords,
    shown,
    smtp_reply,
    smtp_reply_continues,
)
from mailwidgets.protocols.sasl import Mechanism, mechanism, strongest
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.refusals import smtp_refusal
from mailwidgets.reports.transcript import verb

_LONGEST_COMMAND = 512  # octets with CRLF, RFC 5321 §4.5.3.1.4; some servers keep to it for AUTH
_READY, _GO_ON = 220, 334
_NO_EHLO = frozenset((500, 502))
_LONGEST_LOOKUP = 2.0  # seconds for this machine's own name


class SmtpDialogue(Dialogue):
    """One SMTP session, as far as a check goes.

    Args:
        wire: the connection.
        ehlo: the name this client gives itself; empty means its FQDN or address.
    """

    protocol: ClassVar[str] = "smtp"

    def __init__(self, wire: Wire, *, ehlo: str = "") -> None:
        super().__init__(wire)
        self._ehlo = ehlo
        self._keywords: dict[str, str] = {}
        self._verdict: SmtpReply | None = None
        self._queue: deque[str] = deque()
        self._unanswered: deque[str] = deque()  # commands, by their verbs

    async def greet(self) -> str:
        """Read the greeting (RFC 5321 §3.1)."""
        first = await self.first_line()
        lines = [first]
        if smtp_reply_continues(first):
            lines += await self.wire.reply(smtp_reply_continues)
        reply = smtp_reply(lines)
        if reply.code != _READY:
            raise smtp_refusal(reply, "greeting")
        return shown(reply.text)

    async def ask(self) -> str:
        """Say EHLO, or HELO to a server that knows no EHLO (RFC 5321 §3.2)."""
        self._ehlo = self._ehlo or await own_name(self.wire)
        name = self._ehlo if self._ehlo.startswith("[") else a_label(self._ehlo)
        reply = await self.command(f"EHLO {name}")
        if reply.code in _NO_EHLO:
            self._keywords = {}
            reply = await self.command(f"HELO {name}")
            if reply.ok:
                return _("HELO {name}: the server knows no EHLO, so it offers nothing.").format(
                    name=name
                )
        if not reply.ok:
            raise smtp_refusal(reply, "ehlo")
        self._keywords = ehlo_keywords(reply)
        offers = ", ".join(f"{key} {value}".strip() for key, value in self._keywords.items())
        told = _("EHLO {name}: the server offers {list}.")
        return shown(told.format(name=name, list=offers or _("nothing")), 400)

    @property
    def offers_tls(self) -> bool:
        """Return whether STARTTLS was offered (RFC 3207)."""
        return "STARTTLS" in self._keywords

    @property
    def offers_auth(self) -> bool:
        """Return whether the server would let someone log in now."""
        return "AUTH" in self._keywords

    async def starttls(self) -> None:
        """Send STARTTLS (RFC 3207 §4)."""
        reply = await self.command("STARTTLS")
        if reply.code != _READY:
            raise smtp_refusal(reply, "starttls")

    async def authenticate(self, login: Login, endpoint: Endpoint, rung: Rung) -> None:
        """Log in with AUTH, once (RFC 4954)."""
        offered = self._keywords.get("AUTH", "").split()
        if not offered:
            if self.offers_tls and self.wire.records is None:
                raise Fault("auth_needs_tls", _("AUTH is not offered before STARTTLS."))
            raise Fault("auth_not_offered", _("AUTH is not among what the server offers."))
        if login.sasl or login.token:
            host = server_name(endpoint.host)
            sasl = chosen(offered, login, host=host, port=endpoint.port)
        else:
            sasl = plain_or_login(offered, login)
        rung.saw(_("{mechanism} as {user}.").format(mechanism=sasl.name, user=shown(login.user)))
        await exchange(self, f"AUTH {sasl.name}", sasl, longest_command=_LONGEST_COMMAND)
        if self._verdict is not None and not self._verdict.ok:
            fault = smtp_refusal(self._verdict, "auth", token=login.token, user=login.user)
            fault.saw += f" ({sasl.error})" if sasl.error else ""
            raise fault
        must_have_proven_itself(sasl)

    def smtputf8(self, path: str) -> str:
        """Return the parameter of MAIL that a path beyond ASCII needs (RFC 6531 §3.4).

        Raises:
            Fault: ``smtputf8_missing``, the server does not offer it.
        """
        if path.isascii():
            return ""
        if "SMTPUTF8" not in self._keywords:
            raise Fault(
                "smtputf8_missing",
                _("{address} needs SMTPUTF8, which is not offered.").format(address=shown(path)),
            )
        return " SMTPUTF8"

    async def command(self, line: str) -> SmtpReply:
        """Send one command and return the reply."""
        self.queue(line)
        return await self.answer()

    def queue(self, *lines: str, last: bool = False) -> None:
        """Take commands to send: at once where PIPELINING is offered, else each in its turn.

        Args:
            lines: commands that may go together (RFC 2920 §3.1).
            last: no others will follow, so QUIT goes with them where they go at once.
        """
        self._queue += lines
        if "PIPELINING" in self._keywords:
            while self._queue:
                self._send_next()
            if last:
                self.send_goodbye()

    async def answer(self) -> SmtpReply:
        """Return the reply to the next command, which is sent now if it was not yet."""
        if not self._unanswered:
            self._send_next()
        self.wire.awaited = self._unanswered.popleft()
        reply = smtp_reply(await self.wire.reply(smtp_reply_continues))
        self.idle = self._leaving or not self._unanswered
        return reply

    def _send_next(self) -> None:
        self.idle = False
        line = self._queue.popleft()
        self.wire.send(line.encode())
        self._unanswered.append(verb(line))

    async def challenge(self) -> bytes | None:
        """Return the next challenge of AUTH (RFC 4954 §4), None once another reply came."""
        reply = smtp_reply(await self.wire.reply(smtp_reply_continues, secret=True))
        if reply.code == _GO_ON:
            return reply.text.strip().encode()
        self._verdict = reply
        return None

    def _say_goodbye(self) -> None:
        """Send QUIT; commands that were not sent yet never are."""
        self._queue.clear()
        self.wire.send(b"QUIT")
        self._unanswered.append("QUIT")

    async def last_words(self) -> str:
        """Return the answer to QUIT, once those to the commands before it were read."""
        while len(self._unanswered) > 1:
            await self.answer()
        return shown((await self.answer()).text)


def plain_or_login(offered: Sequence[str], login: Login) -> Mechanism:
    """Return PLAIN or LOGIN, what there is without the choice that Use SASL gives.

    Raises:
        Fault: ``auth_mechanism``, the server offers neither.
    """
    names = [name.upper() for name in offered]
    for name in ("PLAIN", "LOGIN"):
        if name in names:
            return mechanism(name, login.user, login.password, host="", port=0)
    fault = no_mechanism(offered, ("PLAIN", "LOGIN"))
    if strongest(offered):
        fault.advice = _(
            "Set Use SASL to Yes: client and server have a better mechanism in common."
        )
        fault.fix = (("sasl", True),)
    raise fault


async def own_name(wire: Wire) -> str:
    """Return this machine's FQDN, or its address on the wire as a literal (RFC 5321 §4.1.3)."""
    try:
        lookup = together("own name", socket.getfqdn)
        name = await wire.patience.wait(lookup, _LONGEST_LOOKUP)
    except (OSError, UnicodeError):  # TimeoutError is an OSError
        name = ""
    if "." in name.strip(".") and name.isascii() and not name.startswith("localhost"):
        return name
    return f"[IPv6:{wire.own}]" if ":" in wire.own else f"[{wire.own}]"
