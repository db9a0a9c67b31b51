"""The dialogue line by line, with times; secrets are gone before a line is kept."""

from __future__ import annotations

import base64
import re
import sys
import time

from mailwidgets.protocols.replies import shown
from mailwidgets.reports.report import Line

_MOST_LINES = 500
_SHORTEST_SECRET = 4  # masking every "a" would tell more about the password "a" than it hides
MASK = "****"
_CUT = "…"  # what ``shown`` puts at the end of a text that was too long
_TAG = re.compile(r"A[0-9]+ ")


class Transcript:
    """What was said, each line masked, escaped and bounded; times count from its making.

    Args:
        secrets: values that must not be kept even when the server says them back.
    """

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._secrets = sorted(forms, key=len, reverse=True)
        self._began = time.perf_counter()
        self._lines: list[Line] = []
        self._omitted = 0

    def mask(self, text: str) -> str:
        """Return ``text`` with each known secret replaced, and the start of one cut by ``…``."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
            if _CUT in text:
                for length in range(len(secret) - 1, _SHORTEST_SECRET - 1, -1):
                    text = text.replace(secret[:length] + _CUT, MASK + _CUT)
        return text

    def hide(self, secret: str) -> None:
        """Mask one more value from now on, as a response that was computed."""
        self._secrets = sorted({*self._secrets, *_forms(secret)}, key=len, reverse=True)

    def add(self, who: str, text: str | bytes) -> None:
        """Keep one line of the client (``"C"``), the server (``"S"``) or a remark (``"*"``)."""
        if len(self._lines) >= _MOST_LINES:
            self._omitted += 1
            return
        plain = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text
        line = shown(self.mask(plain).encode("utf-8", "surrogateescape"), limit=500)
        self._lines.append(Line(self._now(), who, line))

    def lines(self) -> tuple[Line, ...]:
        """Return the lines so far, with a remark where some were left out."""
        if not self._omitted:
            return tuple(self._lines)
        remark = Line(self._now(), "*", f"{self._omitted} more lines are left out")
        return (*self._lines, remark)

    def _now(self) -> float:
        return (time.perf_counter() - self._began) * 1000


def _forms(secret: str) -> set[str]:
    """Return a secret as a server could say it back: plain, quoted, escaped, in base64."""
    if len(secret) < _SHORTEST_SECRET:
        return set()
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    escaped = shown(secret, limit=sys.maxsize)
    return {secret, quoted, escaped, base64.b64encode(secret.encode()).decode()}


def verb(text: str) -> str:
    """Return the command of a line without its tag and arguments, or ``""`` in mid-exchange."""
    command = _TAG.sub("", text).partition(" ")[0]
    if not command[:1].isalpha():
        return ""
    return command.upper()


def challenge_masked(line: bytes) -> bytes:
    """Return a challenge without its text: with a client's proof it would give the password away.

    ``334 …`` in SMTP (RFC 4954), ``+ …`` in IMAP and POP3; anything else is kept.
    """
    for start in (b"334 ", b"+ "):
        if line.startswith(start):
            return start + MASK.encode()
    return line
