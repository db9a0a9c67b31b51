"""Killed at every change to the disk, at every system call, and at any moment: whole or absent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from killing import KILLER, KINDS
from store_worker import Worker


def shown(what: str, seen: dict[str, int]) -> None:
    """Let ``pytest -rP`` show the counts."""
    print(f"{what}: {json.dumps(seen)}")  # noqa: T201 - the proof's figures


@pytest.mark.parametrize("kind", KINDS)
def test_a_commit_killed_at_any_change_to_the_disk_is_whole_or_absent(
    swift: Path, worker: Worker, kind: str
) -> None:
    seen = worker("die_everywhere", kind, at=swift, program=KILLER)

    shown(f"a commit of {kind}", seen)
    assert seen["before"] >= 20
    assert seen["after"] >= 4
    assert seen.get("recoveries killed", 0) > (20 if kind == "three" else -1)
    assert seen["left behind"] == 0
    for call in ("open", "write", "fsync", "replace", "ftruncate"):
        assert seen[f"at {call}"], call


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_commit_of_all_killed_anywhere_is_whole_or_absent(
    swift: Path, worker: Worker, kind: str
) -> None:
    seen = worker("die_at_first", kind, at=swift, program=KILLER)

    shown(f"a first commit of {kind}", seen)
    assert seen["before"] >= 20
    assert seen["after"] >= 8
    assert seen["left behind"] == 0
    for call in ("mkdir", "write", "fsync", "replace", "unlink"):
        assert seen[f"at {call}"], call


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")
def test_a_commit_killed_at_any_system_call_is_whole_or_absent(swift: Path, worker: Worker) -> None:
    seen = worker("die_at_system_calls", "one", at=swift, program=KILLER)

    shown("system calls of a commit", seen)
    assert seen["killed"] > 40
    assert seen["before"] > 20
    assert seen["after"] > 5
    assert seen["left behind"] == 0


def test_a_process_killed_five_hundred_times_at_random_loses_nothing(
    swift: Path, worker: Worker
) -> None:
    seen = worker("die_at_random", "500", at=swift, program=KILLER)

    shown("at random", seen)
    assert seen["killed"] == 500
    assert seen["commits"] > 100
    assert seen["left temporary files"] > 5
    assert seen["left behind"] == 0
