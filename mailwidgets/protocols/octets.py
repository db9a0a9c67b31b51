"""What a server sent, before it has a meaning: shown safely, guessed at, or refused.

Everything here is hostile input. Nothing in this module reads, writes or raises on it.
"""

from __future__ import annotations

import re

# Python calls these printable, though they have no width or no ink of their own (Unicode's
# Default_Ignorable_Code_Point): between letters they make two different names look alike.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_GREETING = re.compile(rb"(?:220|4[0-9]{2}|5[0-9]{2})(?:[ -]|\r?\n|\Z)")
_FTP = re.compile(rb"ftp|filezilla")


class MalformedReply(ValueError):
    """What came is no reply of the protocol; the message says what was expected and what came."""


def shown(data: bytes | str, limit: int = 200) -> str:
    r"""Return what a server said as one harmless line for evidence and transcripts.

    Controls, bidirectional overrides, zero-width characters, line separators and whatever else
    cannot be seen become ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``; so do bytes that are no UTF-8.
    A backslash stays one. Markup is *not* escaped: that is the page's part.

    >>> print(shown(b"535 5.7.8 wrong\r\n\x1b[2J \xff"))
    535 5.7.8 wrong\x0d\x0a\x1b[2J \xff
    >>> print(shown("file\u202egpj.exe"))
    file\u202egpj.exe
    >>> print(shown("a long story", limit=7))
    a long…

    Args:
        data: a line or any part of one.
        limit: the most characters of the result, the ellipsis included.
    """
    if isinstance(data, bytes):
        # A character has four bytes at most: a sequence cut here lies beyond what is shown.
        data = data[: 4 * (limit + 2)].decode("utf-8", "backslashreplace")
    if len(data) <= limit and data.isascii() and data.isprintable():
        return data  # nearly always, and thirty times as fast
    pieces: list[str] = []
    length = 0
    for character in data[: limit + 1]:
        piece = _visible(character)
        pieces.append(piece)
        length += len(piece)
    if length <= limit:
        return "".join(pieces)
    while pieces and length >= limit:  # an escape is shown whole or not at all
        length -= len(pieces.pop())
    return "".join(pieces) + "…"


def _visible(character: str) -> str:
    """Return the character, or its escape where it could not be seen."""
    if character.isprintable() and not _UNSEEN.match(character):
        return character
    number = ord(character)
    if number <= 0xFF:  # noqa: PLR2004 - two, four or eight digits, as Python writes them
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - same


def protocol_of(greeting: bytes) -> str:
    r"""Return which protocol speaks like this, or ``""`` where no known one does.

    >>> protocol_of(b"220 mx.example.com ESMTP Postfix"), protocol_of(b"+OK Dovecot ready.")
    ('smtp', 'pop3')
    >>> protocol_of(b"* OK [CAPABILITY IMAP4rev1] ready"), protocol_of(b"220 (vsFTPd 3.0.3)")
    ('imap', 'ftp')
    >>> protocol_of(b"HTTP/1.1 302 Found"), protocol_of(b"SSH-2.0-OpenSSH_9.2p1 Debian")
    ('http', 'ssh')
    >>> protocol_of(b"\x15\x03\x01\x00\x02\x02\x46")
    'tls'

    SMTP and FTP both greet with 220: the words behind the server's name decide, then the name
    itself; a bare ``220 host`` is SMTP. TLS is told by its handshake and alert records
    (RFC 8446 §5.1), a page without an HTTP header counts as HTTP.

    Args:
        greeting: the first bytes or the first line that came.

    Returns:
        ``smtp``, ``imap``, ``pop3``, ``http``, ``ssh``, ``ftp``, ``tls`` or ``""``.
    """
    if greeting[:1] in {b"\x15", b"\x16"} and greeting[1:2] == b"\x03":
        return "tls"
    start = greeting[:1000].lower()
    for protocol, beginnings in (
        ("http", (b"http/", b"<!doctype html", b"<html")),
        ("ssh", (b"ssh-",)),
        ("imap", (b"* ok", b"* preauth", b"* bye", b"* no", b"* bad")),
        ("pop3", (b"+ok", b"-err")),
    ):
        if start.startswith(beginnings):
            return protocol
    return _smtp_or_ftp(start[4:]) if _GREETING.match(start) else ""


def _smtp_or_ftp(text: bytes) -> str:
    """Return which of the two greets with this lower-case text."""
    _, _, behind_the_name = text.partition(b" ")
    for words in (behind_the_name, text):
        if b"smtp" in words or (words is text and b"mail" in words):
            return "smtp"
        if _FTP.search(words):
            return "ftp"
    return "smtp"
