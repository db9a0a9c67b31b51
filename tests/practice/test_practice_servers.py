from __future__ import annotations

import base64
import gc
import imaplib
import poplib
import smtplib
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from practice_clients import TIMEOUT, Clients, fetch_imap, retrieve_pop3

from mailwidgets.practice import Practice

AWKWARD = (
    b"Subject: dots and bytes\r\n"
    b"From: ana@practice.example\r\n"
    b"Content-Type: multipart/mixed; boundary=x\r\n"
    b"\r\n"
    b".\r\n..\r\n.dotted\r\n\r\n"
    b"--x\r\n\r\n  blanks at the end  \t \r\n"
    b"\xe4\xf6\xfc raw 8 bit, tab\t, NUL-free\r\n" + b"long " * 190 + b"\r\n--x--\r\n\r\n\r\n"
)
BOTH_TLS = pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])


@BOTH_TLS
def test_mail_sent_by_smtp_is_read_back_byte_for_byte(clients: Clients, *, implicit: bool) -> None:
    ana, ben = clients.ana, clients.ben
    sender = clients.smtp(ana, implicit=implicit)
    sender.sendmail(ana.address, [ben.address], AWKWARD, mail_options=["BODY=8BITMIME"])
    assert clients.practice.messages(ben.address)[-1] == AWKWARD
    assert fetch_imap(clients.imap(ben, implicit=implicit), 2) == AWKWARD
    assert retrieve_pop3(clients.pop3(ben, implicit=implicit), 2) == AWKWARD


def test_mail_to_two_goes_once_to_each(clients: Clients) -> None:
    ana, ben = clients.ana, clients.ben
    clients.smtp(ana).sendmail(ana.address, [ben.address, ana.address, "BEN@practice.example"], "x")
    assert [len(clients.practice.messages(a.address)) for a in (ana, ben)] == [2, 2]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_smtp_takes_every_mechanism_it_offers(clients: Clients, mechanism: str) -> None:
    client = clients.smtp()
    assert mechanism in client.esmtp_features["auth"].split()
    client.user, client.password = clients.ana.user, clients.ana.password
    method = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
    assert client.auth(mechanism, method)[0] == 235
    client.user, client.password = clients.ana.user, "wrong"
    other = clients.smtp()
    other.user, other.password = clients.ana.user, "wrong"
    method = getattr(other, "auth_" + mechanism.lower().replace("-", "_"))
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
        other.auth(mechanism, method)
    assert refused.value.smtp_code == 535


def test_imap_takes_cram_md5_and_plain(clients: Clients) -> None:
    ana = clients.ana
    assert clients.imap().login_cram_md5(ana.user, ana.password)[0] == "OK"
    plain = f"\0{ana.user}\0{ana.password}".encode()
    assert clients.imap().authenticate("PLAIN", lambda _: plain)[0] == "OK"
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        clients.imap().login_cram_md5(ana.user, "wrong")


@pytest.mark.parametrize("user", ["ana@practice.example", "nobody@practice.example"])
def test_a_wrong_login_is_refused_by_all_protocols(clients: Clients, user: str) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        clients.smtp().login(user, "wrong")
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        clients.imap().login(user, "wrong")
    with pytest.raises(poplib.error_proto, match=r"\[AUTH\]"):
        clients.pop3().user(user) and clients.pop3().pass_("wrong")


def test_smtp_wants_a_login_first(clients: Clients) -> None:
    client = clients.smtp()
    assert client.mail("ana@practice.example")[0] == 530
    assert client.rcpt("ben@practice.example")[0] == 503


def test_a_login_may_not_send_as_another(clients: Clients) -> None:
    client = clients.smtp(clients.ana)
    code, text = client.mail(clients.ben.address)
    assert (code, text[:6]) == (550, b"5.7.60")
    assert client.mail(clients.ana.address.upper())[0] == 250


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("ben@practice.example", 250),
        ("postmaster", 250),
        ("cid@practice.example", 550),
        ("ben@elsewhere.example", 554),
    ],
)
def test_only_mail_for_the_mailboxes_here_is_taken(
    clients: Clients, recipient: str, code: int
) -> None:
    client = clients.smtp(clients.ana)
    client.mail("<>")
    assert client.rcpt(recipient)[0] == code


