"""An address, taken apart; host names out of hostile sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.connection.endpoint import port_number
from mailwidgets.discovery.names import MailAddress, host_name
from mailwidgets.errors import InvalidValue


@pytest.mark.parametrize(
    ("typed", "local", "domain"),
    [
        (" ana@example.test ", "ana", "example.test"),
        ("Ana.B@Example.TEST", "Ana.B", "example.test"),
        ('"a b"@example.test', '"a b"', "example.test"),
        ("анна@bücher.test", "анна", "xn--bcher-kva.test"),
        ("a@b@example.test", "a@b", "example.test"),
    ],
)
def test_an_address_is_taken_apart(typed: str, local: str, domain: str) -> None:
    found = MailAddress.parse(typed)

    assert (found.whole, found.local, found.domain) == (typed.strip(), local, domain)


@pytest.mark.parametrize(
    "typed",
    [
        *("", "  ", "ana", "@example.test", "ana@", "ana@exa mple.test", "ana@-x.test", "ana@a..b"),
        *("ana@[192.0.2.1]", "ana@192.0.2.1", "ana@1.2", "a\x1b[2J@x.test", "a\u202e@x.test"),
        *("a" * 255 + "@example.test", "ana@" + "a" * 64 + ".test", "a\r\nb@example.test"),
    ],
)
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(InvalidValue, match="address") as refused:
        MailAddress.parse(typed)
    assert str(refused.value).isprintable()


def test_only_what_lies_below_the_domain_is_held_by_it() -> None:
    ana = MailAddress.parse("ana@example.test")

    assert ana.holds("example.test")
    assert ana.holds("imap.example.test")
    assert not ana.holds("badexample.test")
    assert not ana.holds("example.test.other.test")


@pytest.mark.parametrize("text", ["fe80::1%\x1b[2J", "fe80::1%eth0", "a.1", "a..b", "_", "-", "."])
def test_what_dns_cannot_name_is_no_host(text: str) -> None:
    assert host_name(text) in {"", "_"}


@given(st.text())
def test_any_text_is_a_clean_host_name_or_none(text: str) -> None:
    name = host_name(text)

    assert host_name(name) == name
    assert name.isascii()
    assert not set(name) & set(" /@\\\r\n\0")


@pytest.mark.parametrize(
    ("text", "port"), [("993", 993), ("0", 0), ("65536", 0), ("٣", 0), ("-1", 0), ("", 0)]
)
def test_a_port_is_from_1_to_65535_in_ascii_digits(text: str, port: int) -> None:
    assert port_number(text) == port
