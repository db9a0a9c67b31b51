from __future__ import annotations

import base64
import hmac
import poplib
import socket
from contextlib import ExitStack

import pytest
from practice_clients import TIMEOUT, Clients, retrieve_pop3

from mailwidgets.practice import Account, Practice

DOTS = b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n\r\n.\r\n"


def _say(connected: socket.socket, line: bytes) -> bytes:
    """Send one line in the clear and return the one line of the reply."""
    connected.sendall(line + b"\r\n")
    reply = b""
    while not reply.endswith(b"\r\n"):
        reply += connected.recv(4096)
    return reply


@pytest.fixture
def greeted(clients: Clients) -> socket.socket:
    connected = clients.raw("pop3")
    assert connected.recv(4096) == b"+OK mailwidgets practice POP3 ready\r\n"
    return connected


def test_stat_list_uidl_and_retr_agree(clients: Clients) -> None:
    clients.practice.deliver(clients.ana.address, DOTS)
    client = clients.pop3(clients.ana)
    sizes = [len(message) for message in clients.practice.messages(clients.ana.address)]
    assert client.stat() == (2, sum(sizes))
    assert client.list()[1] == [f"{n} {size}".encode() for n, size in enumerate(sizes, 1)]
    assert client.list(2) == f"+OK 2 {len(DOTS)}".encode()
    assert client.uidl(2)[3:].strip() == client.uidl()[1][1]
    assert retrieve_pop3(client, 2) == DOTS


def test_unique_ids_differ_and_stay(clients: Clients) -> None:
    for _ in range(2):
        clients.practice.deliver(clients.ana.address, DOTS)
    first = clients.pop3(clients.ana).uidl()[1]
    assert len({line.split()[1] for line in first}) == 3
    assert clients.pop3(clients.ana).uidl()[1] == first


@pytest.mark.parametrize(
    ("lines", "expected"),
    [(0, [b"Subject: dots", b""]), (1, [b"Subject: dots", b"", b"."]), (99, DOTS.splitlines())],
)
def test_top_is_the_header_and_so_many_lines(
    clients: Clients, lines: int, expected: list[bytes]
) -> None:
    clients.practice.deliver(clients.ana.address, DOTS)
    assert clients.pop3(clients.ana).top(2, lines)[1] == expected


def test_a_deleted_message_is_gone_at_quit_and_not_before(clients: Clients) -> None:
    address = clients.ana.address
    client = clients.pop3(clients.ana)
    client.dele(1)
    assert client.stat() == (0, 0)
    with pytest.raises(poplib.error_proto, match="no such message"):
        client.retr(1)
    client.rset()
    assert client.stat()[0] == 1
    client.dele(1)
    client.close()
    assert len(clients.practice.messages(address)) == 1
    client = clients.pop3(clients.ana)
    client.dele(1)
    client.quit()
    assert clients.practice.messages(address) == []


def test_two_sessions_may_delete_the_same_message(clients: Clients) -> None:
    sessions = [clients.pop3(clients.ana), clients.pop3(clients.ana)]
    for session in sessions:
        session.dele(1)
    assert [session.quit() for session in sessions] == [b"+OK goodbye"] * 2


def test_capabilities_follow_the_state(clients: Clients, greeted: socket.socket) -> None:
    greeted.sendall(b"CAPA\r\n")
    seen = b""
    while not seen.endswith(b"\r\n.\r\n"):
        seen += greeted.recv(4096)
    assert {b"STLS", b"USER", b"TOP", b"UIDL", b"SASL PLAIN CRAM-MD5"} <= set(seen.splitlines())
    client = clients.pop3()
    assert "USER" in client.capa()
    assert "STLS" not in client.capa()
    client.user(clients.ana.user)
    client.pass_(clients.ana.password)
    assert not {"USER", "SASL", "STLS"} & set(client.capa())


@pytest.mark.parametrize(
    "line", [b"STAT", b"RETR 1", b"XYZ", b"", b"PASS ana-practice", b"AUTH XOAUTH2", b"\xff\xfe"]
)
def test_what_is_not_possible_before_the_login_is_refused(
    greeted: socket.socket, line: bytes
) -> None:
    assert _say(greeted, line).startswith(b"-ERR")
    assert _say(greeted, b"QUIT") == b"+OK goodbye\r\n"


