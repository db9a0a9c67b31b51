"""dnsmasq: a real name server on loopback, with the records a test gives it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from daemons.process import Daemon, find_program, free_ports, short_folder, start

HOST = "127.0.0.1"
_READY = "started, version"


@contextmanager
def name_server(*records: str) -> Iterator[str]:
    """A name server that knows these records and asks nobody else, as ``127.0.0.1:PORT``.

    Args:
        records: dnsmasq's options without their dashes, as ``mx-host=example.test,mx.test,5``.
    """
    program = find_program("dnsmasq")
    if program is None:
        pytest.skip("dnsmasq is not installed: apt-get install dnsmasq-base")
    with short_folder() as home:
        ports: list[int] = []
        daemon = start(lambda: _launch(program, home, ports, records))
        try:
            yield f"{HOST}:{ports[0]}"
        finally:
            daemon.stop()


def _launch(program: str, home: Path, ports: list[int], records: Sequence[str]) -> Daemon:
    ports[:] = free_ports(1, (HOST,))
    options = (
        *("keep-in-foreground", "conf-file=/dev/null", "pid-file", "log-facility=-"),
        *("no-resolv", "no-hosts", "no-poll", "bind-interfaces", "cache-size=0"),
        # Names it does not know do not exist; without this it would refuse to say.
        *(f"listen-address={HOST}", f"port={ports[0]}", "local=/#/", f"user={_user()}"),
        *records,
    )
    command = [program, *(f"--{option}" for option in options)]
    return Daemon(command, home / "log", _READY, [(HOST, ports[0])])


def _user() -> str:
    """Return whom it runs as; only root could become somebody else."""
    return "root" if os.geteuid() == 0 else ""
