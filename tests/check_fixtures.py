"""A CA that the checks trust, one that they don't, and proof that a check leaves nothing behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import trustme

from mailwidgets.checks.counter_probe import ALTERNATIVES
from mailwidgets.connection.endpoint import Endpoint, TlsMode

TIMEOUT = 2.0


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_pem(ca: trustme.CA) -> str:
    return ca.cert_pem.bytes().decode()


@pytest.fixture(scope="session")
def server_context() -> Callable[[trustme.LeafCert], ssl.SSLContext]:
    def make(cert: trustme.LeafCert) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        cert.configure_cert(context)
        return context

    return make


@pytest.fixture(scope="session")
def good(
    ca: trustme.CA, server_context: Callable[[trustme.LeafCert], ssl.SSLContext]
) -> ssl.SSLContext:
    """A server's context with a certificate for localhost, good for a year."""
    year = dt.datetime.now(dt.UTC) + dt.timedelta(days=365)
    return server_context(ca.issue_cert("localhost", "127.0.0.1", "::1", not_after=year))


@pytest.fixture
def endpoint(ca_pem: str) -> Callable[..., Endpoint]:
    """Make an endpoint on this machine; by default without TLS."""

    def make(
        port: int, tls: TlsMode = TlsMode.NONE, host: str = "localhost", **more: object
    ) -> Endpoint:
        options: dict[str, object] = {"timeout": TIMEOUT, "ca_pem": ca_pem, **more}
        return Endpoint(host, port, tls, **options)  # type: ignore[arg-type]

    return make


@pytest.fixture
def free_port() -> Iterator[int]:
    """A port on which nothing listens, and nobody else can while the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def black_hole() -> Iterator[tuple[str, int]]:
    """An address whose packets are dropped: its queue of connections is full."""
    with socket.socket() as listening, socket.socket() as filling:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        filling.connect(listening.getsockname())
        yield listening.getsockname()


@pytest.fixture(autouse=True)
def no_other_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep checks off the well-known ports of this machine, on which anything may listen."""
    for protocol in ALTERNATIVES:
        monkeypatch.setitem(ALTERNATIVES, protocol, ())


@pytest.fixture(autouse=True)
async def nothing_stays_behind() -> AsyncIterator[None]:
    """Fail a test after which a task or a thread is still there; sockets warn by themselves."""
    before = set(threading.enumerate())  # another test's lookup may still wait for its answer
    yield
    own = asyncio.current_task()
    assert [task for task in asyncio.all_tasks() if task is not own] == []
    left = set(threading.enumerate()) - before
    assert [thread.name for thread in left if "resolver" in thread.name] == []
