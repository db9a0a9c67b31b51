from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import InvalidValue
from mailwidgets.settings import rules


@pytest.mark.parametrize(
    "name",
    [
        *(
            "mail.example.com",
            "localhost",
            "mail.example.com.",
            "mx_1.example.com",
            "xn--bcher-kva.example",
        ),
        *("192.0.2.1", "2001:db8::1", "::1", "bücher.example", "почта.рф", "日本.example"),
    ],
)
def test_a_host_name_is_kept_as_typed(name: str) -> None:
    assert rules.host(name) == name


def test_a_host_name_is_trimmed_and_loses_the_brackets_of_an_address() -> None:
    assert rules.host("  mail.example.com\t") == "mail.example.com"
    assert rules.host("[2001:db8::1]") == "2001:db8::1"


@pytest.mark.parametrize("text", ["mail.example.com", " *.example.com ", "*.bücher.example", "::1"])
def test_allowed_hosts_are_hosts_or_all_names_below_a_domain(text: str) -> None:
    assert rules.hosts(text) == text.strip()


@pytest.mark.parametrize("text", ["*", "*.", "*.127.0.0.1", "*example.com", "a.*.example.com"])
def test_a_star_stands_alone_before_a_domain(text: str) -> None:
    with pytest.raises(InvalidValue):
        rules.hosts(text)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("https://mail.example.com", "no https://"),
        ("mail.example.com/inbox", "no https://"),
        ("ana@example.com", "no https://"),
        ("mail.example.com:993", "without a port"),
        ("mail example.com", "without blanks"),
        ("mail.exam\u2028ple.com", "without blanks"),
        ("-mail.example.com", "no part of a host name"),
        ("mail..example.com", "no part of a host name"),
        ("a" * 64 + ".example", "no part of a host name"),
        (".".join(["abcdefgh"] * 30), "at most 253"),
        ("300.1.1.1", "neither"),
        ("1.2.3", "neither"),
        ("ü" * 64, "DNS can carry"),
        (".", "such as mail.example.com"),
    ],
)
def test_what_is_no_host_name_is_refused_with_the_rule(name: str, rule: str) -> None:
    with pytest.raises(InvalidValue, match=rule):
        rules.host(name)


@pytest.mark.parametrize("name", ["pc1.example.com", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_a_domain_is_full_or_an_address_literal(name: str) -> None:
    assert rules.domain(name) == name


@pytest.mark.parametrize(
    "name", ["pc1", "192.0.2.1", "2001:db8::1", "[pc1]", "[2001:db8::1]", "[IPv6:192.0.2.1]", "["]
)
def test_what_no_server_would_take_at_ehlo_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        rules.domain(name)


@pytest.mark.parametrize(
    "address",
    [
        *("ana@example.com", "a.b+c@example.com", '"ana maria"@example.com', "ana@[192.0.2.1]"),
        *("jürgen@bücher.example", "root@localhost", "o'neil@example.com"),
    ],
)
def test_a_mailbox_address_is_kept_as_typed(address: str) -> None:
    assert rules.address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *("ana", "@example.com", "ana@", "ana@@example.com", "Ana <ana@example.com>"),
        *("a@example.com, b@example.com", "ana maria@example.com", ".ana@example.com"),
        *("ana@exa mple.com", "ana@-x.com", "a" * 65 + "@example.com", '"a@example.com'),
    ],
)
def test_what_is_no_mailbox_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidValue):
        rules.address(address)


@given(st.emails())
def test_an_address_that_the_standard_allows_is_accepted_or_refused_in_words(address: str) -> None:
    try:
        kept = rules.address(address)
    except InvalidValue as error:
        assert str(error)  # noqa: PT017 - hypothesis makes some with parts too long for mail
    else:
        assert kept == address


@pytest.mark.parametrize("name", rules.MAIL_CHARSETS)
def test_every_listed_charset_can_write_a_message(name: str) -> None:
    message = EmailMessage()
    message.set_content("plain words", charset=rules.charset(name.upper()))

    assert message.get_content_charset() is not None


@pytest.mark.parametrize(
    "name", ["utf-16", "utf-32", "rot13", "base64", "idna", "punycode", "unicode_escape", "nope"]
)
def test_a_charset_that_mail_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue, match="charset for mail"):
        rules.charset(name)


@pytest.mark.parametrize("name", ["Inbox", "Gesendete Objekte", "Отправленные", "A/B & C", "送信"])
def test_a_folder_has_any_name(name: str) -> None:
    assert rules.folder(f" {name} ") == name


def test_a_pin_is_normalised() -> None:
    digest = ":".join(["AB"] * 32)

    assert rules.fingerprint(f"mail.example.com:993=SHA256:{digest}") == (
        "mail.example.com:993=" + "ab" * 32
    )


@pytest.mark.parametrize(
    "pin", ["ab" * 32, "mail:993=ab", "mail=" + "ab" * 32, ":993=" + "ab" * 32]
)
def test_what_is_no_pin_is_refused(pin: str) -> None:
    with pytest.raises(InvalidValue, match="pin"):
        rules.fingerprint(pin)
