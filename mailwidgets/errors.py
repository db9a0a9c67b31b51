"""Every exception that mailwidgets raises for wrong use or an unusable store.

::

    MailwidgetsError
    ├── InvalidValue      (TraitError, ValueError)  a value its setting refuses
    │   └── InvalidImport                           a file to be imported that holds such values
    ├── UnknownSetting    (KeyError)                no such section or setting
    ├── WrongLevel        (ValueError)              a setting kept where it cannot be
    ├── InvalidId         (ValueError)              a user or workstation that no store can hold
    ├── StoreError        (OSError)                 the store cannot be read or written
    │   ├── DamagedDocument                         a document is not what was written
    │   └── ReadOnlyStore (PermissionError)         this person may not write here
    ├── Conflict                                    someone else changed the same setting
    │   └── CannotUndo                              a commit that cannot be taken back as it is
    ├── UnknownMoment     (LookupError)             no commit, snapshot or time of that name
    ├── VaultError                                  a secret cannot be opened or sealed
    ├── PracticeError     (RuntimeError)            the practice servers cannot start
    └── LessonError       (LookupError)             no such lesson, or tries that cannot be kept

A failing check is not among them: it is a result, a ``Report``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from traitlets import TraitError


class MailwidgetsError(Exception):
    """The root of them all: catch this to catch anything raised on purpose."""


class InvalidValue(MailwidgetsError, TraitError, ValueError):
    """A value that its setting refuses; the message is the rule, in words."""


class InvalidImport(InvalidValue):
    """A file that cannot be imported; nothing of it was stored.

    Attributes:
        faults: each with its place in the file and the rule; at most a thousand.
        count: how many there are. The message tells fifty.
    """

    def __init__(self, name: str, faults: Sequence[str], count: int) -> None:
        told = list(faults[:50])
        told += [f"… and {count - len(told):,} more"] if count > len(told) else []
        listed = "\n".join(f"  {fault}" for fault in told)
        super().__init__(f"{name} cannot be imported, and nothing was stored:\n{listed}")
        self.faults, self.count = tuple(faults), count


class UnknownSetting(MailwidgetsError, KeyError):
    """No section or setting of that name; the message lists what there is."""

    def __str__(self) -> str:
        """Return the message itself: KeyError would show it in quotes."""
        return str(self.args[0]) if self.args else ""


class WrongLevel(MailwidgetsError, ValueError):
    """A setting kept at a level at which it has no meaning."""


class InvalidId(MailwidgetsError, ValueError):
    """A user or workstation name that no store can hold."""


class StoreError(MailwidgetsError, OSError):
    """The store cannot be read or written."""


class DamagedDocument(StoreError):
    """A document is not what was written; names file, line and column."""


class ReadOnlyStore(StoreError, PermissionError):
    """This person may not write the level."""


class Clash(NamedTuple):
    """One setting in a conflict, each side as a person reads it; empty where it is unset.

    Of a secret it only says ``set`` (the base) or ``changed`` (theirs and yours).
    """

    name: str  # pop3.port, or "lock of pop3.port"
    place: str  # company, "user ana"
    base: str  # what was stored when you looked
    theirs: str  # what is stored now
    yours: str  # what you want to store


class Conflict(MailwidgetsError):
    """Someone else changed the same setting since it was read.

    Attributes:
        clashes: each such setting, with what both sides made of it.
    """

    def __init__(self, message: str, clashes: Sequence[Clash] = ()) -> None:
        super().__init__(message)
        self.clashes = tuple(clashes)


class CannotUndo(Conflict):
    """What came later, or what history does not keep, stands in the way; the message says what."""


class UnknownMoment(MailwidgetsError, LookupError):
    """No commit, snapshot or time of that name; the message says what there is."""


class VaultError(MailwidgetsError):
    """A secret cannot be opened or sealed; the message never holds it."""


class PracticeError(MailwidgetsError, RuntimeError):
    """The practice servers cannot start."""


class LessonError(MailwidgetsError, LookupError):
    """No such lesson or exercise, a bench that is not set up, or tries that cannot be kept."""
