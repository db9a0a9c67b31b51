"""What was discovered: frozen values, ranked; no input or output, and cheap to import."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.languages.texts import N_, _, ngettext
from mailwidgets.reports.steps import Fix

PROTOCOLS = ("pop3", "smtp", "imap")
"""What is discovered, in the panel's order; each is the section that it fills, too."""

_WORDS = {
    TlsMode.NONE: N_("no TLS"),
    TlsMode.REQUIRE: N_("TLS required"),
    TlsMode.AUTO: N_("TLS where offered"),
    TlsMode.IMPLICIT: N_("TLS from the first byte"),
}


class Source(enum.StrEnum):
    """Where a proposal comes from, the most trustworthy first."""

    SRV = N_("srv")
    """The domain's SRV records (RFC 6186, RFC 8314)."""
    AUTOCONFIG = N_("autoconfig")
    """A document in Mozilla's autoconfig format."""
    GUESS = N_("guess")
    """A usual name and port that answered."""

    @property
    def words(self) -> str:
        """Return it in the language in use; ``str()`` is the same in all."""
        return _(self.value)


_RANKS = {source: rank for rank, source in enumerate(Source)}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One server that may be the right one.

    Attributes:
        protocol: ``imap``, ``pop3`` or ``smtp``.
        host: DNS name (A-labels) or IP address.
        port: 1 to 65535.
        tls: what to do about TLS.
        source: where it comes from.
        user: the user name, as the whole address or its local part; ``""`` where not known.
        sasl: whether the login needs SASL (True) or does without (False); None: not known.
        token: the login takes an OAuth access token only.
        evidence: short sentences, safe to show: control characters are escaped, markup is
            *not*, that is the page's part.
        verified: a connection without login got the greeting over TLS with a certificate that
            verified.
        priority: of an SRV record, the lowest first (RFC 2782).
        weight: of an SRV record, among those of one priority the highest first.
        caveat: why a person has to agree first, in one sentence; ``""``: no need.
    """

    protocol: str
    host: str
    port: int
    tls: TlsMode
    source: Source
    user: str = ""
    sasl: bool | None = None
    token: bool = False
    evidence: tuple[str, ...] = ()
    verified: bool = False
    priority: int = 0
    weight: int = 0
    caveat: str = ""

    @property
    def secured(self) -> bool:
        """Return whether nothing is sent without TLS."""
        return self.tls in {TlsMode.REQUIRE, TlsMode.IMPLICIT}

    @property
    def place(self) -> tuple[str, str, int, bool]:
        """Return what makes two proposals the same server, reached the same way."""
        return (self.protocol, self.host, self.port, self.tls is TlsMode.IMPLICIT)

    @property
    def rank(self) -> tuple[bool, bool, int, bool, int, int, bool]:
        """Return what proposals are sorted by, the best one lowest.

        Secured ones come first, those a person has to agree to after the others; then SRV before
        autoconfig before guesses, verified ones first within; then as RFC 2782 has it.
        """
        return (
            not self.secured,
            bool(self.caveat),
            _RANKS[self.source],
            not self.verified,
            self.priority,
            -self.weight,
            self.tls is not TlsMode.IMPLICIT,
        )

    def settings(self, section: str = "") -> Fix:
        """Return the settings that make ``section`` use this server.

        Args:
            section: ``workflow``, or the protocol's own, which is the default.

        Raises:
            ValueError: the section cannot use this protocol.
        """
        section = section or self.protocol
        kind: Fix = ()
        if section == "workflow" and self.protocol in {"smtp", "imap"}:
            kind = (("server_type", self.protocol),)
        elif section != self.protocol:
            raise ValueError(f"expected a section that speaks {self.protocol}, got {section!r}")
        # POP3 and IMAP have Yes and No, SMTP and workflow e-mail a choice.
        tls = self.secured if section in {"pop3", "imap"} else str(self.tls)
        pairs: Fix = (*kind, ("name", self.host), ("port", self.port), ("tls", tls))
        if self.user:
            pairs += (("user", self.user),)
        if self.sasl is not None:
            pairs += (("sasl", self.sasl),)
        return (*pairs, ("token", True)) if self.token else pairs

    def joined(self, other: Proposal) -> Proposal:
        """Return one proposal for a server that two sources name; the better one leads."""
        first, second = sorted((self, other), key=lambda one: one.rank)
        return replace(
            first,
            user=first.user or second.user,
            sasl=second.sasl if first.sasl is None else first.sasl,
            token=first.token or second.token,
            evidence=tuple(dict.fromkeys((*first.evidence, *second.evidence))),
        )

    def as_dict(self) -> dict[str, object]:
        """Return the proposal as plain JSON values."""
        return {
            "protocol": self.protocol,
            "host": self.host,
            "port": self.port,
            "tls": str(self.tls),
            "user": self.user,
            "sasl": self.sasl,
            "token": self.token,
            "source": str(self.source),
            "verified": self.verified,
            "caveat": self.caveat,
            "settings": dict(self.settings()),
            "evidence": list(self.evidence),
        }

    def __str__(self) -> str:
        """Return it in one line."""
        told = _("{protocol} {host} port {port}, {tls} ({source}, {proven})")
        if self.user:
            told = _("{protocol} {host} port {port}, {tls}, user {user} ({source}, {proven})")
        return told.format(
            protocol=self.protocol.upper(),
            host=self.host,
            port=self.port,
            tls=_(_WORDS[self.tls]),
            user=self.user,
            source=self.source.words,
            proven=_("verified") if self.verified else _("not verified"),
        )


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found for an address, and what was asked on the way.

    Attributes:
        address: the e-mail address.
        proposals: by protocol in the panel's order, the best of each first; see ``of``.
        remarks: what was asked without finding a server, safe to show.
    """

    address: str
    proposals: tuple[Proposal, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, address: str, proposals: Iterable[Proposal], remarks: Iterable[str]) -> Discovery:
        """Return the proposals ranked, those of several sources for one server joined."""
        servers: dict[tuple[str, str, int, bool], Proposal] = {}
        for one in proposals:
            known = servers.get(one.place)
            servers[one.place] = known.joined(one) if known else one
        ranked = sorted(servers.values(), key=lambda one: (PROTOCOLS.index(one.protocol), one.rank))
        return cls(address, tuple(ranked), tuple(dict.fromkeys(remarks)))

    def best(self) -> dict[str, Proposal]:
        """Return the first proposal for each section for which there is one."""
        found: dict[str, Proposal] = {}
        for one in self.proposals:
            found.setdefault(one.protocol, one)
        return found

    def as_dict(self) -> dict[str, object]:
        """Return it as plain JSON values; ``best`` has positions in ``proposals``."""
        positions = {name: self.proposals.index(one) for name, one in self.best().items()}
        return {
            "address": self.address,
            "proposals": [one.as_dict() for one in self.proposals],
            "best": positions,
            "remarks": list(self.remarks),
        }

    def __str__(self) -> str:
        """Return it for a terminal: the ranked proposals with their evidence, then the remarks."""
        count = len(self.proposals)
        told = ngettext(
            "Servers for {address}: {count} found.", "Servers for {address}: {count} found.", count
        )
        told = told if count else _("Servers for {address}: none found.")
        lines = [told.format(address=self.address, count=count)]
        for one in self.proposals:
            lines += [f"  {one}", *(f"      {sentence}" for sentence in one.evidence)]
            caveat = _("To confirm: {caveat}").format(caveat=one.caveat)
            lines += [f"      {caveat}"] if one.caveat else []
        return "\n".join([*lines, *(f"  - {remark}" for remark in self.remarks)])

    def _repr_pretty_(self, printer: _Printer, cycle: bool) -> None:  # noqa: FBT001 - IPython's
        """Show it readably as the last value of a notebook's cell."""
        printer.text("…" if cycle else str(self))


class _Printer(Protocol):
    """What IPython hands to ``_repr_pretty_``."""

    def text(self, obj: str) -> None:
        """Write text."""
