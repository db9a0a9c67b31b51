"""Asking name servers by dnspython: the one that was named, or the system's."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from mailwidgets.connection.endpoint import place_of
from mailwidgets.connection.patience import Patience
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.protocols.octets import shown
from mailwidgets.reports.fault import Fault

if TYPE_CHECKING:
    import dns.resolver
    from dns.asyncresolver import Resolver

_MOST_RECORDS = 16  # of one name and type; more of them would be more to connect to


class NoRecords(Exception):
    """DNS has none of the records asked for; the message is safe to show.

    Args:
        asked: as ``MX records of example.com``.
        reason: why there are none, ``""`` where the name has records of other types only.
        known: whether the name server told so; else nobody gave a useful answer.
    """

    def __init__(self, asked: str, reason: str, *, known: bool = True) -> None:
        told = _("No {records}: {reason}.") if reason else _("No {records}.")
        super().__init__(told.format(records=asked, reason=reason))
        self.reason = reason or _("none given")
        self.known = known


class _Refused(NoRecords):
    """The name server is not there for such names (RFC 1035 §4.1.1)."""


async def addresses(name_server: str, name: str, patience: Patience) -> list[str] | None:
    """Return a host's IP addresses, those of IPv6 first.

    Args:
        name_server: as ``place_of`` takes it.
        name: the host, as A-labels.
        patience: how long to wait.

    Returns:
        One address at least; None where the name server is not there for such names.

    Raises:
        Fault: ``dns_not_found``, ``dns_timeout``, ``deadline``.
    """
    asked = (_asked(name_server, name, kind, patience) for kind in ("AAAA", "A"))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    found: list[str] = []
    why: list[NoRecords] = []
    for answer in answers:
        if isinstance(answer, NoRecords):
            why.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
        else:
            found += (str(record.address) for record in answer)
    if found:
        return found
    if any(isinstance(one, _Refused) for one in why):
        return None
    patience.must_last()
    if all(one.known for one in why):
        reasons = "; ".join(dict.fromkeys(one.reason for one in why))
        told = _("{host} has no address: {reasons}.").format(host=shown(name), reasons=reasons)
        raise Fault("dns_not_found", told)
    reasons = "; ".join(dict.fromkeys(one.reason for one in why if not one.known))
    told = _("Looking up {host} at {server}: {reason}.")
    raise Fault("dns_timeout", told.format(host=shown(name), server=name_server, reason=reasons))


async def records(name_server: str, name: str, kind: str, patience: Patience) -> list[Any]:
    """Return at most sixteen records of a name; their attributes are those of their type.

    Args:
        name_server: as ``place_of`` takes it; where it is not there for such names, and where it
            is empty, the system's are asked.
        name: as A-labels.
        kind: the records' type, as ``MX``.
        patience: how long to wait.

    Raises:
        NoRecords: there are none, or no answer.
    """
    try:
        return await _asked(name_server, name, kind, patience)
    except _Refused:
        if not name_server:
            raise
    return await _asked("", name, kind, patience)


async def _asked(name_server: str, name: str, kind: str, patience: Patience) -> list[Any]:
    import dns.exception  # noqa: PLC0415 - 40 ms, for those who name a server or discover
    import dns.name  # noqa: PLC0415 - likewise
    import dns.resolver  # noqa: PLC0415 - likewise

    asked = _("{kind} records of {name}").format(kind=kind, name=shown(name))
    try:  # of its labels: in a text, dnspython would take a backslash for an escape
        labels = [label.encode("ascii") for label in name.removesuffix(".").split(".")]
        whole = dns.name.Name([*labels, b""])
    except (dns.exception.DNSException, UnicodeError) as error:
        raise NoRecords(asked, _reason(error)) from error
    lifetime = min(patience.timeout, patience.left)
    try:
        answer = await _resolver(name_server).resolve(
            whole, kind, search=False, lifetime=lifetime, raise_on_no_answer=False
        )
    except dns.resolver.NXDOMAIN as error:
        raise NoRecords(asked, _("there is no such name")) from error
    except dns.exception.Timeout as error:
        told = _("no answer within {seconds} s").format(seconds=number(lifetime, 1))
        raise NoRecords(asked, told, known=False) from error
    except dns.resolver.NoNameservers as error:
        kept = _Refused if _refused(error) else NoRecords
        # What each said; dnspython's own text has the question once more, and for each family.
        said = dict.fromkeys(_reason(what) for *_where, what, _answer in error.kwargs["errors"])
        raise kept(asked, "; ".join(said) or _reason(error), known=False) from error
    except (dns.exception.DNSException, OSError) as error:
        raise NoRecords(asked, _reason(error), known=False) from error
    found = list(answer.rrset or ())[:_MOST_RECORDS]
    if not found:
        raise NoRecords(asked, "")
    return found


def _resolver(name_server: str) -> Resolver:
    import dns.asyncresolver  # noqa: PLC0415 - see ``_asked``

    if not name_server:
        return dns.asyncresolver.Resolver()
    asking = dns.asyncresolver.Resolver(configure=False)
    host, asking.port = place_of(name_server)
    asking.nameservers = [host]
    return asking


def _reason(error: object) -> str:
    return shown(str(error) or type(error).__name__).removesuffix(".")


def _refused(error: dns.resolver.NoNameservers) -> bool:
    """Return whether a name server said REFUSED."""
    import dns.rcode  # noqa: PLC0415 - see ``_asked``

    answers = [answer for *_what, answer in error.kwargs["errors"]]
    return any(one is not None and one.rcode() == dns.rcode.REFUSED for one in answers)
