"""What servers say, as values; against the standard library's clients and hostile input."""

from __future__ import annotations

import contextlib
import imaplib
import poplib
import smtplib
import socket
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailwidgets.protocols.replies import (
    ImapResponse,
    MalformedReply,
    Pop3Status,
    SmtpReply,
    ehlo_keywords,
    imap_capabilities,
    imap_list,
    imap_literal,
    imap_response,
    pop3_capabilities,
    pop3_status,
    protocol_of,
    shown,
    smtp_reply,
    smtp_reply_continues,
)

EHLO = (
    b"250-mx.example.com Hello client\r\n",
    b"250-SIZE 35882577\r\n",
    b"250-8BITMIME\r\n",
    b"250-auth PLAIN LOGIN\r\n",
    b"250-AUTH=PLAIN XOAUTH2\r\n",
    b"250 SMTPUTF8\r\n",
)
CAPA = (b"TOP\r\n", b"SASL PLAIN SCRAM-SHA-256\r\n", b"EXPIRE 60\r\n", b"stls\r\n")


# SMTP


def test_an_smtp_reply_has_one_code_and_all_its_lines() -> None:
    reply = smtp_reply([b"554-5.7.1 first\r\n", b"554 5.7.1 second\r\n"])
    assert reply == SmtpReply(554, ("5.7.1 first", "5.7.1 second"))
    assert not reply.ok
    assert reply.text == "5.7.1 first 5.7.1 second"
    assert reply.enhanced == "5.7.1"


@pytest.mark.parametrize(
    ("line", "enhanced"),
    [
        (b"535 5.7.139 Authentication unsuccessful, basic authentication is disabled", "5.7.139"),
        (b"550 5.7.1: relaying denied", "5.7.1"),
        (b"250 5.7.1 the class contradicts the code", ""),
        (b"550 5.7.1.2 is an address", ""),
        (b"250", ""),
        (b"221 Bye 2.0.0", ""),
    ],
)
def test_the_enhanced_code_is_read_where_it_is_one(line: bytes, enhanced: str) -> None:
    assert smtp_reply([line]).enhanced == enhanced


def test_the_enhanced_code_of_a_long_reply_stands_in_its_first_line() -> None:
    lines = [b"534-5.7.9 Application-specific password required.", b"534 see example.com"]
    assert smtp_reply(lines).enhanced == "5.7.9"


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [b"hello"],
        [b"25 short"],
        [b"2500 long"],
        [b"150 not a reply of SMTP"],
        [b"250-never ends"],
        [b"250 ended", b"250 and again"],
        [b"250-one", b"550 another"],
        ["٢٥٠ digits of another script".encode()],
    ],
)
def test_what_is_no_smtp_reply_is_refused_with_what_was_expected(lines: list[bytes]) -> None:
    with pytest.raises(MalformedReply, match="expected"):
        smtp_reply(lines)


def test_bytes_that_are_no_utf8_stay_visible_in_the_text() -> None:
    assert smtp_reply([b"550 gr\xfc\xdfe"]).text == "gr\\xfc\\xdfe"


@pytest.mark.parametrize(
    ("line", "more"),
    [(b"250-", True), (b"250", False), (b"250 -", False), (b"abc-", False), (b"", False)],
)
def test_a_dash_says_that_the_reply_goes_on(line: bytes, more: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert smtp_reply_continues(line) is more


def test_the_first_line_of_an_ehlo_reply_offers_nothing() -> None:
    assert ehlo_keywords(smtp_reply([b"250 STARTTLS"])) == {}


# POP3


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"+OK\r\n", Pop3Status(ok=True, code="", text="")),
        (b"+OK POP3 <1.2@host>\r\n", Pop3Status(ok=True, code="", text="POP3 <1.2@host>")),
        (b"-ERR [AUTH] wrong", Pop3Status(ok=False, code="AUTH", text="wrong")),
        (b"-err [sys/perm] off", Pop3Status(ok=False, code="SYS/PERM", text="off")),
        (b"-ERR [LOGIN-DELAY]", Pop3Status(ok=False, code="LOGIN-DELAY", text="")),
        (b"-ERR [not one", Pop3Status(ok=False, code="", text="[not one")),
        (b"-ERR [] x", Pop3Status(ok=False, code="", text="[] x")),
    ],
)
def test_a_pop3_status_is_taken_apart(line: bytes, status: Pop3Status) -> None:
    assert pop3_status(line) == status


@pytest.mark.parametrize("line", [b"", b"+", b"+ PDE4OTY=", b"+OKAY", b"OK", b"220 mx ESMTP"])
def test_what_is_no_pop3_status_is_refused(line: bytes) -> None:
    with pytest.raises(MalformedReply, match="expected '\\+OK' or '-ERR'"):
        pop3_status(line)


