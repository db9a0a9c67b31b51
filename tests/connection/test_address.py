"""Names that may have been meant by one that does not exist."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable

import pytest

from mailwidgets.connection import address
from mailwidgets.connection.address import near_names, resolve
from mailwidgets.connection.endpoint import Endpoint, TlsMode
from mailwidgets.connection.patience import Patience
from mailwidgets.reports.fault import Fault

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 25))]


def at(host: str, *allowed: str, timeout: float = 5) -> Endpoint:
    return Endpoint(host, 25, TlsMode.NONE, timeout, allowed_hosts=allowed)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let only these names exist; returns the list of names that are asked for."""

    def exist(*names: str) -> list[str]:
        asked: list[str] = []

        def look_up(name: str, *_: object, **__: object) -> object:
            asked.append(name)
            if name in names:
                return FOUND
            raise socket.gaierror(socket.EAI_NONAME, "not known")

        monkeypatch.setattr("socket.getaddrinfo", look_up)
        return asked

    return exist


async def fault_of(endpoint: Endpoint, *, suggest: bool = True) -> Fault:
    with pytest.raises(Fault) as caught:
        await resolve(endpoint, Patience(endpoint.timeout), suggest=suggest)
    return caught.value


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("smpt.example.com", "smtp.example.com"),
        ("mial.example.com", "mail.example.com"),
        ("iamp.example.co.uk", "imap.example.co.uk"),
        ("Mail. Example.com", "mail.example.com"),
        ("mail..example.com", "mail.example.com"),
        ("mail,example.com", "mail.example.com"),
        ("mail\u200b.example.com", "mail.example.com"),
        (".mail.example.com", "mail.example.com"),
        ("example.com", "smtp.example.com"),
        ("pop3.sub.example.com", "pop.sub.example.com"),
    ],
)
def test_the_likeliest_name_comes_first(typed: str, first: str) -> None:
    assert near_names(typed)[0] == first


@pytest.mark.parametrize(
    "typed", ["", "smpt", "com", "192.0.2.300", "::1", "co.uk", "ana@example.com", "http://x.test"]
)
def test_what_has_no_domain_of_its_own_has_no_near_names(typed: str) -> None:
    assert near_names(typed) == []


@pytest.mark.parametrize(
    "typed", ["smpt.example.com", "exmaple.com", "smpt.example.co.uk", "a.com.au"]
)
def test_no_name_of_another_domain_is_ever_offered(typed: str) -> None:
    labels = typed.split(".")
    domain = ".".join(labels[1:]) if labels[0] == "smpt" else typed
    near = near_names(typed)

    assert near
    assert len(near) <= 8
    assert all(name.endswith(f".{domain}") for name in near)


async def test_the_names_that_exist_are_offered(only: Callable[..., list[str]]) -> None:
    asked = only("smtp.example.com", "imap.example.com", "mx.example.com", "pop.example.com")

    fault = await fault_of(at("smpt.example.com"))

    assert (fault.code, fault.fix) == ("dns_not_found", (("name", "smtp.example.com"),))
    assert fault.advice == (
        "Did you mean smtp.example.com? There is also imap.example.com and pop.example.com."
    )
    assert len(asked) <= 9


async def test_where_none_exists_nothing_is_offered(only: Callable[..., list[str]]) -> None:
    only()

    fault = await fault_of(at("smpt.example.com"))

    assert (fault.advice, fault.fix) == ("", ())


async def test_only_allowed_names_are_even_looked_up(only: Callable[..., list[str]]) -> None:
    asked = only("smtp.example.com", "mail.example.com")

    fault = await fault_of(at("smpt.example.com", "smpt.example.com", "mail.example.com"))

    assert fault.fix == (("name", "mail.example.com"),)
    assert sorted(asked) == ["mail.example.com", "smpt.example.com"]


async def test_who_wants_no_suggestion_asks_once(only: Callable[..., list[str]]) -> None:
    asked = only("smtp.example.com")

    fault = await fault_of(at("smpt.example.com"), suggest=False)

    assert (asked, fault.fix) == (["smpt.example.com"], ())


async def test_a_name_that_no_resolver_takes_is_tidied(only: Callable[..., list[str]]) -> None:
    only("mail.bücher.example", "mail.xn--bcher-kva.example")

    fault = await fault_of(at("mail..bücher.example"))

    assert (fault.code, fault.fix) == ("dns_not_found", (("name", "mail.bücher.example"),))


async def test_a_slow_resolver_does_not_hold_up_the_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()

    def look_up(name: str, *_: object, **__: object) -> object:
        if name == "mail.example.com":
            return FOUND
        if name != "smpt.example.com":
            release.wait(20)
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    monkeypatch.setattr(address, "_NEAR_SECONDS", 2.0)
    try:
        fault = await asyncio.wait_for(fault_of(at("smpt.example.com")), 10)
    finally:
        release.set()
        for thread in threading.enumerate():
            if "resolver" in thread.name:
                thread.join()

    assert fault.fix == (("name", "mail.example.com"),)
