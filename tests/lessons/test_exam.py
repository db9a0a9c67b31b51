from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from solved import LESSONS, solutions

from mailwidgets import Exam, Lesson
from mailwidgets.errors import LessonError
from mailwidgets.lessons.bench import Bench
from mailwidgets.lessons.exam import drawn
from mailwidgets.lessons.exercise import Exercise
from mailwidgets.lessons.results import Results
from mailwidgets.lessons.syllabus import Unit
from mailwidgets.lessons.tickets import TICKETS

SOLUTIONS = solutions(LESSONS / "8-final-exam.ipynb")


@pytest.fixture(scope="module")
def every_ticket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lesson]:
    folder = tmp_path_factory.mktemp("exam")
    whole = Lesson(Unit(0, "exam 0", "All", TICKETS), Bench.start(folder), Results(folder, "ana"))
    yield whole
    whole.close()


@pytest.mark.parametrize("ticket", TICKETS, ids=lambda one: one.name)
async def test_a_ticket_fails_as_drawn_and_passes_with_its_solution(
    every_ticket: Lesson, ticket: Exercise
) -> None:
    every_ticket.begin(ticket.name)
    before = await every_ticket.check(ticket.name)
    assert not before.passed

    code = compile(SOLUTIONS[ticket.name], ticket.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = {"exam": every_ticket}
    waiting = eval(code, names)  # noqa: S307 - our own file
    if waiting is not None:
        await waiting

    after = await every_ticket.check(ticket.name)
    assert after.passed, after


@pytest.mark.parametrize("ticket", TICKETS, ids=lambda one: one.name)
async def test_switching_tls_off_solves_no_ticket(every_ticket: Lesson, ticket: Exercise) -> None:
    every_ticket.begin(ticket.name)
    servers, section = every_ticket.servers, ticket.opens
    off = "none" if section in {"smtp", "workflow"} else "no"
    servers.commit([servers.change(f"{section}.tls", off)])

    assert not (await every_ticket.check(ticket.name)).passed


def test_the_same_seed_draws_the_same_tickets_of_every_kind() -> None:
    assert drawn(7) == drawn(7)
    assert len({tuple(one.name for one in drawn(seed)) for seed in range(50)}) > 40
    for seed in range(50):
        names = [one.name for one in drawn(seed)]
        assert len(set(names)) == 5
        assert {one.opens for one in drawn(seed)} == {"pop3", "smtp", "imap", "workflow"}
    assert {one.name for seed in range(200) for one in drawn(seed)} == {one.name for one in TICKETS}


async def test_an_exam_counts_points_and_keeps_its_seed(tmp_path: Path) -> None:
    exam = Exam.open(seed=7, learner="ana", folder=tmp_path)
    first = exam.named(1)
    exam.begin(first)
    exam.hint(first)
    names: dict[str, Any] = {"exam": exam}
    exec(SOLUTIONS[first], names)  # noqa: S102 - our own file

    assert (await exam.check(first)).passed
    assert exam.points == (8, 50)
    assert {one.lesson for one in exam.results.events()} == {"exam 7"}
    exam.close()


def test_a_seed_that_is_no_number_is_refused(tmp_path: Path) -> None:
    for seed in ("7", 1.5, True):
        with pytest.raises(LessonError, match="whole number"):
            Exam.open(seed, folder=tmp_path)  # type: ignore[arg-type]