# IMAP


@pytest.mark.parametrize(
    ("data", "response"),
    [
        (
            b"* PREAUTH ready\r\n",
            ImapResponse("*", "PREAUTH", None, "", "", "ready"),
        ),
        (
            b"* ok [unseen 12] Message 12 is first unseen\r\n",
            ImapResponse("*", "OK", None, "UNSEEN", "12", "Message 12 is first unseen"),
        ),
        (
            b"A.3 NO [TRYCREATE]",
            ImapResponse("A.3", "NO", None, "TRYCREATE", "", ""),
        ),
        (
            b"* OK [PERMANENTFLAGS (\\Deleted \\*)] Limited",
            ImapResponse("*", "OK", None, "PERMANENTFLAGS", "(\\Deleted \\*)", "Limited"),
        ),
        (b"* OK [open", ImapResponse("*", "OK", None, "", "", "[open")),
        (b"* OK", ImapResponse("*", "OK", None, "", "", "")),
        (b"* 12 FETCH (UID 3)", ImapResponse("*", "FETCH", 12, "", "", "(UID 3)")),
        (b"* SEARCH", ImapResponse("*", "SEARCH", None, "", "", "")),
        (
            b'* STATUS {3}\r\na"b (MESSAGES 231)\r\n',
            ImapResponse("*", "STATUS", None, "", "", '{3}\r\na"b (MESSAGES 231)'),
        ),
        (b"+\r\n", ImapResponse("+", "", None, "", "", "")),
        (b"+ idling", ImapResponse("+", "", None, "", "", "idling")),
    ],
)
def test_an_imap_response_is_taken_apart(data: bytes, response: ImapResponse) -> None:
    assert imap_response(data) == response


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"*",
        b"* ",
        b"* 3",
        b"* 3 OK",
        b"* 123456789012345678901 EXISTS",
        b"A1 BYE",
        b"A1 EXISTS",
        b"A1",
        b"HTTP/1.1 400 Bad Request",
        b"220 mx.example.com ESMTP",
        b"SSH-2.0-OpenSSH_9.2",
        b'A"1 OK',
        b"* OK\0nothing",
    ],
)
def test_what_is_no_imap_response_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedReply, match="expected"):
        imap_response(data)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b'* LIST () "/" {5}\r\n', 5),
        (b'* LIST () "/" {5+}', 5),
        (b"* 1 FETCH (BODY[] ~{18446744073709551615}\r\n", 18446744073709551615),
        (b" {0}", 0),
        (b'* LIST () "/" "{5}"', None),
        (b"* BYE {5}", None),
        (b"a1 no [ALERT] {5}", None),
        (b"{5} ", None),
        (b"{-5}", None),
        (b"{}", None),
        (b"{123456789012345678901}", None),
        (b"", None),
    ],
)
def test_a_literal_is_announced_at_the_end_of_a_line(line: bytes, size: int | None) -> None:
    assert imap_literal(line) == size


@pytest.mark.parametrize(
    ("data", "name", "delimiter", "wire"),
    [
        (b'* LIST () "/" INBOX', "INBOX", "/", b"INBOX"),
        (b'* LIST () "." "inbox"', "INBOX", ".", b"inbox"),
        (b'* list () NIL "Entw&APw-rfe"\r\n', "Entwürfe", "", b"Entw&APw-rfe"),
        (b'* LIST () "\\\\" "a\\\\b"', "a\\b", "\\", b"a\\b"),
        (b'* LIST () "/" "say \\"hi\\""', 'say "hi"', "/", b'say "hi"'),
        (b'* LIST () "/" [Gmail]/Spam', "[Gmail]/Spam", "/", b"[Gmail]/Spam"),
        (b'* LIST () "/" {4}\r\na"b\n', 'a"b\n', "/", b'a"b\n'),
        (b'* LIST () "/" {3+}\r\na b\r\n', "a b", "/", b"a b"),
        (b'* LIST () "/" a ("OLDNAME" ("b"))', "a", "/", b"a"),
        (b'* LIST () "/" ""', "", "/", b""),
        ('* LIST () "/" "Entwürfe"'.encode(), "Entwürfe", "/", "Entwürfe".encode()),
    ],
)
def test_a_listed_mailbox_has_its_name_its_delimiter_and_its_bytes(
    data: bytes, name: str, delimiter: str, wire: bytes
) -> None:
    listed = imap_list(data)
    assert (listed.name, listed.delimiter, listed.wire) == (name, delimiter, wire)


