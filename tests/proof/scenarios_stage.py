"""How a scenario is told and played: a server that misbehaves, a check, what it must find."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import trustme
from daemons import accounts
from daemons.authority import Authority
from daemons.variants import MailServer, Protocol, Tls
from scripted import Answer, Scripted

from mailwidgets import Servers
from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.sending import send_by_imap, send_by_smtp
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.checks.workflow import check_workflow_imap, check_workflow_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Fix, Report, State, Who

Place: TypeAlias = dict[str, Any]
"""What of an endpoint the server decides: host, port, the CA to trust."""
PlaceContext = contextlib.AbstractAsyncContextManager[Place]
ANA = Login("ana@example.test", "ana-secret")
"""At scripted servers."""
REAL_ANA = Login(accounts.ANA.login, accounts.ANA.password)
"""At Dovecot and Postfix."""
HOSTILE = "\x1b[2J<b>\u202e"
"""What a terminal, a page and a reader could each be fooled by."""
ESCAPED = r"\x1b[2J<b>\u202e"

CHECKS: dict[str, Callable[..., Awaitable[Report]]] = {
    "pop3": check_pop3,
    "smtp": check_smtp,
    "imap": check_imap,
    "workflow": check_workflow_smtp,
    "workflow by imap": check_workflow_imap,
    "send by smtp": send_by_smtp,
    "send by imap": send_by_imap,
}


@dataclass(frozen=True)
class Stage:
    """What there is to play with.

    Attributes:
        request: for fixtures that only some scenarios need.
        tmp_path: an empty folder.
        ca: the CA that checks trust.
    """

    request: pytest.FixtureRequest
    tmp_path: Path
    ca: trustme.CA

    @property
    def ca_pem(self) -> str:
        """The CA as PEM."""
        return self.ca.cert_pem.bytes().decode()

    @property
    def authority(self) -> Authority:
        """The daemons' CA, and a certificate for every fault."""
        found = self.request.getfixturevalue("authority")
        assert isinstance(found, Authority)
        return found

    def daemon(self, protocol: Protocol, tls: Tls, variant: str) -> MailServer:
        """Return Dovecot or Postfix, configured so."""
        program = self.request.getfixturevalue("postfix" if protocol == "smtp" else "dovecot")
        server = getattr(program, protocol)(tls, variant)
        assert isinstance(server, MailServer)
        return server

    def servers(self, *, other_key: bool = False, **values: object) -> Servers:
        """Return a store with these values, as ``pop3__name="…"``.

        Args:
            other_key: passwords are stored with another key than is at hand then.
            values: by name, with two underscores for the dot.
        """
        patch = self.request.getfixturevalue("monkeypatch")
        for key in (b"1" * 32, b"2" * 32 if other_key else b"1" * 32):
            patch.setenv("MAILWIDGETS_KEY", base64.b64encode(key).decode())
            servers = Servers.open(self.tmp_path / "store", user="ana", workstation="WS-01")
            if values:
                names = {name.replace("__", "."): value for name, value in values.items()}
                servers.commit([servers.change(name, value) for name, value in names.items()])
                values = {}
        return servers


