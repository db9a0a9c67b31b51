"""The practice servers' name server: one zone, on loopback, as right or wrong as the faults say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from mailwidgets.faults.fault import Names
from mailwidgets.faults.switches import Switches
from mailwidgets.practice.servers import ADDRESS
from mailwidgets.practice.shown import NAMES, OLD_NAME, ZONE

_LARGEST = 1232  # octets of a question; of more, the rest is lost, and it is refused as garbled
_HEADER = 12  # octets before the question (RFC 1035 §4.1.1)
_ANSWER, _OPCODE, _KEPT = 0x80, 0x78, 0x79  # in the third octet; kept: opcode, recursion desired
_ORIGIN = dns.name.from_text(ZONE)
_HOSTS = {dns.name.from_text(name): name.partition(".")[0] for name in (*NAMES, OLD_NAME)}
_RECORDS: Final[Mapping[Names, Mapping[str, str]]] = {
    Names.GOOD: {"A": ADDRESS},
    # To a group of programs on this very interface there is no TCP, so that no packet is sent:
    # every system refuses at once, with IPv6 or without. ``::1`` would be a mere refusal.
    Names.BROKEN_IPV6: {"A": ADDRESS, "AAAA": "ff01::1"},
    # The loopback network, where no door is; macOS has to be told of that address first.
    Names.ASTRAY: {"A": "127.0.0.2"},
}


class NameServer:
    """A name server; made by :meth:`open`, ended by :meth:`close` on the servers' loop.

    Args:
        switches: which faults are on; looked at for each question.

    Attributes:
        place: where it listens, as ``127.0.0.1:5353``.
    """

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self.place = ""

    @classmethod
    async def open(cls, switches: Switches) -> NameServer:
        """Return a name server that listens.

        Raises:
            OSError: no port can be opened.
        """
        server = cls(switches)
        try:
            server._socket.bind((ADDRESS, 0))
        except OSError:
            server._socket.close()
            raise
        server._socket.settimeout(0)  # the loop waits, not the socket
        server.place = f"{ADDRESS}:{server._socket.getsockname()[1]}"
        asyncio.get_running_loop().add_reader(server._socket, server._hear)
        return server

    async def close(self) -> None:
        """Stop listening."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _hear(self) -> None:
        with suppress(OSError):  # whoever asked has left by now: the loop calls for the next
            question, asker = self._socket.recvfrom(_LARGEST)
            if answer := self.answer(question):
                self._socket.sendto(answer, asker)

    def answer(self, data: bytes) -> bytes:
        """Return what is answered to a datagram; empty where that is nothing."""
        if len(data) < _HEADER or data[2] & _ANSWER:  # answers are not answered, for ever
            return b""
        if data[2] & _OPCODE:
            return _only(data, dns.rcode.NOTIMP)
        try:
            asked = dns.message.from_wire(data)
            (question,) = asked.question
        except (dns.exception.DNSException, ValueError):
            return _only(data, dns.rcode.FORMERR)
        reply = dns.message.make_response(asked)
        names = self._names(question.name)
        if names is Names.SILENT:
            return b""
        if names is None or question.rdclass != dns.rdataclass.IN:
            reply.set_rcode(dns.rcode.REFUSED)
        elif names is Names.UNKNOWN:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif question.name != _ORIGIN:
            kind = dns.rdatatype.to_text(question.rdtype)
            if ip := _RECORDS[names].get(kind):
                reply.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, ip))
        return reply.to_wire()

    def _names(self, name: dns.name.Name) -> Names | None:
        """Return what is to be said of a name; None: it is outside of the zone."""
        if not name.is_subdomain(_ORIGIN):
            return None
        if name == _ORIGIN:
            return Names.GOOD
        if name not in _HOSTS:
            return Names.UNKNOWN
        fault = self._switches.fault_of(_HOSTS[name])
        return fault.names if fault else Names.GOOD


def _only(data: bytes, code: dns.rcode.Rcode) -> bytes:
    """Return an answer that has the question's identity and a reason, and nothing else."""
    return data[:2] + bytes([_ANSWER | data[2] & _KEPT, code]) + bytes(_HEADER - 4)