@pytest.mark.parametrize(
    "command", ["RETR", "RETR x", "RETR 0", "RETR 2", "RETR -1", "TOP 1", "TOP 1 x", "STLS"]
)
def test_a_bad_argument_is_refused_and_the_session_goes_on(clients: Clients, command: str) -> None:
    client = clients.pop3(clients.ana)
    with pytest.raises(poplib.error_proto):
        client._shortcmd(command)  # noqa: SLF001 - poplib has no public way to say it
    assert client.noop() == b"+OK still here"


def test_stls_is_refused_where_tls_is_on(clients: Clients) -> None:
    with pytest.raises(poplib.error_proto, match="on already"):
        clients.pop3(implicit=True)._shortcmd("STLS")  # noqa: SLF001 - likewise


def test_stls_forgets_the_user_named_before(clients: Clients) -> None:
    client = poplib.POP3("localhost", clients.practice.ports["pop3"], timeout=TIMEOUT)
    client.user(clients.ana.user)
    client.stls(clients.context)
    with pytest.raises(poplib.error_proto, match="AUTH"):
        client.pass_(clients.ana.password)
    client.quit()


def test_auth_plain_works_at_once_and_when_asked(clients: Clients, greeted: socket.socket) -> None:
    response = base64.b64encode(f"\0{clients.ana.user}\0{clients.ana.password}".encode())
    assert _say(greeted, b"AUTH PLAIN " + response) == b"+OK 1 messages\r\n"
    other = clients.raw("pop3")
    other.recv(4096)
    assert _say(other, b"auth plain") == b"+ \r\n"
    assert _say(other, response) == b"+OK 1 messages\r\n"


def test_auth_cram_md5_answers_a_new_challenge(clients: Clients, greeted: socket.socket) -> None:
    def response(challenge: bytes, password: str) -> bytes:
        decoded = base64.b64decode(challenge.removeprefix(b"+ "))
        digest = hmac.new(password.encode(), decoded, "md5").hexdigest()
        return base64.b64encode(f"{clients.ana.user} {digest}".encode())

    first = _say(greeted, b"AUTH CRAM-MD5")
    assert _say(greeted, response(first, "wrong")).startswith(b"-ERR [AUTH]")
    second = _say(greeted, b"AUTH CRAM-MD5")
    assert second != first
    assert _say(greeted, response(second, clients.ana.password)) == b"+OK 1 messages\r\n"


@pytest.mark.parametrize("response", [b"*", b"not base64", b"AGFuYQ=="])
def test_a_cancelled_or_broken_auth_is_refused(greeted: socket.socket, response: bytes) -> None:
    assert _say(greeted, b"AUTH PLAIN") == b"+ \r\n"
    assert _say(greeted, response).startswith(b"-ERR")
    assert _say(greeted, b"QUIT").startswith(b"+OK")


def test_a_password_may_have_blanks_and_letters_beyond_ascii() -> None:
    zoe = Account("zoe@practice.example", "zwei Wörter €", "Zoe")
    with Practice.start([zoe]) as practice, ExitStack() as closing:
        connected = socket.create_connection(("127.0.0.1", practice.ports["pop3"]), TIMEOUT)
        closing.callback(connected.close)
        connected.recv(4096)
        assert _say(connected, b"USER zoe@practice.example").startswith(b"+OK")
        assert _say(connected, f"PASS {zoe.password}".encode()) == b"+OK 1 messages\r\n"


def test_commands_may_come_in_one_packet(greeted: socket.socket) -> None:
    greeted.sendall(b"USER ana@practice.example\r\nPASS ana-practice\r\nSTAT\r\nQUIT\r\n")
    seen = b""
    while piece := greeted.recv(4096):
        seen += piece
    assert [line[:3] for line in seen.splitlines()] == [b"+OK"] * 4


def test_a_line_without_end_drops_the_connection(greeted: socket.socket) -> None:
    try:
        greeted.sendall(b"x" * 200_000)
        assert greeted.recv(4096) == b""
    except ConnectionError:
        return


def test_a_message_of_eight_megabytes_comes_whole(clients: Clients) -> None:
    big = b"Subject: big\r\n\r\n" + (b"." + b"x" * 75 + b"\r\n") * 104_000
    clients.practice.deliver(clients.ana.address, big)
    client = clients.pop3(clients.ana)
    assert retrieve_pop3(client, 2) == big
