"""Replies and responses of SMTP, POP3 and IMAP, as values; pure.

The three protocols' parsers are all to be had from here. They take what one reply was made of,
with or without its line ends, and raise nothing but ``MalformedReply``. The texts in the
values are the server's own: pass them through ``shown`` before a person sees them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailwidgets.protocols.imap_responses import (
    ImapResponse,
    Listed,
    imap_capabilities,
    imap_list,
    imap_literal,
    imap_response,
)
from mailwidgets.protocols.octets import MalformedReply, protocol_of, shown

__all__ = [
    "ImapResponse",
    "Listed",
    "MalformedReply",
    "Pop3Status",
    "SmtpReply",
    "ehlo_keywords",
    "imap_capabilities",
    "imap_list",
    "imap_literal",
    "imap_response",
    "pop3_capabilities",
    "pop3_status",
    "protocol_of",
    "shown",
    "smtp_reply",
    "smtp_reply_continues",
]

_SMTP_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?![\w.])")
_POP3_LINE = re.compile(rb"(\+OK|-ERR)(?![A-Za-z0-9])[ \t]*(.*)", re.DOTALL | re.IGNORECASE)
_POP3_CODE = re.compile(r"\[([!-\\^-~]+)\] *")


@dataclass(frozen=True, slots=True)
class SmtpReply:
    """One reply of an SMTP server (RFC 5321 §4.2).

    Attributes:
        code: the three digits, 200 to 599.
        lines: the text of each line behind the code, not escaped.
    """

    code: int
    lines: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Return whether the command succeeded: a 2yz code."""
        return self.code // 100 == 2  # noqa: PLR2004 - 2yz, as RFC 5321 §4.2.1 has it

    @property
    def text(self) -> str:
        """Return the texts of all lines, joined by blanks."""
        return " ".join(self.lines)

    @property
    def enhanced(self) -> str:
        """Return the enhanced status code, as ``5.7.1`` (RFC 3463), or ``""``.

        It counts only where its class agrees with the reply's (RFC 2034 §4).
        """
        for line in self.lines:
            found = _ENHANCED.match(line)
            if found and int(found[1]) == self.code // 100:
                return found.group()
        return ""


def smtp_reply(lines: Sequence[bytes]) -> SmtpReply:
    r"""Return the reply that all these lines make up (RFC 5321 §4.2).

    >>> smtp_reply([b"250-mx.example.com", b"250-STARTTLS", b"250 SIZE 10240000"])
    SmtpReply(code=250, lines=('mx.example.com', 'STARTTLS', 'SIZE 10240000'))
    >>> reply = smtp_reply([b"535 5.7.8 Error: authentication failed:\r\n"])
    >>> reply.ok, reply.enhanced
    (False, '5.7.8')

    Raises:
        MalformedReply: no line, no code, codes that differ, or an end in the wrong place.
    """
    codes: list[bytes] = []
    texts: list[str] = []
    for index, line in enumerate(lines):
        found = _SMTP_LINE.fullmatch(line.rstrip(b"\r\n"))
        if found is None:
            raise MalformedReply(
                f"expected an SMTP reply line such as '250 OK', got: {shown(line, 80)}"
            )
        code, mark, text = found.groups()
        if (mark == b"-") != (index < len(lines) - 1):
            raise MalformedReply(
                f"expected '-' behind the code on every line but the last, got: {shown(line, 80)}"
            )
        codes.append(code)
        texts.append((text or b"").decode("utf-8", "backslashreplace"))
    if len(set(codes)) != 1:
        seen = ", ".join(sorted({code.decode("ascii") for code in codes})) or "no line"
        raise MalformedReply(f"expected one SMTP code in all lines of a reply, got {seen}")
    return SmtpReply(int(codes[0]), tuple(texts))


