"""Many SMTP checks at once in one process, beside a client that only moves the same bytes.

``compare`` is the last part of ``python bench/checks.py``; this file run by itself is one of its
processes: a server, or a client. The servers are as many as there are processors, on one port.

- ``bare``: TLS, then canned replies by asyncio; about the least that a server can do.
- ``practice``: the package's practice server, which knows accounts, passwords and senders.

The client beside ours is asyncio's own TLS and a list of lines to send: it checks the certificate
and knows when a reply has come, and nothing else. What it takes is the time the server needs.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import trustme

from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.practice.accounts import ACCOUNTS, Accounts

SIZES = {1: 5, 10: 5, 100: 3, 1000: 3}
"""How many at once, and how many rounds."""
BACKLOG, FILES = 4096, 8192
ANA = ACCOUNTS[0]
EHLO = "client.example.test"
_PLAIN = base64.b64encode(f"\0{ANA.address}\0{ANA.password}".encode()).decode()
_ENVELOPE = (f"MAIL FROM:<{ANA.address}>", f"RCPT TO:<{ANA.address}>", "RSET", "QUIT")
_HELLO = (f"EHLO {EHLO}", f"AUTH PLAIN {_PLAIN}")
# As our check says it to a server with PIPELINING, and to one without.
TURNS = {"bare": (*_HELLO, "\r\n".join(_ENVELOPE)), "practice": (*_HELLO, *_ENVELOPE)}
OFFER = b"250-mx\r\n250-PIPELINING\r\n250-SIZE 33554432\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n"


class Bare(asyncio.Protocol):
    """Answers each line from a list."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._heard = transport, b""
        transport.write(b"220 mx ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        *lines, self._heard = (self._heard + data).split(b"\r\n")
        answers = {b"EHLO": OFFER, b"AUTH": b"235 2.7.0 in\r\n", b"QUIT": b"221 2.0.0 bye\r\n"}
        self._transport.write(
            b"".join(answers.get(line[:4], b"250 2.1.0 ok\r\n") for line in lines)
        )
        if lines and lines[-1] == b"QUIT":
            self._transport.close()


class Replay(asyncio.Protocol):
    """Sends the next line whenever a reply is complete."""

    def __init__(self, turns: tuple[str, ...]) -> None:
        self._turns = list(turns)
        self._heard = b""
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        complete = self._heard.endswith(b"\r\n") and self._heard.split(b"\r\n")[-2][3:4] == b" "
        if complete and self._turns:
            self._heard = b""
            self._transport.write(self._turns.pop(0).encode() + b"\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        assert exc is None, exc
        assert self._heard.splitlines()[-1].startswith(b"221"), self._heard
        self.ended.set_result(None)


async def serve(kind: str, port: int, chain: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    make: Callable[[], asyncio.BaseProtocol] = Bare
    if kind == "practice":
        from mailwidgets.practice.smtp import SmtpConnection  # noqa: PLC0415 - for this one alone

        accounts = Accounts(ACCOUNTS)
        make = partial(SmtpConnection, accounts, None, None)  # type: ignore[arg-type]  # no mail comes
    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", port, ssl=context, reuse_port=True, backlog=BACKLOG
    )
    print("ready", flush=True)
    ended = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_reader(sys.stdin, lambda: ended.done() or ended.cancel())
    async with server:
        await asyncio.wait({ended})


async def replay(kind: str, port: int, context: ssl.SSLContext) -> None:
    loop = asyncio.get_running_loop()
    make = partial(Replay, TURNS[kind])
    _, client = await loop.create_connection(
        make, "127.0.0.1", port, ssl=context, server_hostname="localhost"
    )
    await client.ended


async def check(endpoint: Endpoint) -> object:
    report = await check_smtp(endpoint, Login(ANA.address, ANA.password), ehlo=EHLO)
    assert report.code == "ok", str(report)
    return report  # kept until all are there, as an application would


async def together(count: int, one: Callable[[], Awaitable[object]]) -> dict[str, float]:
    """Run one to warm up, then all at once; what they took in seconds and MiB."""
    await one()
    memory, cpu, began = resident(), time.process_time(), time.perf_counter()
    reports = await asyncio.gather(*(one() for _ in range(count)))
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert len(reports) == count
    return {"wall": wall, "cpu": cpu, "memory": max(0.0, highest - memory)}


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def start(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, *words]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def result(*words: str) -> dict[str, float]:
    out, _ = start(*words).communicate(timeout=300)
    figures: dict[str, float] = json.loads(out)
    return figures


def seconds(process: subprocess.Popen[str]) -> float:
    """Return the processor time of a process so far."""
    fields = (
        Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(folder: Path) -> None:
    """Print a row per server and number of checks."""
    ca = trustme.CA()
    chain, ca_file = folder / "chain.pem", folder / "crowd-ca.pem"
    ca.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(chain)
    ca.cert_pem.write_to_path(ca_file)
    print("\nMany SMTP checks at once in one process, implicit TLS, medians:\n")
    print(
        "| server | checks | ours, ms | replay, ms | ours ÷ replay | CPU ours, ms"
        " | CPU replay, ms | CPU servers, ms | memory ours, MiB | memory replay, MiB |"
    )
    print("|---" * 10 + "|", flush=True)
    for kind in TURNS:
        with socket.socket() as held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            held.bind(("127.0.0.1", 0))  # never listens: it keeps the port ours
            port = str(held.getsockname()[1])
            count = os.cpu_count() or 1
            servers = [start("serve", kind, port, str(chain)) for _ in range(count)]
            try:
                for server in servers:
                    assert server.stdout is not None
                    assert server.stdout.readline() == "ready\n"
                for size, rounds in SIZES.items():
                    row(kind, size, rounds, (port, str(ca_file)), servers)
            finally:
                for server in servers:
                    server.communicate(timeout=30)


def row(
    kind: str, size: int, rounds: int, at: tuple[str, str], servers: list[subprocess.Popen[str]]
) -> None:
    ours, theirs, served = [], [], []
    for _ in range(rounds):
        theirs.append(result("replay", kind, *at, str(size)))
        before = sum(map(seconds, servers))
        ours.append(result("check", kind, *at, str(size)))
        served.append(1000 * (sum(map(seconds, servers)) - before))
    ratio = statistics.median(
        us["wall"] / them["wall"] for us, them in zip(ours, theirs, strict=True)
    )
    both = [
        [f"{scale * statistics.median(run[key] for run in runs):.0f}" for runs in (ours, theirs)]
        for key, scale in (("wall", 1000), ("cpu", 1000), ("memory", 1))
    ]
    cpu = f"{statistics.median(served):.0f}"
    print(
        "|", " | ".join((kind, str(size), *both[0], f"{ratio:.2f}", *both[1], cpu, *both[2])), "|"
    )
    sys.stdout.flush()


def main(role: str, kind: str, port: int, pem: str, size: int = 0) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
    if role == "serve":
        asyncio.run(serve(kind, port, pem))
        return
    ca_pem = Path(pem).read_text(encoding="ascii")
    endpoint = Endpoint("127.0.0.1", port, TlsMode.IMPLICIT, 60, ca_pem=ca_pem)
    context = ssl.create_default_context(cadata=ca_pem)
    one = partial(check, endpoint) if role == "check" else partial(replay, kind, port, context)
    print(json.dumps(asyncio.run(together(size, one))))


if __name__ == "__main__":
    role, kind, port, pem, *size = sys.argv[1:]
    main(role, kind, int(port), pem, *map(int, size))
