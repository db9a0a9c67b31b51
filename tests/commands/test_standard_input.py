"""A password from standard input: piped, or typed at a terminal, and never lost or shown."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mailwidgets import Servers

Run = Callable[..., "subprocess.CompletedProcess[str]"]
CANARY = "c4nary-Пароль ☃"


def password(tmp_path: Path, section: str = "pop3") -> str:
    return Servers.open(tmp_path / "store").targets().login(section).password


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_is_taken_without_the_end_of_its_line(
    run: Run, tmp_path: Path, end: str
) -> None:
    done = run("set", "pop3.password=-", stdin=f" {CANARY} {end}")

    assert done.returncode == 0, done.stderr
    assert password(tmp_path) == f" {CANARY} "


@pytest.mark.parametrize("given", ["", "\n"])
def test_nothing_on_standard_input_takes_no_password_away(
    run: Run, tmp_path: Path, given: str
) -> None:
    run("set", "pop3.password=-", stdin=CANARY)

    done = run("set", "pop3.password=-", "smtp.port=25", stdin=given)

    assert done.returncode == 2
    assert "standard input is empty, and nothing was stored" in done.stderr
    assert "to remove the value: mailwidgets unset pop3.password" in done.stderr
    assert password(tmp_path) == CANARY


def test_one_line_is_not_the_password_of_two(run: Run, tmp_path: Path) -> None:
    run("set", f"smtp.password={CANARY}")

    done = run("set", "pop3.password=-", "smtp.password=-", stdin="one")

    assert done.returncode == 2
    assert "holds one value: give - to one of pop3.password, smtp.password" in done.stderr
    assert (password(tmp_path), password(tmp_path, "smtp")) == ("", CANARY)


def test_a_dash_is_a_value_where_nothing_is_piped(run: Run, tmp_path: Path) -> None:
    done = run("set", "imap.inbox=-", "pop3.password=-", stdin=CANARY)

    assert done.returncode == 0, done.stderr
    servers = Servers.open(tmp_path / "store")
    assert servers.resolve()["imap", "inbox"].effective == "-"
    assert password(tmp_path) == CANARY


def test_several_lines_may_be_piped_into_certificates_alone(
    run: Run, tmp_path: Path, servers: Servers
) -> None:
    done = run("set", "trust.ca=-", stdin="no certificate\n")
    two = run("set", "pop3.password=-", stdin=f"{CANARY}\nanother\n")

    assert done.returncode == 2
    assert "trust.ca" in done.stderr
    assert two.returncode == 2
    assert "pop3.password: Must be one line" in two.stderr
    assert not (tmp_path / "store").exists()
    assert servers


@pytest.mark.parametrize("given", [b"c4nary-\xff", CANARY.encode("utf-16")])
def test_what_is_not_utf_8_is_refused_and_not_repeated(
    tmp_path: Path, key: str, given: bytes
) -> None:
    store = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-m", "mailwidgets", "set", "pop3.password=-", f"--store={store}"],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert done.stderr == (
        b"mailwidgets set: pop3.password: standard input is not UTF-8, and nothing was stored\n"
    )
    assert not store.exists()
    assert key


# The terminal becomes its own, so that ^C there is an interrupt, also where whoever runs the tests
# in the background has had it ignored.
OWN_TERMINAL = """
import fcntl, runpy, signal, termios
signal.signal(signal.SIGINT, signal.default_int_handler)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
runpy.run_module("mailwidgets", run_name="__main__")
"""


def at_a_terminal(tmp_path: Path, typed: bytes) -> tuple[int, bytes]:
    """Run ``set`` at a terminal of its own, and type; return its exit status and what it shows."""
    words = ("set", "pop3.password=-", f"--store={tmp_path / 'store'}")
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *words],
        stdin=end,
        stdout=end,
        stderr=end,
        start_new_session=True,
    )
    os.close(end)
    shown = b""
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        while data := _read(terminal):
            shown += data
            if shown.endswith(b": ") and typed:
                screen.write(typed)
                typed = b""
    return process.wait(60), shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that nobody is there any more
        return b""


def test_what_is_typed_at_a_terminal_is_asked_for_and_not_shown(tmp_path: Path, key: str) -> None:
    status, shown = at_a_terminal(tmp_path, f"{CANARY}\n".encode())

    assert (status, shown) == (0, b"pop3.password: \r\nSet pop3.password.\r\n")
    assert password(tmp_path) == CANARY
    assert key


@pytest.mark.parametrize("typed", [b"\x03", b"\x04"], ids=["interrupt", "end"])
def test_who_types_no_password_leaves_without_a_traceback(
    tmp_path: Path, key: str, typed: bytes
) -> None:
    status, shown = at_a_terminal(tmp_path, typed)

    assert (status, shown.strip()) == (130, b"pop3.password:")
    assert not (tmp_path / "store").exists()
    assert key
