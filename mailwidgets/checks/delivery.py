"""The dialogues that hand a message over: DATA in SMTP, APPEND in IMAP.

A message leaves a check's ``SmtpDialogue`` and ``ImapDialogue`` never; these can do nothing else.
Both keep the moment apart from which on nobody can tell what became of a message whose answer is
missing: before it, the message may go another way; after it, it must not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from mailwidgets.checks.imap_dialogue import ImapDialogue
from mailwidgets.checks.ladder import Rung
from mailwidgets.checks.smtp_dialogue import SmtpDialogue
from mailwidgets.connection.wire import Wire
from mailwidgets.languages.texts import N_, _
from mailwidgets.protocols.message import Message
from mailwidgets.protocols.replies import ImapResponse, MalformedReply, shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.refusals import imap_refusal, smtp_refusal

_GO_ON = 354
_LITERAL_MINUS = 4096  # octets, RFC 7888 §5
_SENT = N_("All of the message had been sent: the server may have taken it.")

T = TypeVar("T")


class SmtpDelivery(SmtpDialogue):
    """One SMTP session that sends one message (RFC 5321 §3.3)."""

    def parameters(self, message: Message) -> str:
        """Return the parameters of MAIL for a message (RFC 1870, RFC 6531, RFC 6152).

        Raises:
            Fault: ``smtputf8_missing``, ``size_limit``.
        """
        words = ""
        if message.smtputf8:
            utf8 = message.sender if not message.sender.isascii() else message.to
            words += self.smtputf8(utf8)
            words += " BODY=8BITMIME" if "8BITMIME" in self._keywords else ""
        if "SIZE" in self._keywords:
            most = self._keywords["SIZE"].partition(" ")[0]
            must_not_exceed(most, message, "SIZE")
            words += f" SIZE={len(message.data)}"
        return words

    async def deliver(self, message: Message, rung: Rung) -> None:
        """Send the message with DATA.

        Raises:
            Fault: as the server refuses it; ``delivery_unknown``.
        """
        reply = await self.command("DATA")
        if reply.code != _GO_ON:
            raise smtp_refusal(reply, "data")
        self.idle = False  # from here on, QUIT would be a line of the message
        _must_be_silent(self.wire)
        for line in _lines(message.data):
            stuffed = b"." + line if line.startswith(b".") else line  # §4.5.2
            self.wire.send(stuffed, masked=_quoted(stuffed))
        self.wire.send(b".")
        self._unanswered.append(_("the message"))
        reply = await answered(self.answer(), self.wire, rung)
        rung.saw(shown(_octets(message, f"{reply.code} {reply.text}"), 400))
        if not reply.ok:
            raise smtp_refusal(reply, "data")

    async def accepted(self, command: str, stage: str, *, anonymous: bool) -> str:
        """Return the reply to a queued MAIL or RCPT as evidence.

        Raises:
            Fault: as the server refuses it; whatever the refusal, the message is not sent.
        """
        reply = await self.answer()
        if reply.ok:
            return shown(f"{command} - {reply.code} {reply.text}")
        self.send_goodbye()  # whatever else was asked together with this one
        fault = smtp_refusal(reply, stage, anonymous=anonymous)
        if fault.code == "recipient_refused":
            fault.meaning = _("The server knows no mailbox of the recipient's address.")
            fault.advice, fault.field = _("Check the recipient's address."), ""
        elif fault.code == "greylisted":
            fault.advice = _("The message was not sent: send it again after some minutes.")
        raise fault


class ImapDelivery(ImapDialogue):
    """One IMAP session that puts one message into a folder (RFC 9051 §6.3.12)."""

    async def accept_utf8(self) -> None:
        """Have the server take headers in UTF-8 (RFC 6855 §3); folder names are in UTF-8 then.

        Raises:
            Fault: ``smtputf8_missing``.
        """
        if not (self.has("ENABLE") and (self.has("UTF8=ACCEPT") or self.has("UTF8=ONLY"))):
            raise Fault("smtputf8_missing", _("The server does not offer UTF8=ACCEPT."))
        verdict = await self.command("ENABLE UTF8=ACCEPT")
        if verdict.kind != "OK":
            raise Fault("smtputf8_missing", f"ENABLE UTF8=ACCEPT - {shown(verdict.text)}")

    async def append(self, message: Message, folder: bytes, rung: Rung) -> None:
        r"""Put the message into a folder.

        It goes as ``\Seen``, as mail programs keep what its user wrote: it is nothing new to
        read. It does not go as ``\Draft``: a server that sends what comes into its Outbox leaves
        drafts where they are.

        Args:
            message: what to put there.
            folder: its name as the wire has it.
            rung: the step under way.

        Raises:
            Fault: as the server refuses it; ``size_limit``, ``delivery_unknown``.
        """
        must_not_exceed(self._append_limit(), message, "APPENDLIMIT")
        start, end = (b"UTF8 (~", b")") if message.smtputf8 else (b"", b"")
        line = b"APPEND %b (\\Seen) %b" % (folder, start)
        refusal = await self._announced(line, len(message.data))
        if refusal is not None:
            raise imap_refusal(refusal, "append")
        for one in _lines(message.data):
            self.wire.send(one, masked=_quoted(one))
        self.wire.send(end, masked=_quoted(end))
        verdict = await answered(self._tagged(), self.wire, rung)
        self.idle = True
        if verdict.kind != "OK":
            raise imap_refusal(verdict, "append")
        code = f"[{verdict.code} {verdict.code_text}] " if verdict.code else ""
        rung.saw(shown(_octets(message, f"OK {code}{verdict.text}"), 400))

    async def _announced(self, line: bytes, size: int) -> ImapResponse | None:
        """Send a command whose end is a literal; return the refusal, None where it may follow."""
        known = self.has("LITERAL+") or (self.has("LITERAL-") and size <= _LITERAL_MINUS)
        self.idle = False
        tag = self._next_tag().encode()
        self.wire.send(b"%b %b{%d%b}" % (tag, line, size, b"+" if known else b""))
        if known or await self.challenge() is not None:
            return None
        self.idle = True
        return self._verdict

    def _append_limit(self) -> str:
        """Return the largest message that the server takes, as it says it (RFC 7889)."""
        limits = (name for name in self._capabilities or () if name.startswith("APPENDLIMIT="))
        return next(limits, "").partition("=")[2]


async def answered(answer: Awaitable[T], wire: Wire, rung: Rung) -> T:
    """Return the answer to a message that was written whole.

    Raises:
        Fault: ``delivery_unknown`` where none comes, unless the connection had ended before: then
            nothing was sent, and the fault says so.
    """
    if wire.ended:
        return await answer
    try:
        return await answer
    except asyncio.CancelledError:
        rung.saw(_(_SENT))
        raise
    except Fault as fault:
        raise Fault("delivery_unknown", fault.saw) from fault
    except MalformedReply as error:
        raise Fault("delivery_unknown", f"{error}.") from error


def must_not_exceed(most: str, message: Message, what: str) -> None:
    """Refuse to send a message that is larger than the server says it takes.

    Args:
        most: octets, as the server said; what is no number, or 0, is no limit (RFC 1870 §3).
        message: the message.
        what: where the server said so.

    Raises:
        Fault: ``size_limit``.
    """
    limit = int(most) if most.isascii() and most.isdigit() and len(most) <= len(str(2**64)) else 0
    if 0 < limit < len(message.data):
        told = _("{what} is {limit} octets; the message has {size}. It was not sent.")
        saw = told.format(what=what, limit=limit, size=len(message.data))
        raise Fault("size_limit", saw)


def _octets(message: Message, answer: str) -> str:
    told = _("{size} octets - {answer}")
    return told.format(size=len(message.data), answer=answer)


def _must_be_silent(wire: Wire) -> None:
    """Refuse to read as the answer to a message what came before it was sent."""
    if wire.waiting:
        raise Fault(
            "malformed_reply",
            _("Behind the answer to DATA came: {said}").format(said=shown(wire.waiting)),
        )


def _lines(data: bytes) -> list[bytes]:
    return data.removesuffix(b"\r\n").split(b"\r\n")


def _quoted(line: bytes) -> str:
    """Return a line of the message for the transcript, where no command looks like it."""
    return f"| {line.decode('utf-8', 'replace')}"
