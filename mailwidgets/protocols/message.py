"""A short plain-text message, from what a person writes to the octets that are sent; pure.

>>> import datetime as dt
>>> letter = Letter("büro@bücher.example", "ana@example.com", name="Büro", subject="Guten Tag")
>>> build(letter, date=dt.datetime(2026, 1, 31, tzinfo=dt.UTC), unique="1").smtputf8
True
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from dataclasses import dataclass
from email.charset import SHORTEST, Charset
from email.header import Header
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, quote

from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import N_, _

SUBJECT = "Test message"
TEXT = (
    "This message was sent to test the settings for workflow e-mail.\n"
    "That you can read it means that they work. There is no need to answer.\n"
)
_PARTS = {
    "sender": N_("sender"),
    "to": N_("recipient"),
    "name": N_("name"),
    "subject": N_("subject"),
    "text": N_("text"),
}
MIME_CHARSETS = (
    *("utf-8", "us-ascii", *(f"iso-8859-{part}" for part in (*range(1, 12), *range(13, 17)))),
    *(f"windows-{page}" for page in range(1250, 1259)),
    *("koi8-r", "koi8-u", "big5", "gb2312", "gbk", "gb18030", "euc-jp", "euc-kr"),
    *("iso-2022-jp", "iso-2022-kr", "shift_jis", "tis-620"),
)
"""The charsets that mail programs agree on, under the names that MIME has for them."""

_LONGEST_LINE = 76  # RFC 2045 §6.7 and §6.8, RFC 2047 §2
_LONGEST_WORD = 60  # of a header that goes without encoding
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SEVEN_BIT = re.compile(rb"[\t\n\x20-\x7e]*")
_SHIFTS = b"\x0e\x0f\x1b"  # of ISO 2022, made to go as they are (RFC 1468, RFC 1557)


class CharsetRefused(ValueError):
    """The charset is none of mail's, or has no place for the text; the message says which."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message is to say, from whom and to whom, as a person writes it.

    Attributes:
        sender: address in From; its local part and its domain in any script.
        to: address of the one recipient, likewise.
        name: display name of the sender, in any script; empty for none.
        subject: one line.
        text: the body; its line ends are LF, CRLF or CR.
        charset: in which name, subject and text are written.
    """

    sender: str
    to: str
    name: str = ""
    subject: str = SUBJECT
    text: str = TEXT
    charset: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent.

    Attributes:
        sender: address for MAIL FROM, its domain as A-labels.
        to: address for RCPT TO, likewise.
        data: headers and body: CRLF line ends, no line over 998 octets, no dots doubled. ASCII
            throughout, but for an address in the headers that needs SMTPUTF8.
        charset: of the text, as MIME names it.
        encoding: of the body: ``7bit``, ``quoted-printable`` or ``base64``.
    """

    sender: str
    to: str
    data: bytes
    charset: str
    encoding: str

    @property
    def smtputf8(self) -> bool:
        """Return whether an address has a local part beyond ASCII (RFC 6531, RFC 6532)."""
        return not (self.sender + self.to).isascii()


def build(letter: Letter, *, date: dt.datetime, unique: str) -> Message:
    """Return the message of a letter (RFC 5322, MIME).

    >>> letter = Letter("workflow@example.com", "ana@example.com", subject="Grüße")
    >>> sent = build(letter, date=dt.datetime(2026, 1, 31, tzinfo=dt.UTC), unique="1")
    >>> print(sent.data.decode().split("Date:")[0])
    From: workflow@example.com
    To: ana@example.com
    Subject: =?utf-8?b?R3LDvMOfZQ==?=
    >>> sent.charset, sent.encoding
    ('utf-8', '7bit')

    Args:
        letter: what it says.
        date: when it is written, with its time zone.
        unique: what stands before the @ of Message-ID, where nothing of this machine shows.

    Raises:
        CharsetRefused: no charset of mail's, or one that lacks a character of the letter.
        InvalidValue: an address, name or subject that no header line can hold.
    """
    for what in ("sender", "to", "name", "subject"):
        if _CONTROL.search(getattr(letter, what)):
            told = _("{what} must be one line of text without control characters.")
            raise InvalidValue(told.format(what=_(_PARTS[what])))
    charset = mime_name(letter.charset)
    for what in ("name", "subject", "text"):
        _must_hold(charset, what, getattr(letter, what))
    sender, to = wire_address(letter.sender), wire_address(letter.to)
    policy = _AsWritten(
        linesep="\r\n",
        max_line_length=_LONGEST_LINE,
        refold_source="none",
        utf8=not (sender + to).isascii(),
    )
    message = EmailMessage(policy)
    message["From"] = _mailbox(letter.name, sender, charset)
    message["To"] = to
    message["Subject"] = _unstructured("Subject", letter.subject, charset)
    message["Date"] = format_datetime(date)
    message["Message-ID"] = f"<{unique}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5: no robot is to answer it
    encoding = _set_body(message, letter.text, charset)
    return Message(sender, to, message.as_bytes(), charset, encoding)


