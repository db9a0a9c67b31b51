"""A named name server: what it says, what it leaves unsaid, and what it should not say."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import pytest
from name_servers import Answers, holding, names, record

from mailwidgets.connection import name_server
from mailwidgets.connection.address import Address, resolve
from mailwidgets.connection.endpoint import Endpoint, TlsMode
from mailwidgets.connection.name_server import NoRecords
from mailwidgets.connection.patience import Patience
from mailwidgets.errors import InvalidValue
from mailwidgets.faults import Laboratory
from mailwidgets.reports.fault import Fault

HOST = "mail.example.test"
A = record(HOST, "A", "192.0.2.1")
AAAA = record(HOST, "AAAA", "2001:db8::1")
LOOP = (record(HOST, "CNAME", "b.test."), record("b.test.", "CNAME", HOST))
LONG_CHAIN = (
    record(HOST, "CNAME", "0.test."),
    *(record(f"{n}.test.", "CNAME", f"{n + 1}.test.") for n in range(40)),
    record("40.test.", "A", "192.0.2.1"),
)
SYSTEMS = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.99", 25))]


@pytest.fixture
def by_system(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names that the system is asked for; it knows all of them."""
    asked: list[str] = []

    def look_up(name: str, *_: object, **__: object) -> object:
        asked.append(name)
        return SYSTEMS

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    return asked


async def ips(place: str, host: str = HOST, seconds: float = 5.0) -> list[str]:
    endpoint = Endpoint(host, 25, TlsMode.NONE, seconds, dns=place)
    return [one.ip for one in await resolve(endpoint, Patience(seconds))]


async def told(answers: Answers, host: str = HOST) -> list[str]:
    async with names(answers) as server:
        return await ips(server.place, host)


async def fault_of(place: str, host: str = HOST, seconds: float = 5.0) -> Fault:
    with pytest.raises(Fault) as caught:
        await ips(place, host, seconds)
    return caught.value


async def unsaid(answers: Answers, seconds: float = 0.4) -> Fault:
    async with names(answers) as server:
        return await fault_of(server.place, seconds=seconds)


# What it says


@pytest.mark.parametrize("host", ["smtp.practice.example", "Mail.Practice.Example."])
async def test_a_name_leads_to_its_address(laboratory: Laboratory, host: str) -> None:
    assert await ips(laboratory.dns, host) == ["127.0.0.1"]


async def test_both_families_are_asked_for_and_take_turns() -> None:
    four, six = record(HOST, "A", "192.0.2.1", "192.0.2.2"), record(HOST, "AAAA", "2001:db8::1")
    async with names(holding(four, six)) as server:
        endpoint = Endpoint(HOST, 993, TlsMode.NONE, 5.0, dns=server.place)
        found = await resolve(endpoint, Patience(5.0))

    assert found[0] == Address(socket.AF_INET6, ("2001:db8::1", 993, 0, 0))
    assert sorted(one.sockaddr for one in found[1:]) == [("192.0.2.1", 993), ("192.0.2.2", 993)]


async def test_a_name_that_is_not_there_is_told(laboratory: Laboratory) -> None:
    fault = await fault_of(laboratory.dns, "nowhere.practice.example")

    assert fault.code == "dns_not_found"
    assert fault.saw == "nowhere.practice.example has no address: there is no such name."


async def test_a_name_with_other_records_only_has_no_address() -> None:
    fault = await unsaid(holding())

    assert (fault.code, fault.saw) == ("dns_not_found", f"{HOST} has no address: none given.")


async def test_near_names_are_looked_up_at_the_same_name_server(
    laboratory: Laboratory, by_system: list[str]
) -> None:
    fault = await fault_of(laboratory.dns, "smpt.practice.example")

    assert fault.fix == (("name", "smtp.practice.example"),)
    assert "There is also mail.practice.example" in fault.advice
    assert by_system == []


async def test_an_alias_is_followed() -> None:
    chain = (record(HOST, "CNAME", "b.test."), record("b.test.", "CNAME", "c.test."))

    assert await told(holding(*chain, record("c.test.", "A", "192.0.2.1"))) == ["192.0.2.1"]


async def test_one_family_is_enough_where_the_other_gets_no_answer() -> None:
    def only_four(question: dns.message.Message) -> Iterator[bytes]:
        if question.question[0].rdtype == dns.rdatatype.A:
            yield from holding(A)(question)

    async with names(only_four) as server:
        assert await ips(server.place, seconds=0.4) == ["192.0.2.1"]