def test_every_account_has_the_usual_folders(clients: Clients) -> None:
    _, lines = clients.imap(clients.workflow).list()
    folders = {line.rpartition(b" ")[2].decode() for line in lines}
    assert folders == {"INBOX", "Outbox", "Sent", "Drafts", "Trash"}


def test_imap_appends_to_outbox(clients: Clients) -> None:
    workflow = clients.workflow
    client = clients.imap(workflow)
    assert client.append("Outbox", r"(\Seen)", None, AWKWARD)[0] == "OK"
    assert fetch_imap(client, 1, "Outbox") == AWKWARD
    assert clients.practice.messages(workflow.address, "Outbox") == [AWKWARD]
    assert client.append("Nowhere", None, None, b"x")[0] == "NO"


def test_a_folder_name_beyond_ascii_works(clients: Clients) -> None:
    client = clients.imap(clients.ana)
    client.create('"Entw&APw-rfe &- mehr"')
    client.append('"Entw&APw-rfe &- mehr"', None, None, b"Subject: x\r\n\r\n")
    assert clients.practice.messages(clients.ana.address, "Entwürfe & mehr") == [
        b"Subject: x\r\n\r\n"
    ]


def test_a_message_deleted_by_pop3_is_gone_for_imap(clients: Clients) -> None:
    reader = clients.pop3(clients.ana)
    reader.dele(1)
    reader.quit()
    assert clients.imap(clients.ana).select()[1] == [b"0"]
    assert clients.practice.messages(clients.ana.address) == []


def test_a_connected_imap_client_sees_new_mail(clients: Clients) -> None:
    client = clients.imap(clients.ana)
    client.select()
    clients.practice.deliver(clients.ana.address, b"Subject: new\r\n\r\n")
    client.noop()
    assert client.untagged_responses["EXISTS"][-1] == b"2"


def test_many_clients_work_at_once(clients: Clients) -> None:
    ana, ben = clients.ana, clients.ben

    def send_and_read(number: int) -> int:
        text = f"Subject: {number}\r\n\r\n".encode()
        clients.smtp(ana).sendmail(ana.address, ben.address, text)
        return sum(
            text in (retrieve_pop3(reader, n + 1) for n in range(reader.stat()[0]))
            for reader in (clients.pop3(ben), clients.pop3(ben, implicit=True))
        )

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(send_and_read, range(24))) == [2] * 24
    assert clients.imap(ben).select()[1] == [b"25"]


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_starttls_works_fifty_times_in_a_row(clients: Clients, protocol: str) -> None:
    connect: Callable[[], smtplib.SMTP | imaplib.IMAP4 | poplib.POP3] = getattr(clients, protocol)
    for _ in range(50):
        client = connect()
        assert isinstance(client.sock, ssl.SSLSocket)
        client.noop() if protocol != "pop3" else client.capa()


@BOTH_TLS
@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_a_session_outlives_garbage_collection(
    clients: Clients, protocol: str, *, implicit: bool
) -> None:
    client = getattr(clients, protocol)(clients.ana, implicit=implicit)
    gc.collect()
    client.noop()


@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_starttls_is_offered_once_and_not_on_the_tls_port(clients: Clients, protocol: str) -> None:
    offers = {"smtp": b"EHLO me\r\n", "imap": b"a CAPABILITY\r\n", "pop3": b"CAPA\r\n"}
    word = b"STLS" if protocol == "pop3" else b"STARTTLS"
    plain = clients.raw(protocol)
    plain.recv(4096)
    plain.sendall(offers[protocol])
    assert word in _read_until_quiet(plain)
    for implicit in (False, True):
        client = getattr(clients, protocol)(implicit=implicit)
        client.sock.sendall(offers[protocol])
        assert word not in _read_until_quiet(client.sock)


