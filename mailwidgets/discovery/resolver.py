"""DNS for discovery: SRV and MX records, and addresses, by dnspython."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from mailwidgets.connection.address import Address, resolve
from mailwidgets.connection.endpoint import Endpoint, place_of
from mailwidgets.connection.name_server import records
from mailwidgets.connection.patience import Patience
from mailwidgets.discovery.names import host_name


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


class Resolver:
    """Asks the system's name servers, or the one it was given.

    Args:
        name_server: to ask for everything, addresses too, as ``127.0.0.1:5353``; for names that
            it refuses, and where it is empty, the system's are asked.
    """

    def __init__(self, name_server: str = "") -> None:
        self._name_server = name_server

    @classmethod
    def at(cls, name_server: str) -> Self:
        """Return a resolver that asks one name server, as ``Resolver`` takes it.

        Raises:
            InvalidValue: it is no IP address with or without a port.
        """
        place_of(name_server)
        return cls(name_server)

    async def services(self, name: str, patience: Patience) -> list[Service]:
        """Return the SRV records of a name, those first that are to be tried first.

        Raises:
            NoRecords: there are none, or no answer.
        """
        found = []
        for record in await records(self._name_server, name, "SRV", patience):
            target = _name_of(record.target)
            if str(record.target) == "." or (target and record.port):
                found.append(Service(target, record.port, record.priority, record.weight))
        return sorted(found, key=lambda one: (one.priority, -one.weight, one.target))

    async def exchangers(self, domain: str, patience: Patience) -> list[str]:
        """Return the hosts that take a domain's mail, by preference (RFC 5321 §5.1).

        Raises:
            NoRecords: there are none, or no answer.
        """
        found = await records(self._name_server, domain, "MX", patience)
        hosts = (_name_of(one.exchange) for one in sorted(found, key=lambda r: r.preference))
        return [host for host in hosts if host]

    async def addresses(self, endpoint: Endpoint, patience: Patience) -> list[Address]:
        """Return a server's addresses, IPv6 and IPv4 taking turns.

        Raises:
            Fault: ``host_not_allowed``, ``dns_not_found``, ``dns_timeout``, ``deadline``.
        """
        return await resolve(replace(endpoint, dns=self._name_server), patience, suggest=False)


def _name_of(name: Any) -> str:  # noqa: ANN401 - dnspython's Name, not loaded yet
    """Return a host name out of DNS, ``""`` for the root and for what can be no host."""
    return host_name(str(name))
