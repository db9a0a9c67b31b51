"""How long kernels live: real ones, behind a real server."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import struct
from pathlib import Path

import psutil
import pytest
from dashboards import PATIENCE, Served, comms, say, serving, wait_until
from websockets.exceptions import InvalidStatus

HURRIED = "c = get_config()\nc.DashboardKernels.grace = 1.0\nc.Pool.quiet = 0.1\n"
TELLING = 'c.DashboardServer.log_level = "INFO"\n'
# Holds back what a cell shows, and nothing else: its end is told at once.
LATE = """
import sys, time
ip = get_ipython()
hook = type(ip.displayhook)
show = hook.start_displayhook
def wait(self):
    sys.stdout.flush = sys.stderr.flush = lambda: None
    ip.kernel.iopub_thread.schedule(lambda: time.sleep(6))
    show(self)
hook.start_displayhook = wait
"""
_MUCH = 40


def test_a_kernel_whose_page_never_comes_is_ended_and_one_with_a_page_stays(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, "--preheat=0", config=HURRIED) as served:
        kept = served.page().kernel
        with served.channels(kept) as line:
            crashed = served.page().kernel
            served.come_and_go(crashed)
            never = served.page().kernel

            wait_until(lambda: not served.alive(never), "no page ever came")
            wait_until(lambda: not served.alive(crashed), "its page has gone")
            wait_until(lambda: len(served.kernels()) == 1, "processes end, too")
            assert len(comms(line)) > 1, "an idle page keeps its kernel"
            assert served.alive(kept)


def test_a_page_that_comes_back_in_time_finds_its_kernel(tmp_path: Path) -> None:
    with serving(tmp_path, "--preheat=0", config=HURRIED) as served:
        mine = served.page().kernel
        served.come_and_go(mine)
        with served.channels(mine) as line:
            later = served.page().kernel  # its time began after mine was interrupted
            wait_until(lambda: not served.alive(later), "no page ever came")
            assert comms(line)


def test_a_waiting_kernel_is_not_ended_for_having_no_page(tmp_path: Path) -> None:
    with serving(tmp_path, "--preheat=2", config=HURRIED + TELLING) as served:
        served.wait_for_waiting(2)
        waiting = served.kernels()

        visited = served.page().kernel

        wait_until(lambda: not served.alive(visited), "its page never came")
        wait_until(lambda: len(waiting & served.kernels()) == 1, "nor did the other's, which waits")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_waiting_kernel_that_is_dead_or_stuck_is_not_handed_out(
    tmp_path: Path, how: signal.Signals
) -> None:
    with serving(tmp_path, "--preheat=1", config=f"c = get_config()\n{TELLING}") as served:
        served.wait_for_waiting(1)
        (waiting,) = served.kernels()
        os.kill(waiting, how)

        page = served.page()

        assert page.status == 200
        with served.channels(page.kernel) as line:
            assert len(comms(line)) > 1
        wait_until(lambda: waiting not in served.kernels(), "what does not answer is ended")


def test_a_kernel_is_of_the_servers_own_python_and_has_neither_debugger_nor_diary(
    tmp_path: Path,
) -> None:
    other = tmp_path / "home" / ".local" / "share" / "jupyter" / "kernels" / "python3"
    other.mkdir(parents=True)
    spec = {"argv": ["false"], "display_name": "Of another environment", "language": "python"}
    (other / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")

    with serving(tmp_path, "--preheat=0") as served:
        with served.channels(served.page().kernel) as line:
            assert comms(line)
        (process,) = served.kernels()
        loaded = {Path(one.path).name for one in psutil.Process(process).memory_maps()}

    assert any(one.startswith("_zmq") for one in loaded)
    assert not any("pydevd" in one or "sqlite" in one for one in loaded)
    assert not list((tmp_path / "home").rglob("history.sqlite"))


def test_what_a_busy_machine_hands_on_late_is_on_the_page_all_the_same(tmp_path: Path) -> None:
    startup = tmp_path / "home" / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "late.py").write_text(LATE, encoding="utf-8")

    with serving(tmp_path, "--preheat=0") as served:
        assert "widget-view+json" in served.page().body


def test_a_page_whose_kernel_dies_gets_no_empty_one(tmp_path: Path) -> None:
    with serving(tmp_path, "--preheat=0") as served:
        kernel = served.page().kernel
        (process,) = served.kernels()
        with served.channels(kernel) as line:
            assert comms(line)
            os.kill(process, signal.SIGKILL)
            wait_until(lambda: not served.alive(kernel), "it is gone")
        assert not served.kernels()


def test_silence_is_borne_for_a_while_and_then_the_line_is_cut(tmp_path: Path) -> None:
    pings = 'c.DashboardServer.tornado_settings = {"ws_ping_interval": 50, "ws_ping_timeout": 50}'
    hurried = f"{HURRIED}{pings}\nc.DashboardKernels.silence = 2.0\n"
    with serving(tmp_path, "--preheat=0", config=hurried) as served:
        kernel = served.page().kernel
        with _silent(served, kernel) as line:
            received = b""
            while piece := line.recv(65536):
                received += piece
        assert received.count(b"\x89\x00") > 10, "far longer than one ping unanswered"
        wait_until(lambda: not served.alive(kernel), "nobody was there any more")


def test_a_page_that_goes_while_much_is_on_its_way_leaves_nothing_in_the_log(
    tmp_path: Path,
) -> None:
    asked = {"comm_id": "c", "data": {"method": "request_states"}}
    with serving(tmp_path, "--preheat=0") as served:
        kernel = served.page().kernel
        with _silent(served, kernel) as deaf, served.channels(kernel) as line:
            say(line, "comm_open", {**asked, "target_name": "jupyter.widget.control"})
            # Some 190,000 octets each: more than fits between the server and who does not read.
            for _ in range(_MUCH):
                say(line, "comm_msg", asked)
            heard = 0
            while heard < _MUCH:
                heard += len(line.recv(timeout=PATIENCE)) > 100_000
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        served.farewell(kernel)
        assert not served.log.read_text()


def test_a_stranger_reaches_no_kernel(tmp_path: Path) -> None:
    with serving(tmp_path, "--preheat=0") as served:
        kernel, cookie = served.page().kernel, served.cookie()
        served.come_and_go(kernel, Authorization="", Cookie=cookie)

        for headers in (
            {"Authorization": "token wrong"},
            {"Authorization": "", "Cookie": cookie, "Origin": "http://evil.example"},
        ):
            with pytest.raises(InvalidStatus, match="403"):
                served.come_and_go(kernel, **headers)


def test_a_proxy_that_passes_on_another_host_is_told_of_in_the_log(tmp_path: Path) -> None:
    with serving(tmp_path, "--preheat=0", "--host-name=admin.example.com") as served:
        kernel, cookie = served.page().kernel, served.cookie()
        origin = "https://admin.example.com:8443"

        with pytest.raises(InvalidStatus, match="403"):
            served.come_and_go(kernel, Authorization="", Cookie=cookie, Origin=origin)

        told = served.log.read_text()
        assert f"A page at {origin} may not connect" in told
        assert f"the host 127.0.0.1:{served.port}" in told


def _silent(served: Served, kernel: str) -> socket.socket:
    """Return a websocket that never answers: what a sleeping computer leaves behind."""
    line = socket.create_connection(("127.0.0.1", served.port), timeout=60)
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    request = [
        f"GET {served.base}api/kernels/{kernel}/channels?session_id=s HTTP/1.1",
        f"Host: 127.0.0.1:{served.port}",
        f"Authorization: token {served.token}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    line.sendall(("\r\n".join(request) + "\r\n\r\n").encode())
    return line
