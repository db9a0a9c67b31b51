"""Mozilla's autoconfig format, config-v1.1.xml, read as the hostile input it may be.

A document type is refused before anything of it is read, so there are no entities and nothing
external; size, depth and number of elements are bounded. Format:
https://wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import protocol_of, shown

MAX_OCTETS = 262_144
"""Size of a document; real ones have some thousands."""
_MOST_ELEMENTS = 1000
_DEEPEST = 12
_LONGEST_TEXT = 1000  # characters
_MOST_SERVERS = 16
_ROOT = "clientConfig"
_SERVERS = ("incomingServer", "outgoingServer")
_WANTED = frozenset(("hostname", "port", "socketType", "username", "authentication"))


class Refused(Exception):
    """What came is no autoconfig document that may be used; the message is safe to show."""


@dataclass(slots=True)
class Server:
    """One server of a document, its texts as they stand there.

    Attributes:
        kind: ``imap``, ``pop3``, ``smtp`` or whatever the document says.
        texts: ``hostname``, ``port``, ``socketType``, ``username``, ``authentication`` → the
            texts of each such element, in order.
    """

    kind: str
    texts: dict[str, list[str]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """Return the first text of that name, trimmed; ``""`` where there is none."""
        return next((text.strip() for text in self.texts.get(name, ())), "")


def servers(document: bytes) -> list[Server]:
    """Return the servers that a document names, in its order.

    Raises:
        Refused: it is none, or not one that may be used.
    """
    if len(document) > MAX_OCTETS:
        raise Refused(_("it has more than {count} KiB").format(count=MAX_OCTETS // 1024))
    if protocol_of(document.lstrip()[:100]) == "http":
        raise Refused(_("it is an HTML page, no autoconfig document"))
    try:
        document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(_("it is no UTF-8 text (byte {byte})").format(byte=error.start)) from error
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)  # noqa: FBT003 - expat's own: this is all of it
    except expat.ExpatError as error:
        reason = expat.errors.messages.get(error.code, "not well-formed")
        raise Refused(
            _("it is no XML: line {line}: {reason}").format(line=error.lineno, reason=reason)
        ) from error
    return reader.found


class _Reader:
    """What expat calls; keeps the servers' texts and nothing else."""

    def __init__(self) -> None:
        self.found: list[Server] = []
        self._path: list[str] = []
        self._elements = 0
        self._text: list[str] | None = None
        # The encoding is ours to say: one that the document declares could be any codec.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _doctype(self, *_rest: object) -> None:
        raise Refused(_("it has a document type (DTD), which could define entities"))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._path.append(name)
        if self._elements > _MOST_ELEMENTS or len(self._path) > _DEEPEST:
            raise Refused(
                _("it has over {elements} elements, or over {levels} levels").format(
                    elements=_MOST_ELEMENTS, levels=_DEEPEST
                )
            )
        self._text = None
        match self._path:
            case [root] if root != _ROOT:
                raise Refused(
                    _("it begins with {found}, not with {wanted}").format(
                        found=shown(root, 40), wanted=_ROOT
                    )
                )
            case [_, "emailProvider", kind] if kind in _SERVERS:
                if len(self.found) >= _MOST_SERVERS:
                    raise Refused(
                        _("it names more than {count} servers").format(count=_MOST_SERVERS)
                    )
                self.found.append(Server(attributes.get("type", "").strip().lower()))
            case [_, "emailProvider", kind, wanted] if kind in _SERVERS and wanted in _WANTED:
                self._text = []

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        if self._text is not None:
            text = "".join(self._text)[:_LONGEST_TEXT]
            self.found[-1].texts.setdefault(name, []).append(text)
            self._text = None
