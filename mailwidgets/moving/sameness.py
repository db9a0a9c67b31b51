"""What two stores hold of a place, compared: where they differ, never by which values.

A value that is named could be a secret in a place where this version does not expect one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import zip_longest
from typing import Any

from mailwidgets.errors import DamagedDocument
from mailwidgets.settings.resolve import Resolution
from mailwidgets.store.commits import Commit, Edit, Moved

_PARTS = {"settings": "", "locks": "lock of "}
_MISSING = object()  # unlike null


def differences(one: Moved, other: Moved) -> Iterator[str]:
    """Yield, in words, what two stores have differently of a place; nothing where all is equal.

    Whatever the document holds counts, so does all of its history; the order of keys does not,
    and 1 is 1.0, for JSON knows one kind of number.
    """
    for path in _unlike(one.content, other.content):
        yield f"{one.place}: {_name(path)}"
    for mine, theirs in zip_longest(one.commits, other.commits):
        if mine is None or theirs is None:
            yield (f"{one.place}: history, of {len(one.commits)} and {len(other.commits)} commits")
            return
        unlike = _unlike_commits(mine, theirs)
        if unlike:
            yield f"{one.place}: history, {', '.join(unlike)} of commit {mine.id}"


def effective_differences(one: Resolution, other: Resolution) -> Iterator[str]:
    """Yield the settings that are not in force alike, or not for the same reason."""
    for key, value in one.items():
        mine, theirs = (
            (it.effective, it.origin, it.source, it.locked) for it in (value, other[key])
        )
        if mine != theirs or type(mine[0]) is not type(theirs[0]):
            yield f"effective {value.setting.name}"


def fingerprint(moved: Moved) -> bytes:
    """Return a digest that tells whether a place in a store is as it was a while ago.

    Raises:
        DamagedDocument: if the document is nested too deeply.
    """
    told = hashlib.sha256(repr(moved.commits).encode("utf-8", "surrogatepass"))
    try:
        told.update(json.dumps(moved.content, sort_keys=True).encode())
    except RecursionError as error:
        raise DamagedDocument(f"the document of {moved.place} is nested too deeply") from error
    return told.digest()


def _unlike(one: Any, other: Any) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - JSON of any type
    """Yield the paths of what differs in two JSON values, however deep."""
    waiting: list[tuple[tuple[str, ...], Any, Any]] = [((), one, other)]
    while waiting:
        path, mine, theirs = waiting.pop()
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            waiting += [
                ((*path, key), mine.get(key, _MISSING), theirs.get(key, _MISSING))
                for key in sorted(mine.keys() | theirs.keys(), reverse=True)
            ]
        elif isinstance(mine, list) and isinstance(theirs, list):
            pairs = enumerate(zip_longest(mine, theirs, fillvalue=_MISSING))
            waiting += [((*path, str(number)), *pair) for number, pair in pairs][::-1]
        elif mine != theirs or isinstance(mine, bool) != isinstance(theirs, bool):
            yield path


def _unlike_commits(one: Commit, other: Commit) -> list[str]:
    """Return what two commits tell differently."""
    names = [
        field.name
        for field in fields(Commit)
        if field.compare
        and field.name != "edits"
        and getattr(one, field.name) != getattr(other, field.name)
    ]
    return [*names, *_unlike_edits(one.edits, other.edits)]


def _unlike_edits(one: Sequence[Edit], other: Sequence[Edit]) -> Iterator[str]:
    for mine, theirs in zip_longest(one, other):
        if mine is None or theirs is None:
            yield (mine or theirs).name
        elif mine.slot != theirs.slot or any(
            _unlike([mine.before, mine.after], [theirs.before, theirs.after])
        ):
            yield mine.name


def _name(path: tuple[str, ...]) -> str:
    """Return a place in a document as a person writes it: ``pop3.port``, ``lock of pop3.port``."""
    first, *rest = path or ("all",)
    if first in _PARTS and rest:
        return _PARTS[first] + ".".join(rest[:2])
    return ".".join((first, *rest))
