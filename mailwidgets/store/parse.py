"""JSON as strictly as a store needs it: what is wrong is told with its line and column.

Beyond what ``json`` refuses, so does this: duplicate keys (one would be lost on writing),
NaN and Infinity (no JSON), numbers too large to be written again, over 16 MiB.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from mailwidgets.errors import DamagedDocument
from mailwidgets.languages.texts import _

LARGEST: Final = 16 * 2**20  # bytes of a document

_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]++|\\.)*+")(?P<colon>\s*:)?'
    r'|(?P<open>[{\[])|(?P<close>[}\]])|(?P<scalar>[^\s"{}\[\],:]+)'
)


class _Unfit(ValueError):
    """What ``json`` would take and we don't; the message says why."""

    def __init__(self, message: str, token: str = "") -> None:
        super().__init__(message)
        self.token = token


@dataclass(frozen=True, slots=True)
class Source:
    """A document's text and where it is from, to say where something is wrong.

    Attributes:
        file: as a person finds it.
        text: its whole text.
    """

    file: str
    text: str

    def damaged(self, what: str, offset: int = 0) -> DamagedDocument:
        """Return the error for something wrong at an offset in the text."""
        line = self.text.count("\n", 0, offset) + 1
        column = offset - self.text.rfind("\n", 0, offset)
        told = _(
            "{file}, line {line}, column {column}: {what}. "
            "The file stays as it is: mend it, or put back an older copy."
        )
        return DamagedDocument(told.format(file=self.file, line=line, column=column, what=what))

    def damaged_at(self, path: tuple[str, ...], what: str) -> DamagedDocument:
        """Return the error for something wrong with the value of a key."""
        offset = next((at for keys, at in _keys(self.text) if keys == path), 0)
        return self.damaged(what, offset)


def parse(data: bytes, file: str, *, largest: int = LARGEST) -> tuple[dict[str, Any], Source]:
    """Return a JSON object and its text.

    Args:
        data: the file's bytes; a byte order mark is let through.
        file: its name, for messages.
        largest: how many bytes there may be.

    Raises:
        DamagedDocument: if it is anything else; names file, line and column.
    """
    if len(data) > largest:
        raise Source(file, "").damaged(
            _("over {most} MiB, more than settings need").format(most=largest // 2**20)
        )
    try:
        source = Source(file, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        raise Source(file, before).damaged(_("not UTF-8"), len(before)) from error
    try:
        found = json.loads(
            source.text,
            object_pairs_hook=_object,
            parse_float=_float,
            parse_int=_int,
            parse_constant=_constant,
        )
    except json.JSONDecodeError as error:
        why = error.msg if source.text.strip() else _("there is nothing in it")
        raise source.damaged(_("not JSON: {reason}").format(reason=why), error.pos) from error
    except _Unfit as error:
        raise source.damaged(str(error), _offset_of(source.text, error)) from error
    except RecursionError as error:
        raise source.damaged(_("nested too deeply"), _deepest(source.text)) from error
    if not isinstance(found, dict):
        raise source.damaged(
            _("expected {{…}}, an object, but found {found}").format(found=named(found))
        )
    return found, source


def named(value: object) -> str:
    """Return what JSON calls a value's type, with its article."""
    names = {
        dict: _("an object"),
        list: _("a list"),
        str: _("a text"),
        bool: _("a yes or no"),
    }
    return "null" if value is None else names.get(type(value), _("a number"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unfit(_("a key stands here for the second time"))
    return found


def _float(token: str) -> float:
    number = float(token)
    if math.isinf(number):
        raise _Unfit(_("a number too large to keep"), token)
    return number


def _int(token: str) -> int:
    try:
        return int(token)
    except ValueError as error:  # Python refuses thousands of digits
        raise _Unfit(_("a number too large to keep"), token) from error


def _constant(token: str) -> NoReturn:
    raise _Unfit(_("{token} is not JSON").format(token=token), token)


def _offset_of(text: str, error: _Unfit) -> int:
    """Return where the refused number or the second of two equal keys stands."""
    if error.token:
        tokens = _TOKEN.finditer(text)
        return next((one.start() for one in tokens if one["scalar"] == error.token), 0)
    seen: set[tuple[str, ...]] = set()
    for path, offset in _keys(text):
        if path in seen:
            return offset
        seen.add(path)
    return 0


def _keys(text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Yield the path and offset of every key of JSON text, in order."""
    path: list[str] = []
    key = ""
    for token in _TOKEN.finditer(text):
        if token["colon"]:
            key = json.loads(token["text"])
            yield (*path[1:], key), token.start()
        elif token["open"]:
            # A list's elements have no key: the offset tells one from the next.
            path.append(key or f"\0{token.start()}")
            key = ""
        elif token["close"] and path:
            path.pop()
            key = ""


def _deepest(text: str) -> int:
    depth = deepest = offset = 0
    for token in _TOKEN.finditer(text):
        depth += bool(token["open"]) - bool(token["close"])
        if depth > deepest:
            deepest, offset = depth, token.start()
    return offset
