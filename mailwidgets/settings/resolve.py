"""Which value is in force, and where it comes from. Pure: documents in, values out.

The first that is set decides::

    company setting       company → built-in default
    user setting          user → company → built-in default
    workstation setting   workstation → company → built-in default

A company lock puts the company's value (or the default) in force whatever else is stored.
*Use POP3 account* borrows the POP3 section's account, unless the borrowing setting is locked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import UNSET, Documents, Key
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import SECTIONS, SETTINGS

DEFAULT: Final = N_("default")
ACCOUNT: Final = ("user", "password", "token")  # what a borrowed account consists of
BORROWERS: Final = {"smtp": "use_pop3_account", "imap": "use_pop3_account"}


@dataclass(frozen=True, slots=True)
class Value:
    """One setting as it stands for an identity.

    Attributes:
        setting: its declaration.
        company: the company's value, ``None`` where it has none; likewise ``user`` and
            ``workstation``, for the levels at which the setting can be kept.
        effective: the value in force.
        origin: ``"default"`` or the name of the level that decided.
        source: the setting it was read from: itself, or the one it is borrowed from.
        locked: the company's reason for its lock, or ``None``.
        problem: why a stored value was passed over, in words; empty where none was.
    """

    setting: Setting
    company: Any
    user: Any
    workstation: Any
    effective: Any
    origin: str
    source: Key
    locked: str | None = None
    problem: str = ""

    @property
    def borrowed(self) -> str | None:
        """Return the section the value is borrowed from, if it is."""
        return self.source[0] if self.source != self.setting.id else None

    @property
    def own(self) -> Any:  # noqa: ANN401 - a value has its field's type
        """Return the value kept at the setting's own level, ``None`` where there is none."""
        return getattr(self, self.setting.level.value)

    @property
    def shadowed(self) -> bool:
        """Return whether a narrower value is stored that a lock or a loan puts out of force."""
        return self.own is not None and (
            self.borrowed is not None
            or (self.locked is not None and self.setting.level is not Level.COMPANY)
        )

    @property
    def from_words(self) -> str:
        """Return where it comes from, for a person: ``company, locked: reason``."""
        words = _(self.origin)
        if self.borrowed is not None:
            # Translators: where a value comes from, as in: from POP3 (user).
            told = _("from {section} ({origin})")
            words = told.format(section=SECTIONS[self.borrowed].title, origin=words)
        if self.locked is None:
            return words
        return _("{origin}, locked: {reason}").format(origin=words, reason=self.locked)

    def shown(self, value: Any) -> str:  # noqa: ANN401 - a value has its field's type
        """Return a value of this setting as a person reads it; a secret as ``set``."""
        return self.setting.field.shown(value)

    def as_row(self) -> dict[str, object]:
        """Return the row of ``show --format json``; a secret reads ``"set"`` or null."""
        setting = self.setting
        kept = {level.value: self._plain(getattr(self, level.value)) for level in Level}
        return {
            "section": setting.section,
            "key": setting.key,
            "label": setting.label,
            "level": setting.level.value,
            "default": self._plain(setting.default),
            **kept,
            "effective": self._plain(self.effective),
            "from": self.origin,
            "borrowed": self.borrowed,
            "locked": self.locked,
        }

    def _plain(self, value: Any) -> object:  # noqa: ANN401 - a value has its field's type
        if value is None or self.setting.secret:
            return None if value is None else "set"
        return self.setting.field.to_json(value)


@dataclass(frozen=True, slots=True)
class Resolution(Mapping[Key, Value]):
    """Every setting as it stands for one identity, in the panel's order."""

    identity: Identity
    values_by_key: Mapping[Key, Value]

    def __getitem__(self, key: Key) -> Value:
        """Return one setting's value."""
        return self.values_by_key[key]

    def __iter__(self) -> Iterator[Key]:
        """Iterate over (section, setting)."""
        return iter(self.values_by_key)

    def __len__(self) -> int:
        """Return how many settings there are."""
        return len(self.values_by_key)

    def section(self, name: str) -> dict[str, Value]:
        """Return one section's values by setting.

        Raises:
            KeyError: if there is no such section.
        """
        return {one.key: self[one.id] for one in SECTIONS[name].settings()}

    def place(self, value: Value) -> Place | None:
        """Return the document an effective value was read from; ``None`` for a default."""
        return None if value.origin == DEFAULT else self.identity.place(Level(value.origin))


def resolve(documents: Documents, identity: Identity) -> Resolution:
    """Return every setting as the documents decide it for an identity.

    >>> found = resolve(servers.documents(), servers.identity)
    >>> found["smtp", "user"].effective, found["smtp", "user"].from_words
    ('ana@practice.example', 'from POP3 (user)')
    """
    values = {key: unborrowed(setting, documents) for key, setting in SETTINGS.items()}
    for section, switch in BORROWERS.items():
        if not values[section, switch].effective:
            continue
        for key in ACCOUNT:
            borrower, lender = values[section, key], values["pop3", key]
            if borrower.locked is None:
                values[section, key] = replace(
                    borrower,
                    effective=lender.effective,
                    origin=lender.origin,
                    source=lender.setting.id,
                )
    return Resolution(identity, values)


def unborrowed(setting: Setting, documents: Documents) -> Value:
    """Return a setting as the documents decide it, whatever account its section borrows.

    >>> found = unborrowed(SETTINGS["smtp", "user"], servers.documents())
    >>> found.effective, found.from_words
    (None, 'default')
    """
    key = setting.id
    levels = (setting.level, Level.COMPANY)
    kept: dict[Level, Any] = dict.fromkeys(Level)
    for level in levels:
        stored = documents.at(level).get(key)
        kept[level] = None if stored is UNSET else stored
    reason = documents.company.get(key, lock=True)
    locked = None if reason is UNSET else str(reason)
    deciding = (Level.COMPANY,) if locked is not None else levels
    origin = next((level for level in deciding if kept[level] is not None), None)
    problems = [documents.at(level).problems.get(key, "") for level in dict.fromkeys(levels)]
    return Value(
        setting=setting,
        company=kept[Level.COMPANY],
        user=kept[Level.USER],
        workstation=kept[Level.WORKSTATION],
        effective=setting.default if origin is None else kept[origin],
        origin=DEFAULT if origin is None else origin.value,
        source=key,
        locked=locked,
        problem=" ".join(filter(None, problems)),
    )
