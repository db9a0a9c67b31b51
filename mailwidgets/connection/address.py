"""From a host name to IP addresses: A-labels, the hosts that are allowed, name resolution."""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import functools
import ipaddress
import itertools
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mailwidgets.connection import name_server
from mailwidgets.connection.endpoint import Endpoint
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.threads import together
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault

_MOST_ADDRESSES = 16
_MOST_NEAR = 8  # names looked up in place of one that does not exist
_MOST_OFFERED = 3
_NEAR_SECONDS = 1.0
_USUAL = ("smtp", "mail", "imap", "pop", "pop3", "mx", "mx1")
# Second-level labels under which countries let people register: ``example.co.uk``.
_SUFFIXES = frozenset(
    ("ac", "co", "com", "edu", "go", "gob", "gov", "gv", "mil", "ne", "net", "nom", "or", "org")
)
_NO_SUCH_NAME = frozenset(
    code
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if (code := getattr(socket, name, None)) is not None
)


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a server, as ``getaddrinfo`` gives it."""

    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]

    @property
    def ip(self) -> str:
        """Return the IP address as text."""
        return str(self.sockaddr[0])

    def on(self, port: int) -> Address:
        """Return the same address with another port."""
        first, _, *rest = self.sockaddr
        return Address(self.family, (first, port, *rest))  # type: ignore[arg-type]  # as it was

    @property
    def is_ipv6(self) -> bool:
        """Return whether it is an IPv6 address."""
        return self.family is socket.AddressFamily.AF_INET6


def a_label(host: str) -> str:
    """Return a host as it goes on the wire: trimmed, no brackets, IDN as A-labels (RFC 5891).

    Raises:
        Fault: ``name_missing`` or ``dns_not_found``, it can be no host name.
    """
    name = host.strip().removeprefix("[").removesuffix("]")
    if not name:
        raise Fault("name_missing", _("The server name is empty."))
    if name.isascii():
        return name
    import idna  # noqa: PLC0415 - its tables cost a check of a plain name 10 ms

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Fault(
            "dns_not_found",
            _("{host} can be no host name: {error}.").format(
                host=shown(host), error=shown(str(error))
            ),
        ) from error


def server_name(host: str) -> str:
    """Return the name a certificate must be for: no final dot, no IPv6 zone."""
    return a_label(host).rstrip(".").partition("%")[0]


def must_be_allowed(endpoint: Endpoint) -> None:
    """Refuse a host beyond ``allowed_hosts``, before anything is looked up.

    Raises:
        Fault: ``host_not_allowed``.
    """
    if not endpoint.allowed_hosts:
        return
    name = a_label(endpoint.host).rstrip(".").lower()
    for allowed in endpoint.allowed_hosts:
        pattern = allowed.strip().rstrip(".").lower()
        if pattern.startswith("*."):
            if name.endswith(f".{a_label(pattern[2:])}"):
                return
        elif pattern and _same_host(name, a_label(pattern)):
            return
    raise Fault(
        "host_not_allowed",
        _("{host} is not among the allowed hosts: {hosts}.").format(
            host=shown(endpoint.host), hosts=shown(", ".join(endpoint.allowed_hosts))
        ),
    )


def _same_host(one: str, other: str) -> bool:
    """Return whether two names are one, or two spellings of one IP address."""
    return one == other or (_ip(one) is not None and _ip(one) == _ip(other))


@functools.lru_cache(maxsize=256)
def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


async def resolve(endpoint: Endpoint, patience: Patience, *, suggest: bool = True) -> list[Address]:
    """Return the server's addresses, IPv6 and IPv4 taking turns (RFC 8305 §4).

    Args:
        endpoint: whose host to look up.
        patience: how long to wait.
        suggest: where there is no such host, spend up to a second on finding the one meant.

    Raises:
        Fault: ``host_not_allowed``, ``dns_not_found``, ``dns_timeout``, ``deadline``.
    """
    try:
        must_be_allowed(endpoint)
        return await _looked_up(a_label(endpoint.host), endpoint, patience)
    except Fault as fault:
        if fault.code == "dns_not_found" and suggest:
            _offer(fault, await _near(endpoint, min(_NEAR_SECONDS, patience.left)))
        raise


async def _looked_up(name: str, endpoint: Endpoint, patience: Patience) -> list[Address]:
    """Return a host's addresses; literal ones and localhost (RFC 6761 §6.3) are asked of nobody."""
    at_hand = _ip(name) is not None or name.lower() == "localhost"
    found = None
    if endpoint.dns and not at_hand:
        found = await name_server.addresses(endpoint.dns, name, patience)
    if found is None:
        return await _by_system(name, endpoint.port, patience, at_hand=at_hand)
    return _interleaved(_address(ip, endpoint.port) for ip in dict.fromkeys(found))


