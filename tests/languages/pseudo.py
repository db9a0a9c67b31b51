"""A language for tests: every text that goes through gettext stands in ⟦brackets⟧.

What is seen outside the brackets was written past gettext, or is a value, a name, a number.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from contextlib import contextmanager

from mailwidgets.languages.texts import speak, use

_LETTER = re.compile(r"[A-Za-z]")
_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")


class Pseudo(gettext.NullTranslations):
    """Each text in brackets, its gaps as they are; what has no letters is a pattern, and stays.

    Attributes:
        asked: every text that was looked up.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def gettext(self, message: str) -> str:
        self.asked.add(message)
        return f"⟦{message}⟧" if _LETTER.search(message) else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(msgid1)
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@contextmanager
def pseudo(tag: str = "xx") -> Iterator[Pseudo]:
    """Speak it under some language's tag, and English afterwards."""
    catalogue = Pseudo()
    speak(tag, catalogue)
    try:
        yield catalogue
    finally:
        use("en")


def outside(told: str) -> str:
    """Return what of a text stands outside all brackets."""
    while (rest := _INNERMOST.sub("", told)) != told:
        told = rest
    return told
