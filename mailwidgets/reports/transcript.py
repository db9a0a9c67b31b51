"""The dialogue line by line, with times; secrets are gone before a line is kept."""

from __future__ import annotations

import base64
import re
import sys
import time

from mailwidgets.languages.texts import ngettext
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.report import Line

_MOST_LINES = 500
_LONGEST_LINE = 500
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
        self._forms: list[str] = []
        self._longest = _LONGEST_LINE  # what has to be searched for secrets
        self._began = time.perf_counter()
        self._lines: list[Line] = []
        self._omitted = 0
        self.hide(*secrets)

    def mask(self, text: str) -> str:
        """Return ``text`` with each known secret replaced, and the start of one cut by ``…``.

        In any case: some servers repeat in capitals what they do not understand.
        """
        lowered = text.lower()
        for form in self._forms:
            if form in lowered:
                text = re.sub(re.escape(form), MASK, text, flags=re.IGNORECASE)
                lowered = text.lower()
        if _CUT not in text:
            return text
        *pieces, last = text.split(_CUT)
        return _CUT.join((*map(self._end_masked, pieces), last))

    def _end_masked(self, cut: str) -> str:
        """Return the text before a cut without the start of a secret that it ends with."""
        lowered = cut.lower()
        for form in self._forms:
            for length in range(min(len(form) - 1, len(cut)), _SHORTEST_SECRET - 1, -1):
                if lowered.endswith(form[:length]):
                    return cut[:-length] + MASK
        return cut

    def hide(self, *secrets: str) -> None:
        """Mask more values from now on, as a response that was computed."""
        forms = {form for secret in secrets for form in _forms(secret)}
        if forms:
            self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)
            self._longest = _LONGEST_LINE + len(self._forms[0])

    def add(self, who: str, text: str | bytes) -> None:
        """Keep one line of the client (``"C"``), the server (``"S"``) or a remark (``"*"``)."""
        if len(self._lines) >= _MOST_LINES:
            self._omitted += 1
            return
        plain = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text
        if len(plain) > self._longest:  # what lies behind is not kept, and need not be searched
            plain = plain[: self._longest] + _CUT
        line = self.mask(plain)
        if not line.isascii():  # bytes that are no UTF-8 are shown as what they are
            line = shown(line.encode("utf-8", "surrogateescape"), limit=_LONGEST_LINE)
        else:
            line = shown(line, limit=_LONGEST_LINE)
        self._lines.append(Line(self._now(), who, line))

    def lines(self) -> tuple[Line, ...]:
        """Return the lines so far, with a remark where some were left out."""
        if not self._omitted:
            return tuple(self._lines)
        told = ngettext(
            "{count} more line is left out", "{count} more lines are left out", self._omitted
        )
        remark = Line(self._now(), "*", told.format(count=self._omitted))
        return (*self._lines, remark)

    def _now(self) -> float:
        return (time.perf_counter() - self._began) * 1000


def _forms(secret: str) -> set[str]:
    """Return a secret as a server could say it back: plain, quoted, escaped, in base64; lower."""
    if len(secret) < _SHORTEST_SECRET:
        return set()
    quoted = secret.replace("\\", "\\\\").replace('"', '\\"')
    escaped = shown(secret, limit=sys.maxsize)
    encoded = base64.b64encode(secret.encode()).decode()
    return {form.lower() for form in (secret, secret.upper(), quoted, escaped, encoded)}


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
