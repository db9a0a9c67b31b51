"""A daemon starts or says why, and leaves nothing behind when it stops or its test dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from daemons.process import (
    PORTS,
    Daemon,
    DaemonFailed,
    free_ports,
    group_members,
    start,
    until,
)

SECONDS = 20


def test_a_daemon_that_ends_at_once_shows_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def launch() -> Daemon:
        return Daemon(["sh", "-c", "echo bad setting; exit 78"], log, "ready", [])

    with pytest.raises(DaemonFailed, match=r"(?s)sh ended with status 78.*bad setting"):
        start(launch)


def test_a_taken_port_is_tried_again_elsewhere(tmp_path: Path) -> None:
    scripts = iter(["echo Address already in use; exit 1", "echo ready; exec sleep 60"])
    daemon = start(lambda: Daemon(["sh", "-c", next(scripts)], tmp_path / "log", "ready", []))
    daemon.stop()


def test_stop_ends_children_that_do_not_listen(tmp_path: Path) -> None:
    # Both shells ignore the polite signal; the kill that follows does not ask.
    script = "trap '' TERM; sh -c 'sleep 60; :' & echo ready; sleep 60; :"
    daemon = start(lambda: Daemon(["sh", "-c", script], tmp_path / "log", "ready", []))
    daemon.stop(patience=0.1)


def test_a_daemon_ends_with_a_test_process_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import os, pathlib\n"
        "from daemons.process import Daemon\n"
        f"Daemon(['sh', '-c', 'echo $$; exec sleep 60'], pathlib.Path({str(log)!r}), '', [])\n"
        f"while not pathlib.Path({str(log)!r}).read_text(): pass\n"
        "os.kill(os.getpid(), 9)\n"
    )
    folder = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": folder}
    ended = subprocess.run([sys.executable, "-c", code], check=False, env=environment)
    assert ended.returncode == -signal.SIGKILL
    group = int(log.read_text(encoding="ascii"))
    assert until(lambda: not group_members(group), SECONDS)


def test_free_ports_are_distinct_and_below_the_ephemeral_ones() -> None:
    ports = free_ports(50, ["127.0.0.1"])
    assert len(set(ports)) == 50
    assert all(port in PORTS for port in ports)
