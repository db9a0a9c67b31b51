"""A message read back by the standard library's parser says what was meant, in every charset."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
from email.header import decode_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import InvalidValue
from mailwidgets.protocols.message import (
    MIME_CHARSETS,
    CharsetRefused,
    Letter,
    Message,
    build,
    mime_name,
    wire_address,
)
from mailwidgets.settings import rules

NOW = dt.datetime(2026, 1, 31, 12, 0, tzinfo=dt.UTC)
ANA, BEN = "ana@example.test", "ben@example.test"
# A word in a script that the charset was made for.
WORDS = {
    "iso-8859-1": "Grüße",
    "iso-8859-2": "Žluťoučký",
    "iso-8859-5": "Привет",
    "iso-8859-7": "Γειά",
    "iso-8859-8": "שלום",
    "iso-8859-9": "İyi günler ğ",
    "windows-1251": "Привет",
    "windows-1252": "“Grüße” €",
    "windows-1256": "مرحبا",
    "koi8-r": "Привет",
    "koi8-u": "Їжак",
    "iso-2022-jp": "日本語のテスト",
    "euc-jp": "日本語のテスト",
    "shift_jis": "日本語のテスト",
    "euc-kr": "안녕하세요",
    "iso-2022-kr": "안녕하세요",
    "gb2312": "你好",
    "gbk": "你好嗎",
    "gb18030": "你好 😀",
    "big5": "妳好",
    "tis-620": "สวัสดี",
    "utf-8": "Grüße שלום 日本語 😀",
}
line = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200)
body = st.text(st.characters(blacklist_categories=("Cs",)), max_size=400)


def written(letter: Letter) -> Message:
    return build(letter, date=NOW, unique="unique")


def read(message: Message) -> EmailMessage:
    parsed = email.message_from_bytes(message.data, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def unfolded(data: bytes, header: str) -> str:
    found = re.search(rb"^%b: ?((?:.*\r\n)(?:[ \t].*\r\n)*)" % header.encode(), data, re.MULTILINE)
    assert found is not None
    return found[1].decode().removesuffix("\r\n").replace("\r\n", "")


def decoded(text: str) -> str:
    """A header's text, decoded from its encoded words by a reader with other code than ours."""
    parts = decode_header(text)
    return "".join(
        part if isinstance(part, str) else part.decode(charset or "ascii")
        for part, charset in parts
    )


def subject_of(message: Message) -> str:
    return decoded(unfolded(message.data, "Subject"))


def name_of(message: Message) -> str:
    """The display name; Python's newer parser would add blanks between its encoded words."""
    return decoded(parseaddr(unfolded(message.data, "From"))[0])


def text_of(message: Message) -> str:
    return str(read(message).get_content()).replace("\r\n", "\n")


def assert_sound(message: Message) -> None:
    """What any server may rely on (RFC 5322 §2.1.1, RFC 5321 §4.5.3.1.6)."""
    assert message.data.endswith(b"\r\n")
    assert b"\n" not in message.data.replace(b"\r\n", b"")
    assert b"\r" not in message.data.replace(b"\r\n", b"")
    assert b"\0" not in message.data
    assert all(len(one) <= 998 for one in message.data.split(b"\r\n"))
    if not message.smtputf8:
        assert message.data.isascii()


