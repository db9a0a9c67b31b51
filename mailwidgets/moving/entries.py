"""What an import says, entry by entry; what is wrong in it is gathered, not told one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, NoReturn

from mailwidgets.errors import InvalidImport, InvalidValue
from mailwidgets.settings import rules
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Place
from mailwidgets.settings.secret import Secret
from mailwidgets.store.commits import printable
from mailwidgets.vault.passphrase import FORM, Passphrase

LARGEST: Final = 128 * 2**20  # bytes of a file

_KEPT = 1000  # faults; the others are counted
_SHOWN = 60  # characters of a name that we do not know
_FILES = 16  # exports that one file may have been put together from


class Entry(NamedTuple):
    """One setting, or its lock, as an import wants it."""

    place: Place
    key: Key
    lock: bool
    value: object  # as it is kept, a secret as ``Secret``; ``UNSET`` to remove it


@dataclass(slots=True)
class Findings:
    """What was found on the way.

    Attributes:
        name: the file, for messages.
    """

    name: str
    _unknown: dict[str, tuple[object, int]] = field(default_factory=dict)
    _faults: list[str] = field(default_factory=list)
    _count: int = 0

    def pass_over(self, name: str, where: object) -> None:
        """Note a name that this version does not know: what stands there is left out."""
        shown = printable(name[:_SHOWN])
        first, times = self._unknown.get(shown, (where, 0))
        self._unknown[shown] = (first, times + 1)

    def passed_over(self) -> list[str]:
        """Return what is left out, each name once, with the first place where it stands."""
        return [
            f"{name} of {printable(str(first))}{f' and of {times - 1:,} more' * (times > 1)} is "
            "left out: this mailwidgets does not know it. It is mistyped, or of a newer one"
            for name, (first, times) in self._unknown.items()
        ]

    def fault(self, where: str, rule: object) -> None:
        """Keep what is wrong at some place of the file."""
        self._count += 1
        if len(self._faults) < _KEPT:
            self._faults.append(f"{where}: {rule}")

    def refuse(self, where: str, rule: object) -> NoReturn:
        """Refuse a file that cannot be read on.

        Raises:
            InvalidImport: with this fault and those before.
        """
        self.fault(where, rule)
        raise InvalidImport(self.name, self._faults, self._count)

    def check(self) -> None:
        """Refuse a file with faults.

        Raises:
            InvalidImport: with all of them.
        """
        if self._count:
            raise InvalidImport(self.name, self._faults, self._count)


def reason(text: str) -> str:
    """Return a lock's reason as it is kept.

    Raises:
        InvalidValue: if it is no line of text, or empty.
    """
    kept = rules.text(text)
    if not kept:
        raise InvalidValue("a lock needs a reason")
    return kept


class Opener:
    """Opens the secrets of a file.

    Args:
        passphrase: to which they were encrypted; ``None`` where none was given.
    """

    __slots__ = ("_passphrase", "_salts")

    def __init__(self, passphrase: Passphrase | None) -> None:
        self._passphrase = passphrase
        self._salts: set[str] = set()

    def open(self, place: Place, key: Key, text: str, rule: str) -> Secret:
        """Return a secret that ``export`` encrypted.

        Args:
            place: whose it is.
            key: (section, setting).
            text: as the file has it.
            rule: what may stand there, for whoever wrote something else.

        Raises:
            InvalidValue: if it is something else, or no passphrase was given.
            VaultError: if it cannot be opened with the passphrase. Neither holds the text.
        """
        if not text.startswith(f"{FORM}:"):
            raise InvalidValue(rule)
        if self._passphrase is None:
            raise InvalidValue("is encrypted to a passphrase, and none was given (--passphrase)")
        # Each salt costs the derivation of a key: a file must not ask for thousands.
        self._salts.add(text[: text.rfind(":")])
        if len(self._salts) > _FILES:
            raise InvalidValue(
                f"is from one export more than the {_FILES} that may be put together"
            )
        return self._passphrase.open(place, key, text)