def _address(ip: str, port: int) -> Address:
    if ":" in ip:
        return Address(socket.AddressFamily.AF_INET6, (ip, port, 0, 0))
    return Address(socket.AddressFamily.AF_INET, (ip, port))


async def _by_system(name: str, port: int, patience: Patience, *, at_hand: bool) -> list[Address]:
    """Return a host's addresses as the system's resolver has them.

    Args:
        name: the host.
        port: the addresses'.
        patience: how long to wait.
        at_hand: whether the system asks nobody for them, so that no thread is needed.
    """
    lookup = functools.partial(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM)
    try:
        if at_hand:
            found = lookup(flags=socket.AI_NUMERICHOST if _ip(name) else 0)
        else:
            found = await patience.wait(together(("addresses", name, port), lookup))
    except socket.gaierror as error:
        missing = error.errno in _NO_SUCH_NAME
        code = "dns_not_found" if missing else "dns_timeout"
        raise Fault(
            code,
            _("Looking up {host}: {reason}.").format(
                host=shown(name), reason=shown(str(error.strerror))
            ),
        ) from error
    except TimeoutError as error:
        raise Fault(
            "dns_timeout",
            _("Looking up {host}: no answer within {seconds} s.").format(
                host=shown(name), seconds=patience.seconds
            ),
        ) from error
    except (UnicodeError, OSError) as error:  # an empty label, or one of over 63 letters
        raise Fault(
            "dns_not_found", _("{host} can be no host name.").format(host=shown(name))
        ) from error
    addresses = dict.fromkeys(
        Address(socket.AddressFamily(family), sockaddr) for family, *_kind, sockaddr in found
    )
    return _interleaved(addresses)


def near_names(host: str) -> list[str]:
    """Return names that may have been meant by one that does not exist, the likeliest first.

    The same name without stray blanks, dots and commas, then the usual names of mail servers in
    its own domain. Never a name in another domain: that is somebody else's, and a password may
    go there.

    >>> near_names("smpt.example.com")[:2], near_names("mail..example.com")[0]
    (['smtp.example.com', 'mail.example.com'], 'mail.example.com')

    Args:
        host: the name as typed.

    Returns:
        At most eight names; none for an address, or a name without a domain.
    """
    tidy = re.sub(r"[\s\u200b-\u200d\u2060\ufeff]", "", host).replace(",", ".")
    labels = [label for label in tidy.lower().split(".") if label]
    if not labels or labels[-1].isdigit() or re.search(r"[^\w.-]", tidy):
        return []
    country = len(labels[-1]) == len("uk") and labels[-2:-1] and labels[-2] in _SUFFIXES
    registered = 3 if country else 2  # labels of a domain that someone owns
    if len(labels) < registered:
        return []
    typed, domain = (labels[0], labels[1:]) if len(labels) > registered else ("", labels)
    usual = (*difflib.get_close_matches(typed, _USUAL), *_USUAL)
    names = [".".join(labels), *(".".join((label, *domain)) for label in usual)]
    own = host.strip().lower()
    return [name for name in dict.fromkeys(names) if name != own][:_MOST_NEAR]


async def _near(endpoint: Endpoint, seconds: float) -> list[str]:
    """Return which of the names that may have been meant exist, as far as told in time."""
    if seconds <= 0:
        return []
    patience = Patience(seconds)
    names = list(_allowed(endpoint, near_names(endpoint.host)))
    async with asyncio.TaskGroup() as looking:
        looks = [looking.create_task(_exists(name, endpoint, patience)) for name in names]
    found = (name for name, look in zip(names, looks, strict=True) if look.result())
    return list(itertools.islice(found, _MOST_OFFERED))


def _allowed(endpoint: Endpoint, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        with contextlib.suppress(Fault):
            must_be_allowed(replace(endpoint, host=name))
            yield name


async def _exists(name: str, endpoint: Endpoint, patience: Patience) -> bool:
    try:
        return bool(await _looked_up(a_label(name), endpoint, patience))
    except Fault:
        return False


def _offer(fault: Fault, names: list[str]) -> None:
    """Say in the fault which names exist, and offer the likeliest as the fix."""
    if not names:
        return
    first, *others = names
    told = _("Did you mean {name}?")
    if others:
        told = _("Did you mean {name}? There is also {others}.")
    fault.advice = told.format(name=first, others=_(" and ").join(others))
    fault.fix = (("name", first),)


def _interleaved(addresses: Iterable[Address]) -> list[Address]:
    """Return the first with the families taking turns; the resolver's first choice leads."""
    families: dict[socket.AddressFamily, list[Address]] = {}
    for address in addresses:
        families.setdefault(address.family, []).append(address)
    turns = itertools.zip_longest(*families.values())
    found = [address for turn in turns for address in turn if address is not None]
    return found[:_MOST_ADDRESSES]


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this machine's own loopback, IPv4 in IPv6 included."""
    ip = _ip(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return ip is not None and (mapped or ip).is_loopback