def lines(text: str) -> str:
    """A text as a message has it: LF line ends here, and one at the end."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain if plain.endswith("\n") else plain + "\n"


def test_a_message_has_the_headers_that_a_robots_message_needs() -> None:
    parsed = read(written(Letter(ANA, BEN, name="Ana", subject="Hello", text="Hi")))

    assert dict(parsed.items()) == {
        "From": "Ana <ana@example.test>",
        "To": "ben@example.test",
        "Subject": "Hello",
        "Date": "Sat, 31 Jan 2026 12:00:00 +0000",
        "Message-ID": "<unique@example.test>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
    }
    assert parsed.get_content() == "Hi\r\n"


@pytest.mark.parametrize("charset", MIME_CHARSETS)
def test_name_subject_and_text_come_back_in_every_charset(charset: str) -> None:
    word = WORDS.get(charset, "plain")
    for text in (word, " ".join([word] * 30), f"{word}\n\n.\n..\n{word * 200}\n \nend"):
        name, subject = (text.replace("\n", " ").strip() for _ in range(2))
        message = written(Letter(ANA, BEN, name, subject, text, charset))
        parsed = read(message)

        assert_sound(message)
        assert parsed.get_content_charset() == charset
        assert subject_of(message) == subject
        assert parsed["Subject"] == subject
        assert name_of(message) == name
        assert parsed["From"].addresses[0].addr_spec == ANA
        assert text_of(message) == lines(text)
        if not word.isascii():
            assert f"=?{charset}?".encode() in message.data


@given(name=line, subject=line, text=body, charset=st.sampled_from(MIME_CHARSETS))
def test_what_a_charset_takes_comes_back_and_the_rest_is_refused(
    name: str, subject: str, text: str, charset: str
) -> None:
    letter = Letter(ANA, BEN, name, subject, text, charset)
    try:
        message = written(letter)
    except CharsetRefused:
        assert charset != "utf-8"
        return
    assert_sound(message)
    assert subject_of(message) == subject
    assert name_of(message) == name
    assert text_of(message) == lines(text)


@given(name=line, subject=line, charset=st.sampled_from(("utf-8", "us-ascii", "iso-8859-1")))
def test_a_name_or_subject_that_looks_like_headers_stays_what_it_is(
    name: str, subject: str, charset: str
) -> None:
    for trick in (f"=?utf-8?q?{name}?=", f'"{name}" <x@y.example>,', f"{name}: {subject} "):
        try:
            message = written(Letter(ANA, BEN, trick, trick, charset=charset))
        except CharsetRefused:
            continue
        assert (name_of(message), subject_of(message)) == (trick, trick)
        assert set(read(message).keys()) >= {"From", "To", "Subject", "Date", "Message-ID"}
        assert len(read(message).keys()) == 9


@given(text=body)
def test_each_line_of_japanese_ends_in_ascii(text: str) -> None:
    kanji = "".join(one for one in text if one == "\n" or "\u4e00" <= one <= "\u4fff")
    try:
        message = written(Letter(ANA, BEN, text=f"日本\n{kanji}\n語", charset="iso-2022-jp"))
    except CharsetRefused:
        return
    assert message.encoding == "7bit" or max(map(len, kanji.split("\n"))) > 30
    for one in message.data.split(b"\r\n"):
        assert b"\x1b$B" not in one or one.endswith(b"\x1b(B")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("Grüße und viele Worte in ASCII\n", "quoted-printable"),
        ("日本語" * 30, "base64"),
        ("x" * 77, "quoted-printable"),
        ("a bell \a", "quoted-printable"),
        ("a nul \0", "quoted-printable"),
        ("an escape \x1b[2J", "quoted-printable"),
        ("", "7bit"),
    ],
)
def test_the_body_takes_the_shortest_encoding_that_any_server_carries(
    text: str, encoding: str
) -> None:
    message = written(Letter(ANA, BEN, text=text))

    assert message.encoding == encoding == read(message)["Content-Transfer-Encoding"]
    assert all(len(one) <= 76 for one in message.data.split(b"\r\n"))
    assert_sound(message)


def test_only_a_local_part_beyond_ascii_needs_smtputf8() -> None:
    local = written(Letter("büro@bücher.example", BEN, name="Büro"))
    domain = written(Letter("buero@bücher.example", "x@日本.example", name="Büro"))

    assert (local.smtputf8, domain.smtputf8) == (True, False)
    assert "From: =?utf-8?b?QsO8cm8=?= <büro@xn--bcher-kva.example>".encode() in local.data
    assert domain.data.isascii()
    assert (domain.sender, domain.to) == ("buero@xn--bcher-kva.example", "x@xn--wgv71a.example")


def test_long_addresses_and_names_stay_within_lines() -> None:
    sender = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    message = written(Letter(sender, sender, name="name " * 100 + "x" * 300, subject="s" * 900))

    assert_sound(message)
    assert name_of(message) == "name " * 100 + "x" * 300
    assert subject_of(message) == "s" * 900
    assert read(message)["From"].addresses[0].addr_spec == sender


@pytest.mark.parametrize(
    "charset", ["utf-16", "utf-32", "utf-7", "cp037", "rot13", "idna", "", "x"]
)
def test_what_is_no_charset_of_mail_is_refused(charset: str) -> None:
    with pytest.raises(CharsetRefused, match="no charset that mail programs agree on"):
        written(Letter(ANA, BEN, charset=charset))


@pytest.mark.parametrize(
    ("charset", "text", "character"),
    [("iso-8859-2", "Привет", "П"), ("us-ascii", "ö", "ö"), ("shift_jis", "¥", "¥")],
)
def test_a_charset_without_a_character_is_refused_naming_both(
    charset: str, text: str, character: str
) -> None:
    for field in ("name", "subject", "text"):
        with pytest.raises(CharsetRefused, match=f"{charset} has no {character} .*{field}"):
            written(Letter(**{"sender": ANA, "to": BEN, "charset": charset, field: text}))


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(CharsetRefused, match=r"utf-8 has no U\+D800"):
        written(Letter(ANA, BEN, text="\ud800"))


@pytest.mark.parametrize("field", ["sender", "to", "name", "subject"])
@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028"])
def test_a_line_break_in_a_header_is_refused(field: str, breaker: str) -> None:
    fields = {"sender": ANA, "to": BEN, field: f"ana@example.test{breaker}Bcc: all@example.test"}
    told = "recipient" if field == "to" else field
    with pytest.raises(InvalidValue, match=told):
        written(Letter(**fields))


@pytest.mark.parametrize("address", ["", "ana", "@example.test", "ana@", "ana@-ü-.example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidValue):
        wire_address(address)


def test_the_charsets_of_the_settings_are_those_that_a_message_takes() -> None:
    assert MIME_CHARSETS == rules.MAIL_CHARSETS
    for name, mime in (("utf8", "utf-8"), ("Latin-1", "iso-8859-1"), ("sjis", "shift_jis")):
        assert mime_name(rules.charset(name)) == mime