def test_flags_say_whether_a_mailbox_can_be_opened_in_any_case() -> None:
    shelf = imap_list(b'* LIST (\\NoSelect \\HasChildren) "/" Archive')
    assert shelf.flags == {"\\NoSelect", "\\HasChildren"}
    assert not shelf.selectable
    assert imap_list(b'* LIST (\\Sent) "/" Sent').selectable


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"* OK LIST",
        b'* LSUB () "/" a',
        b'* LIST "/" a',
        b'* LIST () "//" a',
        b'* LIST () "/" ',
        b'* LIST () "/" two words',
        b'* LIST () "/" "open',
        b'* LIST () "/" "a"b',
        b'* LIST () "/" {9}\r\nshort',
        b'* LIST () "/" (a)',
    ],
)
def test_what_lists_no_mailbox_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedReply, match="expected"):
        imap_list(data)


# Greetings, and what a person sees


@pytest.mark.parametrize(
    ("greeting", "protocol"),
    [
        (b"220 mail.example.com", "smtp"),
        (b"220", "smtp"),
        (b"220 ftp.example.com ESMTP Postfix", "smtp"),
        (b"554 5.7.1 blocked", "smtp"),
        (b"421 try later", "smtp"),
        (b"220-mx.example.com Microsoft ESMTP MAIL Service", "smtp"),
        (b"220 ftpmail.example.com ready", "smtp"),
        (b"220 mail.example.com FTP server ready", "ftp"),
        (b"220 smtp.example.com FTP server", "ftp"),
        (b"220 ProFTPD Server (Debian)", "ftp"),
        (b"220-FileZilla Server 1.7", "ftp"),
        (b"220 (vsFTPd 3.0.3)", "ftp"),
        (b"* BYE too many connections", "imap"),
        (b"* preauth welcome", "imap"),
        (b"-ERR busy", "pop3"),
        (b"<!DOCTYPE html><title>Sign in", "http"),
        (b"HTTP/1.0 400 Bad Request", "http"),
        (b"\x16\x03\x01\x02\x00", "tls"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "tls"),
        (b"SSH-1.99-x", "ssh"),
        (b"200 news.example.com NNRP", ""),
        (b"5543 5.7.1", ""),
        (b'"IMPLEMENTATION" "Dovecot Pigeonhole"', ""),
        (b"\x15\x02", ""),
        (b"", ""),
    ],
)
def test_a_greeting_names_its_protocol(greeting: bytes, protocol: str) -> None:
    assert protocol_of(greeting) == protocol


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"gr\xc3\xbc\xc3\x9fe <b>&amp;", "grüße <b>&amp;"),
        (b"\\HasNoChildren", "\\HasNoChildren"),
        (b"a\tb\r\n", "a\\x09b\\x0d\\x0a"),
        (b"\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\u202eb\u2066c\u200bd\ufeffe", "a\\u202eb\\u2066c\\u200bd\\ufeffe"),
        ("line\u2028next\u2029\x85", "line\\u2028next\\u2029\\x85"),
        ("\u3164\u034f\ufe0f\u180e", "\\u3164\\u034f\\ufe0f\\u180e"),
        ("\U000e0041\U000e0100", "\\U000e0041\\U000e0100"),
        ("\udcff", "\\udcff"),
        (b"\xff\xc3", "\\xff\\xc3"),
        (b"", ""),
    ],
)
def test_nothing_unseen_reaches_a_person(data: bytes | str, text: str) -> None:
    assert shown(data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("12345", "12345"),
        ("123456", "1234…"),
        ("1234\x00", "1234…"),
        ("1\x00", "1\\x00"),
        ("1\x00\x00", "1…"),
        ("ü" * 6, "üüüü…"),
        ("ü" * 5, "üüüüü"),
    ],
)
def test_a_cut_is_marked_and_halves_no_escape(data: str, text: str) -> None:
    assert shown(data, limit=5) == text
    assert shown(data.encode(), limit=5) == text


