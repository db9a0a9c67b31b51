"""One daemon's life: free ports, a start that waits until it serves, a stop that leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom

Address = tuple[str, int]

# Below the kernel's ephemeral ports, so that no client's own port can be in the way.
PORTS = range(10_000, 32_768)
START_SECONDS = 30.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.01
_TAKEN = "Address already in use"


class DaemonFailed(RuntimeError):
    """A daemon did not start or did not end; the message holds its log."""


class Daemon:
    """A server in the foreground with its children: one process group of its own.

    Args:
        command: the program, told to stay in the foreground.
        log: where it writes; emptied first.
        ready_line: what it logs once it holds all its ports.
        addresses: where it must then take a connection.
    """

    def __init__(
        self, command: Sequence[str], log: Path, ready_line: str, addresses: Sequence[Address]
    ) -> None:
        self.log = log
        self.startup_seconds = 0.0
        self._ready_line = ready_line
        self._addresses = addresses
        self._name = Path(command[0]).name
        with log.open("wb") as stream:
            # A file and no pipe: a daemon whose pipe nobody reads stands still.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
                umask=0o022,
            )
        # When the test process is killed and cannot stop its daemons, this shell reads the end
        # of its input and does. (prctl's death signal would not do: Postfix's master loses it.)
        self._guard = subprocess.Popen(
            ["sh", "-c", f"read -r _; kill -s TERM -- -{self._process.pid}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        """Wait until the daemon says that it serves, and does.

        Raises:
            DaemonFailed: it ended, or was not ready in time; with its log.
        """
        begin = time.monotonic()
        ready = until(lambda: self._ended or self._serves(), START_SECONDS)
        self.startup_seconds = time.monotonic() - begin
        if self._ended:
            raise DaemonFailed(self._report(f"ended with status {self._process.returncode}"))
        if not ready:
            raise DaemonFailed(self._report(f"was not ready after {START_SECONDS:g} s"))

    def reload(self) -> None:
        """Tell it to read its configuration anew, without waiting."""
        self._process.send_signal(signal.SIGHUP)

    def terminate(self) -> None:
        """Tell it to end, without waiting."""
        self._guard.kill()
        self._guard.communicate()
        self._process.terminate()

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """End the daemon and all its children, those that still have clients too.

        Args:
            patience: how many seconds they may take before they are killed.

        Raises:
            DaemonFailed: a child is still there after it was killed.
        """
        self.terminate()
        if not until(self._gone, patience):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            if not until(self._gone, STOP_SECONDS):
                raise DaemonFailed(self._report("left processes behind"))

    @property
    def _ended(self) -> bool:
        return self._process.poll() is not None

    def _serves(self) -> bool:
        # The line first: before it, somebody else may be answering on these ports.
        return self._ready_line in self._log_text() and all(map(_answers, self._addresses))

    def _gone(self) -> bool:
        return self._ended and not group_members(self._process.pid)

    def _log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="backslashreplace")

    def _report(self, what: str) -> str:
        return f"{self._name} {what}; its log {self.log}:\n{self._log_text()}"


def start(launch: Callable[[], Daemon], tries: int = 5) -> Daemon:
    """Return a daemon that serves.

    Args:
        launch: picks ports, writes the configuration and launches the daemon.
        tries: how often, when somebody else takes one of the ports in between.

    Raises:
        DaemonFailed: it does not start; with its log.
    """
    while True:
        tries -= 1
        daemon = launch()
        try:
            daemon.wait_until_ready()
        except DaemonFailed as failure:
            daemon.stop()
            if tries and _TAKEN in str(failure):
                continue
            raise
        return daemon


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition that nothing signals; False when it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def localhost_addresses() -> tuple[str, ...]:
    """Return what ``localhost`` stands for: IPv4, and IPv6 where the machine has it."""
    return ("127.0.0.1", "::1") if _can_bind("::1", 0) else ("127.0.0.1",)


def free_ports(count: int, hosts: Sequence[str]) -> list[int]:
    """Return ports below 32768 that are free on every host at this moment.

    Raises:
        DaemonFailed: there are not that many.
    """
    found: list[int] = []
    # Parallel test processes pick at random from a wide range and so rarely meet.
    for port in SystemRandom().sample(PORTS, len(PORTS)):
        if len(found) == count:
            break
        if all(_can_bind(host, port) for host in hosts):
            found.append(port)
    if len(found) < count:
        raise DaemonFailed(f"{count} free ports wanted on {hosts}, found {len(found)}")
    return found


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder for a daemon, whose users may all enter it; removed at the end.

    pytest's own folders are too deep for unix sockets (108 bytes), and closed to other users.
    """
    folder = Path(tempfile.mkdtemp(prefix="mw-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def open_to_readers(folder: Path) -> None:
    """Let the daemons' users read what is in a folder, whatever the umask was."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def find_program(name: str) -> str | None:
    """Return a daemon's path; an ordinary user's PATH often leaves out the sbin folders."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def group_members(group: int) -> list[int]:
    """Return the ids of a process group's living processes; zombies are init's business."""
    members = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            # pid (name) state parent group …; the name may hold blanks and parentheses.
            state, _, its_group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                members.append(int(stat.parent.name))
    return members


def _can_bind(host: str, port: int) -> bool:
    with suppress(OSError), socket.socket(_family(host)) as probe:
        # As the daemons do: an old connection's TIME_WAIT is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return True
    return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _answers(address: Address) -> bool:
    with suppress(OSError), socket.create_connection(address, timeout=1):
        return True
    return False
