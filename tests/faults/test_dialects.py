from __future__ import annotations

import pytest

from mailwidgets.faults.dialects import Dialect


def ended(protocol: str, command: bytes, *lines: bytes) -> list[bool]:
    dialect = Dialect(protocol)
    dialect.command(command)
    return [dialect.ends(line) for line in lines]


@pytest.mark.parametrize(
    ("protocol", "command", "lines"),
    [
        ("smtp", b"EHLO a\r\n", (b"250-a\r\n", b"250-SIZE\r\n", b"250 HELP\r\n")),
        ("smtp", b"NOOP\r\n", (b"250\r\n",)),
        ("pop3", b"STAT\r\n", (b"+OK 1 2\r\n",)),
        ("pop3", b"CAPA\r\n", (b"+OK\r\n", b"TOP\r\n", b".\r\n")),
        ("pop3", b"capa\r\n", (b"-ERR no\r\n",)),
        ("pop3", b"LIST 1\r\n", (b"+OK 1 2\r\n",)),
        ("pop3", b"LIST\r\n", (b"+OK\r\n", b"1 2\r\n", b".\r\n")),
        ("pop3", b"RETR 1\r\n", (b"+OK\r\n", b"-ERR is text\r\n", b".\r\n")),
        ("pop3", b"AUTH PLAIN\r\n", (b"+ \r\n",)),
        ("imap", b"a NOOP\r\n", (b"* 1 EXISTS\r\n", b"ab OK no\r\n", b"a OK\r\n")),
        ("imap", b"a IDLE\r\n", (b"+ idling\r\n",)),
    ],
)
def test_a_reply_ends_with_its_last_line(
    protocol: str, command: bytes, lines: tuple[bytes, ...]
) -> None:
    assert ended(protocol, command, *lines) == [False] * (len(lines) - 1) + [True]


def test_literals_are_seen_where_they_stand() -> None:
    imap = Dialect("imap")
    assert imap.literal(b"a APPEND x {12}\r\n") == (12, True)
    assert imap.literal(b"a APPEND x {12+}\r\n") == (12, False)
    assert imap.literal(b"a APPEND {12} x\r\n") == (0, False)
    assert Dialect("smtp").literal(b"EHLO {12}\r\n") == (0, False)


def test_lines_of_a_message_are_no_commands() -> None:
    smtp = Dialect("smtp")
    assert not smtp.goes_on(b"DATA\r\n")
    smtp.command(b"DATA\r\n")
    assert smtp.ends(b"354 go on\r\n")
    assert [smtp.goes_on(line) for line in (b"AUTH\r\n", b"..\r\n", b".\r\n", b"QUIT\r\n")] == [
        *(True, True, False, False)
    ]
