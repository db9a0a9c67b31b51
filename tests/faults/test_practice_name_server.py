"""What the practice servers' name server says, to whom, and what it makes of garbage."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator

import dns.edns
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st
from practice_clients import TIMEOUT, Clients

from mailwidgets import Practice, Servers
from mailwidgets.faults import Laboratory, Switches
from mailwidgets.faults.name_server import NameServer
from mailwidgets.practice.shown import NAMES, OLD_NAME

SMTP = "smtp.practice.example"


def ask(laboratory: Laboratory, name: str, kind: str = "A") -> dns.message.Message:
    """Return what any client of DNS is told."""
    question = dns.message.make_query(name, kind)
    host, _, port = laboratory.dns.partition(":")
    return dns.query.udp(question, host, timeout=TIMEOUT, port=int(port))


def addresses(laboratory: Laboratory, name: str, kind: str = "A") -> list[str]:
    return [str(one) for records in ask(laboratory, name, kind).answer for one in records]


@pytest.fixture(scope="module")
def alone() -> Iterator[NameServer]:
    """Return a name server that nobody has to ask over the network."""
    server = asyncio.run(_opened())
    yield server
    server._socket.close()  # noqa: SLF001 - its loop, on which ``close`` runs, is gone


async def _opened() -> NameServer:
    return await NameServer.open(Switches("there is no such file"))


@pytest.mark.parametrize("name", [*NAMES, OLD_NAME])
def test_each_name_leads_to_the_servers(laboratory: Laboratory, name: str) -> None:
    assert addresses(laboratory, name) == ["127.0.0.1"]
    assert addresses(laboratory, name.upper()) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        (SMTP, "AAAA", dns.rcode.NOERROR),
        (SMTP, "MX", dns.rcode.NOERROR),
        ("practice.example", "A", dns.rcode.NOERROR),
        ("practice.example", "MX", dns.rcode.NOERROR),
        ("ppo3.practice.example", "A", dns.rcode.NXDOMAIN),
        ("a.smtp.practice.example", "A", dns.rcode.NXDOMAIN),
        ("_imaps._tcp.practice.example", "SRV", dns.rcode.NXDOMAIN),
        ("example", "A", dns.rcode.REFUSED),
        ("notpractice.example", "A", dns.rcode.REFUSED),
        ("mail.example.com", "A", dns.rcode.REFUSED),
        (".", "NS", dns.rcode.REFUSED),
    ],
)
def test_of_other_names_it_knows_that_they_are_not_there_or_nothing(
    laboratory: Laboratory, name: str, kind: str, code: dns.rcode.Rcode
) -> None:
    reply = ask(laboratory, name, kind)
    assert (reply.rcode(), reply.answer) == (code, [])


def test_the_servers_prove_who_they_are_by_each_name(
    laboratory: Laboratory, clients: Clients
) -> None:
    laboratory.inject("greylisted", ["smtp"])  # one through a fault, the others straight
    for port in ("smtps", "imaps", "pop3s"):
        for name in NAMES:
            with clients.context.wrap_socket(clients.raw(port), server_hostname=name):
                pass


def test_faults_of_names_count_from_the_next_question_on(laboratory: Laboratory) -> None:
    laboratory.inject("name_unknown", ["smtp"])
    assert ask(laboratory, SMTP).rcode() == dns.rcode.NXDOMAIN
    assert addresses(laboratory, "imap.practice.example") == ["127.0.0.1"]
    assert addresses(laboratory, "mail.practice.example") == ["127.0.0.1"]
    laboratory.inject("nothing_listens", ["smtp"])
    assert addresses(laboratory, SMTP) == ["127.0.0.2"]
    laboratory.inject("ipv6_broken", ["smtp"])
    assert addresses(laboratory, SMTP, "AAAA") == ["ff01::1"]
    laboratory.mend()
    assert addresses(laboratory, SMTP, "AAAA") == []


def test_other_faults_leave_names_alone(laboratory: Laboratory) -> None:
    laboratory.inject("cert_expired")
    assert addresses(laboratory, SMTP) == ["127.0.0.1"]


def test_a_damaged_file_of_switches_breaks_no_name(laboratory: Laboratory) -> None:
    laboratory.switches.path.write_text("{")
    assert addresses(laboratory, SMTP) == ["127.0.0.1"]


def test_no_connection_to_the_broken_ipv6_address_can_leave_this_machine() -> None:
    """A group on this interface, and TCP to a group is refused before a packet is made."""
    with socket.socket(socket.AF_INET6) as trying:
        trying.settimeout(TIMEOUT)
        with pytest.raises(OSError, match=r"unreachable|not supported|assign"):
            trying.connect(("ff01::1", 9))


# What is asked wrongly


def bare(reply: bytes) -> tuple[int, int]:
    """Return identity and code of a reply."""
    assert reply[2] & 0x80
    return int.from_bytes(reply[:2]), reply[3] & 0x0F


def two_questions() -> bytes:
    question = dns.message.make_query(SMTP, "A", id=7)
    question.question.append(dns.rrset.RRset(question.question[0].name, 1, 28))
    return question.to_wire()


def padded(size: int) -> bytes:
    padding = dns.edns.GenericOption(dns.edns.OptionType.PADDING, bytes(size))
    question = dns.message.make_query(SMTP, "A", id=7, use_edns=0, options=[padding])
    return question.to_wire(max_size=65_535)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\0\7" + bytes(10), dns.rcode.FORMERR),
        (b"\0\7\1\0\0\1" + bytes(6) + b"\xc0\x0c\0\1\0\1", dns.rcode.FORMERR),
        (b"\0\7\1\0\xff\xff" + bytes(6), dns.rcode.FORMERR),
        (two_questions(), dns.rcode.FORMERR),
        (dns.message.make_query(SMTP, "A", id=7).to_wire() + b"junk", dns.rcode.FORMERR),
        (b"\0\7\x28" + bytes(9), dns.rcode.NOTIMP),
        (dns.message.make_query(SMTP, "A", "CH", id=7).to_wire(), dns.rcode.REFUSED),
    ],
)
def test_what_it_does_not_understand_is_refused(
    alone: NameServer, data: bytes, code: dns.rcode.Rcode
) -> None:
    assert bare(alone.answer(data)) == (7, code)


@pytest.mark.parametrize("data", [b"", b"\0", bytes(11), b"\0\7\x80" + bytes(9)])
def test_what_is_no_question_gets_no_answer(alone: NameServer, data: bytes) -> None:
    assert alone.answer(data) == b""


@given(
    st.binary(max_size=80),
    st.lists(st.tuples(st.integers(0, 38), st.binary(min_size=1, max_size=4)), max_size=4),
)
def test_no_datagram_is_too_much_for_it(
    alone: NameServer, behind: bytes, changes: list[tuple[int, bytes]]
) -> None:
    data = bytearray(dns.message.make_query(SMTP, "A").to_wire() + behind)
    for at, other in changes:
        data[at : at + len(other)] = other
    reply = alone.answer(bytes(data))
    assert reply[:2] == bytes(data[:2]) or not reply


def test_garbage_disturbs_nobody(laboratory: Laboratory, caplog: pytest.LogCaptureFixture) -> None:
    host, _, port = laboratory.dns.partition(":")
    with (
        caplog.at_level(logging.WARNING),
        socket.socket(type=socket.SOCK_DGRAM) as asking,
    ):
        asking.settimeout(TIMEOUT)
        asking.connect((host, int(port)))
        for data in (b"", b"\xff" * 60_000, b"\0\7\x80" + bytes(60), b"\0\7\1" + b"\xc0" * 2000):
            asking.send(data)
        assert bare(asking.recv(4096)) == (7, dns.rcode.FORMERR)
        asking.send(padded(2000))
        assert bare(asking.recv(4096)) == (7, dns.rcode.FORMERR)
        asking.send(padded(400))
        assert bare(asking.recv(4096)) == (7, dns.rcode.NOERROR)
    assert addresses(laboratory, SMTP) == ["127.0.0.1"]
    assert caplog.records == []


# Who is told of it


def test_a_laboratory_tells_where_it_is(laboratory: Laboratory) -> None:
    assert laboratory.as_dict()["dns"] == laboratory.dns
    assert laboratory.dns.startswith("127.0.0.1:")


def test_plain_practice_servers_have_none() -> None:
    assert Practice.dns == ""


async def test_a_rehearsal_asks_it_for_every_check(
    laboratory: Laboratory, rehearsing: Servers
) -> None:
    assert rehearsing.dns == laboratory.dns
    for section, name in zip(("pop3", "smtp", "imap", "workflow"), NAMES, strict=True):
        named = rehearsing.change(f"{section}.name", name)
        report = await rehearsing.check(section, changes=[named])
        assert report.code == "ok", str(report)


async def test_what_is_offered_for_an_unknown_name_works(
    laboratory: Laboratory, rehearsing: Servers
) -> None:
    fault = laboratory.inject("name_unknown", ["smtp"])
    scene = fault.scene("smtp", laboratory.ports)
    changes = [rehearsing.change(name, value) for name, value in scene.items()]
    report = await rehearsing.check("smtp", changes=changes)
    assert report.finding is not None
    assert report.finding.fix == (("name", "mail.practice.example"),)
    assert "imap.practice.example and pop3.practice.example" in report.finding.advice
    changes.append(rehearsing.change("smtp.name", report.finding.fix[0][1]))
    assert (await rehearsing.check("smtp", changes=changes)).code == "ok"


async def test_by_the_name_from_which_they_moved_the_servers_are_reached_and_not_proved(
    rehearsing: Servers,
) -> None:
    for section in ("pop3", "smtp", "imap"):
        changes = [rehearsing.change(f"{section}.name", OLD_NAME)]
        report = await rehearsing.check(section, changes=changes)
        assert report.code == "cert_name", str(report)
        assert report.finding is not None
        assert report.finding.fix == (("name", "mail.practice.example"),)
        changes.append(rehearsing.change(f"{section}.name", report.finding.fix[0][1]))
        assert (await rehearsing.check(section, changes=changes)).code == "ok"


def test_stop_leaves_no_name_server() -> None:
    with Laboratory.start() as started:
        host, _, port = started.dns.partition(":")
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind((host, int(port)))