def mime_name(charset: str) -> str:
    """Return the name that MIME has for a charset, of which Python may know others.

    >>> mime_name("latin2"), mime_name("CP1250"), mime_name("UTF8")
    ('iso-8859-2', 'windows-1250', 'utf-8')

    Raises:
        CharsetRefused: mail has no such charset.
    """
    try:
        known = codecs.lookup(charset)
    except LookupError:
        known = None
    for name in MIME_CHARSETS:
        if known is not None and codecs.lookup(name).name == known.name:
            return name
    told = _("“{charset}” is no charset that mail programs agree on.")
    raise CharsetRefused(told.format(charset=charset))


def wire_address(address: str) -> str:
    """Return an address for the wire: its domain as A-labels (RFC 6531 §3.2 takes both).

    >>> wire_address("ana@bücher.example")
    'ana@xn--bcher-kva.example'

    Raises:
        InvalidValue: it has no domain, or one that can be no host name.
    """
    local, at, domain = address.rpartition("@")
    if not (local and at and domain):
        told = _("An address is written name@domain, not “{address}”.")
        raise InvalidValue(told.format(address=address))
    if domain.isascii():
        return address
    import idna  # noqa: PLC0415 - its tables cost 10 ms that few addresses need

    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError as error:
        told = _("“{domain}” can be no host name: {error}.")
        raise InvalidValue(told.format(domain=domain, error=error)) from error


class _AsWritten(EmailPolicy):
    """Keep every header as it was written: encoded and folded here already.

    The headers of ``email``'s own policies know no charset but UTF-8, and lose blanks.
    """

    def header_store_parse(self, name: str, value: object) -> tuple[str, str]:
        return name, str(value)


def _must_hold(charset: str, what: str, text: str) -> None:
    """Refuse text that would not come back from its charset as it went in."""
    try:
        if text.encode(charset).decode(charset) == text:
            return
    except UnicodeError:
        pass
    for character in text:
        if _lost(charset, character):
            told = _("{charset} has no {character}, which is in this part: {what}.")
            raise CharsetRefused(
                told.format(charset=charset, character=_told(character), what=_(_PARTS[what]))
            )
    told = _("{charset} cannot hold this part: {what}.")
    raise CharsetRefused(told.format(charset=charset, what=_(_PARTS[what])))


def _lost(charset: str, character: str) -> bool:
    try:
        return character.encode(charset).decode(charset) != character
    except UnicodeError:
        return True


def _told(character: str) -> str:
    number = f"U+{ord(character):04X}"
    return f"{character} ({number})" if character.isprintable() else number


def _mailbox(name: str, address: str, charset: str) -> str:
    """Return a display name with its address (RFC 5322 §3.4)."""
    if not name:
        return address
    if _is_plain(name) and len(name) <= _LONGEST_WORD:
        phrase = name if _ATOMS.fullmatch(name) else f'"{quote(name)}"'
    else:
        phrase = _encoded("From", name, charset)
    last = phrase.rpartition("\r\n")[2]
    fits = len("From: ") + len(last) + len(f" <{address}>") <= _LONGEST_LINE
    return f"{phrase}{' ' if fits else chr(13) + chr(10) + ' '}<{address}>"


def _unstructured(header: str, text: str, charset: str) -> str:
    if not _is_plain(text):
        return _encoded(header, text, charset)
    return Header(text, "us-ascii", _LONGEST_LINE, header).encode(linesep="\r\n")


def _is_plain(text: str) -> bool:
    """Return whether text may stand in a header as it is, and be folded at any blank."""
    return (
        text.isascii()
        and "=?" not in text
        and "  " not in text
        and text == text.strip(" ")
        and all(len(word) <= _LONGEST_WORD for word in text.split(" "))
    )


def _encoded(header: str, text: str, charset: str) -> str:
    """Return encoded words (RFC 2047), B or Q by what is shorter, whole characters in each."""
    writer = Charset(charset)
    writer.header_encoding = SHORTEST
    # Python would write some charsets in another, or under a name of its own.
    writer.input_codec = writer.output_charset = writer.output_codec = charset
    return Header(text, writer, _LONGEST_LINE, header).encode(linesep="\r\n")


def _set_body(message: EmailMessage, text: str, charset: str) -> str:
    """Give the message its text in the shortest encoding that any server carries."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    octets = lines.encode(charset)
    shifts = _SHIFTS if charset.startswith("iso-2022") else b""
    clean = _SEVEN_BIT.fullmatch(octets.translate(None, shifts)) is not None
    short = all(len(line) <= _LONGEST_LINE for line in octets.split(b"\n"))
    encodings = ("7bit",) if clean and short else ("quoted-printable", "base64")
    sizes = {}
    for encoding in encodings:
        message.set_content(lines, charset=charset, cte=encoding)
        sizes[encoding] = len(message.get_payload())
    shortest = min(sizes, key=lambda encoding: sizes[encoding])
    if shortest != encodings[-1]:
        message.set_content(lines, charset=charset, cte=shortest)
    return shortest
