"""What Binder does with this repository, but without Docker: ``python bench/binder.py``.

repo2docker says how it would build the last commit. Its steps are run here as a person without
rights; which are run as they are, which otherwise and which not, and why, is printed. Then the
server starts as BinderHub starts it, and a visitor with its token tests POP3 in the dashboard and
works through the first lesson in JupyterLab. It fails where a step fails, where memory passes
2 GiB, and where anything but the installing of packages connects to another machine.

Needs root (for namespaces), strace, and Chromium; repo2docker (``pip install jupyter-repo2docker``
in an environment of its own) on the path or named; the rest is in the environment of
``make test``::

    python bench/binder.py [environment/bin/repo2docker]
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from binder_build import Build
from binder_visit import visit
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
PATIENCE = 120  # seconds
LIMIT = 2048  # MiB: so much mybinder.org gives a visitor
PERSON = "owner-mailwidgets-k3v9x2ab"  # BinderHub makes such a name of the repository's


@dataclass(frozen=True)
class Row:
    """A step's figures, in seconds and MiB."""

    step: str
    seconds: float
    memory: float
    disk: float


class Measures:
    """The memory of all processes of one id, and how much of the disk some folders take.

    Memory is PSS, looked at five times a second: what would be free again if all of them ended.
    """

    def __init__(self, uid: int, *folders: Path) -> None:
        self.uid = uid
        self.folders = folders
        self.rows: list[Row] = []

    @contextmanager
    def during(self, step: str) -> Iterator[None]:
        """Measure a step; what started no process of theirs has no row."""
        peaks = [0.0]
        done = threading.Event()

        def look() -> None:
            while not done.wait(0.2):
                peaks.append(sum(map(_pss, self.processes())))

        thread = threading.Thread(target=look, daemon=True)
        began = time.monotonic()
        thread.start()
        try:
            yield
        finally:
            seconds = time.monotonic() - began
            done.set()
            thread.join()
            if max(peaks):
                self.rows.append(Row(step, seconds, max(peaks), _size(self.folders)))

    def processes(self) -> list[Path]:
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it ended meanwhile
                if folder.stat().st_uid == self.uid:
                    found.append(folder)
        return found


def _pss(process: Path) -> float:
    """Return MiB; none of a process that has ended meanwhile."""
    with suppress(OSError):
        found = re.search(r"^Pss:\s+(\d+) kB", (process / "smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _size(folders: Iterable[Path]) -> float:
    """Return how many MiB of the disk folders take."""
    words = ["du", "--total", "--summarize", "--block-size=K", *map(str, folders)]
    # It is not content with a file that a kernel removes meanwhile.
    told = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False).stdout
    return int(told.splitlines()[-1].partition("K")[0]) / 1024


def until(holds: Callable[[], object], otherwise: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.05)


@contextmanager
def server(build: Build, measures: Measures) -> Iterator[tuple[str, str]]:
    """Start the server with BinderHub's arguments; yield its address and token.

    What differs: the address it listens at, since nobody else has to reach it, and the port.
    """
    token = secrets.token_urlsafe(16)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"/user/{PERSON}/"
    words = ["jupyter-lab", "--ip=127.0.0.1", f"--port={port}"]
    for app in ("NotebookApp", "ServerApp"):
        words += [f"--{app}.base_url={base}", f"--{app}.token={token}"]
        words += [f"--{app}.trust_xheaders=True", f"--{app}.allow_origin=*"]
        words += [f"--{app}.allow_origin_pat=.*"]
    print("starts    ", " ".join(words).replace(token, "…"), flush=True)
    url = f"http://127.0.0.1:{port}{base}"
    log = build.scratch / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            build.inside(words, traced=True, JUPYTERHUB_USER=PERSON),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            with measures.during("server starts"):
                until(lambda: answers(f"{url}api") or process.poll() is not None, log.read_text)
            assert process.poll() is None, log.read_text()
            yield url, token
        finally:
            process.kill()  # with the first process of its namespace go all of them
            process.wait(PATIENCE)
            until(lambda: not measures.processes(), lambda: f"left: {measures.processes()}")
    for line in log.read_text().splitlines():
        if re.match(r"\[[EC] |Traceback", line):
            print(f"it says    {line}")


def answers(url: str) -> bool:
    """Return whether the server answers, as BinderHub asks before it sends anybody there."""
    with suppress(URLError), urlopen(url):  # noqa: S310 - our own, on loopback
        return True
    return False


def main(repo2docker: str = "repo2docker") -> None:
    expect.set_options(timeout=1000 * PATIENCE)
    found = shutil.which(repo2docker)
    if found is None:
        sys.exit(f"{repo2docker} is not there: pip install jupyter-repo2docker, and name its path")
    if os.getuid() or sys.version_info[:2] != (3, 11):
        sys.exit("needs root, for namespaces, and Python 3.11, as binder/runtime.txt has it")
    with tempfile.TemporaryDirectory(prefix="mw-binder-") as folder:
        clone = Path(folder) / "src"
        subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", clone], check=True)
        build = Build(Path(folder), clone)
        measures = Measures(build.uid, Path(folder, "srv"), Path(folder, "home"))
        for text in build.instructions(str(Path(found).absolute())):
            with measures.during(text):
                print(build.take(text), flush=True)
        asked: set[str] = set()
        with server(build, measures) as (url, token), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.set_default_timeout(1000 * PATIENCE)
            context.on("request", lambda one: asked.add(one.url))
            home = Path(folder, build.folder.lstrip("/"))
            visit(context, measures.during, lambda path: f"{url}{path}?token={token}", home)
            browser.close()
        here, others = build.connections()
    print("\n| step | s | memory at most, MiB | disk then, MiB |\n|---|---|---|---|")
    for row in measures.rows:
        step = f"`{row.step[:60]}…`" if row.step.startswith("RUN") else row.step
        print(f"| {step} | {row.seconds:.1f} | {row.memory:.0f} | {row.disk:.0f} |")
    hosts = {urlsplit(one).hostname for one in asked if one.startswith("http")}
    print(f"\nThe browser asked {hosts}; {here} connections on this machine, beyond: {others or 0}")
    assert hosts == {"127.0.0.1"}
    assert here, "nothing was seen, not even what is allowed"
    assert not others
    assert max(row.memory for row in measures.rows) < LIMIT


if __name__ == "__main__":
    main(*sys.argv[1:])
