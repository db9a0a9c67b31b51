"""Two writers, and sixteen: different settings merge, the same one conflicts, nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from store_worker import ANA, WORKER, compete

from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import Level, Place

COMMITS = 10_000


def together(task: str, path: Path, words: list[list[str]]) -> list[Any]:
    """Run a worker for each list of words, all at once; return what each reports."""
    command = [sys.executable, "-W", "error", str(WORKER), task, str(path)]
    writers = [subprocess.Popen([*command, *one], stdout=subprocess.PIPE) for one in words]
    try:
        told = [writer.communicate(timeout=150)[0] for writer in writers]
    finally:
        for writer in writers:
            writer.kill()
    assert {writer.returncode for writer in writers} == {0}
    return [json.loads(one) for one in told]


@pytest.mark.parametrize(("writers", "commits"), [(2, COMMITS // 5), (16, COMMITS * 4 // 5)])
def test_of_ten_thousand_commits_by_many_processes_none_is_lost(
    swift: Path, writers: int, commits: int
) -> None:
    names = [f"writer{number}" for number in range(writers)]

    told = together("compete", swift, [[name, str(commits // writers)] for name in names])

    store = FolderStore(swift)
    acknowledged = Counter(id_ for one in told for id_ in one["ids"])
    people = [Place(Level.USER, name) for name in names]
    history = list(store.history([ANA.place(Level.USER), *people]))
    assert Counter(commit.id for commit in history) == acknowledged
    assert len(history) == commits
    for name, person, one in zip(names, people, told, strict=True):
        own = list(store.history([person]))
        assert {commit.by for commit in own} == {name}
        values = [edit.after for commit in own for edit in commit.edits]
        assert values == [number for number in range(values[0], 0, -1) if number % 4]
        assert values[0] == one["value"]
    wanted = store.read(ANA).user.values["imap", "port"]
    for commit in store.history([ANA.place(Level.USER)]):  # each saw what the one before stored
        (edit,) = commit.edits
        assert edit.after == wanted
        wanted = edit.before
    assert wanted is None
    conflicts = sum(one["conflicts"] for one in told)
    assert conflicts > 0
    print(f"{writers} processes: {len(history)} commits, {conflicts} conflicts")  # noqa: T201 - proof


@pytest.mark.parametrize("writers", [2, 16])
def test_processes_that_write_different_settings_of_one_document_merge(
    swift: Path, writers: int
) -> None:
    sections, count = ["pop3", "smtp", "imap"][:writers], 400 // writers

    told = together(
        "set_many", swift, [[sections[one % len(sections)], str(count)] for one in range(writers)]
    )

    read = FolderStore(swift).read(ANA)
    wanted = {(section, "timeout"): count for section in sections}
    assert (read.user.values, read.company.values) == (wanted, wanted)
    history = list(FolderStore(swift).history([ANA.place(Level.USER), ANA.place(Level.COMPANY)]))
    assert sorted(commit.id for commit in history) == sorted(id_ for one in told for id_ in one)


def test_writers_of_one_process_take_turns(path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda name: compete(path, f"t{name}", "25"), range(4)))

    people = [ANA.place(Level.USER), *(Place(Level.USER, f"t{name}") for name in range(4))]
    history = list(FolderStore(path).history(people))
    assert len(history) == 100
    assert {commit.id for commit in history} == {id_ for one in told for id_ in one["ids"]}  # type: ignore[index]
