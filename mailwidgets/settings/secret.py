"""Secrets in memory: a typed one in the clear, a stored one sealed, neither ever shown.

And the field that takes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.fields import Field


class Unwritten:
    """What holds something typed that may be a password, and is not pickled for that reason."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle is a file in the clear.

        Raises:
            TypeError: always.
        """
        name = type(self).__name__
        raise TypeError(f"a {name} is not pickled: it would be written in the clear")


class Secret(Unwritten):
    """A password or token in the clear, shown nowhere; ``reveal()`` is its only way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself: for the wire or the vault, never for a screen."""
        return self._text

    def __bool__(self) -> bool:
        """Return whether there is anything to keep secret."""
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        """Return whether both hold the same secret."""
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        """Return the same number for all: a hash would tell two secrets apart."""
        return hash(Secret)

    def __repr__(self) -> str:
        """Return the same for all."""
        return "Secret(****)"


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A stored secret, encrypted: only a vault with the right key opens it.

    Attributes:
        text: the ciphertext as the document holds it.
    """

    text: str

    def __repr__(self) -> str:
        """Return the same for all: a ciphertext on the screen helps nobody."""
        return "Sealed(****)"


class SecretField(Field):
    """A password or token: kept as ``Secret`` when typed, as ``Sealed`` when stored."""

    kind = "secret"
    info_text = N_("a password")

    def check(self, value: Any) -> Any:
        """Return a ``Secret`` or ``Sealed``; text becomes a ``Secret``."""
        if isinstance(value, Sealed):
            return value
        secret, kind = Secret(value) if isinstance(value, str) else value, type(value).__name__
        del value  # a debugger's traceback would show it
        if not isinstance(secret, Secret):
            del secret
            raise self.refusal(kind)
        if any(breaker in secret.reveal() for breaker in "\r\n\0"):
            raise InvalidValue(_("Must be one line: no carriage return, line feed or NUL."))
        if any("\ud800" <= letter <= "\udfff" for letter in secret.reveal()):
            raise InvalidValue(_("Must be UTF-8 text; this has octets that are not."))
        return secret or None

    def parse(self, text: str) -> Any:
        """Return the typed secret, blanks at its ends included."""
        secret = Secret(text)
        del text  # as in check
        return self.check(secret)

    def shown(self, value: Any) -> str:
        """Return ``set`` or nothing."""
        # Translators: a password is set; what it is, is not told.
        return "" if value is None else _("set")

    def to_json(self, value: Any) -> Any:
        """Return the sealed form; one in the clear is never written.

        Raises:
            TypeError: for a ``Secret`` that no vault has sealed.
        """
        if not isinstance(value, Sealed):
            raise TypeError("only a sealed secret can be written to a document")
        return {"sealed": value.text}

    def from_json(self, value: Any) -> Any:
        """Return ``Sealed`` of the stored ciphertext."""
        if isinstance(value, dict) and isinstance(value.get("sealed"), str):
            return Sealed(value["sealed"])
        raise InvalidValue(_("A stored secret is sealed; this one is not."))
