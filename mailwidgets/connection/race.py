"""Connecting: all addresses of a server raced, so that a dead one does not hold up the rest."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailwidgets.connection.address import Address
from mailwidgets.connection.endpoint import Endpoint
from mailwidgets.connection.patience import Patience
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.steps import Try

_STAGGER = 0.25  # seconds of head start; RFC 8305 §8: Connection Attempt Delay
_NO_ROUTE = frozenset(
    (
        *(errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL),
        *(errno.ENETDOWN, errno.EHOSTDOWN),
        errno.EAFNOSUPPORT,  # a system without IPv6 at all has no route either
    )
)
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_FILTERED = frozenset((errno.EACCES, errno.EPERM))


@dataclass(slots=True)
class Race:
    """How the connection came about.

    Attributes:
        sock: the connected socket, the caller's to close; None where no address answered.
        winner: the address that answered first.
        outcomes: each address tried and what came of it, in the order they were tried.
        failures: why each address that failed did so: ``refused``, ``timeout`` or ``no route``.
        began, ended: when each address was tried and when that was over, in seconds since the
            race began.
    """

    sock: socket.socket | None = None
    winner: Address | None = None
    outcomes: dict[Address, str] = field(default_factory=dict)
    failures: dict[Address, str] = field(default_factory=dict)
    began: dict[Address, float] = field(default_factory=dict)
    ended: dict[Address, float] = field(default_factory=dict)

    def tries(self) -> tuple[Try, ...]:
        """Return each address tried, with its times, in the order of ``outcomes``."""
        return tuple(
            Try(1000 * start, 1000 * (self.ended[one] - start), one == self.winner)
            for one, start in self.began.items()
        )

    def close(self) -> None:
        """Close the socket, if there is one."""
        if self.sock is not None:
            self.sock.close()


async def race(addresses: Sequence[Address], patience: Patience) -> Race:
    """Connect to whichever address answers first, each next one 250 ms later (RFC 8305 §5)."""
    course = Race()
    start = time.perf_counter()
    waiting = list(addresses)
    running: dict[asyncio.Task[socket.socket], tuple[Address, float]] = {}
    with contextlib.ExitStack() as if_cancelled:
        if_cancelled.callback(course.close)
        try:
            while (waiting or running) and course.sock is None:
                if waiting:
                    address = waiting.pop(0)
                    attempt = asyncio.ensure_future(_connected(address, patience))
                    running[attempt] = (address, time.perf_counter())
                    course.outcomes[address] = _("no answer")
                    course.began[address] = time.perf_counter() - start
                done, _waiting = await asyncio.wait(
                    running,
                    timeout=_STAGGER if waiting else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                for attempt in done:
                    address, began = running.pop(attempt)
                    course.ended[address] = time.perf_counter() - start
                    _note(course, attempt, address, began)
        finally:
            await _abandon(running)
        if_cancelled.pop_all()
    for address, began in running.values():
        course.ended[address] = time.perf_counter() - start
        course.outcomes[address] = _("no answer in {time}").format(time=_ms(began))
        course.failures[address] = "timeout"
    return course


async def _connected(address: Address, patience: Patience) -> socket.socket:
    """Return a socket connected to ``address``."""
    with contextlib.ExitStack() as unless_connected:
        sock = socket.socket(address.family, socket.SOCK_STREAM)
        unless_connected.callback(sock.close)
        sock.setblocking(False)  # noqa: FBT003 - its only parameter
        await patience.wait(asyncio.get_running_loop().sock_connect(sock, address.sockaddr))
        unless_connected.pop_all()
    return sock


def acknowledge_at_once(transport: asyncio.Transport) -> None:
    """Have what comes next acknowledged at once, where the system can (Linux; tcp(7)).

    A server that says two things after a TLS handshake (its tickets, its greeting) may hold the
    second back until the first is acknowledged (RFC 896), for which a client has 40 ms and more.
    """
    sock: socket.socket | None = transport.get_extra_info("socket")
    if _QUICKACK is not None and sock is not None:
        with contextlib.suppress(OSError):  # a socket of another kind has nothing to acknowledge
            sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)


def _note(
    course: Race, attempt: asyncio.Task[socket.socket], address: Address, began: float
) -> None:
    """Write down how one attempt ended; only the first socket is kept."""
    try:
        sock = attempt.result()
    except ConnectionRefusedError:
        outcome, failure = _("refused after {time}").format(time=_ms(began)), "refused"
    except (TimeoutError, Fault):
        outcome, failure = _("no answer in {time}").format(time=_ms(began)), "timeout"
    except OSError as error:
        failure = "no route" if error.errno in _NO_ROUTE else "failed"
        failure = "timeout" if error.errno in _FILTERED else failure
        outcome = shown(error.strerror or str(error))
    else:
        course.outcomes[address] = _("connected in {time}").format(time=_ms(began))
        if course.sock is None:
            course.sock, course.winner = sock, address
        else:
            sock.close()
        return
    course.outcomes[address], course.failures[address] = outcome, failure


async def _abandon(running: Iterable[asyncio.Task[socket.socket]]) -> None:
    """Cancel the attempts that are not needed, and close what they may have opened."""
    attempts = list(running)
    for attempt in attempts:
        attempt.cancel()
    for sock in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(sock, socket.socket):
            sock.close()


def _ms(began: float) -> str:
    told = _("{count} ms")
    return told.format(count=f"{(time.perf_counter() - began) * 1000:.0f}")


def not_connected(course: Race, endpoint: Endpoint, patience: Patience) -> Fault:
    """Return why no address of the server could be connected to."""
    saw = "; ".join(f"{address.ip}: {outcome}" for address, outcome in course.outcomes.items())
    told = _("Port {port}: {outcomes}.")
    saw = told.format(port=endpoint.port, outcomes=saw or _("no address"))
    if patience.left <= 0:
        return Fault("deadline", saw)
    reasons = set(course.failures.values())
    for reason, code in (("refused", "refused"), ("timeout", "timeout_connect")):
        if reason in reasons:
            return Fault(code, saw)
    return Fault("unreachable", saw)


def broken_ipv6(course: Race) -> Fault | None:
    """Return the warning that IPv4 answered while IPv6 gave no route or no answer."""
    if course.winner is None or course.winner.is_ipv6:
        return None
    for address, failure in course.failures.items():
        if address.is_ipv6 and failure in {"timeout", "no route"}:
            return Fault("unreachable_ipv6", f"{address.ip}: {course.outcomes[address]}.")
    return None
