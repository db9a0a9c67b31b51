"""Every exercise fails as it is begun, and passes with its solution: in the notebook itself."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from solved import NOTEBOOKS, solutions

from mailwidgets.lessons.exam import drawn
from mailwidgets.lessons.syllabus import SYLLABUS

_TASK = re.compile(r'Task\((?P<lesson>\w+), (?:"(?P<name>\w+)"|(?P<number>\d+))\)')
_SEED = re.compile(r"Exam\.open\(seed=(\d+)\)")


def worked(path: Path) -> nbformat.NotebookNode:
    """Return a lesson in which every exercise is begun, looked at, solved and looked at again."""
    notebook = nbformat.read(path, as_version=4)
    known = solutions(path)
    cells, tickets = [], []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        if seed := _SEED.search(cell.source):
            tickets = [one.name for one in drawn(int(seed[1]))]
        if found := _TASK.search(cell.source):
            name = found["name"] or tickets[int(found["number"]) - 1]
            cells += [
                new_code_cell(f"task = Task({found['lesson']}, {name!r}); task.begin()"),
                new_code_cell("assert not (await task.check()).passed, task.name"),
                new_code_cell(known[name]),
                new_code_cell("outcome = await task.check()\nassert outcome.passed, str(outcome)"),
            ]
    notebook.cells = cells
    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_an_exercise_fails_as_begun_and_passes_with_its_solution(
    path: Path, tmp_path: Path
) -> None:
    notebook = worked(path)

    NotebookClient(
        notebook, kernel_name="python3", timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()

    assert list(tmp_path.glob("results-*.jsonl"))


def test_every_lesson_has_a_notebook_with_all_of_its_exercises_and_their_solutions() -> None:
    assert len(NOTEBOOKS) == len(SYLLABUS) + 1
    for one, path in zip(SYLLABUS, NOTEBOOKS, strict=False):
        names = [exercise.name for exercise in one.exercises]
        text = path.read_text("utf-8").replace("\\", "")
        assert f"Lesson.open({one.number})" in text
        assert [found["name"] for found in _TASK.finditer(text)] == names
        assert list(solutions(path)) == names
