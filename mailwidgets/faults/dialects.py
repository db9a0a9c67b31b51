r"""How each protocol cuts its dialogue into commands and replies; pure.

>>> imap = Dialect("imap")
>>> imap.command(b"a1 SELECT Outbox\r\n")
'SELECT Outbox'
>>> imap.ends(b"* 3 EXISTS\r\n"), imap.ends(b"a1 OK done\r\n")
(False, True)
"""

from __future__ import annotations

import re

_LITERAL = re.compile(rb"\{(\d{1,9})(\+?)\}\r?\n\Z")  # RFC 9051 §4.3, RFC 7888
# Commands that POP3 answers with several lines (RFC 1939 §3, RFC 2449 §5); with an argument,
# LIST and UIDL have one.
_LONG = re.compile(rb"(CAPA|(LIST|UIDL|AUTH)\s*$|RETR |TOP )", re.IGNORECASE)
_CONTENT = b"354"


class Dialect:
    """Where a connection's dialogue stands.

    Args:
        protocol: ``pop3``, ``smtp`` or ``imap``.

    Attributes:
        tag: of IMAP's latest command.
        content: whether the client is sending a message's lines, which are no commands.
    """

    def __init__(self, protocol: str) -> None:
        self.protocol = protocol
        self.tag = "*"
        self.content = False
        self._long = False
        self._first = True

    def command(self, line: bytes) -> str:
        """Return the command that a client's line is, without IMAP's tag."""
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        self._first = True
        self._long = self.protocol == "pop3" and _LONG.match(line.strip()) is not None
        if self.protocol != "imap":
            return text
        tag, blank, rest = text.partition(" ")
        if not blank:  # no command, but the answer to a challenge, or IDLE's DONE
            return text
        self.tag = tag
        return rest

    def literal(self, line: bytes) -> tuple[int, bool]:
        """Return how many octets follow the line, and whether they wait for the server's word."""
        found = _LITERAL.search(line) if self.protocol == "imap" else None
        return (int(found[1]), not found[2]) if found else (0, False)

    def ends(self, line: bytes) -> bool:
        """Return whether a line of the server ends its reply."""
        first, self._first = self._first, False
        if self.protocol == "smtp":
            self.content = self.content or line.startswith(_CONTENT)
            return line[3:4] != b"-"
        if self.protocol == "pop3":
            if first and (not self._long or not line.upper().startswith(b"+OK")):
                return True
            return line.rstrip(b"\r\n") == b"."
        return line.startswith((self.tag.encode() + b" ", b"+"))

    def goes_on(self, line: bytes) -> bool:
        """Return whether a client's line is of a message's content; note where that ends."""
        if not self.content:
            return False
        self.content = line.rstrip(b"\r\n") != b"."
        return self.content
