"""Usual names and ports, where nothing better is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailwidgets.checks.counter_probe import Alternative
from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.discovery.names import MailAddress
from mailwidgets.discovery.proposal import Proposal, Source
from mailwidgets.discovery.srv import outside
from mailwidgets.languages.texts import _

NAMES = {
    "pop3": ("pop", "pop3", "mail", ""),
    "smtp": ("smtp", "mail", ""),
    "imap": ("imap", "mail", ""),
}
"""First labels by protocol, the usual one first; the empty one is the domain itself."""
_MOST_EXCHANGERS = 3


def guesses(
    who: MailAddress,
    protocols: Iterable[str],
    ports: Mapping[str, Sequence[Alternative]],
    exchangers: Sequence[str],
) -> Iterator[Proposal]:
    """Give a proposal for every usual name and port, none of them asked yet.

    Args:
        who: the address; its user name is not guessed.
        protocols: ``imap``, ``pop3``, ``smtp``.
        ports: of each protocol, and how TLS comes there.
        exchangers: hosts that take the domain's mail, which often give it out, too.
    """
    for protocol in protocols:
        usual = [f"{label}.{who.domain}" if label else who.domain for label in NAMES[protocol]]
        reasons = dict.fromkeys(
            usual, _("Guessed: {host} is a usual name; the user name is not known.")
        )
        taker = _(
            "Guessed: {host} takes the mail of {domain} (MX record); the user name is not known."
        )
        for host in exchangers[:_MOST_EXCHANGERS]:
            reasons.setdefault(host, taker)
        for host, reason in reasons.items():
            caveat = "" if who.holds(host) else outside(who, host, _("plain DNS"))
            for one in ports.get(protocol, ()):
                yield Proposal(
                    protocol,
                    host,
                    one.port,
                    TlsMode.IMPLICIT if one.implicit else TlsMode.REQUIRE,
                    Source.GUESS,
                    evidence=(reason.format(host=host, domain=who.domain),),
                    caveat=caveat,
                )
