"""Trait types, one per kind of setting: what it accepts, how it is typed, shown and stored.

Every field takes ``None`` for "no value here". A value that breaks its rule raises
``InvalidValue`` with the rule in words; the trait keeps what it had.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from traitlets import TraitType

from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings import rules

_YES = frozenset({"yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})
_PORTS = range(1, 65536)
_LONGEST_SECONDS = 3600


class Field(TraitType[Any, Any]):
    """One line of text, and what all fields share.

    Args:
        default: the built-in default; ``None`` where there is none.
    """

    kind: ClassVar[str] = "text"
    info_text = N_("one line of text")

    def __init__(self, default: Any = None) -> None:
        super().__init__(default_value=default, allow_none=True)

    def check(self, value: Any) -> Any:
        """Return the value as it is kept.

        Raises:
            InvalidValue: with the rule in words.
        """
        if not isinstance(value, str):
            raise self.refusal(type(value).__name__)
        return self.rule(value) or None

    def refusal(self, given: str) -> InvalidValue:
        """Return what is raised for a value of another kind: what must be given, and what was."""
        # Translators: as in: Must be a host name, not 25.
        told = _("Must be {what}, not {given}.")
        return InvalidValue(told.format(what=_(self.info_text), given=given))

    def rule(self, value: str) -> str:
        """Return text as it is kept, or raise ``InvalidValue``."""
        return rules.text(value)

    def validate(self, obj: object, value: Any) -> Any:
        """Check a value on its way into the trait: traitlets calls this."""
        del obj
        return self.check(value)

    def parse(self, text: str) -> Any:
        """Return the value of what a person typed; empty text means no value.

        Raises:
            InvalidValue: with the rule in words.
        """
        return self.check(text) if text.strip() else None

    def shown(self, value: Any) -> str:
        """Return a value as a person reads it; empty for none."""
        return "" if value is None else str(value)

    def to_json(self, value: Any) -> Any:
        """Return a value as JSON has it."""
        return value

    def from_json(self, value: Any) -> Any:
        """Return a stored value as it is kept in memory.

        Raises:
            InvalidValue: if the document holds what the field refuses.
        """
        return self.check(value)


class Text(Field):
    """One line of text; CR, LF and NUL are refused, for they could start a protocol line."""


class Host(Field):
    """A DNS name, IPv4 or IPv6 address; names in any script are kept as typed."""

    kind = "host"
    info_text = N_("a host name")

    def rule(self, value: str) -> str:
        """Return it trimmed."""
        return rules.host(value)


class Domain(Field):
    """A fully qualified domain name or an address literal (RFC 5321 §4.1.3)."""

    kind = "domain"
    info_text = N_("a domain name")

    def rule(self, value: str) -> str:
        """Return it trimmed."""
        return rules.domain(value)


class Address(Field):
    """One mailbox address (RFC 5321 §4.1.2)."""

    kind = "address"
    info_text = N_("an e-mail address")

    def rule(self, value: str) -> str:
        """Return it trimmed."""
        return rules.address(value)


class Charset(Field):
    """A charset that Python can write and mail can carry."""

    kind = "charset"
    info_text = N_("a charset's name")

    def rule(self, value: str) -> str:
        """Return it trimmed."""
        return rules.charset(value)


class Folder(Field):
    """A mailbox name of any Unicode."""

    kind = "folder"
    info_text = N_("a folder's name")

    def rule(self, value: str) -> str:
        """Return it trimmed."""
        return rules.folder(value)


class Port(Field):
    """A TCP port, 1 to 65535."""

    kind = "port"
    info_text = N_("a whole number from 1 to 65535")

    def check(self, value: Any) -> Any:
        """Return the port as an int."""
        if isinstance(value, bool) or not isinstance(value, int) or value not in _PORTS:
            raise self.refusal(_told(value))
        return value

    def parse(self, text: str) -> Any:
        """Return the port of typed digits."""
        digits = text.strip()
        if not digits:
            return None
        # str.isdigit() accepts ², and int() accepts 1_000: neither is a port.
        fit = digits.isascii() and digits.isdigit() and len(digits) <= len("65535")
        return self.check(int(digits) if fit else digits)


class Seconds(Field):
    """A duration in seconds: above 0, at most 3600, decimals allowed."""

    kind = "seconds"
    info_text = N_("a number of seconds above 0 and at most 3600")

    def check(self, value: Any) -> Any:
        """Return the number; a whole one as an int."""
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not 0 < value <= _LONGEST_SECONDS:  # a NaN compares false
            told = _("Must be numeric: a number of seconds above 0 and at most 3600, not {value}.")
            raise InvalidValue(told.format(value=_told(value)))
        return int(value) if value == int(value) else value

    def parse(self, text: str) -> Any:
        """Return the number of typed digits, with a point or a comma."""
        digits = text.strip().replace(",", ".", 1)
        if not digits:
            return None
        try:
            number = float(digits) if "_" not in digits else math.nan
        except ValueError:
            number = math.nan
        return self.check(text.strip() if math.isnan(number) else number)


class YesNo(Field):
    """Yes or no, chosen from a list as in the panel."""

    kind = "yes_no"
    info_text = N_("yes or no")

    def __init__(self, *, default: bool = False) -> None:
        super().__init__(default)

    def check(self, value: Any) -> Any:
        """Return the bool."""
        if not isinstance(value, bool):
            raise self.refusal(_told(value))
        return value

    def parse(self, text: str) -> Any:
        """Return the bool for yes/no, true/false, on/off, 1/0 in any case, or as it is shown."""
        word = text.strip().lower()
        if not word:
            return None
        for answer in (True, False):
            if word == self.shown(answer).lower():
                return answer
        if word not in _YES | _NO:
            raise self.refusal(_told(text.strip()))
        return word in _YES

    def shown(self, value: Any) -> str:
        """Return Yes or No."""
        if value is None:
            return ""
        return _("Yes") if value else _("No")


class CheckBox(YesNo):
    """On or off, a check box in the panel."""

    kind = "checkbox"
    info_text = N_("on or off")

    def shown(self, value: Any) -> str:
        """Return On or Off."""
        if value is None:
            return ""
        return _("On") if value else _("Off")


class Choice(Field):
    """One of a list: stored by its key, shown by its label.

    Args:
        default: the built-in default's key.
        choices: label by key, in the panel's order, as declared; ``shown`` tells them.
    """

    kind = "choice"
    info_text = N_("one of the list")

    def __init__(self, default: str, choices: Mapping[str, str]) -> None:
        super().__init__(default)
        self.choices = dict(choices)

    def check(self, value: Any) -> Any:
        """Return the key."""
        if not isinstance(value, str) or value not in self.choices:
            listed = ", ".join(f"{key} ({self.shown(key)})" for key in self.choices)
            told = _("Must be one of {listed}, not {value}.")
            raise InvalidValue(told.format(listed=listed, value=_told(value)))
        return value

    def parse(self, text: str) -> Any:
        """Return the key for a key or a label, in any case, in English or the language in use."""
        word = text.strip()
        by_word = {self.shown(key).lower(): key for key in self.choices}
        by_word |= {label.lower(): key for key, label in self.choices.items()}
        by_word |= {key.lower(): key for key in self.choices}
        return self.check(by_word.get(word.lower(), word)) if word else None

    def shown(self, value: Any) -> str:
        """Return the label."""
        label = self.choices.get(str(value))
        return str(value or "") if label is None else _(label)


def _told(value: Any) -> str:
    """Return a refused value for the message: short, and never a secret (no secret comes here)."""
    told = repr(value)
    return told if len(told) <= 60 else told[:57] + "…"  # noqa: PLR2004 - a line of a form
