"""What is wrong with the settings themselves, as they come from the store or by themselves.

Where a port is named, a server really listens on it: on an address of its own below 127.0.0.0/8,
which only root may do.
"""

from __future__ import annotations

import os
import ssl

import pytest
import trustme

from mailwidgets.connection.endpoint import Login, TlsMode
from mailwidgets.reports.report import Report, State
from proof.scenarios_login import IMAP
from proof.scenarios_network import SMTP
from proof.scenarios_stage import At, PlaceContext, Reach, Scenario, Stage, against, fixed, scripted

_OWN = f"127.25.{os.getpid() % 250}.1"


def stored(
    section: str, at: At | None = None, *, other_key: bool = False, **values: object
) -> Reach:
    """Return the check of a section with settings from a store.

    Args:
        section: ``pop3``, ``smtp``, ``imap`` or ``workflow``.
        at: sets a server up; the section then has its port, and no TLS.
        other_key: the key at hand is not the one that passwords were stored with.
        values: settings, as ``pop3__name``.
    """

    async def reach(stage: Stage) -> Report:
        async with (at or fixed())(stage) as place:
            there: dict[str, object] = {}
            if at is not None:
                off = "none" if section in {"smtp", "workflow"} else False
                there = {"name": "localhost", "port": place["port"], "tls": off}
            own = {f"{section}__{key}": value for key, value in there.items()}
            servers = stage.servers(other_key=other_key, **own, **values)
            return await servers.check(section)

    return reach


def _for_own_address(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(_OWN).configure_cert(context)
    return context


def _on(port: int, *, implicit: bool = False) -> At:
    more = {"host": _OWN, "port": port, "implicit": implicit}
    server = scripted("220 mx ESMTP", SMTP, context=_for_own_address, **more)

    def at(stage: Stage) -> PlaceContext:
        if os.geteuid() != 0:
            pytest.skip(f"only root may listen on port {port}")
        return server(stage)

    return at


SETTINGS = (
    Scenario(
        code="name_missing",
        section="smtp",
        reach=stored("smtp"),
        step="name",
        saw=("empty",),
        field="name",
    ),
    Scenario(
        code="host_not_allowed",
        section="imap",
        reach=stored("imap", imap__name="evil.test", trust__allowed_hosts=("mail.example.test",)),
        step="name",
        saw=("evil.test is not among the allowed hosts: mail.example.test",),
        field="name",
    ),
    Scenario(
        code="secret_unreadable",
        section="pop3",
        reach=stored(
            "pop3",
            other_key=True,
            pop3__name="localhost",
            pop3__user="ana",
            pop3__password="ana-secret",
        ),
        step="settings",
        saw=("key",),
        field="password",
    ),
    Scenario(
        code="fallback_missing",
        section="workflow",
        reach=stored(
            "workflow",
            scripted("* OK ready", IMAP),
            workflow__server_type="imap",
            imap__use_smtp_account=True,
        ),
        step="settings",
        saw=("No SMTP server is set",),
        field="name",
    ),
    Scenario(
        code="borrowed_empty",
        section="smtp",
        reach=stored("smtp", scripted("220 mx ESMTP", SMTP), smtp__use_pop3_account=True),
        step="settings",
        saw=("Use POP3 account is on, and POP3 has no user name",),
        field="use_pop3_account",
        state=State.WARNED,
    ),
    Scenario(
        code="sasl_without_user",
        section="smtp",
        reach=stored("smtp", scripted("220 mx ESMTP", SMTP), smtp__sasl=True),
        step="settings",
        saw=("Use SASL is set, and no user name is",),
        field="user",
        state=State.WARNED,
    ),
    Scenario(
        code="sender_domain",
        section="workflow",
        reach=stored(
            "workflow",
            scripted("220 mx ESMTP", SMTP),
            workflow__user="ana@example.test",
            workflow__password="ana-secret",
            workflow__sender="office@other.test",
        ),
        step="settings",
        saw=("The sender is at other.test, the login at example.test",),
        field="sender",
        state=State.WARNED,
    ),
    Scenario(
        code="port_mismatch",
        section="smtp",
        reach=against("smtp", _on(465), login=Login()),
        step="settings",
        saw=("Port 465 usually begins with TLS, and the settings have none",),
        field="tls",
        state=State.WARNED,
        fix=(("tls", "implicit"),),
    ),
    Scenario(
        code="port_mismatch",
        note="another protocol's",
        section="smtp",
        reach=against("smtp", _on(143), login=Login()),
        step="settings",
        saw=("Port 143 is the usual one of IMAP, not of SMTP",),
        field="port",
        state=State.WARNED,
    ),
    Scenario(
        code="implicit_on_25",
        section="smtp",
        reach=against("smtp", _on(25, implicit=True), tls=TlsMode.IMPLICIT, login=Login()),
        step="settings",
        saw=("Port 25 with Implicit SSL/TLS",),
        field="tls",
        state=State.WARNED,
        fix=(("tls", "require"),),
    ),
)
