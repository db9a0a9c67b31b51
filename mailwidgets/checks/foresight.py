"""What is odd about the settings, told before any network use.

Nothing here is certain: a server may listen where it likes. So each of these is a warning, and
the check goes on to see for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailwidgets.checks.counter_probe import ALTERNATIVES, choice
from mailwidgets.checks.ladder import Ladder
from mailwidgets.connection.endpoint import (
    IMPLICIT_PORTS,
    STARTTLS_PORTS,
    Endpoint,
    Login,
    TlsMode,
)
from mailwidgets.languages.texts import N_, _
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault

_OWNER = {
    25: "smtp",
    465: "smtp",
    587: "smtp",
    143: "imap",
    993: "imap",
    110: "pop3",
    995: "pop3",
}
_BETWEEN_SERVERS = 25
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_MODES = {
    TlsMode.NONE: N_("without TLS"),
    TlsMode.REQUIRE: N_("with TLS"),
    TlsMode.AUTO: N_("with TLS if offered"),
    TlsMode.IMPLICIT: N_("with TLS from the first byte"),
}


def foresee(
    ladder: Ladder, endpoint: Endpoint, login: Login, *, protocol: str, sender: str = ""
) -> None:
    """Climb the step ``settings``: say what will be tried, and warn of what is odd about it.

    Args:
        ladder: the ladder to climb.
        endpoint: where the check will connect to.
        login: who will log in.
        protocol: ``smtp``, ``imap`` or ``pop3``, whatever the section is called.
        sender: the address that mail is to come from.
    """
    with ladder.step("settings") as rung:
        # Translators: {tls} is: with TLS if offered, and the like.
        told = _("{protocol} to {host} port {port}, {tls}, without a login.")
        if login.user:
            told = _("{protocol} to {host} port {port}, {tls}, as {user}.")
        if endpoint.host:
            rung.saw(
                told.format(
                    protocol=protocol.upper(),
                    host=shown(endpoint.host),
                    port=endpoint.port,
                    tls=_(_MODES[endpoint.tls]),
                    user=shown(login.user),
                )
            )
        for fault in oddities(ladder.section, endpoint, login, protocol=protocol, sender=sender):
            rung.warn(fault)


def oddities(
    section: str, endpoint: Endpoint, login: Login, *, protocol: str, sender: str = ""
) -> Iterator[Fault]:
    """Yield what is odd about settings: port, TLS mode, login and sender against each other."""
    yield from _port(section, endpoint, protocol)
    if login.borrowed and not login.user:
        yield Fault(
            "borrowed_empty",
            _("Use {section} account is on, and {section} has no user name.").format(
                section=login.borrowed
            ),
        )
    elif login.sasl and not login.user:
        yield Fault("sasl_without_user", _("Use SASL is set, and no user name is."))
    yield from _sender(login.user, sender)


def is_address(user: str) -> bool:
    """Return whether a user name is an e-mail address as well."""
    return _ADDRESS.fullmatch(user) is not None


def _port(section: str, endpoint: Endpoint, protocol: str) -> Iterator[Fault]:
    port, mode = endpoint.port, endpoint.tls
    owner = _OWNER.get(port, protocol)
    if owner != protocol:
        other = next(iter(ALTERNATIVES[protocol]), None)
        yield Fault(
            "port_mismatch",
            _("Port {port} is the usual one of {usual}, not of {protocol}.").format(
                port=port, usual=owner.upper(), protocol=protocol.upper()
            ),
            field="port",
            fix=other.fix(section) if other else (),
        )
    elif port == _BETWEEN_SERVERS and mode is TlsMode.IMPLICIT:
        yield Fault(
            "implicit_on_25",
            _("Port 25 with Implicit SSL/TLS."),
            fix=(("tls", choice(section, implicit=False)),),
        )
    elif port in STARTTLS_PORTS and mode is TlsMode.IMPLICIT:
        yield Fault(
            "port_mismatch",
            _("Port {port} usually begins in the clear, and the settings begin with TLS.").format(
                port=port
            ),
            fix=(("tls", choice(section, implicit=False)),),
        )
    elif port in IMPLICIT_PORTS and mode is TlsMode.NONE:
        yield Fault(
            "port_mismatch",
            _("Port {port} usually begins with TLS, and the settings have none.").format(port=port),
            fix=(("tls", choice(section, implicit=True)),),
        )


def _sender(user: str, sender: str) -> Iterator[Fault]:
    """Compare the domains, where both are addresses; one below the other is no oddity."""
    ours, theirs = (one.rpartition("@")[2].rstrip(".").lower() for one in (user, sender))
    if not is_address(user) or not is_address(sender) or ours == theirs:
        return
    if not (ours.endswith(f".{theirs}") or theirs.endswith(f".{ours}")):
        yield Fault(
            "sender_domain",
            _("The sender is at {sender}, the login at {login}.").format(
                sender=shown(theirs), login=shown(ours)
            ),
        )
