"""Responses of an IMAP server, as values; pure (RFC 3501 §7, RFC 9051 §7)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailwidgets.protocols import mailbox
from mailwidgets.protocols.octets import MalformedReply, shown

_STATUSES = frozenset({"OK", "NO", "BAD", "BYE", "PREAUTH"})
_TAGGED = frozenset({"OK", "NO", "BAD"})  # RFC 3501 §9: response-tagged
_RESPONSE = re.compile(
    rb"(\*|[!#$&',-Z^-z|}~\[\]]+) "  # a tag is letters, digits and most signs, but no '+'
    rb"(?:([0-9]{1,20}) )?([A-Za-z][A-Za-z0-9._-]*)(?: +(.*))?",
    re.DOTALL,
)
# Possessive: a code that never ends must not be tried again from each of its letters.
_CODE = re.compile(r"\[([!-\\^-~]++)(?: +([^\]]*+))?+\] *")
_FOR_PEOPLE = re.compile(rb"\+|[^ ]+ (?:OK|NO|BAD|BYE|PREAUTH)(?: |\Z)", re.IGNORECASE)
_LITERAL = re.compile(rb"\{([0-9]{1,20})\+?\}\Z")
_LIST = re.compile(
    rb'\* LIST +\(([^()]*)\) +(?:(NIL)|"((?:[^"\\\r\n]|\\.)?)") +(.*)', re.DOTALL | re.IGNORECASE
)
_LITERAL_NAME = re.compile(rb"~?\{([0-9]{1,20})\+?\}\r?\n")
_QUOTED_NAME = re.compile(rb'"((?:[^"\\\r\n]|\\.)*)"')
_ATOM_NAME = re.compile(rb'[^\s(){"]+')


@dataclass(frozen=True, slots=True)
class ImapResponse:
    """One whole response of an IMAP server.

    Attributes:
        tag: ``*`` for an untagged response, ``+`` for a continuation, else the command's tag.
        kind: upper case, as ``OK``, ``BYE``, ``EXISTS``; ``""`` for a continuation.
        number: the number in ``* 3 EXISTS``, else None.
        code: the upper-case response code of a status, as ``AUTHENTICATIONFAILED``, else ``""``.
        code_text: the code's arguments.
        text: what is left, not escaped: the human's part of a status, the data of all others.
    """

    tag: str
    kind: str
    number: int | None
    code: str
    code_text: str
    text: str


def imap_response(data: bytes) -> ImapResponse:
    r"""Return one whole response, its literals included where they stand.

    >>> imap_response(b"A1 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n")
    ImapResponse(tag='A1', kind='NO', number=None, code='AUTHENTICATIONFAILED', code_text='',
                 text='Authentication failed.')
    >>> imap_response(b"* 3 EXISTS")
    ImapResponse(tag='*', kind='EXISTS', number=3, code='', code_text='', text='')
    >>> imap_response(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready").code_text
    'IMAP4rev1 AUTH=PLAIN'
    >>> imap_response(b"+ VXNlcm5hbWU6").text
    'VXNlcm5hbWU6'

    Raises:
        MalformedReply: no response of this shape exists (RFC 3501 §9).
    """
    line = _one_response(data)
    if line[:1] == b"+":
        rest = line[1:].removeprefix(b" ")
        return ImapResponse("+", "", None, "", "", rest.decode("utf-8", "backslashreplace"))
    found = _RESPONSE.fullmatch(line)
    if found is None:
        raise _malformed("an IMAP response such as '* OK ready'", data)
    tag = found[1].decode("ascii")
    kind = found[3].decode("ascii").upper()
    number = None if found[2] is None else int(found[2])
    if (kind in _STATUSES and number is not None) or (tag != "*" and kind not in _TAGGED):
        raise _malformed("OK, NO or BAD behind an IMAP tag", data)
    text = (found[4] or b"").decode("utf-8", "backslashreplace")
    coded = _CODE.match(text) if kind in _STATUSES else None
    if coded is None:
        return ImapResponse(tag, kind, number, "", "", text)
    return ImapResponse(
        tag, kind, number, coded[1].upper(), (coded[2] or "").rstrip(" "), text[coded.end() :]
    )


def imap_literal(line: bytes) -> int | None:
    r"""Return how many bytes of a literal follow this line, or None where none does.

    A status or a continuation ends in text for people: what looks like a literal there is none.

    >>> imap_literal(b'* LIST () "/" {5}\r\n'), imap_literal(b"* OK see {5}\r\n")
    (5, None)

    Args:
        line: a line, or the part of it behind an earlier literal.

    Returns:
        The size as the server claims it, up to twenty digits: the caller sets the bound.
    """
    line = _one_response(line)
    found = _LITERAL.search(line, max(0, len(line) - 30))
    return int(found[1]) if found and not _FOR_PEOPLE.match(line) else None


def imap_capabilities(response_text: str) -> frozenset[str]:
    """Return the capabilities that a response or a response code lists, in upper case.

    >>> sorted(imap_capabilities("IMAP4rev1 STARTTLS AUTH=PLAIN LoginDisabled"))
    ['AUTH=PLAIN', 'IMAP4REV1', 'LOGINDISABLED', 'STARTTLS']
    """
    return frozenset(response_text.upper().split())


@dataclass(frozen=True, slots=True)
class Listed:
    r"""One mailbox of the server's list.

    Attributes:
        name: the name as people write it; INBOX in upper case.
        delimiter: what parts the levels of a name, ``""`` where there are none.
        flags: as sent, as ``\HasNoChildren``; their case means nothing.
        wire: the name's bytes as the server sent them, unquoted.
    """

    name: str
    delimiter: str
    flags: frozenset[str]
    wire: bytes

    @property
    def selectable(self) -> bool:
        r"""Return whether it can be opened: neither ``\Noselect`` nor ``\NonExistent``."""
        return {flag.lower() for flag in self.flags}.isdisjoint({"\\noselect", "\\nonexistent"})


def imap_list(data: bytes) -> Listed:
    r"""Return the mailbox of one LIST response (RFC 3501 §7.2.2, RFC 5258).

    >>> imap_list(rb'* LIST (\HasNoChildren \Sent) "/" "Gesendete Objekte"')
    Listed(name='Gesendete Objekte', delimiter='/', flags=frozenset({...}),
           wire=b'Gesendete Objekte')
    >>> imap_list(b'* LIST () "." {12}\r\nEntw&APw-rfe').name
    'Entwürfe'

    Raises:
        MalformedReply: it is no such response, or its literal is shorter than it claims.
    """
    found = _LIST.fullmatch(data)
    if found is None:
        raise _malformed("""'* LIST (flags) "/" name' from IMAP""", data)
    flags, nil, delimiter, rest = found.groups()
    wire, extended = _name(rest, data)
    if extended.strip() and not extended.startswith(b" ("):  # RFC 5258 §6: mbox-list-extended
        raise _malformed("one mailbox name at the end of LIST", data)
    name = mailbox.decode(wire)
    return Listed(
        name="INBOX" if mailbox.is_inbox(name) else name,
        delimiter="" if nil else _unescaped(delimiter).decode("utf-8", "backslashreplace"),
        flags=frozenset(flags.decode("utf-8", "backslashreplace").split()),
        wire=wire,
    )


def _name(rest: bytes, data: bytes) -> tuple[bytes, bytes]:
    """Return the mailbox name that ``rest`` begins with, unquoted, and what is behind it."""
    literal = _LITERAL_NAME.match(rest)
    if literal:
        end = literal.end() + int(literal[1])
        if end > len(rest):
            raise _malformed(f"a literal of {int(literal[1])} bytes in LIST", data)
        return rest[literal.end() : end], rest[end:]
    quoted = _QUOTED_NAME.match(rest)
    if quoted:
        return _unescaped(quoted[1]), rest[quoted.end() :]
    atom = _ATOM_NAME.match(rest)
    if atom is None:
        raise _malformed("a mailbox name in LIST", data)
    return atom.group(), rest[atom.end() :]


def _unescaped(data: bytes) -> bytes:
    """Return the inside of a quoted string without its backslashes (RFC 3501 §9: quoted)."""
    return re.sub(rb"\\(.)", rb"\1", data, flags=re.DOTALL)


def _one_response(data: bytes) -> bytes:
    """Return the response without its line end; a literal may end in one of its own."""
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _malformed(expected: str, data: bytes) -> MalformedReply:
    """Return the exception that says what was expected and what came."""
    return MalformedReply(f"expected {expected}, got: {shown(data, 80)}")
