from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path, key: str) -> Run:
    """Run the command line in a process of its own, on a store of the test's own."""

    def command(
        *words: str, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        told = {"MAILWIDGETS_STORE": str(tmp_path / "store"), "MAILWIDGETS_KEY": key}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "mailwidgets", *words],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=60,
            check=False,
            env={**os.environ, **told, **environment},
        )

    return command
