"""Plain connection values that a check takes: where to connect, how, and as whom."""

from __future__ import annotations

import enum
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown
from mailwidgets.reports.report import Step

OnStep = Callable[[Step], None]
"""Told of each step as it starts (``State.RUNNING``), as it ends, and where it is skipped."""

IMPLICIT_PORTS = frozenset((465, 993, 995))
"""Ports on which TLS comes first (RFC 8314 §3)."""
STARTTLS_PORTS = frozenset((25, 110, 143, 587))
"""Ports on which TLS comes by STARTTLS or STLS."""
_HIGHEST_PORT = 65535
_DNS_PORT = 53
_BREAKERS = ("\r", "\n", "\0")


class TlsMode(enum.StrEnum):
    """What to do about TLS."""

    NONE = "none"
    """No TLS."""
    REQUIRE = "require"
    """TLS or nothing: implicit on 465, 993, 995; STARTTLS on 25, 110, 143, 587; else who speaks."""
    AUTO = "auto"
    """As REQUIRE where the server offers it, in the clear where it does not."""
    IMPLICIT = "implicit"
    """TLS from the first byte, on any port."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server to connect to.

    Attributes:
        host: DNS name (IDN as typed), IPv4 or IPv6 address.
        port: 1 to 65535.
        tls: what to do about TLS.
        timeout: seconds of silence to wait through at any step; the check has four of them.
        force_tls12: offer TLS 1.2 and nothing else.
        ca_pem: PEM certificates trusted beside the system's.
        pins: SHA-256 fingerprints, hexadecimal with or without colons, one of which this
            server's certificate must have; where there is one, no chain is verified.
        allowed_hosts: names and addresses a check may connect to, ``*.example.com`` for all
            names below it; empty means anywhere.
        dns: name server to look the host up at, as ``127.0.0.1:5353``; for names that it refuses,
            and where it is empty, the system looks them up.

    Raises:
        InvalidValue: a value no connection can be made with.
    """

    host: str
    port: int
    tls: TlsMode
    timeout: float
    force_tls12: bool = False
    ca_pem: str = field(default="", repr=False)
    pins: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    dns: str = ""

    def __post_init__(self) -> None:
        one_line(host=self.host)
        if not 1 <= self.port <= _HIGHEST_PORT:
            raise InvalidValue(f"A port is a number from 1 to {_HIGHEST_PORT}, not {self.port}.")
        if not self.timeout > 0:
            raise InvalidValue(f"A timeout is a number of seconds above 0, not {self.timeout}.")
        if self.dns:
            place_of(self.dns)


@dataclass(frozen=True, slots=True)
class Login:
    """Who logs in, and how.

    Attributes:
        user: user name; without one there is no authentication.
        password: password or, with ``token``, OAuth access token; never in a repr.
        sasl: use the strongest SASL mechanism both sides have.
        token: the password is an access token: OAUTHBEARER or XOAUTH2, whatever ``sasl`` says.
        borrowed: whose account this is, as ``POP3``, where a section uses another one's.

    Raises:
        InvalidValue: a user name or password that would break a protocol line.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    sasl: bool = False
    token: bool = False
    borrowed: str = ""

    def __post_init__(self) -> None:
        one_line(user=self.user, password=self.password)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a pickle is a file in the clear.

        Raises:
            TypeError: always.
        """
        raise TypeError("a Login is not pickled: its password would be written in the clear")


def one_line(**values: str) -> None:
    """Refuse a value that no protocol line can hold, without showing the value.

    Raises:
        InvalidValue: a value contains CR, LF, NUL, or half a surrogate pair.
    """
    for name, value in values.items():
        if any(breaker in value for breaker in _BREAKERS):
            raise InvalidValue(f"{name} must be one line of text: it contains CR, LF or NUL.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidValue(f"{name} must be text: it contains half a surrogate pair.")


def place_of(name_server: str) -> tuple[str, int]:
    """Return the IP address and the port of a name server, without dnspython.

    >>> place_of("[::1]:5353"), place_of("192.0.2.1")
    (('::1', 5353), ('192.0.2.1', 53))

    Args:
        name_server: IP address, with a port if it is not 53: ``192.0.2.1``, ``127.0.0.1:5353``,
            ``[::1]:5353``.

    Raises:
        InvalidValue: it is none of these.
    """
    host, colon, port = name_server.strip().rpartition(":")
    if is_ip(name_server.strip("[] ")) or not colon:
        host, port = name_server, str(_DNS_PORT)
    host, chosen = host.strip("[] "), port_number(port)
    if not is_ip(host) or not chosen:
        raise InvalidValue(
            _(
                "A name server is an IP address with or without a port, such as "
                "127.0.0.1:5353, not {server}."
            ).format(server=repr(shown(name_server, 80)))
        )
    return host, chosen


def is_ip(name: str) -> bool:
    """Return whether a host is an IPv4 or IPv6 address, without a zone, which may hold anything."""
    if "%" in name:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def port_number(text: str) -> int:
    """Return the port, 0 where the text is none."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else 0  # noqa: PLR2004 - 65535
    return port if port <= _HIGHEST_PORT else 0
