"""One IMAP session (RFC 9051, RFC 3501), as far as a check goes."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from typing import ClassVar

from mailwidgets.checks.authentication import chosen, exchange, must_have_proven_itself
from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.checks.ladder import Rung
from mailwidgets.connection.address import server_name
from mailwidgets.connection.endpoint import Endpoint, Login
from mailwidgets.connection.wire import MAX_REPLY_LINES, Wire
from mailwidgets.languages.texts import _
from mailwidgets.protocols.mailbox import quoted
from mailwidgets.protocols.replies import (
    ImapResponse,
    MalformedReply,
    imap_capabilities,
    imap_literal,
    imap_response,
    shown,
)
from mailwidgets.protocols.sasl import strongest
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.refusals import imap_refusal
from mailwidgets.reports.transcript import MASK

_LONGEST_COMMAND = 8000  # octets with CRLF, RFC 7162 §4
_MOST_LITERALS = 100
_LONGEST_RESPONSE = 262_144  # octets, literals included
_MOST_MEMORY = 6_291_456  # octets that the responses to one command take as bytes and as text


class ImapDialogue(Dialogue):
    """One IMAP session.

    Attributes:
        preauthenticated: the server greeted with PREAUTH, so nobody need log in.
        untagged: what came before the tagged response last read, parsed and as sent.
    """

    protocol: ClassVar[str] = "imap"

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self.preauthenticated = False
        self.untagged: list[tuple[ImapResponse, bytes]] = []
        self._capabilities: frozenset[str] | None = None
        self._verdict: ImapResponse | None = None
        self._tags, self._tag = 0, ""
        self._responses = self._memory = 0  # since the command
        self._unanswered: deque[tuple[str, str]] = deque()  # tags and verbs, behind ``_tag``
        self._early: dict[str, ImapResponse] = {}
        self._logging_in = False

    # Before the login

    async def greet(self) -> str:
        """Read the greeting: OK, PREAUTH or BYE (RFC 9051 §7.1)."""
        greeting = imap_response(await self.first_line())
        if greeting.tag != "*" or greeting.kind not in {"OK", "PREAUTH"}:
            raise imap_refusal(greeting, "greeting")
        self.preauthenticated = greeting.kind == "PREAUTH"
        self._note_capabilities(greeting)
        return shown(greeting.text)

    async def ask(self) -> str:
        """Ask for the capabilities, unless the server has told them by itself (§6.1.1)."""
        if self._capabilities is None:
            verdict = await self.command("CAPABILITY")
            if verdict.kind != "OK" or self._capabilities is None:
                raise imap_refusal(verdict, "capability")
        return shown(_("Offers {list}.").format(list=", ".join(sorted(self._capabilities))), 400)

    @property
    def offers_tls(self) -> bool:
        """Return whether STARTTLS may be used; after PREAUTH it may not (§6.2.1)."""
        return self.has("STARTTLS") and not self.preauthenticated

    async def starttls(self) -> None:
        """Send STARTTLS (§6.2.1); what was offered before it counts no more."""
        verdict = await self.command("STARTTLS")
        if verdict.kind != "OK":
            raise imap_refusal(verdict, "starttls")
        self._capabilities = None

    # The login

    async def authenticate(self, login: Login, endpoint: Endpoint, rung: Rung) -> None:
        """Log in, once: with AUTHENTICATE for SASL and tokens, else with LOGIN."""
        self._logging_in = True
        if login.sasl or login.token:
            await self._sasl(login, endpoint, rung)
        else:
            await self._login(login, rung)
        self._logging_in = False

    async def _sasl(self, login: Login, endpoint: Endpoint, rung: Rung) -> None:
        offered = self._mechanisms()
        if not offered and self.offers_tls and self.wire.records is None:
            raise Fault("auth_needs_tls", _("AUTHENTICATE is not offered before STARTTLS."))
        host = server_name(endpoint.host)
        sasl = chosen(offered, login, host=host, port=endpoint.port)
        rung.saw(_("{mechanism} as {user}.").format(mechanism=sasl.name, user=shown(login.user)))
        command = f"{self._next_tag()} AUTHENTICATE {sasl.name}"
        longest = _LONGEST_COMMAND if self.has("SASL-IR") else 0  # RFC 4959
        await exchange(self, command, sasl, longest_command=longest)
        self._must_be_in(login, sasl.error)
        must_have_proven_itself(sasl)

    async def _login(self, login: Login, rung: Rung) -> None:
        if self.has("LOGINDISABLED"):
            raise self._login_disabled()
        rung.saw(_("LOGIN as {user}.").format(user=shown(login.user)))
        parts = [b"LOGIN", *(_astring(word) for word in (login.user, login.password))]
        await self._command(parts, masked=f"LOGIN {MASK}")
        self._must_be_in(login)

    def _login_disabled(self) -> Fault:
        saw = _("The server says LOGINDISABLED.")
        if self.wire.records is None or not strongest(self._mechanisms()):
            code = "auth_needs_tls" if self.wire.records is None else "auth_mechanism"
            return Fault(code, saw)
        advice = _("Set Use SASL to Yes.")
        return Fault("auth_mechanism", saw, advice=advice, fix=(("sasl", True),))

    def _must_be_in(self, login: Login, remark: str = "") -> None:
        if self._verdict is None or self._verdict.kind == "OK":
            return
        fault = imap_refusal(self._verdict, "auth", token=login.token, user=login.user)
        fault.saw += f" ({remark})" if remark else ""
        raise fault

    def _mechanisms(self) -> list[str]:
        names = self._capabilities or frozenset()
        return sorted(name.removeprefix("AUTH=") for name in names if name.startswith("AUTH="))

    def has(self, capability: str) -> bool:
        """Return whether the server offers a capability, as far as it has told."""
        return capability in (self._capabilities or frozenset())

    # Commands and responses

    async def command(self, line: bytes | str, *, most: int = MAX_REPLY_LINES) -> ImapResponse:
        """Send a command and return the tagged response; ``untagged`` has what came before it.

        Args:
            line: the command without its tag.
            most: how many untagged responses it may have.
        """
        self.idle = False
        self.queue(line.encode() if isinstance(line, str) else line)
        while self._unanswered:  # what was asked before this is answered before this
            verdict = await self.answer(most=most)
        self.idle = True
        return verdict

    def queue(self, *lines: bytes) -> None:
        """Send commands together, without their tags; ``answer`` gives the response to each.

        None of them may hang on the answer to another one (§5.5).
        """
        for line in lines:
            self._tags += 1
            tag = f"A{self._tags}"
            self.wire.send(b"%b %b" % (tag.encode(), line))
            self._unanswered.append((tag, self.wire.awaited))

    @property
    def unanswered(self) -> int:
        """Return how many commands wait for ``answer``."""
        return len(self._unanswered)

    async def answer(self, *, most: int = MAX_REPLY_LINES) -> ImapResponse:
        """Return the tagged response to the oldest command that has none.

        Args:
            most: how many untagged responses it may have.
        """
        self._tag, self.wire.awaited = self._unanswered.popleft()
        self._verdict = self._early.pop(self._tag, None)
        if self._verdict is None:
            self._begin_listening()
        return await self._tagged(most)

    async def _command(
        self, parts: Sequence[bytes | _Literal], *, masked: str = ""
    ) -> ImapResponse:
        tag = self._next_tag()
        self.idle = False
        plus = b"+" if self.has("LITERAL+") else b""  # RFC 7888
        first, *rest = _segments([tag.encode(), *parts], plus)
        self.wire.send(first, masked=f"{tag} {masked}" if masked else None)
        for segment in rest:
            if not plus and await self.challenge() is None:
                break  # refused before the literal was sent
            self.wire.send(segment, masked=MASK)
        verdict = await self._tagged()
        self.idle = True
        return verdict

    async def _tagged(self, most: int = MAX_REPLY_LINES) -> ImapResponse:
        """Return the tagged response, once it has come."""
        while self._verdict is None:
            await self.challenge(most)
        return self._verdict

    async def challenge(self, most: int = MAX_REPLY_LINES) -> bytes | None:
        """Return the text of the next ``+``, None once the tagged response came."""
        while self._responses < most and self._memory < _MOST_MEMORY:
            data = await self._data()
            response = imap_response(data)
            self._responses += 1
            self._memory += sys.getsizeof(data) + sys.getsizeof(response.text)
            self._note_capabilities(response)
            if response.tag == "+":
                return response.text.strip().encode()
            if response.tag == self._tag:
                self._verdict = response
                return None
            if any(response.tag == tag for tag, _word in self._unanswered):
                self._early[response.tag] = response  # §5.5: the server may choose the order
                continue
            if response.tag != "*":
                raise MalformedReply(f"expected the tag {self._tag}, got: {shown(data, 80)}")
            if response.kind == "BYE":
                raise imap_refusal(response, "bye")
            self.untagged.append((response, data))
        told = _("More than {count} responses, or {mib} MiB of them.")
        raise Fault("line_too_long", told.format(count=most, mib=_MOST_MEMORY >> 20))

    async def _data(self) -> bytes:
        """Return one whole response with its literals (RFC 9051 §4.3)."""
        data = part = await self.wire.line(secret=self._logging_in)
        for _literal in range(_MOST_LITERALS):
            count = imap_literal(part)
            if count is None:
                return data
            if len(data) + count > _LONGEST_RESPONSE:
                told = _("The server announces {count} octets at once.")
                raise Fault("line_too_long", told.format(count=len(data) + count))
            literal = await self.wire.exactly(count)
            part = await self.wire.line()
            data += b"\r\n" + literal + part
        most = _("More than {count} literals in one response.").format(count=_MOST_LITERALS)
        raise Fault("line_too_long", most)

    def _note_capabilities(self, response: ImapResponse) -> None:
        if response.kind == "CAPABILITY":
            self._capabilities = imap_capabilities(response.text)
        elif response.code == "CAPABILITY":
            self._capabilities = imap_capabilities(response.code_text)

    def _next_tag(self) -> str:
        self._tags += 1
        self._tag = f"A{self._tags}"
        self._verdict = None
        self._begin_listening()
        return self._tag

    def _begin_listening(self) -> None:
        self.untagged = []
        self._responses = self._memory = 0

    # The end

    def _say_goodbye(self) -> None:
        """Send LOGOUT (§6.1.3)."""
        self.queue(b"LOGOUT")

    async def last_words(self) -> str:
        """Return at once: LOGOUT cannot go with commands whose refusal asks for LIST.

        Its answer would cost a round trip of its own and tell nothing.
        """
        return _("LOGOUT is sent; its answer is not waited for.")


class _Literal(bytes):
    """Octets that go as a literal, because no quoted string can hold them."""


def _astring(word: str) -> bytes | _Literal:
    """Return a user name or password for a command: quoted, or a literal beyond ASCII (§4.3)."""
    return quoted(word.encode()) if word.isascii() else _Literal(word.encode())


def _segments(parts: Sequence[bytes], plus: bytes) -> list[bytes]:
    """Return a command as the lines that it is sent in: each literal begins another one."""
    lines = [parts[0]]
    for part in parts[1:]:
        if isinstance(part, _Literal):
            lines[-1] += b" {%d%b}" % (len(part), plus)
            lines.append(bytes(part))
        else:
            lines[-1] += b" " + part
    return lines
