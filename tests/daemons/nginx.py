"""nginx: a real reverse proxy on loopback, with the servers that a test gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from daemons.process import Daemon, find_program, free_ports, short_folder, start

HOST = "127.0.0.1"
_READY = "start worker process "
# A reload ends the old worker's connections after a second, not whenever they end by themselves.
_MAIN = """
daemon off;
worker_processes 1;
worker_shutdown_timeout 1s;
error_log stderr notice;
pid {home}/pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    scgi_temp_path {home}/scgi;
    uwsgi_temp_path {home}/uwsgi;
    {servers}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx: its ports for http and https, and the daemon."""

    http: int
    https: int
    daemon: Daemon


@contextmanager
def reverse_proxy(servers: Callable[[int, int], str]) -> Iterator[Proxy]:
    """A proxy for as long as the context lasts.

    Args:
        servers: what stands within ``http``, for these ports of http and https.
    """
    program = find_program("nginx")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx")
    with short_folder() as home:
        ports: list[int] = []

        def launch() -> Daemon:
            ports[:] = free_ports(2, (HOST,))
            return _launch(program, home, ports, servers(ports[0], ports[1]))

        daemon = start(launch)
        try:
            yield Proxy(ports[0], ports[1], daemon)
        finally:
            daemon.stop()


def _launch(program: str, home: Path, ports: list[int], servers: str) -> Daemon:
    config = home / "nginx.conf"
    config.write_text(_MAIN.format(home=home, servers=servers), encoding="utf-8")
    command = [program, "-e", "stderr", "-c", str(config)]
    return Daemon(command, home / "log", _READY, [(HOST, port) for port in ports])
