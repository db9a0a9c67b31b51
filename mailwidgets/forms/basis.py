"""What a check's result depends on: the values in force that it took, and what became of them.

Of a password no more is kept than a fingerprint, which is worth nothing outside this process.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailwidgets.errors import VaultError
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Place
from mailwidgets.settings.resolve import BORROWERS, Resolution, Value
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.vault.vault import Vault

Basis = Mapping[Key, object]
"""The values that a check took, by setting."""

_LETTER: Final = frozenset({"full_name", "charset"})  # of a message, and no matter for a check
_BY_IMAP: Final = frozenset({"inbox", "outbox"})


def taken(resolution: Resolution, section: str, *, sending: bool = False) -> Iterator[Key]:
    """Yield the settings that a check of a section takes.

    Args:
        resolution: the values in force: they decide which way workflow e-mail goes.
        section: what is checked.
        sending: whether a message is sent, too.
    """
    workflow = section == "workflow"
    by_imap = workflow and resolution["workflow", "server_type"].effective == "imap"
    sections = [section, *(["smtp"] if by_imap else []), "trust"]
    for one in sections:
        for setting in SECTIONS[one].settings():
            # Whether an account is borrowed shows in the account.
            passed_over = setting.key == BORROWERS.get(one)
            if one == "workflow":
                passed_over = (setting.key in _LETTER and not sending) or (
                    setting.key in _BY_IMAP and not by_imap
                )
            if not passed_over:
                yield setting.id
    if by_imap:
        yield "imap", "use_smtp_account"


@dataclass(frozen=True, slots=True)
class _Print:
    """A secret's fingerprint: equal for equal secrets."""

    digest: bytes


class Prints:
    """Tells values apart, secrets by their fingerprints.

    Args:
        vault: opens stored secrets.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._key = secrets.token_bytes(32)
        self._known: dict[tuple[Place, Key, Sealed], _Print] = {}

    def basis(self, resolution: Resolution, section: str, *, sending: bool = False) -> Basis:
        """Return the values that a check of a section takes now."""
        keys = taken(resolution, section, sending=sending)
        return {key: self._of(resolution, resolution[key]) for key in keys}

    def _of(self, resolution: Resolution, value: Value) -> Any:  # noqa: ANN401 - a value has its field's type
        kept, place = value.effective, resolution.place(value)
        if isinstance(kept, Secret):
            return self._print(kept.reveal())
        if not isinstance(kept, Sealed) or place is None:
            return kept
        known = (place, value.source, kept)
        if known not in self._known:
            try:
                opened = self._vault.open(place, value.source, kept).reveal()
            except VaultError:
                opened = kept.text  # still another one than any other
            self._known[known] = self._print(opened)
        return self._known[known]

    def _print(self, text: str) -> _Print:
        return _Print(hmac.digest(self._key, text.encode(), hashlib.sha256))


def differing(one: Basis, other: Basis) -> list[Key]:
    """Return the settings whose values differ, those that only one side takes included."""
    return [
        key
        for key in {**one, **other}
        if key not in one or key not in other or one[key] != other[key]
    ]
