"""Settings taken out of a store, as JSON or as a spreadsheet; passwords only under a passphrase."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailwidgets.errors import InvalidValue, VaultError
from mailwidgets.everyone.standing import Reader, is_there
from mailwidgets.moving import portable, sheet
from mailwidgets.moving.entries import LARGEST, reason
from mailwidgets.moving.portable import Copy
from mailwidgets.settings.documents import Document, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.protocol import Store
from mailwidgets.vault.passphrase import Passphrase
from mailwidgets.vault.vault import Vault

FORMS: Final = ("json", "csv")
ANYBODY: Final = Place(Level.USER, "anybody else")  # whom those alone may read who may read all

_CELL = 32_767  # characters that a spreadsheet keeps of a cell


@dataclass(frozen=True, slots=True, repr=False)
class Export:
    """What was taken out.

    Attributes:
        data: the file, in UTF-8.
        documents: how many it holds.
        secrets: how many passwords it holds, encrypted.
        warnings: what was left out, and why.
    """

    data: bytes
    documents: int
    secrets: int
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the file as text, without its mark."""
        return self.data.decode("utf-8-sig")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be exported; by default everything.

    Attributes:
        levels: whole levels.
        places: users and workstations besides.
    """

    levels: frozenset[Level] = frozenset(Level)
    places: tuple[Place, ...] = ()

    @classmethod
    def of(
        cls,
        levels: Iterable[Level | str] | None = None,
        users: Iterable[str] = (),
        workstations: Iterable[str] = (),
    ) -> Choice:
        """Return a choice in words; names alone choose nothing else, and of their level only them.

        Raises:
            InvalidId: if a name cannot be one.
            InvalidValue: if there is no such level.
        """
        named = [Place(Level.USER, one) for one in users]
        named += [Place(Level.WORKSTATION, one) for one in workstations]
        known = {level.value: level for level in Level}
        told = [str(level) for level in (levels or ())]
        unknown = [level for level in told if level not in known]
        if unknown:
            raise InvalidValue(f"there are the levels {', '.join(known)}; {unknown[0]!r} is none")
        whole = {known[level] for level in told} or (set() if named else set(Level))
        return cls(frozenset(whole - {place.level for place in named}), tuple(dict.fromkeys(named)))


def export(  # noqa: PLR0913 - each is given by name
    store: Store,
    vault: Vault,
    *,
    form: str,
    choice: Choice,
    by: str,
    passphrase: Passphrase | None,
) -> Export:
    """Return the chosen documents as one file.

    Args:
        store: where they live.
        vault: opens secrets for the passphrase.
        form: ``json`` or ``csv``.
        choice: which documents.
        by: who exports.
        passphrase: to encrypt secrets to; ``None`` leaves them out.

    Raises:
        InvalidValue: if there is no such form.
        StoreError: if the store cannot be reached; a single document that cannot be read is
            left out with a warning.
    """
    if form not in FORMS:
        raise InvalidValue(f"an export is {' or '.join(FORMS)}, not {form!r}")
    warnings: list[str] = []
    documents = _documents(store, choice, warnings)
    outlet = _Outlet(vault, passphrase, warnings)
    copies = [outlet.copy(one) for one in documents]
    data = portable.written(copies, by) if form == "json" else _spreadsheet(copies, warnings)
    if len(data) > LARGEST:
        warnings.append(
            f"the file has over {LARGEST // 2**20} MiB, more than an import takes at once: "
            "export some users at a time"
        )
    return Export(data, len(copies), outlet.sealed, tuple(warnings))


def _documents(store: Store, choice: Choice, warnings: list[str]) -> list[Document]:
    reader = Reader(store)
    for level in choice.levels:
        reader.read(level)
    reader.ask(choice.places)
    if Level.USER in choice.levels:
        others = store.read_each(
            [ANYBODY], lambda _, why: warnings.append(f"all other users are left out: {why}")
        )
        list(others)
    absent = [place for place in choice.places if not is_there(reader.standing.at(place))]
    unread = reader.standing.unread
    warnings += [f"{place} has stored nothing" for place in absent if place not in unread]
    warnings += [f"{place} is left out: {why}" for place, why in unread.items()]
    order = list(Level)
    return sorted(
        reader.standing.documents.values(),
        key=lambda one: (order.index(one.place.level), one.place.id),
    )


class _Outlet:
    """Takes documents out of the store, without what nobody else should read."""

    def __init__(self, vault: Vault, passphrase: Passphrase | None, warnings: list[str]) -> None:
        self._vault, self._passphrase, self._warnings = vault, passphrase, warnings
        self.sealed = 0

    def copy(self, document: Document) -> Copy:
        """Return what leaves of a document; warn of what does not."""
        values = {
            key: self._secret(document.place, key, value) if isinstance(value, Sealed) else value
            for key, value in document.values.items()
        }
        locks = {}
        for key, told in document.locks.items():
            try:
                locks[key] = reason(told)
            except InvalidValue as error:
                self._leave(document.place, f"lock of {'.'.join(key)}", error)
        for key, problem in document.problems.items():
            self._leave(document.place, ".".join(key), problem)
        return Copy(document.place, values, locks, self._unsealed(document.place, document.unknown))

    def _unsealed(self, place: Place, held: Mapping[str, Any], path: str = "") -> dict[str, Any]:
        """Return what this version does not know, without a newer one's secrets."""
        told: dict[str, Any] = {}
        for name, value in held.items():
            where = f"{path}.{name}".lstrip(".")
            if path.count(".") < 1 and isinstance(value, dict) and "sealed" not in value:
                kept = self._unsealed(place, value, where)
                told |= {name: kept} if kept or not value else {}
            elif '"sealed"' in json.dumps(value):
                why = "it is a secret of a newer mailwidgets"
                self._leave(place, where.removeprefix("settings."), why)
            else:
                told[name] = value
        return told

    def _leave(self, place: Place, name: str, why: object) -> None:
        self._warnings.append(f"{name} of {place} is left out: {why}")

    def _secret(self, place: Place, key: Key, sealed: Sealed) -> str:
        if self._passphrase is None:
            return portable.SET
        try:
            told = self._passphrase.seal(place, key, self._vault.open(place, key, sealed))
        except VaultError as error:
            self._warnings.append(f"left out: {error}")
            return portable.SET
        self.sealed += 1
        return told