# For what it is not asked


async def test_for_names_that_it_refuses_the_system_is_asked(
    laboratory: Laboratory, by_system: list[str]
) -> None:
    assert await ips(laboratory.dns, HOST) == ["192.0.2.99"]
    assert by_system == [HOST]


@pytest.fixture
def systems(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a name server be the system's; resolv.conf could not name its port."""

    def take(place: str) -> None:
        host, _, port = place.partition(":")

        class Resolver(dns.asyncresolver.Resolver):
            def __init__(self, *, configure: bool = True) -> None:
                super().__init__(configure=False)
                if configure:
                    self.nameservers, self.port = [host], int(port)

        monkeypatch.setattr(dns.asyncresolver, "Resolver", Resolver)

    return take


async def test_for_records_that_it_refuses_the_systems_name_server_is_asked(
    systems: Callable[[str], None],
) -> None:
    mx = record(HOST, "MX", "10 mx.example.test.")
    async with names(holding(rcode=dns.rcode.REFUSED)) as refusing, names(holding(mx)) as other:
        systems(other.place)
        (found,) = await name_server.records(refusing.place, HOST, "MX", Patience(5.0))

    assert str(found.exchange) == "mx.example.test."


async def test_a_system_that_is_refused_too_has_no_records(
    systems: Callable[[str], None],
) -> None:
    async with names(holding(rcode=dns.rcode.REFUSED)) as refusing:
        systems(refusing.place)
        with pytest.raises(NoRecords, match=r"No MX records of mail.example.test: .*REFUSED"):
            await name_server.records(refusing.place, HOST, "MX", Patience(5.0))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost", "LOCALHOST"])
async def test_addresses_and_localhost_are_asked_of_nobody(host: str) -> None:
    async with names(holding(A)) as server:
        assert set(await ips(server.place, host)) <= {"127.0.0.1", "::1"}
        assert server.asked == []


async def test_only_allowed_hosts_are_asked_for() -> None:
    async with names(holding(A)) as server:
        endpoint = Endpoint(HOST, 25, TlsMode.NONE, 5.0, dns=server.place)
        with pytest.raises(Fault) as caught:
            await resolve(replace(endpoint, allowed_hosts=("other.test",)), Patience(5.0))

    assert (caught.value.code, server.asked) == ("host_not_allowed", [])


async def test_a_backslash_is_no_escape() -> None:
    """Else a name below an allowed host would be asked for as one of another domain."""
    async with names(holding(rcode=dns.rcode.NXDOMAIN)) as server:
        await fault_of(server.place, "evil\\.example.test")

    assert server.asked[0].question[0].name.labels[:2] == (b"evil\\", b"example")


@pytest.mark.parametrize("host", [f"{'a' * 64}.test", ".".join(["a" * 60] * 5), "a..b.test", "a.."])
async def test_what_can_be_no_name_is_not_found_and_not_asked_for(host: str) -> None:
    async with names(holding(rcode=dns.rcode.NXDOMAIN)) as server:
        fault = await fault_of(server.place, host)

    assert fault.code == "dns_not_found"
    assert host not in [str(one.question[0].name) for one in server.asked]


@pytest.mark.parametrize("place", ["localhost:53", "127.0.0.1:x", "nowhere"])
def test_an_endpoint_refuses_a_name_server_that_is_none(place: str) -> None:
    with pytest.raises(InvalidValue, match=r"such as 127.0.0.1:5353"):
        Endpoint(HOST, 25, TlsMode.NONE, 5.0, dns=place)


def test_without_a_name_server_dnspython_is_not_loaded() -> None:
    script = (
        "import asyncio, socket, sys\n"
        "from mailwidgets.connection.address import resolve\n"
        "from mailwidgets.connection.endpoint import Endpoint, TlsMode\n"
        "from mailwidgets.connection.patience import Patience\n"
        "socket.getaddrinfo = lambda *_, **__: [(2, 1, 6, '', ('192.0.2.1', 25))]\n"
        "async def main():\n"
        "    await resolve(Endpoint('a.test', 25, TlsMode.NONE, 1.0), Patience(1.0))\n"
        "asyncio.run(main())\n"
        "print('dns' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "False"


# What it leaves unsaid, or should not say


def garbage(question: dns.message.Message) -> Iterator[bytes]:
    identity = question.to_wire()[:2]
    yield from (
        b"",
        b"\0",
        identity,
        identity + b"\xff" * 40,
        identity + b"\x81\x80" + b"\xc0" * 99,
    )


def another_id(question: dns.message.Message) -> Iterator[bytes]:
    for wire in holding(A)(question):
        yield bytes([wire[0] ^ 1]) + wire[1:]


def another_question(question: dns.message.Message) -> Iterator[bytes]:
    other = dns.message.make_query("evil.test", question.question[0].rdtype, id=question.id)
    yield from holding(record("evil.test", "A", "192.0.2.66"))(other)


def the_question(question: dns.message.Message) -> Iterator[bytes]:
    yield question.to_wire()


SPOOFED = [garbage, another_id, another_question, the_question]


@pytest.mark.parametrize("answers", [lambda _: (), *SPOOFED])
async def test_what_is_no_answer_is_waited_through(answers: Answers) -> None:
    fault = await unsaid(answers)

    assert fault.code == "dns_timeout"
    assert f"Looking up {HOST} at 127.0.0.1:" in fault.saw
    assert fault.saw.endswith(": no answer within 0.4 s.")


@pytest.mark.parametrize("first", SPOOFED)
async def test_what_is_no_answer_does_not_hide_the_one_behind_it(first: Answers) -> None:
    assert await told(lambda question: (*first(question), *holding(A)(question))) == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (holding(rcode=dns.rcode.SERVFAIL), "SERVFAIL."),
        (holding(rcode=dns.rcode.FORMERR), "FORMERR."),
        (holding(*LOOP), "no answer within 0.4 s."),
        (holding(*LONG_CHAIN), "The CNAME chain is too long."),
    ],
    ids=["servfail", "formerr", "loop", "long chain"],
)
async def test_an_answer_of_no_use_names_no_address(answers: Answers, why: str) -> None:
    fault = await unsaid(answers)

    assert (fault.code, fault.saw.rpartition(": ")[2]) == ("dns_timeout", why)


