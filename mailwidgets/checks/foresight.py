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
    TlsMode.NONE: "without TLS",
    TlsMode.REQUIRE: "with TLS",
    TlsMode.AUTO: "with TLS if offered",
    TlsMode.IMPLICIT: "with TLS from the first byte",
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
        who = f"as {shown(login.user)}" if login.user else "without a login"
        where = f"{shown(endpoint.host)} port {endpoint.port}"
        if endpoint.host:
            rung.saw(f"{protocol.upper()} to {where}, {_MODES[endpoint.tls]}, {who}.")
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
            f"Use {login.borrowed} account is on, and {login.borrowed} has no user name.",
        )
    elif login.sasl and not login.user:
        yield Fault("sasl_without_user", "Use SASL is set, and no user name is.")
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
            f"Port {port} is the usual one of {owner.upper()}, not of {protocol.upper()}.",
            field="port",
            fix=other.fix(section) if other else (),
        )
    elif port == _BETWEEN_SERVERS and mode is TlsMode.IMPLICIT:
        yield Fault(
            "implicit_on_25",
            "Port 25 with Implicit SSL/TLS.",
            fix=(("tls", choice(section, implicit=False)),),
        )
    elif port in STARTTLS_PORTS and mode is TlsMode.IMPLICIT:
        yield Fault(
            "port_mismatch",
            f"Port {port} usually begins in the clear, and the settings begin with TLS.",
            fix=(("tls", choice(section, implicit=False)),),
        )
    elif port in IMPLICIT_PORTS and mode is TlsMode.NONE:
        yield Fault(
            "port_mismatch",
            f"Port {port} usually begins with TLS, and the settings have none.",
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
            f"The sender is at {shown(theirs)}, the login at {shown(ours)}.",
        )
