"""The part of the ladder that all checks begin with: from the name to a ready conversation."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from mailwidgets.checks.counter_probe import CounterProbe, worth_trying
from mailwidgets.checks.dialogue import Dialogue
from mailwidgets.checks.handshake import Handshake
from mailwidgets.checks.ladder import Ladder, Rung
from mailwidgets.connection.address import Address, resolve, server_name
from mailwidgets.connection.endpoint import IMPLICIT_PORTS, STARTTLS_PORTS, Endpoint, TlsMode
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.race import broken_ipv6, not_connected, race
from mailwidgets.connection.tls import permissive_context
from mailwidgets.connection.wire import Wire
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _
from mailwidgets.protocols.replies import shown
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Fix
from mailwidgets.reports.transcript import Transcript

OPENING = (
    *("settings", "name", "connection", "greeting", "capabilities"),
    *("tls", "certificate", "authentication"),
)
"""The steps every check begins with, in the order of STARTTLS."""

_IMPLICIT_FIRST = ("tls", "certificate", "greeting", "capabilities")
_GRACE = 3.0  # seconds a server has for its greeting before it counts as silent
_SHARE_OF_TIMEOUT = 4

D = TypeVar("D", bound=Dialogue)


@contextlib.asynccontextmanager
async def opened(
    endpoint: Endpoint,
    ladder: Ladder,
    talk: Callable[[Wire], D],
    protocol: str,
) -> AsyncIterator[D]:
    """Climb the first steps, give a conversation ready for a login, and take leave in the end.

    Whatever happens, the socket is closed: with a goodbye where a fault left the conversation
    in order, at once where the check was cancelled.

    Args:
        endpoint: where to connect.
        ladder: the ladder to climb.
        talk: makes the protocol's conversation over a wire.
        protocol: ``smtp``, ``imap`` or ``pop3``.

    Raises:
        Fault: the step that failed holds it already.
    """
    opening = Opening(endpoint, ladder, talk, protocol)
    try:
        dialogue = await opening.climb()
        yield dialogue
        with ladder.step("goodbye") as rung:
            rung.saw(await dialogue.goodbye())
            await dialogue.wire.close()
    except Fault as fault:
        await opening.leave()
        await opening.look_elsewhere(fault)
        raise
    finally:
        await opening.drop()


class Opening(Generic[D]):
    """One climb from the name to a ready conversation; see ``opened``."""

    def __init__(
        self, endpoint: Endpoint, ladder: Ladder, talk: Callable[[Wire], D], protocol: str
    ) -> None:
        self._endpoint = endpoint
        self._ladder = ladder
        self._talk = talk
        self._protocol = protocol
        self._patience = Patience(endpoint.timeout)
        self._grace = min(_GRACE, endpoint.timeout / _SHARE_OF_TIMEOUT)
        self._implicit = False
        self._addresses: list[Address] = []
        self._address: Address | None = None
        self._wire: Wire | None = None
        self._dialogue: D | None = None

    async def climb(self) -> D:
        """Climb from ``name`` to ``certificate``."""
        with self._ladder.step("name") as rung:
            self._addresses = await resolve(self._endpoint, self._patience)
            rung.saw(", ".join(address.ip for address in self._addresses))
        with self._ladder.step("connection") as rung:
            wire = await self._connect(rung)
            self._implicit = await self._begins_with_tls(wire, rung)
        dialogue = self._dialogue = self._talk(wire)
        if self._implicit:
            self._ladder.arrange(_IMPLICIT_FIRST)
            await self._secure(wire, dialogue)
        with self._ladder.step("greeting") as rung:
            await self._await_greeting(wire)
            rung.saw(await dialogue.greet())
        with self._ladder.step("capabilities") as rung:
            rung.saw(await dialogue.ask())
        if not self._implicit:
            await self._secure_or_not(wire, dialogue)
        return dialogue

    async def leave(self) -> None:
        """Say goodbye without waiting for an answer, if a command may be sent at all."""
        if self._dialogue is None or self._wire is None:
            return
        if self._dialogue.idle and not self._wire.ended:
            self._dialogue.send_goodbye()
            await self._wire.close()

    async def look_elsewhere(self, fault: Fault) -> None:
        """Offer what works as a fix, where the fault suggests it and one more look finds it."""
        seconds = min(self._grace, self._patience.left)
        if fault.fix or not self._addresses or not seconds:
            return
        endpoint, section = self._endpoint, self._ladder.section
        other = worth_trying(fault.code, endpoint, self._protocol, section)
        if other is None:
            return
        self._ladder.transcript.add(
            "*", _("one more connection, to port {port}, no login").format(port=other.port)
        )
        probe = CounterProbe(server_name(endpoint.host), self._addresses, self._talk, seconds)
        if await probe.finds(other):
            self._ladder.amend(str(other), other.offered(endpoint, section))

    async def drop(self) -> None:
        """Close the socket at once, if it is still open."""
        if self._wire is not None:
            await self._wire.drop()

    # Connecting

    async def _connect(self, rung: Rung) -> Wire:
        course = await race(self._addresses, self._patience)
        rung.saw(*(f"{address.ip}: {outcome}" for address, outcome in course.outcomes.items()))
        rung.tries = course.tries()
        if course.sock is None:
            raise not_connected(course, self._endpoint, self._patience)
        self._address = course.winner
        self._wire = await Wire.over(course.sock, self._ladder.transcript, self._patience)
        if broken := broken_ipv6(course):
            rung.warn(broken)
        return self._wire

    async def _begins_with_tls(self, wire: Wire, rung: Rung) -> bool:
        """Return whether TLS comes first; where the port does not say, see who speaks first."""
        mode, port = self._endpoint.tls, self._endpoint.port
        if mode in {TlsMode.IMPLICIT, TlsMode.NONE}:
            return mode is TlsMode.IMPLICIT
        if port in IMPLICIT_PORTS | STARTTLS_PORTS:
            return port in IMPLICIT_PORTS
        if await wire.arrival(self._grace):
            rung.saw(_("The server speaks first: TLS comes by STARTTLS."))
            return False
        rung.saw(
            _("The server is silent for {seconds} s: TLS comes first.").format(
                seconds=number(self._grace)
            )
        )
        return True

    async def _again(self) -> Wire:
        """Return another wire to the same address, ready for a handshake."""
        wire = await self._second_wire()
        async with contextlib.AsyncExitStack() as unless_ready:
            unless_ready.push_async_callback(wire.drop)
            if not self._implicit:
                dialogue = self._talk(wire)
                await dialogue.greet()
                await dialogue.ask()
                await dialogue.starttls()
            unless_ready.pop_all()
        return wire

    async def _second_wire(self) -> Wire:
        if self._address is None:
            raise Fault("dropped", _("There was no first connection."))
        course = await race([self._address], self._patience)
        if course.sock is None:
            raise not_connected(course, self._endpoint, self._patience)
        self._ladder.transcript.add("*", _("a second connection, only to look at TLS"))
        return await Wire.over(course.sock, Transcript(), self._patience)

    # The greeting, and what silence means

    async def _await_greeting(self, wire: Wire) -> None:
        """Wait for the first byte; after a while, find out whether the server waits for TLS."""
        if wire.records is not None or await wire.arrival(self._grace):
            return
        timeout = self._endpoint.timeout
        probe = asyncio.ensure_future(self._answers_tls())
        spoken = asyncio.ensure_future(wire.arrival(timeout - self._grace))
        try:
            await asyncio.wait({probe, spoken}, return_when=asyncio.FIRST_COMPLETED)
            if not spoken.done() and probe.result():
                raise self._plain_on_tls_port()
            if not await spoken:
                raise Fault(
                    "silent_server",
                    _("Not a word within {seconds} s, nor TLS.").format(seconds=number(timeout)),
                )
        finally:
            probe.cancel()
            spoken.cancel()
            await asyncio.gather(probe, spoken, return_exceptions=True)

    async def _answers_tls(self) -> bool:
        try:
            wire = await self._second_wire()
        except (Fault, OSError):
            return False
        try:
            await wire.handshake(permissive_context(), server_name(self._endpoint.host))
        except (Fault, OSError):  # ssl.SSLError and TimeoutError are OSErrors
            return wire.records is not None and bool(wire.records.first) and wire.records.is_tls
        finally:
            await wire.drop()
        return True

    def _plain_on_tls_port(self) -> Fault:
        fix: Fix = (("tls", "implicit"),)
        if self._ladder.section in {"pop3", "imap"}:  # there, Yes means STARTTLS on some ports
            fix = () if self._endpoint.port in STARTTLS_PORTS else (("tls", True),)
        return Fault(
            "plain_on_tls_port",
            _("Silence for {seconds} s, but a TLS handshake is answered at once.").format(
                seconds=number(self._grace)
            ),
            fix=fix,
        )

    # TLS

    async def _secure_or_not(self, wire: Wire, dialogue: D) -> None:
        name = dialogue.starttls_name
        if self._endpoint.tls is TlsMode.NONE:
            why = _("No TLS, as set.")
        elif self._endpoint.tls is TlsMode.AUTO and not dialogue.offers_tls:
            why = _("{name} is not offered: the check goes on without TLS.").format(name=name)
        else:
            await self._secure(wire, dialogue)
            return
        self._ladder.skip("tls", why)
        self._ladder.skip("certificate", why)

    async def _secure(self, wire: Wire, dialogue: D) -> None:
        handshake = Handshake(
            self._endpoint, dialogue.protocol, self._again, upgrade=not self._implicit
        )
        with self._ladder.step("tls") as rung:
            if not self._implicit:
                await self._starttls(wire, dialogue)
            dialogue.idle = False  # from here on, nothing is said that TLS does not cover
            await handshake.shake(wire, rung)
        with self._ladder.step("certificate") as rung:
            await handshake.verify(rung)
            if not self._implicit:
                # What was said before TLS counts no more (RFC 3207 §4.2, RFC 2595 §3.1 and §4).
                rung.saw(await dialogue.ask())

    async def _starttls(self, wire: Wire, dialogue: D) -> None:
        if not dialogue.offers_tls:
            raise Fault(
                "starttls_missing",
                _("The server does not offer {name}.").format(name=dialogue.starttls_name),
            )
        await dialogue.starttls()
        if wire.waiting:
            dialogue.idle = False  # not even a goodbye to whoever that is
            raise Fault(
                "starttls_injection",
                _("Behind its answer to {name} came: {said}").format(
                    name=dialogue.starttls_name, said=shown(wire.waiting)
                ),
            )
