"""Levels, identities and places: where a value is kept and for whom it is resolved."""

from __future__ import annotations

import enum
import getpass
import os
import re
import socket
import unicodedata
from dataclasses import dataclass

from mailwidgets.errors import InvalidId
from mailwidgets.languages.texts import N_, _

_LONGEST_ID = 1000
# A control character or half a surrogate pair is in no real name and in no file's name.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Level(enum.StrEnum):
    """Where a setting is kept.

    >>> Level.WORKSTATION, str(Level.WORKSTATION), Level("user")
    (<Level.WORKSTATION: 'workstation'>, 'workstation', <Level.USER: 'user'>)
    """

    COMPANY = N_("company")
    USER = N_("user")
    WORKSTATION = N_("workstation")

    @property
    def words(self) -> str:
        """Return its name in the language in use; ``str()`` is the same in all.

        >>> [level.words for level in Level]
        ['company', 'user', 'workstation']
        """
        return _(self.value)

    @property
    def mark(self) -> str:
        """Return the panel's mark for the level: c, u or m.

        >>> [level.mark for level in Level]
        ['c', 'u', 'm']
        """
        return {"company": "c", "user": "u", "workstation": "m"}[self.value]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: settings are resolved for a user on a workstation.

    >>> Identity(" ana ", "WS-01")
    Identity(user='ana', workstation='WS-01')
    >>> Identity("", "WS-01")
    Traceback (most recent call last):
        ...
    mailwidgets.errors.InvalidId: a user needs a name, but it is empty
    """

    user: str
    workstation: str

    def __post_init__(self) -> None:
        """Normalise both names.

        Raises:
            InvalidId: if one is empty, too long or holds a control character.
        """
        object.__setattr__(self, "user", fit_id(self.user, "user"))
        object.__setattr__(self, "workstation", fit_id(self.workstation, "workstation"))

    @classmethod
    def acting(cls, user: str | None = None, workstation: str | None = None) -> Identity:
        """Return the acting identity.

        >>> Identity.acting("ana", "WS-01")
        Identity(user='ana', workstation='WS-01')
        >>> Identity.acting() == Identity.acting(actor())
        True

        Args:
            user: else ``JUPYTERHUB_USER``, else the operating system's user.
            workstation: else this machine's host name.
        """
        return cls(
            user or actor(),
            workstation or socket.gethostname(),
        )

    def place(self, level: Level) -> Place:
        """Return where this identity keeps its values of a level.

        >>> Identity("ana", "WS-01").place(Level.USER)
        Place(level=<Level.USER: 'user'>, id='ana')
        >>> print(Identity("ana", "WS-01").place(Level.COMPANY))
        company
        """
        ids = {Level.COMPANY: "", Level.USER: self.user, Level.WORKSTATION: self.workstation}
        return Place(level, ids[level])


@dataclass(frozen=True, slots=True)
class Place:
    """One document: the company's, or that of one user or workstation.

    >>> Place(Level.WORKSTATION, "WS-01")
    Place(level=<Level.WORKSTATION: 'workstation'>, id='WS-01')
    >>> print(Place(Level.WORKSTATION, "WS-01"))
    workstation WS-01

    Attributes:
        level: the level it belongs to.
        id: the user's or workstation's name; empty for the company.
    """

    level: Level
    id: str = ""

    def __post_init__(self) -> None:
        """Normalise the id.

        Raises:
            InvalidId: if the company has an id, or another level none that fits.
        """
        if self.level is Level.COMPANY:
            if self.id:
                raise InvalidId(f"the company has no id, but {self.id!r} was given")
        else:
            object.__setattr__(self, "id", fit_id(self.id, self.level.value))

    def __str__(self) -> str:
        """Return it in English, as it is kept and compared: ``company``, ``user ana``."""
        return f"{self.level} {self.id}".strip()

    @property
    def words(self) -> str:
        """Return it in the language in use: ``company``, ``user ana``.

        >>> Place(Level.COMPANY).words, Place(Level.USER, "ana").words
        ('company', 'user ana')
        """
        if self.level is Level.COMPANY:
            return self.level.words
        told = _("user {id}") if self.level is Level.USER else _("workstation {id}")
        return told.format(id=self.id)


def actor() -> str:
    """Return the person at work: ``JUPYTERHUB_USER``, else the operating system's user.

    >>> actor() == Identity.acting().user
    True
    """
    return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()


def fit_id(name: str, what: str) -> str:
    """Return a user's or workstation's name as it is kept: trimmed, in Unicode's form C.

    >>> fit_id(" ana ", "user")
    'ana'
    >>> fit_id("", "workstation")
    Traceback (most recent call last):
        ...
    mailwidgets.errors.InvalidId: a workstation needs a name, but it is empty

    Args:
        name: as given.
        what: ``"user"`` or ``"workstation"``, for the message.

    Raises:
        InvalidId: if it is empty, over 1,000 characters, or holds a control character.
    """
    fit = unicodedata.normalize("NFC", name).strip()
    user = what == "user"
    if not fit:
        told = _("a user needs a name, but it is empty")
        raise InvalidId(told if user else _("a workstation needs a name, but it is empty"))
    if len(fit) > _LONGEST_ID:
        told = _("a user's name has at most {most} characters, this one has {count}")
        other = _("a workstation's name has at most {most} characters, this one has {count}")
        raise InvalidId((told if user else other).format(most=_LONGEST_ID, count=len(fit)))
    if _UNFIT.search(fit):
        told = _("a user's name holds no control characters, but {name} does")
        other = _("a workstation's name holds no control characters, but {name} does")
        raise InvalidId((told if user else other).format(name=repr(fit)))
    return fit
