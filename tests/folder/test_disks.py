"""Disks that are full, fail, refuse to be written, or go away: state before or after, in words."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from disks import DISKS
from killing import KINDS

Disk = Callable[..., Any]


def works(command: list[str]) -> bool:
    return not subprocess.run(command, check=False, capture_output=True).returncode


@pytest.fixture
def disk(swift: Path) -> Disk:
    """Run a task on disks of its own: what it mounts is seen by nobody else, and goes with it."""
    alone = ["unshare", "--mount", "--propagation", "private"]
    if os.geteuid() != 0 or not shutil.which("unshare") or not works([*alone, "true"]):
        alone = []

    def run(task: str, *words: str, mounts: bool = True) -> Any:  # noqa: ANN401 - any JSON
        if mounts and not alone:
            pytest.skip("only root can mount disks, where there are any")
        program = [sys.executable, "-W", "error", str(DISKS), task, str(swift), *words]
        done = subprocess.run(
            [*(alone if mounts else []), *program],
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        print(f"{task} {' '.join(words)}: {done.stdout}")  # noqa: T201 - the proof's figures
        return json.loads(done.stdout)

    return run


def test_a_full_disk_refuses_a_commit_whole_and_nothing_is_left(disk: Disk) -> None:
    seen = disk("full")

    for name in ("users/ana.json", "company.json", ".journal", "users/ana.history"):
        assert seen[name] > 0, name
    assert seen["refused"] > 10
    assert seen["stored"] > 10
    assert seen["left behind"] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["EIO", "EROFS"])
def test_a_disk_that_fails_at_any_change_to_it_keeps_the_store_whole(
    disk: Disk, kind: str, name: str
) -> None:
    seen = disk("fails", kind, str(getattr(errno, name)), mounts=False)

    assert seen["refused"] > 20
    assert seen["told, though stored"] > 2
    assert seen["left behind"] == 0
    for call in ("open", "write", "fsync", "replace"):
        assert seen[f"at {call}"] > 0, call


def test_a_disk_mounted_for_reading_alone_is_read_and_told_beforehand(disk: Disk) -> None:
    seen = disk("read_only")

    for told in (seen["told"], seen["elsewhere"]):
        assert told.endswith(".lock cannot be written: Read-only file system. Nothing was stored.")
    assert all("you may not write" in one for one in seen["refusals"])
    assert seen["then"] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_is_unmounted_at_any_moment_is_not_taken_for_an_empty_store(
    disk: Disk, kind: str
) -> None:
    seen = disk("vanishes", kind)

    assert "held settings a moment ago, and now there is nothing" in seen["told"]
    assert seen["unmounted open"] > 5
    assert seen["unmounted write"] > 2
    assert seen["unmounted replace"] > 0
    assert seen["refused"] > 10
    assert seen["stored"] > 2
    assert seen["left behind"] == 0
