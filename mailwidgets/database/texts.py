"""What a database cannot hold, found before it is sent, so that a person is told where it is.

JSON may hold NUL and half a surrogate pair, in what this version does not know or in a note;
PostgreSQL's jsonb and text hold neither. Names are part of indexes, whose rows have a largest size.
"""

from __future__ import annotations

import re
from typing import Any, Final

from mailwidgets.errors import StoreError
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.settings.levels import Place
from mailwidgets.store.commits import printable

# A row of an index has at most 2,704 bytes; others are an id of a commit, a level and a revision.
LONGEST_NAME: Final = 2500
_SUSPECT: Final = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)
_UNFIT: Final = re.compile(r"[\x00\ud800-\udfff]")


def fit_name(place: Place) -> None:
    """Check that a place's name can be kept.

    Raises:
        StoreError: if it is too long.
    """
    size = len(place.id.encode())
    if size > LONGEST_NAME:
        raise StoreError(
            _(
                "{place}: a name has at most {most} bytes in a database, this one has {count}. "
                "Nothing was stored: give a shorter one."
            ).format(place=place.words, most=number(LONGEST_NAME), count=number(size))
        )


def fit_json(text: str, content: object, what: str) -> str:
    """Return JSON text that can be kept.

    Args:
        text: the JSON, in which every NUL and half of a pair is an escape.
        content: what it says.
        what: for messages: ``the document of user ana``.

    Raises:
        StoreError: if something in it cannot; names the first such text.
    """
    if _SUSPECT.search(text) and (where := _unfit(content)) is not None:
        path, found = where
        name = "NUL" if found == "\x00" else f"half a surrogate pair (\\u{ord(found):04x})"
        raise StoreError(
            f"{what}: {printable('.'.join(path))} holds {name}, which a database cannot hold. "
            "Nothing was stored: take that character out first, where it comes from."
        )
    return text


def _unfit(content: object) -> tuple[tuple[str, ...], str] | None:
    """Return where a text cannot be kept, and its first such character."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), content)]
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, str):
            if found := _UNFIT.search(one):
                return path, found[0]
        elif isinstance(one, dict):
            for key, value in one.items():
                waiting += [((*path, key), value), ((*path, key), key)]
        elif isinstance(one, list | tuple):
            waiting += [((*path, str(number)), value) for number, value in enumerate(one)]
    return None
