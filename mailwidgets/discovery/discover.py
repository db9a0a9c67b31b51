"""Discovery: everything that tells of an address's servers is asked, and what it says is tried."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence

from mailwidgets.checks.counter_probe import ALTERNATIVES, Alternative
from mailwidgets.connection.name_server import NoRecords
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.tls import verifying_context
from mailwidgets.discovery.autoconfig import from_autoconfig
from mailwidgets.discovery.client_config import MAX_OCTETS
from mailwidgets.discovery.fetch import Fetcher
from mailwidgets.discovery.guess import guesses
from mailwidgets.discovery.names import MailAddress
from mailwidgets.discovery.probe import Manner, proven
from mailwidgets.discovery.proposal import PROTOCOLS, Discovery, Proposal
from mailwidgets.discovery.resolver import Resolver
from mailwidgets.discovery.srv import Found, from_srv
from mailwidgets.errors import InvalidValue
from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown


async def discover(  # noqa: PLR0913 - each way of asking has its own option
    address: str,
    *,
    autoconfig: str = "",
    resolver: Resolver | str | None = None,
    ca_pem: str = "",
    allowed_hosts: Sequence[str] = (),
    timeout: float = 5.0,  # noqa: ASYNC109 - of each step; the end has a deadline of its own
    on_progress: Callable[[str], None] | None = None,
    guess: bool = True,
    ports: Mapping[str, Sequence[Alternative]] | None = None,
    ehlo: str = "",
) -> Discovery:
    """Return the servers that an address may have, ranked, with the evidence for each.

    SRV records are asked for (RFC 6186, RFC 8314), an autoconfig document is read where one is
    named, and for protocols without a server that proved itself usual names and ports are
    tried. Nobody logs in, and no password is known here.

    Args:
        address: the e-mail address.
        autoconfig: base URL, URL or file of a document in Mozilla's format; without one, no
            document is looked for.
        resolver: DNS to ask, or a name server as ``127.0.0.1:5353``; by default the system's.
        ca_pem: PEM certificates trusted beside the system's.
        allowed_hosts: hosts that may be connected to (see ``Endpoint``); empty means any. The
            name servers are not among them: they are the caller's choice.
        timeout: seconds of silence at any step; all is done after four of them.
        on_progress: told, in short sentences, what comes.
        guess: whether to try usual names and ports.
        ports: ports to guess by protocol; by default those of ``ALTERNATIVES``.
        ehlo: the name for EHLO; empty means this machine's own.

    Raises:
        InvalidValue: the address, the name server, the CA certificates or the timeout cannot be
            used. What goes wrong on the way is a remark in the result.
    """
    who = MailAddress.parse(address)
    if not timeout > 0:
        raise InvalidValue(
            _("A timeout is a number of seconds above 0, not {value}.").format(value=timeout)
        )
    manner = Manner(
        _context(ca_pem),
        Resolver.at(resolver) if isinstance(resolver, str) else resolver or Resolver(),
        Patience(timeout),
        tuple(allowed_hosts),
        ehlo,
        on_progress or (lambda _: None),
    )
    told = await _told(who, autoconfig.strip(), manner)
    found = await proven(Discovery.of(who.whole, told.proposals, ()).proposals, manner)
    wanted = _missing(found, told.withheld)
    if guess and wanted:
        usual = ALTERNATIVES if ports is None else ports
        found += await _guessed(who, wanted, usual, told, manner)
    return Discovery.of(who.whole, found, told.remarks)


def _context(ca_pem: str) -> ssl.SSLContext:
    try:
        return verifying_context(ca_pem, force_tls12=False)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidValue(
            _("The CA certificates cannot be read as PEM: {reason}.").format(
                reason=shown(str(error))
            )
        ) from error


async def _told(who: MailAddress, autoconfig: str, manner: Manner) -> Found:
    """Return what SRV records and the document say, asked together."""
    fetcher = Fetcher(
        manner.context, manner.resolver, manner.patience, manner.allowed_hosts, MAX_OCTETS
    )
    async with asyncio.TaskGroup() as asking:
        asked = [asking.create_task(from_srv(who, manner.resolver, manner.patience))]
        if autoconfig:
            asked.append(asking.create_task(from_autoconfig(autoconfig, who, fetcher)))
    told = asked[0].result()
    for task in asked[1:]:
        told.proposals += task.result().proposals
        told.remarks += task.result().remarks
    for sentence in (*told.remarks, *(one.evidence[0] for one in told.proposals)):
        manner.tell(sentence)
    return told


def _missing(found: Iterable[Proposal], withheld: Iterable[str]) -> list[str]:
    """Return the protocols for which nothing proved itself, but for those the domain rules out."""
    proved = {one.protocol for one in found if one.verified and not one.caveat}
    return [one for one in PROTOCOLS if one not in {*proved, *withheld}]


async def _guessed(
    who: MailAddress,
    wanted: Sequence[str],
    ports: Mapping[str, Sequence[Alternative]],
    told: Found,
    manner: Manner,
) -> list[Proposal]:
    """Return the usual names and ports that answer; what was tried becomes a remark."""
    exchangers: list[str] = []
    try:
        exchangers = await manner.resolver.exchangers(who.domain, manner.patience)
    except NoRecords as none:
        told.remarks.append(str(none))
    known = {one.place for one in told.proposals}
    tried = [one for one in guesses(who, wanted, ports, exchangers) if one.place not in known]
    hosts = {one.host for one in tried}
    manner.tell(_("Trying {count} usual names and ports.").format(count=len(tried)))
    found = await proven(tried, manner)
    told.remarks.append(
        _("Guessed {protocols}: {ports} ports of {names} names tried, {answers} answered.").format(
            protocols=", ".join(wanted), ports=len(tried), names=len(hosts), answers=len(found)
        )
    )
    return found
