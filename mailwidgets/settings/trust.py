"""Whom checks trust and where they may connect to: settings of our own, at company level."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailwidgets.errors import InvalidValue, StoreError
from mailwidgets.languages.texts import N_, ngettext
from mailwidgets.settings import rules
from mailwidgets.settings.fields import Field


class Listing(Field):
    """Several lines, each under one rule; typed with blanks, commas or new lines between.

    Args:
        rule: what each entry must look like.
    """

    kind = "list"
    info_text = N_("a list of texts")

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self.entry = rule

    def check(self, value: Any) -> Any:
        """Return the entries as a tuple without doubles, ``None`` where there are none."""
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise self.refusal(type(value).__name__)
        return tuple(dict.fromkeys(self.entry(one) for one in value)) or None

    def parse(self, text: str) -> Any:
        """Return the entries of typed text."""
        return self.check(text.replace(",", " ").split()) if text.strip() else None

    def shown(self, value: Any) -> str:
        """Return the entries with commas."""
        return "" if value is None else ", ".join(value)

    def to_json(self, value: Any) -> Any:
        """Return the entries as a JSON list."""
        return None if value is None else list(value)


class Certificates(Field):
    """PEM certificates, one after the other; the only value of several lines."""

    kind = "pem"
    info_text = N_("certificates in PEM form")

    def rule(self, value: str) -> str:
        """Return it trimmed."""
        return rules.certificates(value)

    def shown(self, value: Any) -> str:
        """Return how many certificates there are."""
        count = str(value or "").count("-----BEGIN CERTIFICATE-----")
        told = ngettext("{count} certificate", "{count} certificates", count)
        return told.format(count=count) if count else ""


def certificates_of(path: str | os.PathLike[str] | None) -> str:
    """Return the PEM certificates of a file, none without a file.

    >>> _ = (folder / "ca.pem").write_text(practice.ca_pem)
    >>> certificates_of(folder / "ca.pem").splitlines()[0], certificates_of(None)
    ('-----BEGIN CERTIFICATE-----', '')

    Raises:
        StoreError: if the file cannot be read.
        InvalidValue: if it holds no certificates.
    """
    if path is None:
        return ""
    try:
        pem = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"the CA file {path} cannot be read: {error}") from error
    try:
        return rules.certificates(pem)
    except InvalidValue as error:
        raise InvalidValue(f"the CA file {path}: {error}") from error
