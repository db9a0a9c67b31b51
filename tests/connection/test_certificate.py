"""A certificate read: all that is wrong with it, and a missing intermediate told from others."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable

import pytest
import trustme
from proof.issuing import chain
from scripted import TLS, Scripted

from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.connection import certificate
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report

Make = Callable[..., Endpoint]
NOW = dt.datetime(2031, 5, 6, 7, 8, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
POP3 = {"CAPA": "+OK\nUSER\nSTLS\n.", "STLS": "+OK go" + TLS, "QUIT": "+OK bye"}


def read(ca: trustme.CA, *names: str, begins: int = -1, ends: int = 90) -> certificate.Certificate:
    leaf = ca.issue_cert(*names, not_before=NOW + begins * DAY, not_after=NOW + ends * DAY)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return certificate.read(der)


def codes(cert: certificate.Certificate, host: str) -> list[str]:
    return [fault.code for fault in certificate.others(cert, host, NOW)]


async def checked(context: ssl.SSLContext, endpoint: Make, **more: object) -> Report:
    async with Scripted("+OK ready", POP3, tls=context) as server:
        return await check_pop3(endpoint(server.port, TlsMode.REQUIRE, **more), Login())


def test_a_certificate_in_order_has_no_faults(ca: trustme.CA) -> None:
    assert codes(read(ca, "mail.example.test"), "mail.example.test") == []


def test_all_faults_of_a_certificate_are_told(ca: trustme.CA) -> None:
    expired = read(ca, "mail.example.test", begins=-30, ends=-3)
    found = certificate.others(expired, "smtp.example.test", NOW)

    assert [fault.code for fault in found] == ["cert_name", "cert_expired"]
    assert found[1].saw == "It expired on 2031-05-03 07:08 UTC, 3 days ago."
    assert codes(read(ca, "a.test", begins=2), "b.test") == ["cert_name", "cert_not_yet"]
    assert codes(read(ca, "a.test", ends=4), "a.test") == ["cert_expiring"]


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        ("mail.example.test", "MAIL.example.test", True),
        ("*.example.test", "mail.example.test", True),
        ("*.example.test", "a.mail.example.test", False),
        ("*.example.test", "example.test", False),
        ("*.test", "test", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "0:0:0:0:0:0:0:1", True),
        ("localhost", "127.0.0.1", False),
    ],
)
def test_a_wildcard_stands_for_one_label(
    name: str,
    host: str,
    fits: bool,  # noqa: FBT001 - a column of the table
    ca: trustme.CA,
) -> None:
    assert (codes(read(ca, name), host) == []) is fits


def test_what_has_ended_is_not_said_to_end_soon(ca: trustme.CA) -> None:
    warning = certificate.expiring(read(ca, "a.test", begins=-9, ends=-3), NOW)

    assert warning is not None
    assert warning.saw == "It ended on 2031-05-03 07:08 UTC, 3 days ago."


async def test_a_whole_chain_is_accepted_and_its_leaf_alone_is_not(
    ca: trustme.CA, endpoint: Make
) -> None:
    url = "http://ca.example.test/ca.der"
    whole, _ = chain(ca, "R11", whole=True)
    gap, _ = chain(ca, "R11", whole=False, url=url)

    assert (await checked(whole, endpoint)).code == "ok"
    assert (await checked(gap, endpoint)).code == "cert_chain"


async def test_an_issuer_that_says_nothing_of_itself_may_be_either(
    ca: trustme.CA, endpoint: Make
) -> None:
    gap, der = chain(ca, "R11", whole=False)

    found = (await checked(gap, endpoint)).finding

    assert found is not None
    assert found.code == "cert_untrusted"
    assert certificate.fingerprint(der) in found.saw
    assert "leaves out an intermediate" in found.advice


async def test_a_ca_of_the_same_name_with_another_key_is_told(
    ca: trustme.CA, endpoint: Make
) -> None:
    context, _ = chain(ca, "Corp Root", whole=False)
    _, other = chain(ca, "localhost", whole=False)  # stands for the CA's certificate of before
    namesake = ssl.DER_cert_to_PEM_cert(other)
    by_namesake, _ = chain(ca, "localhost", whole=False)

    unknown = (await checked(context, endpoint, ca_pem=namesake)).finding
    found = (await checked(by_namesake, endpoint, ca_pem=namesake)).finding

    assert unknown is not None
    assert found is not None
    assert unknown.code == found.code == "cert_untrusted"
    assert "another key" not in unknown.saw
    assert "another key" in found.saw
