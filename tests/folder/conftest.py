from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_worker import WORKER, Worker

from mailwidgets.folder.folder import FolderStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Return where a store can be that other people reach: pytest's own folders are private."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "store"


@pytest.fixture
def swift() -> Iterator[Path]:
    """Return where a store can be in memory, if there is such a disk: a kill does not tell."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder) / "store"


@pytest.fixture
def store(path: Path) -> FolderStore:
    return FolderStore(path)


@pytest.fixture
def worker(path: Path) -> Worker:
    """Run a task of the worker in a process of its own and return what it reports."""

    def run(task: str, *words: str, at: Path = path, program: Path = WORKER) -> Any:  # noqa: ANN401 - any JSON
        done = subprocess.run(
            [sys.executable, "-W", "error", str(program), task, str(at), *words],
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
            env=dict(os.environ),
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
