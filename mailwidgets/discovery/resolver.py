"""DNS for discovery: SRV and MX records, and addresses, by dnspython."""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mailwidgets.connection.address import Address, must_be_allowed, resolve
from mailwidgets.connection.endpoint import Endpoint
from mailwidgets.connection.patience import Patience
from mailwidgets.discovery.names import host_name, is_ip, port_number
from mailwidgets.errors import InvalidValue
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown
from mailwidgets.reports.fault import Fault

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver as Asking

_DNS_PORT = 53
_MOST_RECORDS = 16  # of one name and type; more of them would be more to probe
_MOST_ADDRESSES = 8  # of each family


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record (RFC 2782).

    Attributes:
        target: the host, A-labels; ``""``: the service is not offered (target ``.``).
        port: 1 to 65535; 0 where it is not offered.
        priority: the lowest is to be tried first.
        weight: among one priority, the highest is to be tried most often.
    """

    target: str
    port: int
    priority: int
    weight: int


class NoRecords(Exception):
    """DNS has none of the records asked for; the message is safe to show.

    Args:
        asked: as ``MX records of example.com``.
        reason: why there are none, ``""`` where the name has records of other types only.
    """

    def __init__(self, asked: str, reason: str) -> None:
        told = _("No {records}: {reason}.") if reason else _("No {records}.")
        super().__init__(told.format(records=asked, reason=reason))
        self.reason = reason or _("none given")


class Resolver:
    """Asks the system's name servers, or the one it was given.

    Args:
        asking: dnspython's resolver to ask for everything, addresses too; without one, records
            are asked of the system's name servers, and addresses of the system itself.
    """

    def __init__(self, asking: Asking | None = None) -> None:
        self._asking = asking

    @classmethod
    def at(cls, name_server: str) -> Resolver:
        """Return a resolver that asks one name server for everything.

        Args:
            name_server: IP address, with a port if it is not 53: ``192.0.2.1``,
                ``127.0.0.1:5353``, ``[::1]:5353``.

        Raises:
            InvalidValue: it is none of these.
        """
        import dns.asyncresolver  # noqa: PLC0415 - 40 ms that only a discovery pays

        host, colon, port = name_server.strip().rpartition(":")
        if is_ip(name_server.strip("[] ")) or not colon:
            host, port = name_server, str(_DNS_PORT)
        host, number = host.strip("[] "), port_number(port)
        if not is_ip(host) or not number:
            raise InvalidValue(
                _(
                    "A name server is an IP address with or without a port, such as "
                    "127.0.0.1:5353, not {server}."
                ).format(server=repr(shown(name_server, 80)))
            )
        asking = dns.asyncresolver.Resolver(configure=False)
        asking.nameservers, asking.port = [host], number
        return cls(asking)

    async def services(self, name: str, patience: Patience) -> list[Service]:
        """Return the SRV records of a name, those first that are to be tried first.

        Raises:
            NoRecords: there are none, or no answer.
        """
        found = []
        for record in await self._records(name, "SRV", patience):
            target = _name_of(record.target)
            if str(record.target) == "." or (target and record.port):
                found.append(Service(target, record.port, record.priority, record.weight))
        return sorted(found, key=lambda one: (one.priority, -one.weight, one.target))

    async def exchangers(self, domain: str, patience: Patience) -> list[str]:
        """Return the hosts that take a domain's mail, by preference (RFC 5321 §5.1).

        Raises:
            NoRecords: there are none, or no answer.
        """
        records = await self._records(domain, "MX", patience)
        hosts = (_name_of(one.exchange) for one in sorted(records, key=lambda r: r.preference))
        return [host for host in hosts if host]

    async def addresses(self, endpoint: Endpoint, patience: Patience) -> list[Address]:
        """Return a server's addresses, IPv6 and IPv4 taking turns.

        Raises:
            Fault: ``host_not_allowed``, ``dns_not_found``, ``dns_timeout``, ``deadline``.
        """
        name = host_name(endpoint.host)
        if self._asking is None or is_ip(name):
            return await resolve(endpoint, patience, suggest=False)
        must_be_allowed(endpoint)
        kinds = (("AAAA", socket.AddressFamily.AF_INET6), ("A", socket.AddressFamily.AF_INET))
        answers = [self._of_family(name, kind, patience) for kind, _family in kinds]
        families, problems = [], []
        told = await asyncio.gather(*answers)
        for (_kind, family), (ips, problem) in zip(kinds, told, strict=True):
            families.append([_address(family, ip, endpoint.port) for ip in ips])
            problems.append(problem)
        turns: Iterable[tuple[Address | None, ...]] = itertools.zip_longest(*families)
        found = [one for turn in turns for one in turn if one is not None]
        if not found:
            raise Fault(
                "dns_not_found",
                _("{host} has no address: {reasons}.").format(
                    host=name, reasons="; ".join(dict.fromkeys(problems))
                ),
            )
        return found

    async def _of_family(
        self, name: str, kind: str, patience: Patience
    ) -> tuple[Sequence[str], str]:
        try:
            records = await self._records(name, kind, patience)
        except NoRecords as none:
            return (), none.reason
        return [str(record.address) for record in records][:_MOST_ADDRESSES], ""

    async def _records(self, name: str, kind: str, patience: Patience) -> list[Any]:
        import dns.asyncresolver  # noqa: PLC0415 - see ``at``
        import dns.exception  # noqa: PLC0415 - likewise
        import dns.resolver  # noqa: PLC0415 - likewise

        asked = _("{kind} records of {name}").format(kind=kind, name=name)
        lifetime = min(patience.timeout, patience.left)
        try:
            asking = self._asking or dns.asyncresolver.Resolver()
            answer = await asking.resolve(
                name, kind, search=False, lifetime=lifetime, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN as error:
            raise NoRecords(asked, _("there is no such name")) from error
        except dns.exception.Timeout as error:
            raise NoRecords(
                asked, _("no answer within {seconds} s").format(seconds=number(lifetime, 1))
            ) from error
        except (dns.exception.DNSException, OSError) as error:
            reason = shown(str(error) or type(error).__name__).removesuffix(".")
            raise NoRecords(asked, reason) from error
        records = list(answer.rrset or ())[:_MOST_RECORDS]
        if not records:
            raise NoRecords(asked, "")
        return records


def _name_of(name: Any) -> str:  # noqa: ANN401 - dnspython's Name, not loaded yet
    """Return a host name out of DNS, ``""`` for the root and for what can be no host."""
    return host_name(str(name))


def _address(family: socket.AddressFamily, ip: str, port: int) -> Address:
    if family is socket.AddressFamily.AF_INET6:
        return Address(family, (str(ipaddress.ip_address(ip)), port, 0, 0))
    return Address(family, (ip, port))