async def test_records_of_another_name_are_not_taken() -> None:
    fault = await unsaid(holding(record("evil.test", "A", "192.0.2.66")))

    assert (fault.code, fault.saw) == ("dns_not_found", f"{HOST} has no address: none given.")


async def test_of_a_huge_answer_a_few_addresses_are_taken() -> None:
    four = record(HOST, "A", *(f"10.0.{n // 250}.{n % 250 + 1}" for n in range(3000)))
    six = record(HOST, "AAAA", *(f"2001:db8::{n:x}" for n in range(2000)))

    found = await told(holding(four, six))

    assert len(found) == 16
    assert sum(":" in ip for ip in found) == 8


async def test_of_a_huge_answer_a_few_records_are_taken() -> None:
    many = record(HOST, "MX", *(f"10 mx{n}.example.test." for n in range(2000)))
    async with names(holding(many)) as server:
        assert len(await name_server.records(server.place, HOST, "MX", Patience(5.0))) == 16


async def test_a_truncated_answer_is_asked_for_again_by_tcp() -> None:
    async def by_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2))
        question = dns.message.from_wire(await reader.readexactly(size))
        for wire in holding(A)(question):
            writer.write(len(wire).to_bytes(2) + wire)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with names(holding(flags=dns.flags.TC)) as server:
        host, _, port = server.place.partition(":")
        async with await asyncio.start_server(by_tcp, host, int(port)):
            assert await ips(server.place) == ["192.0.2.1"]


async def test_a_truncated_answer_without_tcp_is_none() -> None:
    assert (await unsaid(holding(flags=dns.flags.TC))).code == "dns_timeout"


async def test_a_name_server_that_is_not_there_gives_no_answer() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{held.getsockname()[1]}"
    fault = await fault_of(place, seconds=0.4)

    assert fault.code == "dns_timeout"
    assert place in fault.saw


async def test_it_is_cancelled_at_once_and_leaves_nothing_behind() -> None:
    async with names(lambda _: ()) as server:
        asking = asyncio.create_task(ips(server.place, seconds=60.0))
        await server.heard.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asking, 5)


async def test_after_the_deadline_nobody_is_waited_for() -> None:
    async with names(lambda _: ()) as server:
        endpoint = Endpoint(HOST, 25, TlsMode.NONE, 60.0, dns=server.place)
        with pytest.raises(Fault) as caught:
            await resolve(endpoint, Patience(1e-9))

    assert caught.value.code == "deadline"
