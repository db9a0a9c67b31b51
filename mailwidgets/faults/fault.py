"""What a row of the table of faults is made of; frozen values, no I/O."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mailwidgets.practice.shown import ZONE, Certificate, Versions

PROTOCOLS: Final = ("pop3", "smtp", "imap")
YES_OR_NO: Final = ("pop3", "imap")
"""The sections whose TLS setting is Yes or No."""
GREETING: Final = "greeting"
"""What stands in a rule for the command that no client sends: the server speaks first."""


class Do(enum.StrEnum):
    """What a rule does with what it fits."""

    ANSWER = "answer"
    """Answer in the server's place; the command, or the reply, goes no further."""
    REPLACE = "replace"
    """Change every line of the reply that fits; a line that becomes empty is left out."""
    SEND = "send"
    """Send another command on to the server."""
    DELAY = "delay"
    """Wait ``seconds``, then go on."""
    CUT = "cut"
    """Close the connection."""
    HOLD = "hold"
    """Say nothing any more, and keep the connection."""
    FLOOD = "flood"
    """Send a line without end."""


class Names(enum.StrEnum):
    """What the name server says of a server's own name, such as ``smtp.practice.example``."""

    GOOD = "good"
    UNKNOWN = "unknown"
    """There is no such name."""
    SILENT = "silent"
    """Nothing."""
    BROKEN_IPV6 = "broken IPv6"
    """Its IPv4 address, and one of IPv6 to which no connection can be made."""
    ASTRAY = "astray"
    """An address where nothing listens."""


@dataclass(frozen=True, slots=True)
class Rule:
    r"""One thing that goes wrong in the dialogue.

    Attributes:
        to: pattern for the whole command that it answers to, in any case and without IMAP's tag;
            ``greeting`` for what the server says first.
        do: what is done then.
        text: what is said instead: of ``ANSWER`` the lines, of ``REPLACE`` and ``SEND`` the
            replacement, in which ``\1`` is the first group. ``{tag}`` is IMAP's tag.
        find: pattern of the lines that ``REPLACE`` changes.
        close: whether the connection is closed after an answer.
        seconds: how long ``DELAY`` waits.
        clear: whether it counts only while the connection is without TLS.
    """

    to: str
    do: Do
    text: str = ""
    find: str = ""
    close: bool = False
    seconds: float = 0.0
    clear: bool = False

    def fits(self, command: str, *, secured: bool) -> bool:
        """Return whether it is about this command.

        Args:
            command: as the client said it, or ``greeting``.
            secured: whether the connection has TLS by now.
        """
        return not (self.clear and secured) and self._found(command) is not None

    def sent(self, command: str) -> str:
        """Return what ``SEND`` makes of a command that fits."""
        found = self._found(command)
        return found.expand(self.text) if found else command

    def _found(self, command: str) -> re.Match[str] | None:
        return re.fullmatch(self.to, command, re.IGNORECASE | re.DOTALL)

    def rewritten(self, line: str) -> str:
        """Return a line of a reply with what ``find`` fits replaced."""
        return re.sub(self.find, self.text, line, flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ServerFault:
    """A row of the table: what goes wrong, and what a check will call it.

    >>> from mailwidgets.faults import FAULTS
    >>> FAULTS["cert_expired"].title, FAULTS["cert_expired"].code
    ('The certificate has expired', 'cert_expired')

    Attributes:
        name: by which it is chosen.
        title: the same in some words, in English; ``_`` looks it up.
        code: the diagnosis that a check comes to, ``ok`` where it passes.
        rules: what happens in the dialogue, by protocol; empty where names or TLS are at fault.
        names: what the name server says; it shows with the name that it is asked for.
        certificate: which certificate the servers show.
        versions: which versions of TLS they speak.
        turned: whether the ports are mixed up: that for TLS from the first byte begins in the
            clear, and that for STARTTLS with TLS.
        befalls: the protocols it can befall, where there are no rules.
        implicit: whether it shows at the port for TLS from the first byte.
        tls: the TLS mode it shows in; empty for the one that the port is for.
        settings: what else has to be set for it to show, by setting's key.
        mended_by: what a client can set to get round it; empty where only the server's
            administrator, or time, can mend it.
    """

    name: str
    title: str
    code: str
    rules: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    names: Names = Names.GOOD
    certificate: Certificate = Certificate.GOOD
    versions: Versions = Versions.MODERN
    turned: bool = False
    befalls: tuple[str, ...] = PROTOCOLS
    implicit: bool = False
    tls: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    mended_by: Mapping[str, object] = field(default_factory=dict)

    @property
    def protocols(self) -> tuple[str, ...]:
        """Return the protocols it can befall, in the panel's order.

        >>> from mailwidgets.faults import FAULTS
        >>> FAULTS["mailbox_locked"].protocols
        ('pop3',)
        """
        return tuple(one for one in PROTOCOLS if one in self.rules) or self.befalls

    def scene(self, section: str, ports: Mapping[str, int]) -> dict[str, object]:
        """Return the settings with which it shows, by dotted name.

        >>> from mailwidgets.faults import FAULTS
        >>> FAULTS["plain_on_tls_port"].scene("smtp", {"smtp": 25, "smtps": 465})
        {'smtp.port': 25, 'smtp.tls': 'none'}

        Args:
            section: ``pop3``, ``smtp``, ``imap``, or ``workflow`` by SMTP.
            ports: the practice servers', by name.
        """
        service = "smtp" if section == "workflow" else section
        port = ports[f"{service}s" if self.implicit else service]
        mode = self.tls or ("implicit" if self.implicit else "require")
        name = {} if self.names is Names.GOOD else {"name": f"{service}.{ZONE}"}
        return _of(section, {"port": port, "tls": mode, **name, **self.settings})

    def remedy(self, section: str) -> dict[str, object]:
        """Return what a client can set to get round it, by dotted name; empty where nothing.

        >>> from mailwidgets.faults import FAULTS
        >>> FAULTS["cram_md5_only"].remedy("imap"), FAULTS["cert_expired"].remedy("imap")
        ({'imap.sasl': True}, {})
        """
        return _of(section, self.mended_by)


def _of(section: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return a section's settings by dotted name, the TLS mode as that section has it."""
    return {
        f"{section}.{key}": value != "none" if key == "tls" and section in YES_OR_NO else value
        for key, value in values.items()
    }
