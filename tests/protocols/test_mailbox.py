"""Names of mailboxes on the wire and back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymap.parsing.modutf7 import modutf7_decode, modutf7_encode

from mailwidgets.protocols import mailbox

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# What pymap writes as RFC 3501 asks: an ampersand behind a packed letter it leaves bare, and
# control characters it does not pack.
COMMON = st.text(st.sampled_from("aZ 09~/.üßñ日本語台北🔑\u20ac"))


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 §5.1.3
        ("\u263a!", b"&Jjo-!"),  # as is this one
        ("&", b"&-"),
        ("", b""),
        ("ä&ö", b"&AOQ-&-&APY-"),
        ("🔑", b"&2D3dEQ-"),
        ("a\r\nb", b"a&AA0ACg-b"),
    ],
)
def test_a_name_goes_out_in_modified_utf7_and_comes_back(name: str, wire: bytes) -> None:
    assert mailbox.encode(name) == wire
    assert mailbox.decode(wire) == name


@given(TEXT)
def test_every_name_survives_the_wire_as_printable_ascii(name: str) -> None:
    wire = mailbox.encode(name)
    assert all(0x20 <= octet <= 0x7E for octet in wire)
    assert mailbox.decode(wire) == name


@given(COMMON)
def test_another_implementation_agrees_on_every_common_name(name: str) -> None:
    wire = mailbox.encode(name)
    assert wire == modutf7_encode(name)
    assert modutf7_decode(wire) == name


def test_half_a_surrogate_pair_is_no_name() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        mailbox.encode("a\ud800")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"R&D", "R&D"),
        (b"R&D &AOQ-", "R&D &AOQ-"),
        (b"&Jjo", "&Jjo"),
        (b"&Jj-", "&Jj-"),
        (b"&A-", "&A-"),
        (b"&2D0-", "&2D0-"),
        (b"&AG/A-", "&AG/A-"),
        ("Entwürfe".encode(), "Entwürfe"),
        (b"Entw\xfcrfe", "Entw\\xfcrfe"),
    ],
)
def test_what_is_no_modified_utf7_is_shown_as_it_came(data: bytes, name: str) -> None:
    assert mailbox.decode(data) == name


@given(st.binary())
def test_decoding_takes_any_bytes(data: bytes) -> None:
    assert isinstance(mailbox.decode(data), str)


@pytest.mark.parametrize("piece", [b"&", b"&-", b"&AA", b"&AAA-", b"\xff", b"a&"])
def test_decoding_takes_linear_time(piece: bytes) -> None:
    data = piece * (65536 // len(piece))
    began = time.process_time()
    mailbox.decode(data)
    assert time.process_time() - began < 1


@given(st.binary().filter(lambda data: not set(data) & set(b"\r\n\0")))
def test_a_quoted_string_holds_what_was_put_in(data: bytes) -> None:
    quoted = mailbox.quoted(data)
    assert quoted[:1] == quoted[-1:] == b'"'
    inside = iter(quoted[1:-1])
    unescaped = bytes(next(inside) if octet == ord("\\") else octet for octet in inside)
    assert unescaped == data


@pytest.mark.parametrize("data", [b"a\r", b"a\nA1 LOGOUT", b"\0"])
def test_nothing_quoted_can_begin_a_line_of_its_own(data: bytes) -> None:
    with pytest.raises(ValueError, match="send a literal"):
        mailbox.quoted(data)


@pytest.mark.parametrize(
    ("name", "utf8", "wire"),
    [
        ("Gesendete Objekte", False, b'"Gesendete Objekte"'),
        ('a"b\\c', False, b'"a\\"b\\\\c"'),
        ("Entwürfe", False, b'"Entw&APw-rfe"'),
        ("Entwürfe", True, b'"Entw\xc3\xbcrfe"'),
        ("R&D", True, b'"R&D"'),
        ("inBox", False, b'"INBOX"'),
        ("inbox/Sub", False, b'"inbox/Sub"'),
        ("\u0131nbox", True, '"\u0131nbox"'.encode()),  # a dotless i, whose upper case is I
        ("a\r\nA2 DELETE x", False, b'"a&AA0ACg-A2 DELETE x"'),
    ],
)
def test_a_command_carries_the_name_quoted(name: str, utf8: bool, wire: bytes) -> None:  # noqa: FBT001 - a parameter of the test
    assert mailbox.wire_name(name, utf8) == wire


def test_a_line_end_in_a_utf8_name_is_refused() -> None:
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        mailbox.wire_name("a\r\nA2 LOGOUT", utf8=True)


@pytest.mark.parametrize(
    ("name", "listed", "found"),
    [
        ("SENT", ["Send", "Sent"], "Sent"),
        ("Entwu\u0308rfe", ["Entwurfe", "Entwürfe"], "Entwürfe"),
        ("STRASSE", ["Straße"], "Straße"),
        ("Sent", ["INBOX", "INBOX.Sent", "Sint"], "INBOX.Sent"),
        ("INBOX.Sent", ["INBOX", "Sent"], "Sent"),
        ("Archive/2024", ["INBOX.Archive.2023", "INBOX.Archive.2024"], "INBOX.Archive.2024"),
        ("Sent Mail", ["INBOX", "[Gmail]/All Mail", "[Gmail]/Sent Mail"], "[Gmail]/Sent Mail"),
        ("Sent", ["INBOX", "Old.Archive.Sent", "Old.Sent"], "Old.Sent"),
        ("Outbocks", ["INBOX", "INBOX.Outbox", "INBOX.Trash"], "INBOX.Outbox"),
        ("Gesendet", ["INBOX", "Gesendete Objekte", "Papierkorb"], "Gesendete Objekte"),
        ("inbox", ["INBOX"], "INBOX"),
        ("Outbox", [], None),
        ("Outbox", ["Papierkorb", ""], None),
        ("", ["Sent"], None),
        ("/", ["Sent", "."], None),
    ],
)
def test_the_mailbox_that_was_meant_is_found(
    name: str, listed: list[str], found: str | None
) -> None:
    assert mailbox.nearest(name, listed) == found


def test_a_server_cannot_buy_time_with_many_long_names() -> None:
    listed = ["ab" * 90 + "ba" * (number % 7) + str(number) for number in range(5000)]
    began = time.process_time()
    mailbox.nearest("ba" * 99, listed)
    assert time.process_time() - began < 2


@given(TEXT, st.lists(TEXT, max_size=5))
def test_the_nearest_is_one_of_those_listed(name: str, listed: list[str]) -> None:
    assert mailbox.nearest(name, iter(listed)) in {None, *listed}
