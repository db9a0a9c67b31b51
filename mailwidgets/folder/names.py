"""From a user's or workstation's id to a file's name, and back where that is possible.

A name stays readable and is safe on Linux, macOS and Windows whatever the id is::

    ana             users/ana.json
    Ana María       users/Ana%20Mar%C3%ADa.json
    ../../etc/x     users/%2E.%2F..%2Fetc%2Fx.json
    con.txt         users/%63on.txt.json

Two ids never share a name, save that a long one's is cut and ends in a digest, which someone could
take for an id. And a file system that ignores case may take one for the other: every document
holds its id, and a reader compares it.
"""

from __future__ import annotations

import hashlib
import re
import string
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from mailwidgets.errors import InvalidId
from mailwidgets.settings.levels import Level, Place

SUFFIX: Final = ".json"
COMPANY: Final = "company.json"
FOLDERS: Final = {Level.USER: "users", Level.WORKSTATION: "workstations"}

_LONGEST_NAME = 200  # bytes; most file systems allow 255
_SAFE = frozenset((string.ascii_letters + string.digits + "._@-").encode())
# Devices on Windows, whatever follows the first dot.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
_CUT = "~"  # never in an encoded id, so a cut name is no other id's whole name
_CUT_END = re.compile(rf"{_CUT}[0-9a-f]{{64}}{re.escape(SUFFIX)}\Z")


@lru_cache(maxsize=1024)  # a dashboard asks for the same three all the time
def document_name(place: Place) -> str:
    """Return a document's path within the store, with ``/`` between its parts.

    A place may go by a name that was cut, while its document does not tell its id.
    """
    if place.level is Level.COMPANY:
        return COMPANY
    name = place.id if is_cut(place.id) else file_name(place.id)
    return f"{FOLDERS[place.level]}/{name}"


def file_name(id_: str) -> str:
    """Return the name of an id's file: ASCII, at most 200 bytes, different for every id."""
    stem = "".join(chr(byte) if byte in _SAFE else f"%{byte:02X}" for byte in id_.encode())
    if stem.startswith(".") or stem.partition(".")[0].lower() in _DEVICES:
        stem = f"%{ord(stem[0]):02X}{stem[1:]}"
    if stem.endswith("."):
        stem = f"{stem[:-1]}%2E"
    room = _LONGEST_NAME - len(SUFFIX)
    if len(stem) > room:
        mark = _CUT + hashlib.sha256(id_.encode()).hexdigest()
        stem = stem[: room - len(mark)] + mark
    return stem + SUFFIX


def is_cut(name: str) -> bool:
    """Return whether a file's name was too long to hold its id: only the document tells it."""
    return len(name) == _LONGEST_NAME and bool(_CUT_END.search(name))


def place_of(level: Level, name: str) -> Place | None:
    """Return whose document a file is by its name; ``None`` if it is nobody's, or cut."""
    if not name.endswith(SUFFIX) or is_cut(name):
        return None
    try:
        place = Place(level, unquote(name.removesuffix(SUFFIX), errors="strict"))
    except (InvalidId, UnicodeDecodeError):
        return None
    return place if file_name(place.id) == name else None
