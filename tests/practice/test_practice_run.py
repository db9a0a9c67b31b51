from __future__ import annotations

import gc
import json
import logging
import socket
import subprocess
import sys
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from practice_clients import TIMEOUT, Clients, fetch_imap

from mailwidgets.errors import PracticeError
from mailwidgets.practice import ACCOUNTS, Account, Practice

ANA = ACCOUNTS[0].address


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_importing_the_package_loads_no_server_library() -> None:
    heavy = {"pymap", "pysasl", "aiosmtpd", "trustme", "cryptography"}
    seen = _python(f"import sys, mailwidgets.practice; print(sorted({heavy!r} & set(sys.modules)))")
    assert (seen.stdout, seen.stderr) == ("[]\n", "")


@pytest.mark.parametrize("library", ["pymap", "aiosmtpd", "trustme"])
def test_a_missing_extra_is_named_with_the_way_to_get_it(library: str) -> None:
    seen = _python(
        f"import sys; sys.modules[{library!r}] = None\n"
        "from mailwidgets.practice import Practice\n"
        "from mailwidgets.errors import PracticeError\n"
        "try: Practice.start()\n"
        "except PracticeError as missing: print(missing)\n"
    )
    assert library in seen.stdout
    assert 'pip install "mailwidgets[practice]"' in seen.stdout


def test_every_mailbox_begins_with_a_welcome(practice: Practice) -> None:
    for account in practice.accounts:
        (welcome,) = practice.messages(account.address)
        assert f"To: {account.name} <{account.address}>\r\n".encode() in welcome
        assert b"\n" not in welcome.replace(b"\r\n", b"")
        assert b"gone when the\r\npractice servers stop." in welcome  # read as it comes, too


def test_stop_leaves_no_thread_and_no_port(recwarn: pytest.WarningsRecorder) -> None:
    before = set(threading.enumerate())
    practice = Practice.start()
    practice.stop()
    gc.collect()
    assert set(threading.enumerate()) == before
    for port in practice.ports.values():
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    assert not recwarn.list


def test_stop_closes_clients_in_every_state(
    clients: Clients, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    idling = clients.imap(clients.ana)
    idling.select()
    idling.send(b"i IDLE\r\n")
    assert idling.readline().startswith(b"+")
    sending = clients.smtp(clients.ana)
    sending.mail(ANA)
    sending.rcpt(ANA)
    sending.putcmd("data")
    assert sending.getreply()[0] == 354
    left = clients.pop3(clients.ben, implicit=True)
    left.quit()
    connected = [
        idling.sock,
        sending.sock,
        clients.smtp(clients.ana, implicit=True).sock,
        clients.pop3(clients.ben).sock,
        *(clients.raw(port) for port in clients.practice.ports),
    ]
    greeted = [sock for sock in connected[4:] if _greets(clients, sock)]
    assert len(greeted) == 3  # the others wait for a TLS handshake that does not come
    clients.practice.stop()
    gc.collect()
    for sock in connected:
        try:
            assert sock.recv(1 << 16) == b""
        except ConnectionResetError:
            continue
    assert not recwarn.list
    assert not caplog.records


def _greets(clients: Clients, connected: socket.socket) -> bool:
    port = connected.getpeername()[1]
    names = {number: name for name, number in clients.practice.ports.items()}
    return not names[port].endswith("s") and bool(connected.recv(4096))


def test_a_stopped_practice_says_so() -> None:
    practice = Practice.start()
    practice.stop()
    practice.stop()
    assert "stopped" in repr(practice)
    with pytest.raises(PracticeError, match="start them again"):
        practice.messages(ANA)


def test_an_address_that_cannot_be_opened_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    before = threading.active_count()
    # Nobody's address (RFC 5737): binding it fails at once, and nothing is sent.
    monkeypatch.setattr("mailwidgets.practice.servers.ADDRESS", "192.0.2.1")
    with pytest.raises(PracticeError, match=r"six free ports.*192\.0\.2\.1"):
        Practice.start()
    assert threading.active_count() == before


def test_an_error_in_the_block_still_stops_the_servers() -> None:
    class Wanted(Exception):
        pass

    before = threading.active_count()
    with pytest.raises(Wanted), Practice.start():
        raise Wanted
    assert threading.active_count() == before


def test_two_runs_at_once_share_nothing(practice: Practice) -> None:
    with Practice.start() as other:
        assert not set(practice.ports.values()) & set(other.ports.values())
        assert practice.ca_pem != other.ca_pem
        other.deliver(ANA, b"Subject: other\r\n\r\n")
        assert (len(practice.messages(ANA)), len(other.messages(ANA))) == (1, 2)
    assert len(practice.messages(ANA)) == 1


def test_as_dict_is_all_a_client_needs_as_json(practice: Practice) -> None:
    plain = json.loads(json.dumps(practice.as_dict()))
    assert plain["host"] == "localhost"
    assert set(plain["ports"]) == {"pop3", "pop3s", "imap", "imaps", "smtp", "smtps"}
    assert plain["accounts"][0] == {
        "name": "Ana",
        "user": ANA,
        "address": ANA,
        "password": "ana-practice",
    }
    assert plain["ca_pem"].startswith("-----BEGIN CERTIFICATE-----")


def test_no_password_is_in_a_repr(practice: Practice) -> None:
    shown = repr(practice) + repr(practice.accounts)
    assert not any(account.password in shown for account in practice.accounts)


def test_accounts_of_ones_own_replace_the_usual_ones() -> None:
    with Practice.start([Account("zoë@own.example", "geheim €", "Zoë")]) as practice:
        assert [account.name for account in practice.accounts] == ["Zoë"]
        assert len(practice.messages("zoë@own.example")) == 1


@pytest.mark.parametrize(
    ("address", "folder", "words"),
    [("cid@practice.example", "INBOX", "ana@practice.example"), (ANA, "Nowhere", "'Nowhere'")],
)
def test_an_unknown_account_or_folder_is_named(
    practice: Practice, address: str, folder: str, words: str
) -> None:
    with pytest.raises(PracticeError, match=words):
        practice.messages(address, folder)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b".", b" ", b":", b"a", b"\xff", b"\0"])))
def test_any_bytes_are_kept_as_they_are(practice: Practice, pieces: list[bytes]) -> None:
    message = b"".join(pieces)
    practice.deliver(ANA, message)
    assert practice.messages(ANA)[-1] == message


def test_a_message_without_a_body_is_kept_whole_for_imap(clients: Clients) -> None:
    message = b"Subject: no body\r\nFrom: me\r\n"
    clients.practice.deliver(ANA, message)
    client = clients.imap(clients.ana)
    assert fetch_imap(client, 2) == message
    assert client.fetch("2", "(RFC822.SIZE)")[1] == [b"2 (RFC822.SIZE %d)" % len(message)]
    assert client.fetch("2", "(BODY.PEEK[TEXT])")[1][0][1] == b""
