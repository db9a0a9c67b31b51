"""Names of mailboxes: any Unicode for people, modified UTF-7 and quotes on the wire.

IMAP keeps a mailbox name in a UTF-7 of its own (RFC 3501 §5.1.3, RFC 9051 appendix A.1) unless
both sides have agreed on UTF-8 (RFC 6855).

>>> encode("Entwürfe & Ideen")
b'Entw&APw-rfe &- Ideen'
>>> decode(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-")
'~peter/mail/台北/日本語'
"""

from __future__ import annotations

import base64
import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

_SHIFTED = re.compile(r"&|[^\x20-\x7e]+")
_BASE64 = re.compile(rb"&([A-Za-z0-9+,]*)-")
_DELIMITERS = re.compile(r"[./\\]")
_NOT_QUOTABLE = re.compile(rb"[\r\n\x00]")

# Length and number of the names come from a server, and comparing takes their product.
_LONGEST_COMPARED = 255
_MOST_COMPARED = 2_000_000  # pairs of characters: some 0.2 s at the worst


def encode(name: str) -> bytes:
    """Return the name in modified UTF-7 (RFC 3501 §5.1.3).

    >>> encode("Gesendete Objekte"), encode("Drafts & Ideas")
    (b'Gesendete Objekte', b'Drafts &- Ideas')

    Raises:
        ValueError: the name holds half a surrogate pair, which is no character.
    """
    return _SHIFTED.sub(_shift, name).encode("ascii")


def _shift(found: re.Match[str]) -> str:
    """Return an ampersand, or a run beyond printable ASCII, as it stands on the wire."""
    run = found.group()
    if run == "&":
        return "&-"
    packed = base64.b64encode(run.encode("utf-16-be"), b"+,")
    return f"&{packed.rstrip(b'=').decode('ascii')}-"


def decode(data: bytes) -> str:
    r"""Return the name that these bytes of modified UTF-7 stand for.

    Servers send other things too. What is no modified UTF-7 as a whole is read as UTF-8, and
    bytes that are not even that stand as ``\xNN``: a name to show, while the bytes themselves
    remain what the server wants to be asked for.

    >>> decode(b"R&D"), decode("Entwürfe".encode()), decode(b"Entw\xfcrfe")
    ('R&D', 'Entwürfe', 'Entw\\xfcrfe')
    """
    pieces: list[str] = []
    end = 0
    try:
        for found in _BASE64.finditer(data):
            pieces += (_plain(data[end : found.start()]), _unshift(found[1]))
            end = found.end()
        pieces.append(_plain(data[end:]))
    except ValueError:
        return data.decode("utf-8", "backslashreplace")
    return "".join(pieces)


def _plain(data: bytes) -> str:
    """Return the text outside of a shift; raise ValueError where it is none."""
    if b"&" in data:
        raise ValueError("an ampersand opens a shift that never ends")
    return data.decode("ascii")


def _unshift(packed: bytes) -> str:
    """Return the text of one shift; raise ValueError where it is none."""
    if not packed:
        return "&"
    raw = base64.b64decode(packed + b"=" * (-len(packed) % 4), b"+,", validate=True)
    return raw.decode("utf-16-be")


def quoted(data: bytes) -> bytes:
    r"""Return the bytes as an IMAP quoted string (RFC 3501 §4.3).

    >>> print(quoted(b'say "hi"').decode())
    "say \"hi\""

    Raises:
        ValueError: they hold CR, LF or NUL, which no quoted string can.
    """
    if _NOT_QUOTABLE.search(data):
        raise ValueError(
            "expected text for an IMAP quoted string, got CR, LF or NUL in it: send a literal"
        )
    return b'"' + data.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def wire_name(name: str, utf8: bool = False) -> bytes:  # noqa: FBT001, FBT002 - reads as a switch
    r"""Return the mailbox name as a command carries it, encoded and quoted.

    >>> wire_name("Gesendete Objekte"), wire_name("Entwürfe"), wire_name("inbox")
    (b'"Gesendete Objekte"', b'"Entw&APw-rfe"', b'"INBOX"')

    Args:
        name: the name as people write it; INBOX in any case is the one INBOX (§5.1).
        utf8: both sides enabled UTF8=ACCEPT (RFC 6855), so the name goes as UTF-8.

    Raises:
        ValueError: half a surrogate pair; with ``utf8`` also CR, LF or NUL.
    """
    if is_inbox(name):
        name = "INBOX"
    return quoted(name.encode("utf-8") if utf8 else encode(name))


def is_inbox(name: str) -> bool:
    """Return whether this is INBOX, whose five ASCII letters have no case (RFC 3501 §5.1).

    >>> is_inbox("Inbox"), is_inbox("INBOX/Sent")
    (True, False)
    """
    return name.isascii() and name.upper() == "INBOX"


def nearest(name: str, listed: Iterable[str]) -> str | None:
    """Return the existing mailbox that was most likely meant, or None where none is near.

    First the same letters in another case or Unicode form, then the same name under another
    delimiter or prefix, then the most similar spelling.

    >>> nearest("sent", ["INBOX", "Sent"]), nearest("Sent", ["INBOX", "INBOX.Sent"])
    ('Sent', 'INBOX.Sent')
    >>> nearest("Outbocks", ["INBOX", "Outbox", "Trash"]), nearest("Outbox", ["INBOX"])
    ('Outbox', None)

    Args:
        name: the name that was not found.
        listed: the decoded names of the mailboxes there are.
    """
    names = [other for other in listed if len(other) <= _LONGEST_COMPARED]
    if not name or len(name) > _LONGEST_COMPARED:
        return None
    wanted = _folded(name)
    path = _path(wanted)
    same = [other for other in names if _folded(other) == wanted]
    moved = [other for other in names if _path(_folded(other)) == path]
    below = [other for other in names if _path(_folded(other))[-len(path) :] == path]
    for candidates in (same, moved, below):
        if candidates:
            return min(candidates, key=len)
    return _most_similar(path, names)


def _most_similar(path: Sequence[str], names: Iterable[str]) -> str | None:
    """Return the name whose path, or whose last part, is spelled most like this one."""
    wanted = "/".join(path)
    spelled: dict[str, str] = {}
    left = _MOST_COMPARED
    for other in names:
        left -= 2 * len(wanted) * len(other)
        if left < 0:
            break
        parts = _path(_folded(other))
        spelled.setdefault("/".join(parts), other)
        spelled.setdefault(parts[-1], other)
    close = difflib.get_close_matches(wanted, spelled, n=1)
    return spelled[close[0]] if close else None


def _folded(name: str) -> str:
    """Return the name as it compares: one Unicode form, no case."""
    return unicodedata.normalize("NFC", name).casefold()


def _path(folded: str) -> tuple[str, ...]:
    """Return the parts of a folded name without the personal prefix ``INBOX``."""
    parts = tuple(part for part in _DELIMITERS.split(folded) if part) or (folded,)
    return parts[1:] if len(parts) > 1 and parts[0] == "inbox" else parts
