"""From a host name to IP addresses: A-labels, the hosts that are allowed, name resolution."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import itertools
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from mailwidgets.connection.endpoint import Endpoint
from mailwidgets.connection.patience import Patience
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault

_MOST_ADDRESSES = 16
_NO_SUCH_NAME = frozenset(
    code
    for name in ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
    if (code := getattr(socket, name, None)) is not None
)

T = TypeVar("T")


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
        raise Fault("name_missing", "The server name is empty.")
    if name.isascii():
        return name
    import idna  # noqa: PLC0415 - its tables cost a check of a plain name 10 ms

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Fault(
            "dns_not_found", f"{shown(host)} can be no host name: {shown(str(error))}."
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
        f"{shown(endpoint.host)} is not among the allowed hosts:"
        f" {shown(', '.join(endpoint.allowed_hosts))}.",
    )


def _same_host(one: str, other: str) -> bool:
    """Return whether two names are one, or two spellings of one IP address."""
    return one == other or (_ip(one) is not None and _ip(one) == _ip(other))


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


async def in_thread(work: Callable[[], T]) -> T:
    """Return what ``work`` gives, run in a daemon thread of its own.

    The loop's default executor would keep its threads, wait for them at the end, and could not
    let go of a resolver that hangs.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def deliver(value: T | None, error: OSError | UnicodeError | None) -> None:
        if result.done():
            return  # nobody waits any more
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)  # type: ignore[arg-type]  # no error: it is a T

    def run() -> None:
        value, error = None, None
        try:
            value = work()
        except (OSError, UnicodeError) as failed:
            error = failed
        with contextlib.suppress(RuntimeError):  # the loop has ended since
            loop.call_soon_threadsafe(deliver, value, error)

    thread = threading.Thread(target=run, name="mailwidgets-resolver", daemon=True)
    thread.start()
    try:
        return await result
    finally:
        if result.done() and not result.cancelled():
            thread.join()  # it has nothing left to do: a moment, and no thread stays behind


async def resolve(endpoint: Endpoint, patience: Patience) -> list[Address]:
    """Return the server's addresses, IPv6 and IPv4 taking turns (RFC 8305 §4).

    Raises:
        Fault: ``host_not_allowed``, ``dns_not_found``, ``dns_timeout``, ``deadline``.
    """
    must_be_allowed(endpoint)
    name = a_label(endpoint.host)
    kind, numeric = socket.SOCK_STREAM, socket.AI_NUMERICHOST
    try:
        if _ip(name):  # asks nobody, so it needs no thread
            found = socket.getaddrinfo(name, endpoint.port, type=kind, flags=numeric)
        else:
            lookup = functools.partial(socket.getaddrinfo, name, endpoint.port, type=kind)
            found = await patience.wait(in_thread(lookup))
    except socket.gaierror as error:
        missing = error.errno in _NO_SUCH_NAME
        code = "dns_not_found" if missing else "dns_timeout"
        raise Fault(code, f"Looking up {shown(name)}: {shown(str(error.strerror))}.") from error
    except TimeoutError as error:
        raise Fault(
            "dns_timeout", f"Looking up {shown(name)}: no answer within {patience.timeout:g} s."
        ) from error
    except (UnicodeError, OSError) as error:  # an empty label, or one of over 63 letters
        raise Fault("dns_not_found", f"{shown(name)} can be no host name.") from error
    addresses = dict.fromkeys(
        Address(socket.AddressFamily(family), sockaddr) for family, _, _, _, sockaddr in found
    )
    return _interleaved(addresses)[:_MOST_ADDRESSES]


def _interleaved(addresses: Iterable[Address]) -> list[Address]:
    """Return the addresses with the families taking turns; the resolver's first choice leads."""
    families: dict[socket.AddressFamily, list[Address]] = {}
    for address in addresses:
        families.setdefault(address.family, []).append(address)
    turns = itertools.zip_longest(*families.values())
    return [address for turn in turns for address in turn if address is not None]


def is_loopback(address: str) -> bool:
    """Return whether an IP address is this machine's own loopback, IPv4 in IPv6 included."""
    ip = _ip(address.partition("%")[0])
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return ip is not None and (mapped or ip).is_loopback
