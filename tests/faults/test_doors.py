"""What comes through a door unharmed, and what a laboratory leaves behind."""

from __future__ import annotations

import socket
import ssl
import threading
from email.message import EmailMessage

import pytest
from practice_clients import Clients, fetch_imap, retrieve_pop3

from mailwidgets.faults import Laboratory

# Lines that would be commands, replies and offers of TLS if anybody took them for such.
TRAPS = b"\r\n".join(
    (
        b"Subject: traps",
        b"",
        b"AUTH PLAIN AGFuYQBhbmE=",
        b"250-STARTTLS",
        b"RCPT TO:<ana@practice.example>",
        b"a1 OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] LOGIN",
        b'* LIST () "/" Outbox',
        b"SASL PLAIN",
        b"+OK STLS",
        b"",
    )
)
# Whose rules look at what a server says of itself, or at folders.
LOOKING = ("starttls_stripped", "folder_missing", "other_delimiter")


@pytest.mark.parametrize("implicit", [False, True])
def test_a_message_comes_through_whole_when_nothing_is_broken(
    clients: Clients, laboratory: Laboratory, *, implicit: bool
) -> None:
    message = EmailMessage()
    message["Subject"] = "zażółć"
    message["From"] = message["To"] = clients.ana.address
    message.set_content("line\n" * 20_000)
    clients.smtp(clients.ana, implicit=implicit).send_message(message)
    number = len(laboratory.messages(clients.ana.address))
    read = fetch_imap(clients.imap(clients.ana, implicit=implicit), number)
    assert read == laboratory.messages(clients.ana.address)[-1]
    assert retrieve_pop3(clients.pop3(clients.ana, implicit=implicit), number) == read


@pytest.mark.parametrize("fault", LOOKING)
def test_no_rule_looks_into_messages(clients: Clients, laboratory: Laboratory, fault: str) -> None:
    ana = clients.ana
    laboratory.inject(fault)
    laboratory.deliver(ana.address, TRAPS)
    number = len(laboratory.messages(ana.address))
    imap = clients.imap(ana, implicit=True)
    assert fetch_imap(imap, number) == TRAPS
    imap.append("Trash", "", "", TRAPS)
    assert laboratory.messages(ana.address, "Trash")[-1] == TRAPS
    assert retrieve_pop3(clients.pop3(ana, implicit=True), number) == TRAPS
    smtp = clients.smtp(ana, implicit=True)
    smtp.sendmail(ana.address, [ana.address], TRAPS)
    assert laboratory.messages(ana.address)[-1] == TRAPS


def test_a_literal_behind_a_refused_command_is_no_command(
    clients: Clients, laboratory: Laboratory
) -> None:
    laboratory.inject("folder_missing")
    imap = clients.imap(clients.ana, implicit=True)
    imap.send(b"x1 APPEND Outbox {%d+}\r\n%b\r\nx2 NOOP\r\n" % (len(TRAPS), TRAPS))
    assert imap.readline().startswith(b"x1 NO [NONEXISTENT]")
    assert imap.readline().startswith(b"x2 OK")


def test_what_a_client_sent_before_tls_is_dropped(clients: Clients, laboratory: Laboratory) -> None:
    laboratory.inject("greylisted")
    raw = clients.raw("smtp")
    raw.sendall(b"EHLO me.example\r\nSTARTTLS\r\nMAIL FROM:<ana@practice.example>\r\n")
    said = b""
    while b"220 Ready" not in said and b"220 2.0.0" not in said:
        said += raw.recv(4096)
    with clients.context.wrap_socket(raw, server_hostname="localhost") as secured:
        secured.sendall(b"NOOP\r\n")
        assert secured.recv(4096).startswith(b"250")


def test_idle_hears_of_new_mail_through_a_fault(clients: Clients, laboratory: Laboratory) -> None:
    laboratory.inject("folder_missing")
    imap = clients.imap(clients.ana, implicit=True)
    imap.select("INBOX")
    imap.send(b"x1 IDLE\r\n")
    assert imap.readline().startswith(b"+")
    laboratory.deliver(clients.ana.address, TRAPS)
    heard = b""
    while b"EXISTS" not in heard:
        heard = imap.readline()
    imap.send(b"DONE\r\n")
    while not heard.startswith(b"x1 OK"):
        heard = imap.readline()


def test_one_client_of_many_that_leaves_disturbs_no_other(
    clients: Clients, laboratory: Laboratory
) -> None:
    laboratory.inject("silent_server", ["imap"])
    for _ in range(20):
        clients.raw("imap").close()
        clients.raw("imaps").close()
    laboratory.mend()
    assert clients.imap(clients.ana).noop()[0] == "OK"


def test_switching_counts_from_the_next_connection_on(
    clients: Clients, laboratory: Laboratory
) -> None:
    before = clients.pop3(clients.ana)
    laboratory.inject("busy", ["pop3"])
    assert before.stat()[0] == len(laboratory.messages(clients.ana.address))
    assert clients.raw("pop3").recv(4096).startswith(b"-ERR [SYS/TEMP]")


def test_a_flood_ends(clients: Clients, laboratory: Laboratory) -> None:
    laboratory.inject("flood", ["pop3"])
    raw, size = clients.raw("pop3"), 0
    while piece := raw.recv(2**20):
        size += len(piece)
    assert size == 64 * 2**20


def test_another_certificate_is_shown_at_both_ports(
    clients: Clients, laboratory: Laboratory
) -> None:
    laboratory.inject("cert_name")
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        clients.imap(implicit=True)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        clients.smtp()


def test_a_good_certificate_is_the_same_with_a_fault_and_without(
    clients: Clients, laboratory: Laboratory
) -> None:
    without = clients.smtp().sock
    laboratory.inject("greylisted")
    spoilt = clients.smtp().sock
    assert isinstance(without, ssl.SSLSocket)
    assert isinstance(spoilt, ssl.SSLSocket)
    assert without.getpeercert(binary_form=True) == spoilt.getpeercert(binary_form=True)


def test_stop_leaves_no_thread_no_port_and_no_file() -> None:
    before = set(threading.enumerate())
    started = Laboratory.start()
    started.inject("silent_server")
    with socket.create_connection(("127.0.0.1", started.ports["imap"])):
        started.stop()
        started.stop()
    assert set(threading.enumerate()) == before
    assert not started.switches.path.parent.exists()
    for port in started.ports.values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
