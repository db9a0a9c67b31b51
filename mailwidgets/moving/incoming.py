"""An import: what a file says, against what is stored; told first, then committed as one.

Both forms only say what is to be set: what a file does not name stays as it is. A value is
removed where the file says so, with ``null`` or ``(none)``.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from mailwidgets.errors import VaultError
from mailwidgets.everyone.impact import impact
from mailwidgets.everyone.shifts import Impact
from mailwidgets.everyone.standing import Reader, is_there
from mailwidgets.moving import portable, sheet
from mailwidgets.moving.entries import LARGEST, Entry, Findings, Opener
from mailwidgets.settings.documents import UNSET, Change
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import SET, Commit, printable
from mailwidgets.store.protocol import Store
from mailwidgets.vault.passphrase import Passphrase
from mailwidgets.vault.vault import Vault

_ASKED = 1000  # places of which it is found out beforehand whether they may be written
_MOST = 5_000_000  # settings that one import changes: some 500 bytes of memory each
_TOGETHER = 10_000  # settings whose documents are read together
_NAMED: Final = 5  # new places that are told by name


@dataclass(frozen=True, slots=True)
class Import:
    """What an import changes, or would change.

    Attributes:
        changes: every setting that is not stored so already, secrets among them.
        impact: whose effective values change.
        new: users and workstations that have stored nothing before.
        warnings: what the file holds and this version does not know: it is left out.
        refusals: why places cannot be written, as far as is known beforehand.
        commit: what was stored; ``None`` before, in a dry run, and where nothing changes.
        dry_run: whether nothing was to be stored.
    """

    changes: tuple[Change, ...]
    impact: Impact
    new: tuple[Place, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: Mapping[Place, str] = field(default_factory=dict)
    commit: Commit | None = None
    dry_run: bool = False

    def __str__(self) -> str:
        """Return what happened, and whose effective values change; safe on a terminal."""
        if not self.changes:
            told = "this mailwidgets takes from the file" if self.warnings else "the file says"
            return f"Nothing to change: all that {told} is stored already."
        verb = "Changed" if self.commit else "Would change"
        end = f" Commit {self.commit.short}." if self.commit else " Nothing was stored."
        told = f"{verb} {_count(len(self.changes), 'setting')} of {self._places()}.{end}"
        if self.new:
            names = ", ".join(map(str, self.new[:_NAMED]))
            more = len(self.new) - _NAMED
            told += f"\nNew: {printable(names)}" + (f" and {more:,} more" if more > 0 else "")
        shifts = str(self.impact).replace("\n", "\n  ")
        return f"{told}\nIn force {'now' if self.commit else 'then'}:\n  {shifts}"

    def _places(self) -> str:
        counts = Counter(place.level for place in {change.place for change in self.changes})
        words = ["the company"] if counts[Level.COMPANY] else []
        words += [_count(counts[one], one.value) for one in list(Level)[1:] if counts[one]]
        return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, complete; of a secret only that it is set."""
        return {
            "dry_run": self.dry_run,
            "commit": self.commit.id if self.commit else None,
            "changes": [_change(one) for one in self.changes],
            "new": [{"level": one.level.value, "id": one.id} for one in self.new],
            "impact": self.impact.as_dict(),
            "refusals": [
                {"level": one.level.value, "id": one.id, "reason": reason}
                for one, reason in self.refusals.items()
            ],
            "warnings": list(self.warnings),
        }


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _change(change: Change) -> dict[str, object]:
    before, after = (_json(change, one) for one in (change.base, change.value))
    return {
        "level": change.place.level.value,
        "id": change.place.id,
        "setting": change.name,
        "lock": change.lock,
        "before": before,
        "after": after,
    }


def _json(change: Change, value: object) -> object:
    if value is UNSET or change.lock:
        return None if value is UNSET else value
    setting = SETTINGS[change.key]
    return SET if setting.secret else setting.field.to_json(value)


def prepare(
    store: Store, vault: Vault, data: bytes, *, name: str, passphrase: Passphrase | None
) -> Import:
    """Return what an import would change; nothing is stored.

    Args:
        store: what is stored so far.
        vault: opens stored secrets, to tell which are the same.
        data: the file, either form.
        name: what the file is called, for messages.
        passphrase: to which its secrets are encrypted.

    Raises:
        InvalidImport: if anything in it cannot be kept; names every fault and its place.
        DamagedDocument: if it is neither form; or if the company's document is.
        StoreError: if the store cannot be read.
    """
    findings = Findings(name)
    if len(data) > LARGEST:
        findings.refuse("the file", f"over {LARGEST // 2**20} MiB: import it in parts")
    data = _utf8(data, findings)
    form = portable if data.lstrip()[:1] in (b"{", b"[") else sheet
    reader = Reader(store)
    entries = form.read(data, findings, Opener(passphrase))
    changes = list(islice(_changes(entries, reader, vault), _MOST + 1))
    if len(changes) > _MOST:
        findings.refuse("the file", f"changes over {_MOST:,} settings: import it in parts")
    findings.check()
    places = dict.fromkeys(change.place for change in changes)
    return Import(
        tuple(changes),
        impact(store, changes, reader),
        tuple(place for place in places if _is_new(place, reader)),
        tuple(findings.passed_over()),
        _refusals(store, vault, reader, changes),
    )


def _utf8(data: bytes, findings: Findings) -> bytes:
    """Return a file in UTF-8, without a mark; Excel and PowerShell write UTF-16, too."""
    if data[:2] not in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-16").encode()
    except UnicodeDecodeError as error:
        return findings.refuse(f"byte {error.start + 1}", "not UTF-16: save it as 'CSV UTF-8'")


def _is_new(place: Place, reader: Reader) -> bool:
    if place.level is Level.COMPANY:
        return False
    return place not in reader.standing.unread and not is_there(reader.standing.at(place))


def _changes(entries: Iterable[Entry], reader: Reader, vault: Vault) -> Iterator[Change]:
    """Yield what is not so already, each based on what is stored now."""
    rest = iter(entries)
    while some := [*islice(rest, _TOGETHER)]:
        reader.ask(place for place, *_ in some)
        for place, key, lock, value in some:
            document = reader.standing.at(place)
            stored = document.get(key, lock=lock)
            mended = not lock and key in document.problems
            if mended or not _same(place, key, stored, value, vault):
                yield Change(place, key, value, stored, lock)


def _same(place: Place, key: tuple[str, str], stored: object, value: object, vault: Vault) -> bool:
    if isinstance(stored, Sealed) and isinstance(value, Secret):
        with suppress(VaultError):  # one that nobody here can read is not the same
            return vault.open(place, key, stored) == value
        return False
    return stored == value


def _refusals(
    store: Store, vault: Vault, reader: Reader, changes: Iterable[Change]
) -> dict[Place, str]:
    """Return why places cannot be written."""
    told: dict[Place, str] = {}
    asked = dict.fromkeys(change.place for change in changes)
    for place in islice(asked, _ASKED):
        reason = str(reader.standing.unread.get(place, "")) or store.refusal(place)
        told |= {place: reason} if reason else {}
    return told | unsealable(vault, reader, changes)


def unsealable(vault: Vault, reader: Reader, changes: Iterable[Change]) -> dict[Place, str]:
    """Return the users who get a secret and have published no key to encrypt it to."""
    return {
        change.place: f"{change.place.id} has published no key to encrypt a password to"
        for change in changes
        if isinstance(change.value, Secret)
        and not vault.owns(change.place)
        and not reader.standing.at(change.place).public_key
    }
