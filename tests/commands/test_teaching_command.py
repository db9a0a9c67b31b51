from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mailwidgets.lessons.results import Event, Results

Run = Callable[..., CompletedProcess[str]]
NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def test_lessons_puts_notebooks_into_a_folder_and_begins_anew(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "ana"
    assert "8 notebooks are new" in run("lessons", str(folder)).stdout
    (folder / "results-ana.jsonl").write_text("tries", "utf-8")

    done = run("lessons", str(folder), "--reset", "--language=sl")

    assert done.returncode == 0
    assert "What was there is in" in done.stdout
    assert 'language=\\"sl\\"' in (folder / "1-a-first-account.ipynb").read_text("utf-8")
    assert not (folder / "results-ana.jsonl").exists()


@pytest.mark.parametrize(
    "words", [("lessons", "a", "b"), ("lessons", "--language=xx"), ("class",), ("class", "none")]
)
def test_bad_use_is_told_and_changes_nothing(
    run: Run, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    done = run(*words)

    assert done.returncode == 2
    assert done.stderr.startswith(f"mailwidgets {words[0]}: ")
    assert not any(folder.iterdir())


def test_class_prints_who_stands_where(run: Run, tmp_path: Path) -> None:
    Results(tmp_path, "=1+1").add(Event(NOON, "=1+1", "account", "fetch", passed=True, code="ok"))

    assert "1/3" in run("class", str(tmp_path)).stdout
    rows = json.loads(run("class", str(tmp_path), "--format=json").stdout)
    assert rows[0] == {
        "learner": "=1+1",
        "lesson": "account",
        "exercise": "fetch",
        "passed": True,
        "tries": 1,
        "hints": 0,
        "points": 10,
    }
    sheet = run("class", str(tmp_path), "--format=csv").stdout
    assert next(csv.DictReader(io.StringIO(sheet)))["learner"] == "'=1+1"


def test_class_names_a_file_that_cannot_be_read_and_says_so_by_its_exit_status(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "results-eve.jsonl").write_text("what?\n", "utf-8")

    done = run("class", str(tmp_path))

    assert done.returncode == 1
    assert "No results yet." in done.stdout
    assert "results-eve.jsonl, line 1" in done.stderr
