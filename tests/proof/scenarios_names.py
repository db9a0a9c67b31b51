"""Looking names up: with the C library's real resolver, at a DNS server or from a file of ours."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from scripted import Answer, Scripted

from mailwidgets.connection.endpoint import Endpoint, TlsMode
from mailwidgets.reports.report import Report, State, Who
from proof.elsewhere import check_elsewhere
from proof.scenarios_network import SMTP
from proof.scenarios_stage import ANA, Reach, Scenario, Stage, black_hole

_EXISTING = {"smtp.corp.test.", "mail.corp.test."}


class _Names(asyncio.DatagramProtocol):
    """A DNS server that knows two hosts, or says nothing at all."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._silent:
            return
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        asked = query.question[0]
        if str(asked.name).lower() not in _EXISTING:
            response.set_rcode(dns.rcode.NXDOMAIN)
        elif asked.rdtype == dns.rdatatype.A:
            response.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "A", "127.0.0.1"))
        self._transport.sendto(response.to_wire(), addr)


def looking_up(host: str, *, silent: bool = False, timeout: float = 5.0) -> Reach:
    """Return a check that looks a name up with the C library's resolver at a DNS server of ours."""

    async def reach(stage: Stage) -> Report:
        async with _dns(silent=silent) as server:
            files = {
                "/etc/resolv.conf": f"nameserver {server}\noptions timeout:3 attempts:1\n",
                "/etc/nsswitch.conf": "hosts: files dns\n",
            }
            endpoint = Endpoint(host, 25, TlsMode.NONE, timeout)
            return await check_elsewhere(stage.tmp_path, files, endpoint, ANA)

    return reach


@contextlib.asynccontextmanager
async def _dns(*, silent: bool) -> AsyncIterator[str]:
    """Give the address of a DNS server on port 53, the only one resolv.conf can name."""
    address = f"127.53.{os.getpid() % 250}.{1 + silent}"
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Names(silent=silent), local_addr=(address, 53)
    )
    try:
        yield address
    finally:
        transport.close()


def broken_ipv6(answers: dict[str, Answer]) -> Reach:
    """Return a check of a host with both families, whose IPv6 address drops packets."""

    async def reach(stage: Stage) -> Report:
        async with Scripted("220 mx ESMTP", answers) as server:
            with black_hole(socket.AF_INET6, "::1", server.port):
                files = {"/etc/hosts": "::1 both.corp.test\n127.0.0.1 both.corp.test\n"}
                endpoint = Endpoint("both.corp.test", server.port, TlsMode.NONE, 3.0)
                return await check_elsewhere(stage.tmp_path, files, endpoint, ANA)

    return reach


NAMES = (
    Scenario(
        code="dns_not_found",
        section="smtp",
        reach=looking_up("smpt.corp.test"),
        step="name",
        saw=("smpt.corp.test", "not known"),
        advice="Did you mean smtp.corp.test? There is also mail.corp.test.",
        fix=(("name", "smtp.corp.test"),),
        field="name",
    ),
    Scenario(
        code="dns_not_found",
        note="nothing near",
        section="smtp",
        reach=looking_up("smtp.nowhere.test"),
        step="name",
        saw=("smtp.nowhere.test",),
        advice="letter by letter",
        field="name",
    ),
    Scenario(
        code="dns_timeout",
        section="smtp",
        reach=looking_up("smtp.corp.test", silent=True, timeout=0.5),
        step="name",
        saw=("smtp.corp.test", "no answer within 0.5 s"),
        field="name",
        who=Who.NETWORK,
    ),
    Scenario(
        code="unreachable_ipv6",
        section="smtp",
        reach=broken_ipv6(SMTP),
        step="connection",
        saw=("::1: no answer",),
        field="name",
        who=Who.NETWORK,
        state=State.WARNED,
    ),
)
