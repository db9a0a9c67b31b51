"""Compare our checks with other clients doing the same, over slow wires too.

``python bench/checks.py`` as root, with Dovecot and Postfix (see .ci/run), swaks and its
libnet-ssleay-perl installed; takes five minutes. Prints Markdown. Every client verifies the
server's certificate, goes through the same steps, and takes its turn in every round, so that a
machine whose speed drifts drifts for all. ``bench/crowd.py`` has many checks at once.

A figure in brackets is ours divided by theirs: the median of the ratios within each round.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import imaplib
import os
import poplib
import resource
import smtplib
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / "tests"), str(Path(__file__).parent)]

import crowd
from daemons.accounts import ANA
from daemons.process import find_program
from daemons.variants import MailServer
from matrix import daemons
from wire_delay import Passed, Wires

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode

DIRECT = -1.0  # no proxy on the way
DELAYS = {DIRECT: 15, 0.0: 15, 0.02: 7, 0.1: 3}
"""Seconds each way, and how many rounds."""
HOST, EHLO = "localhost", "client.example.test"
OK = 250
VARIANT = "only PLAIN"  # what every client has, smtplib without trying another one first


@dataclass
class Client:
    """One way to do the steps, and what it took at each delay.

    Attributes:
        name: of the client; the first of each list is ours.
        run: does the steps at a port.
        is_process: its processor time is that of a child.
    """

    name: str
    run: Callable[[int], None]
    is_process: bool = False
    wall: dict[float, list[float]] = field(default_factory=dict)
    cpu: dict[float, list[float]] = field(default_factory=dict)
    passed: dict[float, Passed] = field(default_factory=dict)


def ours(loop: asyncio.AbstractEventLoop, at: MailServer, port: int) -> None:
    mode = TlsMode.IMPLICIT if at.tls == "implicit" else TlsMode.REQUIRE
    endpoint = Endpoint(HOST, port, mode, 20, ca_pem=at.ca_pem)
    login = Login(ANA.login, ANA.password)
    if at.protocol == "smtp":
        check = check_smtp(endpoint, login, sender=ANA.address, ehlo=EHLO)
    else:
        check = (check_imap if at.protocol == "imap" else check_pop3)(endpoint, login)
    report = loop.run_until_complete(check)
    assert report.code == "ok", str(report)


def with_smtplib(at: MailServer, context: ssl.SSLContext, port: int) -> None:
    if at.tls == "implicit":
        client: smtplib.SMTP = smtplib.SMTP_SSL(HOST, port, EHLO, context=context)
    else:
        client = smtplib.SMTP(HOST, port, EHLO)
        client.starttls(context=context)
    client.login(ANA.login, ANA.password)
    for reply in (client.mail(ANA.address), client.rcpt(ANA.address), client.rset()):
        assert reply[0] == OK, reply
    client.quit()


def with_poplib(at: MailServer, context: ssl.SSLContext, port: int) -> None:
    if at.tls == "implicit":
        client: poplib.POP3 = poplib.POP3_SSL(HOST, port, context=context)
    else:
        client = poplib.POP3(HOST, port)
        client.stls(context)
    client.user(ANA.login)
    client.pass_(ANA.password)
    client.stat()
    client.quit()


def with_imaplib(at: MailServer, context: ssl.SSLContext, port: int) -> None:
    if at.tls == "implicit":
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL(HOST, port, ssl_context=context)
    else:
        client = imaplib.IMAP4(HOST, port)
        client.starttls(context)
    client.login(ANA.login, ANA.password)
    for reply in (client.select("INBOX", readonly=True), client.select("Outbox")):
        assert reply[0] == "OK", reply
    client.logout()


def with_swaks(at: MailServer, ca_file: Path, port: int, *more: str) -> None:
    program = find_program("swaks")
    assert program, "install swaks and libnet-ssleay-perl"
    run(
        *(program, "--silent", "3", "--server", "127.0.0.1", "--port", str(port)),
        *("--tls-on-connect" if at.tls == "implicit" else "--tls", "--tls-verify"),
        *("--tls-ca-path", str(ca_file), "--helo", EHLO, "--quit-after", "RCPT"),
        *("--auth", "PLAIN", "--auth-user", ANA.login, "--auth-password", ANA.password),
        *("--from", ANA.address, "--to", ANA.address, *more),
    )


def with_swaks_pipelining(at: MailServer, ca_file: Path, port: int) -> None:
    with_swaks(at, ca_file, port, "--pipeline")


def our_command(ca_file: Path, port: int) -> None:
    command = (sys.executable, "-m", "mailwidgets")
    run(*command, "check", "smtp", f"--ca-file={ca_file}", f"--store={ca_file.parent / str(port)}")


def store(at: MailServer, ca_file: Path, port: int) -> None:
    mode = "implicit" if at.tls == "implicit" else "require"
    settings = (f"name={HOST}", f"port={port}", f"tls={mode}", f"user={ANA.login}", "password=-")
    run(
        *(sys.executable, "-m", "mailwidgets", "set", f"--store={ca_file.parent / str(port)}"),
        *(f"smtp.{setting}" for setting in (*settings, f"ehlo={EHLO}")),
        say=ANA.password,
    )


def run(*words: str, say: str = "") -> None:
    done = subprocess.run(words, input=say, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def measure(client: Client, wires: Wires, port: int, delay: float) -> None:
    who = resource.RUSAGE_CHILDREN if client.is_process else resource.RUSAGE_SELF
    before, began = resource.getrusage(who), time.perf_counter()
    client.run(port)
    wall, after = time.perf_counter() - began, resource.getrusage(who)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    client.wall.setdefault(delay, []).append(1000 * wall)
    client.cpu.setdefault(delay, []).append(1000 * cpu)
    if delay != DIRECT:
        client.passed[delay] = wires.passed()


def compare(at: MailServer, clients: list[Client], ports: dict[float, int], wires: Wires) -> None:
    """Measure all clients in turn and print their rows."""
    for client in clients:  # caches are warm for all
        client.run(ports[0.0])
        wires.passed()
    for delay, rounds in DELAYS.items():
        for _ in range(rounds):
            for client in clients:
                measure(client, wires, ports[delay], delay)
    us = clients[0]
    for client in clients:
        # From a slow wire: on a fast one, session tickets pass for an answer to what they overtook.
        passed = client.passed[0.02]
        walls = (cell(us.wall[delay], client.wall[delay]) for delay in DELAYS)
        cpu = cell(us.cpu[0.0], client.cpu[0.0])
        octets = f"{passed.sent} / {passed.received}"
        row = (at.protocol, at.tls, client.name, passed.round_trips, octets, *walls, cpu)
        print("|", " | ".join(map(str, row)), "|", flush=True)


def cell(us: list[float], them: list[float]) -> str:
    """Return the median, and that of ours in the same round to theirs."""
    median = f"{statistics.median(them):.1f}"
    ratios = [one / other for one, other in zip(us, them, strict=True) if other]
    return median if us is them else f"{median} ({statistics.median(ratios):.2f})"


def header(title: str) -> None:
    print(f"\n{title}\n")
    names = [f"{1000 * delay:.0f} ms each way" for delay in DELAYS if delay != DIRECT]
    walls = " | ".join(f"{name}, ms" for name in ("direct", *names))
    print(f"| check | TLS | client | round trips | octets out / in | {walls} | CPU at 0 ms, ms |")
    print("|---" * (len(DELAYS) + 6) + "|", flush=True)


def in_process(at: MailServer, loop: asyncio.AbstractEventLoop) -> list[Client]:
    context = at.context()
    library = {"smtp": with_smtplib, "pop3": with_poplib, "imap": with_imaplib}[at.protocol]
    return [
        Client("ours", partial(ours, loop, at)),
        Client(library.__name__.removeprefix("with_"), partial(library, at, context)),
    ]


def as_processes(at: MailServer, ca_file: Path) -> list[Client]:
    return [
        Client("`mailwidgets check smtp`", partial(our_command, ca_file), is_process=True),
        Client("swaks", partial(with_swaks, at, ca_file), is_process=True),
        Client("swaks --pipeline", partial(with_swaks_pipelining, at, ca_file), is_process=True),
    ]


def side_by_side(folder: Path) -> None:
    with contextlib.ExitStack() as stack:
        dovecot, postfix = stack.enter_context(daemons())
        make = {"smtp": postfix.smtp, "pop3": dovecot.pop3, "imap": dovecot.imap}
        servers = [make[name](tls, VARIANT) for name in make for tls in ("starttls", "implicit")]
        delays = [delay for delay in DELAYS if delay != DIRECT]
        routes = [(at.host, at.port, delay) for at in servers for delay in delays]
        wires = Wires(routes)
        stack.callback(wires.close)
        loop = asyncio.new_event_loop()
        stack.callback(loop.close)
        ports = dict(zip(routes, wires.ports, strict=True))
        ca_file = folder / "ca.pem"
        ca_file.write_text(servers[0].ca_pem, encoding="ascii")
        through = [
            {DIRECT: at.port, **{delay: ports[at.host, at.port, delay] for delay in delays}}
            for at in servers
        ]
        header("Within one process:")
        for at, by_delay in zip(servers, through, strict=True):
            compare(at, in_process(at, loop), by_delay, wires)
        header("As a process of its own, its start included:")
        for at, by_delay in zip(servers, through, strict=True):
            if at.protocol == "smtp":
                for port in by_delay.values():
                    store(at, ca_file, port)
                compare(at, as_processes(at, ca_file), by_delay, wires)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.environ["MAILWIDGETS_KEY"] = base64.b64encode(os.urandom(32)).decode()
        side_by_side(Path(name))
        crowd.compare(Path(name))


if __name__ == "__main__":
    main()
