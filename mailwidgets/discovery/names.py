"""The names discovery works with: an address's parts, host names out of hostile sources."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailwidgets.connection.address import a_label
from mailwidgets.connection.endpoint import is_ip, one_line
from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown
from mailwidgets.reports.fault import Fault

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_LONGEST_NAME = 253  # RFC 1035 §2.3.4
_LONGEST_ADDRESS = 254  # octets, RFC 5321 §4.5.3.1.3


@dataclass(frozen=True, slots=True)
class MailAddress:
    """An address, taken apart.

    Attributes:
        whole: as typed, trimmed.
        local: the part before the ``@``.
        domain: the part behind it, lower case, as A-labels.
    """

    whole: str
    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> MailAddress:
        """Take an address apart (RFC 5321 §4.1.2, RFC 6531 §3.3).

        Raises:
            InvalidValue: it is none, or names no domain that DNS could know.
        """
        whole = text.strip()
        one_line(address=whole)
        local, at, name = whole.rpartition("@")
        if not (local and at and name) or shown(whole, len(whole.encode()) + 1) != whole:
            raise InvalidValue(
                _("An e-mail address is needed, such as ana@example.com, not {address}.").format(
                    address=repr(shown(text, 80))
                )
            )
        if len(whole.encode()) > _LONGEST_ADDRESS or any(char.isspace() for char in name):
            raise InvalidValue(
                _(
                    "An e-mail address has {most} bytes at most and no blank behind its @: "
                    "{address} cannot be one."
                ).format(most=_LONGEST_ADDRESS, address=repr(shown(whole, 80)))
            )
        domain = host_name(name)
        if not domain or is_ip(domain):
            raise InvalidValue(
                _(
                    "The address must end in a domain name, such as example.com; {name} is none."
                ).format(name=repr(shown(name, 80)))
            )
        return cls(whole, local, domain)

    def holds(self, host: str) -> bool:
        """Return whether a host lies within the address's domain."""
        return host == self.domain or host.endswith(f".{self.domain}")


def host_name(text: str) -> str:
    """Return a host as DNS has it: lower case, A-labels, no final dot; ``""``: it can be none.

    >>> host_name("Mail.Bücher.example."), host_name("192.0.2.1"), host_name("a b")
    ('mail.xn--bcher-kva.example', '192.0.2.1', '')
    """
    try:
        name = a_label(text).rstrip(".").lower()
    except Fault:
        return ""
    if is_ip(name):
        return name
    labels = name.split(".")
    fits = len(name) <= _LONGEST_NAME and all(_LABEL.match(label) for label in labels)
    return name if fits and not labels[-1].isdigit() else ""