@given(st.binary() | st.text(), st.integers(min_value=1, max_value=40))
@example(b"\xf0\x9f\x94\x91" * 100, 7)
def test_what_is_shown_is_short_and_has_no_control_characters(
    data: bytes | str, limit: int
) -> None:
    text = shown(data, limit)
    assert len(text) <= limit
    assert not {unicodedata.category(one) for one in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(text.splitlines()) <= 1


# Hostile input

PARSERS: dict[str, Callable[[bytes], object]] = {
    "smtp_reply": lambda data: smtp_reply([data]),
    "smtp_reply of lines": lambda data: smtp_reply(data.splitlines(keepends=True)),
    "smtp_reply_continues": smtp_reply_continues,
    "ehlo_keywords": lambda data: ehlo_keywords(
        SmtpReply(250, tuple(data.decode("latin-1").split("\n")))
    ),
    "enhanced": lambda data: SmtpReply(550, (data.decode("latin-1"),)).enhanced,
    "pop3_status": pop3_status,
    "pop3_capabilities": lambda data: pop3_capabilities(data.splitlines()),
    "imap_response": imap_response,
    "imap_literal": imap_literal,
    "imap_capabilities": lambda data: imap_capabilities(data.decode("latin-1")),
    "imap_list": imap_list,
    "protocol_of": protocol_of,
    "shown": shown,
}
BEGINNINGS = (
    b"",
    b"250 ",
    b"550 5.",
    b"+OK ",
    b"-ERR [",
    b"* OK [",
    b"* OK [a",
    b"* 1 ",
    b"* LIST ",
    b"* LIST (",
    b'* LIST () "/" ',
    b'* LIST () "/" "',
    b'* LIST () "/" {',
    b'* LIST () "/" {65000}\r\n',
    b"+ ",
    b"A1 ",
)


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
@given(
    st.sampled_from(BEGINNINGS), st.binary() | st.text('[](){}"\\ \r\n0123aA*+-.').map(str.encode)
)
def test_a_parser_answers_any_bytes_or_calls_them_malformed(
    parser: Callable[[bytes], object], beginning: bytes, rest: bytes
) -> None:
    with contextlib.suppress(MalformedReply):
        parser(beginning + rest)


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_a_parser_takes_linear_time(parser: Callable[[bytes], object]) -> None:
    pieces = (b"a", b" ", b"1", b"\\", b"(", b"{1", b"[a ", b'"', b"\n", b"] [", b"\xff", b"a b ")
    for beginning in BEGINNINGS:
        for piece in pieces:
            data = beginning + piece * (65536 // len(piece))
            began = time.process_time()
            with contextlib.suppress(MalformedReply):
                parser(data)
            assert time.process_time() - began < 1, (beginning, piece)


# The standard library's clients, hearing the same


@contextlib.contextmanager
def server(greeting: bytes, *answers: bytes) -> Iterator[int]:
    """Greet one client and answer each of its lines, ``TAG`` being that line's first word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)

        def serve() -> None:
            client, _ = listener.accept()
            with client, client.makefile("rb") as heard:
                client.settimeout(20)
                client.sendall(greeting)
                for answer in answers:
                    tag = heard.readline().split()[0]
                    client.sendall(answer.replace(b"TAG", tag))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(20)


def test_smtplib_hears_the_same_offer() -> None:
    with server(b"220 mx.example.com ESMTP\r\n", b"".join(EHLO), b"221 bye\r\n") as port:  # noqa: SIM117 - the server outlives its client
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            code, message = client.ehlo()
    reply = smtp_reply(EHLO)
    assert reply.code == code
    assert "\n".join(reply.lines) == message.decode()
    offered = {keyword.lower(): text for keyword, text in ehlo_keywords(reply).items()}
    heard = dict(client.esmtp_features)
    assert set(heard.pop("auth").split()) == set(offered.pop("auth").split())
    assert heard == offered


def test_poplib_hears_the_same_capabilities() -> None:
    listing = b"+OK\r\n" + b"".join(CAPA) + b".\r\n"
    with server(b"+OK ready\r\n", listing) as port:
        client = poplib.POP3("127.0.0.1", port, timeout=20)
        heard = client.capa()
        client.close()
    ours = pop3_capabilities(CAPA)
    assert ours == {name.upper(): " ".join(parameters) for name, parameters in heard.items()}


def test_imaplib_hears_the_same_capabilities_and_mailboxes() -> None:
    capability = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED\r\n"
    literal = b'* LIST (\\Marked) "/" {12}\r\nEntw&APw-rfe\r\n'
    with server(
        b"* OK [ALERT] hello\r\n",
        capability + b"TAG OK done\r\n",
        literal + b'* LIST () "/" "a \\"b"\r\nTAG OK done\r\n',
        b"* BYE\r\nTAG OK bye\r\n",
    ) as port:
        client = imaplib.IMAP4("127.0.0.1", port, timeout=20)
        client.state = "AUTH"  # LIST wants a login, which is not what is tested
        _, listed = client.list()
        client.logout()
    assert imap_capabilities(imap_response(capability).text) == set(client.capabilities)
    assert listed[:2] == [(b'(\\Marked) "/" {12}', imap_list(literal).wire), b""]
    assert listed[2] == imap_response(b'* LIST () "/" "a \\"b"').text.encode()