At: TypeAlias = Callable[[Stage], PlaceContext]
"""Sets a server up, and says where it is."""
Reach: TypeAlias = Callable[[Stage], Awaitable[Report]]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One real dialogue, and what the check must make of it.

    Attributes:
        code: the diagnosis it reaches.
        note: tells it from others of the same code.
        reach: plays it.
        section: whose settings are checked.
        step: the step that fails, or warns.
        saw: what the finding must have seen, the server's own words above all.
        pattern: a regular expression for more of it.
        advice: words of the advice, where more is known than the table says.
        field: the setting to look at.
        who: who can mend it.
        state: how the step ends.
        fix: what the finding offers.
    """

    code: str
    section: str
    reach: Reach
    step: str
    saw: tuple[str, ...]
    field: str
    who: Who = Who.YOU
    state: State = State.FAILED
    note: str = ""
    pattern: str = ""
    advice: str = ""
    fix: Fix = field(default=())

    @property
    def id(self) -> str:
        """The code, alone where there is one scenario of it."""
        return f"{self.code}: {self.note}" if self.note else self.code


def against(  # noqa: PLR0913 - the settings of a check
    section: str,
    at: At,
    *,
    tls: TlsMode = TlsMode.NONE,
    login: Login = ANA,
    timeout: float = 3.0,
    more: Mapping[str, object] | None = None,
    **arguments: object,
) -> Reach:
    """Return the check of a section against a server.

    Args:
        section: a key of CHECKS.
        at: sets the server up.
        tls: what to do about TLS.
        login: who logs in.
        timeout: of the check.
        more: the rest of the endpoint.
        arguments: whatever else the check takes.
    """

    async def reach(stage: Stage) -> Report:
        async with at(stage) as place:
            options = {"host": "localhost", "tls": tls, "timeout": timeout, "ca_pem": stage.ca_pem}
            endpoint = Endpoint(**{**options, **place, **(more or {})})
            return await CHECKS[section](endpoint, login, **arguments)

    return reach


def scripted(
    greeting: str | bytes | None,
    answers: Mapping[str, Answer] | None = None,
    *,
    kind: type[Scripted] = Scripted,
    context: Callable[[trustme.CA], ssl.SSLContext] | None = None,
    **more: Any,  # noqa: ANN401 - whatever the server takes
) -> At:
    """Return the set-up of a server that says what it is told to; see ``Scripted``.

    Args:
        greeting: its first words.
        answers: and the rest.
        kind: what sort of server.
        context: makes its TLS context; else its certificate is in order.
        more: whatever else the server takes.
    """

    @contextlib.asynccontextmanager
    async def at(stage: Stage) -> AsyncIterator[Place]:
        tls = (context or good)(stage.ca)
        async with kind(greeting, answers, tls=tls, **more) as server:
            host = {"host": server.host} if "host" in more else {}
            yield {"port": server.port, **host}

    return at


def daemon(protocol: Protocol, tls: Tls = "starttls", variant: str = "standard") -> At:
    """Return the set-up of Dovecot or Postfix."""

    @contextlib.asynccontextmanager
    async def at(stage: Stage) -> AsyncIterator[Place]:
        server = stage.daemon(protocol, tls, variant)
        yield {"host": server.host, "port": server.port, "ca_pem": server.ca_pem}

    return at


def fixed(**place: Any) -> At:  # noqa: ANN401 - fields of an endpoint
    """Return the set-up of nothing at all, at a given place."""

    @contextlib.asynccontextmanager
    async def at(stage: Stage) -> AsyncIterator[Place]:
        del stage
        yield place

    return at


@contextlib.asynccontextmanager
async def nobody_listens(stage: Stage) -> AsyncIterator[Place]:
    """Give a port on which nobody listens, nor can."""
    del stage
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield {"port": held.getsockname()[1]}


@contextlib.asynccontextmanager
async def packets_dropped(stage: Stage) -> AsyncIterator[Place]:
    """Give a port that answers nothing: its queue of connections is full."""
    del stage
    with black_hole(socket.AF_INET, "127.0.0.1", 0) as port:
        yield {"host": "127.0.0.1", "port": port}


@contextlib.contextmanager
def black_hole(family: socket.AddressFamily, host: str, port: int) -> Iterator[int]:
    """Hold a port whose queue of connections is full, so that packets to it are dropped."""
    with socket.socket(family) as listening, socket.socket(family) as filling:
        if family is socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind((host, port))
        listening.listen(0)
        filling.connect(listening.getsockname())
        yield listening.getsockname()[1]


def good(ca: trustme.CA) -> ssl.SSLContext:
    """Return a server's context with a certificate that is in order."""
    now = dt.datetime.now(dt.UTC)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost", not_after=now + dt.timedelta(days=90)).configure_cert(context)
    return context
