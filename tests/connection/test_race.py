"""Name resolution and connecting: IDN, allowed hosts, IPv6 and IPv4 raced."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Callable, Iterator

import pytest
from scripted import Scripted

from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.address import (
    Address,
    a_label,
    is_loopback,
    must_be_allowed,
    resolve,
    server_name,
)
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.connection.patience import Patience
from mailwidgets.connection.race import broken_ipv6, not_connected, race
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import State

Make = Callable[..., Endpoint]
IPV6 = socket.has_ipv6


def ipv4(port: int, ip: str = "127.0.0.1") -> Address:
    return Address(socket.AF_INET, (ip, port))


@contextlib.contextmanager
def ipv6_black_hole(port: int) -> Iterator[Address]:
    """An IPv6 address whose packets are dropped, on a port where IPv4 may answer."""
    with socket.socket(socket.AF_INET6) as listening, socket.socket(socket.AF_INET6) as filling:
        try:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind(("::1", port))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        listening.listen(0)
        filling.connect(listening.getsockname())
        yield Address(socket.AF_INET6, ("::1", port, 0, 0))


@pytest.mark.parametrize(
    ("typed", "wire"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        (" mail.example.test ", "mail.example.test"),
        ("[::1]", "::1"),
        ("日本語.example", "xn--wgv71a119e.example"),
    ],
)
def test_a_host_goes_on_the_wire_as_a_labels(typed: str, wire: str) -> None:
    assert a_label(typed) == wire


def test_a_certificate_is_for_the_name_without_dot_and_zone() -> None:
    assert server_name("mail.example.test.") == "mail.example.test"
    assert server_name("fe80::1%eth0") == "fe80::1"


def test_what_can_be_no_host_name_is_not_found() -> None:
    with pytest.raises(Fault) as caught:
        a_label("ü" * 70)

    assert caught.value.code == "dns_not_found"


@pytest.mark.parametrize(
    ("host", "allowed", "is_allowed"),
    [
        ("mail.example.test", (), True),
        ("Mail.Example.test.", ("mail.example.test",), True),
        ("mail.example.test", ("*.example.test",), True),
        ("example.test", ("*.example.test",), False),
        ("evilexample.test", ("*.example.test",), False),
        ("bücher.example", ("xn--bcher-kva.example",), True),
        ("::1", ("0:0:0:0:0:0:0:1",), True),
        ("127.0.0.1", ("localhost",), False),
        ("mail.example.test", ("",), False),
    ],
)
def test_allowed_hosts_are_names_addresses_and_what_is_below_a_name(
    host: str,
    allowed: tuple[str, ...],
    is_allowed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    endpoint = Endpoint(host, 25, TlsMode.NONE, 1, allowed_hosts=allowed)
    if is_allowed:
        must_be_allowed(endpoint)
        return
    with pytest.raises(Fault) as caught:
        must_be_allowed(endpoint)
    assert caught.value.code == "host_not_allowed"


def test_loopback_is_an_address_and_never_a_name() -> None:
    loopback = ("127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "::1%lo")
    assert all(is_loopback(ip) for ip in loopback)
    assert not any(is_loopback(ip) for ip in ("192.0.2.1", "::", "fe80::1%eth0", "localhost", ""))


async def test_the_families_take_turns(endpoint: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def two_of_each(*_: object, **__: object) -> list[tuple[object, ...]]:
        six = [(socket.AF_INET6, 1, 6, "", (f"2001:db8::{n}", 25, 0, 0)) for n in (1, 2)]
        four = [(socket.AF_INET, 1, 6, "", (f"192.0.2.{n}", 25)) for n in (1, 2)]
        return [*six, *four, four[0]]

    monkeypatch.setattr("socket.getaddrinfo", two_of_each)

    addresses = await resolve(endpoint(25, host="mail.example.test"), Patience(1))

    assert [one.ip for one in addresses] == ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "dns_not_found"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "dns_timeout"),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"), "dns_timeout"),
        (UnicodeError("label too long"), "dns_not_found"),
    ],
)
async def test_no_such_name_is_told_from_no_answer(
    error: Exception, code: str, endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("socket.getaddrinfo", fail)

    with pytest.raises(Fault) as caught:
        await resolve(endpoint(25, host="mail.example.test"), Patience(1))

    assert caught.value.code == code


async def test_a_dead_address_holds_up_the_next_one_for_a_quarter_of_a_second_only(
    black_hole: tuple[str, int],
) -> None:
    async with Scripted("220 mx") as server:
        began = asyncio.get_running_loop().time()
        course = await race([ipv4(black_hole[1]), ipv4(server.port)], Patience(5))
        took = asyncio.get_running_loop().time() - began
        assert course.sock is not None
        course.sock.close()

    assert course.winner == ipv4(server.port)
    assert 0.2 < took < 2
    assert "no answer" in course.outcomes[ipv4(black_hole[1])]


async def test_after_a_refusal_the_next_address_is_tried_at_once(free_port: int) -> None:
    async with Scripted("220 mx") as server:
        began = asyncio.get_running_loop().time()
        course = await race([ipv4(free_port), ipv4(server.port)], Patience(5))
        took = asyncio.get_running_loop().time() - began
        assert course.sock is not None
        course.sock.close()

    assert took < 0.2
    assert course.failures == {ipv4(free_port): "refused"}
    assert broken_ipv6(course) is None


async def test_ipv6_that_drops_packets_is_worth_a_warning_while_ipv4_works(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Scripted("220 mx", {"EHLO": "250 mx", "": "250 ok"}) as server:
        with ipv6_black_hole(server.port) as six:
            answers = [
                (socket.AF_INET6, 1, 6, "", six.sockaddr),
                (socket.AF_INET, 1, 6, "", ("127.0.0.1", server.port)),
            ]
            monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
            report = await check_smtp(endpoint(server.port), Login(), ehlo="pc.example.test")

    assert (report.ok, report.code) == (True, "unreachable_ipv6"), str(report)
    connection = report.steps[2]
    assert connection.state is State.WARNED
    assert [one.partition(": ")[0] for one in connection.evidence] == ["::1", "127.0.0.1"]


async def test_a_system_without_ipv6_has_no_route_by_it(
    endpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Old(socket.socket):
        def __init__(self, family: int = -1, *kind: int) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
            super().__init__(family, *kind)

    six, patience = Address(socket.AF_INET6, ("2001:db8::1", 25, 0, 0)), Patience(5)
    async with Scripted("220 mx") as server:
        monkeypatch.setattr("mailwidgets.connection.race.socket.socket", Old)
        course = await race([six, ipv4(server.port)], patience)
        alone = await race([six], patience)
        monkeypatch.undo()
        course.close()

    warning = broken_ipv6(course)
    assert warning is not None
    assert warning.code == "unreachable_ipv6"
    assert not_connected(alone, endpoint(25), patience).code == "unreachable"


async def test_a_mere_refusal_over_ipv6_is_no_warning(free_port: int) -> None:
    six = Address(socket.AF_INET6, ("::1", free_port, 0, 0))
    async with Scripted("220 mx") as server:
        course = await race([six, ipv4(server.port)], Patience(5))
        assert course.sock is not None
        course.sock.close()

    assert broken_ipv6(course) is None


async def test_a_refusal_counts_more_than_silence_where_nothing_answers(
    free_port: int, black_hole: tuple[str, int], endpoint: Make
) -> None:
    patience = Patience(1.5)  # a busy machine may hear of the refusal late
    course = await race([ipv4(free_port), ipv4(black_hole[1])], patience)

    fault = not_connected(course, endpoint(25), patience)

    assert fault.code == "refused"
    assert fault.saw.count("127.0.0.1") == 1 or "no answer" in fault.saw
