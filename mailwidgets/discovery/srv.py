"""What a domain says of its mail servers by SRV records (RFC 6186, RFC 8314 §5.1)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.connection.name_server import NoRecords
from mailwidgets.connection.patience import Patience
from mailwidgets.discovery.names import MailAddress
from mailwidgets.discovery.proposal import Proposal, Source
from mailwidgets.discovery.resolver import Resolver
from mailwidgets.languages.texts import N_, _

SERVICES = (
    ("_imaps._tcp", "imap", TlsMode.IMPLICIT),
    ("_imap._tcp", "imap", TlsMode.REQUIRE),
    ("_pop3s._tcp", "pop3", TlsMode.IMPLICIT),
    ("_pop3._tcp", "pop3", TlsMode.REQUIRE),
    ("_submissions._tcp", "smtp", TlsMode.IMPLICIT),
    ("_submission._tcp", "smtp", TlsMode.REQUIRE),
)
"""Label of each service, its protocol, and how TLS comes there."""
_USER = N_("User name: the whole address, which is to be tried first (RFC 6186 §4).")


@dataclass(slots=True)
class Found:
    """What one way of discovering gave.

    Attributes:
        proposals: servers, not yet connected to.
        remarks: what was asked in vain, safe to show.
        withheld: protocols the domain says it does not offer (target ``.``).
    """

    proposals: list[Proposal] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)


async def from_srv(who: MailAddress, resolver: Resolver, patience: Patience) -> Found:
    """Ask for the SRV records of all services at once."""
    names = [f"{label}.{who.domain}" for label, _protocol, _tls in SERVICES]
    answers = await asyncio.gather(*(_asked(name, who, resolver, patience) for name in names))
    found = Found()
    for answer in answers:
        found.proposals += answer.proposals
        found.remarks += answer.remarks
        found.withheld |= answer.withheld
    found.withheld -= {one.protocol for one in found.proposals}
    return found


async def _asked(name: str, who: MailAddress, resolver: Resolver, patience: Patience) -> Found:
    found = Found()
    protocol, tls = next((p, t) for label, p, t in SERVICES if name.startswith(f"{label}."))
    try:
        services = await resolver.services(name, patience)
    except NoRecords as none:
        found.remarks.append(str(none))
        return found
    for one in services:
        if not one.target:
            found.withheld.add(protocol)
            found.remarks.append(
                _("{name} says that this service is not offered (target '.').").format(name=name)
            )
            continue
        says = _(
            "SRV record {name}: {host} port {port}, priority {priority}, weight {weight}."
        ).format(
            name=name, host=one.target, port=one.port, priority=one.priority, weight=one.weight
        )
        proposal = Proposal(
            protocol,
            one.target,
            one.port,
            tls,
            Source.SRV,
            user=who.whole,
            evidence=(says, _(_USER), *_foreign(who, one.target)),
            priority=one.priority,
            weight=one.weight,
            caveat=" ".join(_foreign(who, one.target)),
        )
        found.proposals.append(proposal)
    return found


def _foreign(who: MailAddress, host: str) -> tuple[str, ...]:
    """Return what RFC 6186 §4 has a person confirm, if there is anything."""
    return () if who.holds(host) else (outside(who, host, _("plain DNS")),)


def outside(who: MailAddress, host: str, told_by: str) -> str:
    """Return why a host beyond the address's domain needs someone's consent."""
    return _(
        "{host} is outside {domain}, and {source}, which anyone on the way can forge, names "
        "it: make sure that it is the provider's."
    ).format(host=host, domain=who.domain, source=told_by)