def _spreadsheet(copies: Sequence[Copy], warnings: list[str]) -> bytes:
    """Return the copies as rows, under columns for whatever one of them may store."""
    levels = {copy.place.level for copy in copies}
    keys = [
        key for key, one in SETTINGS.items() if levels & {one.level, Level.COMPANY} or not levels
    ]
    locked = {key for copy in copies for key in copy.locks}
    locks = [key for key in SETTINGS if key in locked]
    head = [sheet.LEVEL, sheet.ID, *(".".join(key) for key in keys)]
    head += [sheet.LOCK + ".".join(key) for key in locks]
    beside = sum(1 for copy in copies if copy.unknown)
    if beside:
        warnings.append(
            f"what this mailwidgets does not know of {beside:,} documents is left out: JSON has it"
        )
    return sheet.written(head, (_row(copy, keys, locks, warnings) for copy in copies))


def _row(
    copy: Copy, keys: Collection[Key], locks: Collection[Key], warnings: list[str]
) -> list[str]:
    row = [copy.place.level.value, sheet.cell(copy.place.id)]
    for key in keys:
        text = _cell(key, copy.values.get(key))
        if len(text) > _CELL:  # Excel would cut it off, and the import then store the rest
            warnings.append(
                f"{'.'.join(key)} of {copy.place} is left out: it is longer than the {_CELL:,} "
                "characters that a spreadsheet keeps of a cell; JSON has it"
            )
            text = ""
        row.append(text)
    return [*row, *(sheet.cell(copy.locks.get(key, "")) for key in locks)]


def _cell(key: Key, value: object) -> str:
    if value is None:
        return ""
    if SETTINGS[key].secret:
        return sheet.KEPT if value == portable.SET else str(value)
    return sheet.cell(value)
