"""A name server on loopback that answers whatever a test has it answer, however wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Answers = Callable[[dns.message.Message], Iterable[bytes]]
"""From a question to the datagrams that answer it."""


class Names(asyncio.DatagramProtocol):
    """One end of it.

    Attributes:
        place: where it listens, as ``127.0.0.1:5353``.
        asked: the questions that came.
    """

    def __init__(self, answers: Answers) -> None:
        self.place = ""
        self.asked: list[dns.message.Message] = []
        self.heard = asyncio.Event()
        self._answers = answers
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # what it is
        self._transport = transport
        host, port = transport.get_extra_info("sockname")
        self.place = f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        question = dns.message.from_wire(data)
        self.asked.append(question)
        self.heard.set()
        for answer in self._answers(question):
            self._transport.sendto(answer, addr)


@contextlib.asynccontextmanager
async def names(answers: Answers) -> AsyncIterator[Names]:
    """Give a name server that answers so."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: Names(answers), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        transport.close()


def record(owner: str, kind: str, *values: str) -> dns.rrset.RRset:
    """Return records of one name and type."""
    return dns.rrset.from_text(dns.name.from_text(owner), 60, "IN", kind, *values)


def holding(*records: dns.rrset.RRset, **flags: int) -> Answers:
    """Return answers that hold these records, whatever was asked.

    Args:
        records: those of the other family are left out.
        flags: ``rcode``, or ``flags`` to set.
    """

    def answer(question: dns.message.Message) -> Iterator[bytes]:
        reply = dns.message.make_response(question)
        reply.flags |= flags.get("flags", 0)
        reply.set_rcode(dns.rcode.Rcode(flags.get("rcode", 0)))
        families = {dns.rdatatype.A, dns.rdatatype.AAAA} - {question.question[0].rdtype}
        reply.answer += [one for one in records if one.rdtype not in families]
        yield reply.to_wire(max_size=65_535)

    return answer
