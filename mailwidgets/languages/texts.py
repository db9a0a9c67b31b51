"""Texts in the person's language, by gettext: one language for the whole process.

English stands in the code; the other languages are catalogues beside this module. A text that is
declared at import is marked with ``N_`` and looked up with ``_`` where it is shown.
"""

from __future__ import annotations

import gettext
from importlib.resources import files
from typing import Final

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "sl": "Slovenščina"}


class _Spoken:
    """The language in use and its catalogue."""

    language = "en"
    catalogue = gettext.NullTranslations()


def use(language: str) -> str:
    """Speak a language from now on; return it, or English where there is no such one.

    Args:
        language: a tag as RFC 5646 has it, ``de`` or ``de-AT``; the region is not looked at.
    """
    tag = language.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0].lower()
    _Spoken.language = tag if tag in LANGUAGES else "en"
    _Spoken.catalogue = gettext.NullTranslations()
    compiled = files("mailwidgets.languages").joinpath(f"{_Spoken.language}.mo")
    if compiled.is_file():
        with compiled.open("rb") as stream:
            _Spoken.catalogue = gettext.GNUTranslations(stream)
    return _Spoken.language


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