def smtp_reply_continues(line: bytes) -> bool:
    r"""Return whether another line of the same reply follows: ``250-``, not ``250``.

    >>> smtp_reply_continues(b"250-STARTTLS\r\n"), smtp_reply_continues(b"250 HELP\r\n")
    (True, False)
    """
    return line[3:4] == b"-" and line[:3].isdigit()


def ehlo_keywords(reply: SmtpReply) -> dict[str, str]:
    """Return what the server offers in its reply to EHLO (RFC 5321 §4.1.1.1).

    >>> ehlo_keywords(smtp_reply([b"250-mx.example.com Hello", b"250-PIPELINING",
    ...     b"250-AUTH PLAIN LOGIN", b"250-AUTH=PLAIN XOAUTH2", b"250 SIZE 35882577"]))
    {'PIPELINING': '', 'AUTH': 'PLAIN LOGIN XOAUTH2', 'SIZE': '35882577'}

    Returns:
        The parameters by upper-case keyword. ``AUTH=``, the form from before the standard,
        counts as ``AUTH``; where a keyword comes twice, its parameters are joined.
    """
    keywords: dict[str, dict[str, None]] = {}
    for line in reply.lines[1:]:
        old_form = line[:5].upper() == "AUTH="
        _gather(keywords, f"AUTH {line[5:]}" if old_form else line)
    return {keyword: " ".join(parameters) for keyword, parameters in keywords.items()}


def _gather(listing: dict[str, dict[str, None]], line: str) -> None:
    """Add one line, a keyword and its parameters, to what is listed, each once."""
    keyword, *parameters = line.split() or [""]
    if keyword:
        listing.setdefault(keyword.upper(), {}).update(dict.fromkeys(parameters))


@dataclass(frozen=True, slots=True)
class Pop3Status:
    """One status line of a POP3 server (RFC 1939 §3).

    Attributes:
        ok: ``+OK``, not ``-ERR``.
        code: the upper-case response code (RFC 2449 §8, RFC 3206), as ``IN-USE``, ``AUTH`` or
            ``SYS/PERM``, else ``""``.
        text: the rest of the line, not escaped.
    """

    ok: bool
    code: str
    text: str


def pop3_status(line: bytes) -> Pop3Status:
    r"""Return the status that a line gives (RFC 1939 §3, RFC 2449 §8).

    >>> pop3_status(b"-ERR [IN-USE] Do you have another POP session running?\r\n")
    Pop3Status(ok=False, code='IN-USE', text='Do you have another POP session running?')
    >>> pop3_status(b"+OK 2 320")
    Pop3Status(ok=True, code='', text='2 320')

    Raises:
        MalformedReply: it begins with neither ``+OK`` nor ``-ERR``. A challenge (``+ …``) is
            no status: look for that first.
    """
    found = _POP3_LINE.fullmatch(line.rstrip(b"\r\n"))
    if found is None:
        raise MalformedReply(f"expected '+OK' or '-ERR' from POP3, got: {shown(line, 80)}")
    text = found[2].decode("utf-8", "backslashreplace")
    coded = _POP3_CODE.match(text)
    code = coded[1].upper() if coded else ""
    return Pop3Status(found[1].upper() == b"+OK", code, text[coded.end() :] if coded else text)


def pop3_capabilities(lines: Iterable[bytes]) -> dict[str, str]:
    """Return what the server lists in its answer to CAPA (RFC 2449 §5).

    >>> pop3_capabilities([b"TOP", b"RESP-CODES", b"STLS", b"SASL PLAIN SCRAM-SHA-256"])
    {'TOP': '', 'RESP-CODES': '', 'STLS': '', 'SASL': 'PLAIN SCRAM-SHA-256'}

    Args:
        lines: the listing, without the status line and the final dot.

    Returns:
        The parameters by upper-case capability; where one comes twice, they are joined.
    """
    listing: dict[str, dict[str, None]] = {}
    for line in lines:
        _gather(listing, line.decode("utf-8", "backslashreplace"))
    return {capability: " ".join(parameters) for capability, parameters in listing.items()}