def _read_until_quiet(connected: socket.socket) -> bytes:
    """Return a whole reply to EHLO, CAPABILITY or CAPA."""
    seen = b""
    while not (b"250 HELP" in seen or b"a OK" in seen or seen.endswith(b"\r\n.\r\n")):
        seen += connected.recv(4096)
    return seen


@pytest.mark.parametrize(
    ("protocol", "starttls", "injected", "probe", "answer"),
    [
        ("smtp", b"EHLO me\r\nSTARTTLS\r\n", b"HELP NOOP\r\n", b"NOOP\r\n", b"250 OK"),
        ("imap", b"a STARTTLS\r\n", b"x NOOP\r\n", b"b NOOP\r\n", b"b OK"),
        ("pop3", b"STLS\r\n", b"CAPA\r\n", b"QUIT\r\n", b"+OK goodbye"),
    ],
)
def test_a_command_smuggled_in_before_tls_is_not_obeyed(  # noqa: PLR0913, PLR0917 - one parameter per column
    clients: Clients, protocol: str, starttls: bytes, injected: bytes, probe: bytes, answer: bytes
) -> None:
    connected = clients.raw(protocol)
    connected.recv(4096)
    connected.sendall(starttls + injected)
    seen = b""
    while b"220 " not in seen and b"a OK" not in seen and b"+OK begin" not in seen:
        seen += connected.recv(4096)
    assert seen.endswith(b"\r\n")
    with clients.context.wrap_socket(connected, server_hostname="localhost") as over_tls:
        over_tls.sendall(probe)
        assert over_tls.recv(4096).startswith(answer)


@BOTH_TLS
@pytest.mark.parametrize("protocol", ["smtp", "imap", "pop3"])
def test_a_client_that_does_not_trust_the_authority_does_no_harm(
    clients: Clients, caplog: pytest.LogCaptureFixture, protocol: str, *, implicit: bool
) -> None:
    trusting, clients.context = clients.context, ssl.create_default_context()
    for _ in range(3):
        with pytest.raises(ssl.SSLCertVerificationError):
            getattr(clients, protocol)(implicit=implicit)
    clients.context = trusting
    getattr(clients, protocol)(clients.ana, implicit=implicit)
    clients.practice.stop()
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []


def test_the_certificate_is_for_this_machines_names_only(clients: Clients) -> None:
    for name in ("localhost", "127.0.0.1", "::1"):
        with clients.context.wrap_socket(clients.raw("imaps"), server_hostname=name) as over_tls:
            assert over_tls.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for"):
        clients.context.wrap_socket(clients.raw("imaps"), server_hostname="mail.example")


def test_tls_1_2_is_enough(clients: Clients) -> None:
    clients.context.maximum_version = ssl.TLSVersion.TLSv1_2
    for connect in (clients.smtp, clients.imap, clients.pop3):
        assert connect(clients.ana).sock.version() == "TLSv1.2"


def test_a_login_in_the_clear_is_possible_on_loopback(practice: Practice) -> None:
    ana = practice.accounts[0]
    with smtplib.SMTP("localhost", practice.ports["smtp"], timeout=TIMEOUT) as client:
        assert client.login(ana.user, ana.password)[0] == 235
    with imaplib.IMAP4("localhost", practice.ports["imap"], timeout=TIMEOUT) as reader:
        assert reader.login(ana.user, ana.password)[0] == "OK"


def test_nothing_listens_beyond_one_loopback_address(practice: Practice) -> None:
    for port in practice.ports.values():
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port), timeout=TIMEOUT)


def test_no_protocol_logs_a_password(clients: Clients, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    user, password = clients.ana.user, clients.ana.password
    for connect in (clients.imap, clients.pop3):
        connect(clients.ana)
    for mechanism in ("plain", "login"):
        client = clients.smtp()
        client.user, client.password = user, password
        client.auth(mechanism.upper(), getattr(client, f"auth_{mechanism}"))
    for secret in (password, f"\0{user}\0{password}"):
        assert secret not in caplog.text
        assert base64.b64encode(secret.encode()).decode() not in caplog.text
