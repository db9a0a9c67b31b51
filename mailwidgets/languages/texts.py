"""Texts in the person's language, by gettext: one language for the whole process.

English stands in the code; the other languages are catalogues beside this module. What is kept,
compared, parsed or read by a program stays English whatever is spoken: codes, JSON, history, a
setting's ``name`` and ``label``, ``str()`` of a level, a place or a state. What a person reads is
looked up where it is shown: ``words`` of those, a setting's ``marked_label``, ``help``, ``group``.

- ``_("Saved {count} settings.").format(count=count)``: literal text, a whole sentence.
- ``ngettext("{count} change", "{count} changes", count)``: likewise, where there is a number.
- ``N_("Trust")`` marks a text that is declared when its module is loaded, before anybody knows the
  language; ``_(declared)`` looks it up where it is shown, ``Told`` does so for an attribute.

The command line speaks English: nobody calls ``use`` there.
"""

from __future__ import annotations

import gettext
from pathlib import Path
from typing import Final

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "sl": "Slovenščina"}
"""A language's own name by its tag."""
COMPLETE: Final = ("en", "de", "sl")
"""Those that every text is translated to; only these are spoken."""


class _Spoken:
    """The language in use and its catalogue."""

    language = "en"
    catalogue = gettext.NullTranslations()


def use(language: str) -> str:
    """Speak a language from now on; return it, or English where it is not complete.

    Args:
        language: a tag as RFC 5646 has it, ``de`` or ``de-AT``; the region is not looked at.
    """
    tag = language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0].lower()
    tag = tag if tag in COMPLETE else "en"
    compiled = Path(__file__).with_name(f"{tag}.mo")
    if not compiled.is_file():
        return speak(tag, gettext.NullTranslations())
    with compiled.open("rb") as stream:
        return speak(tag, gettext.GNUTranslations(stream))


def speak(language: str, catalogue: gettext.NullTranslations) -> str:
    """Take all texts from a catalogue from now on; return the tag of its language."""
    _Spoken.language, _Spoken.catalogue = language, catalogue
    return language


def spoken() -> str:
    """Return the tag of the language in use."""
    return _Spoken.language


def _(text: str) -> str:
    """Return a text in the language in use."""
    return _Spoken.catalogue.gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a text that fits a number, in the language in use."""
    return _Spoken.catalogue.ngettext(one, many, count)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text for translation and return it as it is."""
    return text


class Told:
    """An attribute that reads in the language in use: ``title = Told(N_("Trust"))``."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, instance: object, owner: type | None = None) -> str:
        """Return the text."""
        return _(self.text)
