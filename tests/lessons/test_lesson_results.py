from __future__ import annotations

import datetime as dt
import json
import threading
from pathlib import Path

import pytest

from mailwidgets.errors import LessonError
from mailwidgets.lessons.results import HINTED, Event, Results, read
from mailwidgets.lessons.standing import Standing, standing
from mailwidgets.settings.levels import fit_id

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def event(**given: object) -> Event:
    told = {"at": NOON, "learner": "ana", "lesson": "tls", "exercise": "clear", "code": "ok"}
    return Event(**(told | given))  # type: ignore[arg-type]


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    results = Results(tmp_path, "../Žiga ☃")
    kept = [event(learner="Žiga ☃", passed=True), event(did=HINTED, code="")]

    for one in kept:
        results.add(one)

    assert results.events() == kept
    assert results.path.parent == tmp_path
    assert results.path.name.isascii()


@pytest.mark.parametrize("name", ["x" * 1000, "Ana\u00a0Kovač", "\u200dana", "Ana\u2028K"])
def test_whoever_may_begin_a_lesson_has_results_that_can_be_read(tmp_path: Path, name: str) -> None:
    results = Results(tmp_path, name)
    results.add(event(learner=fit_id(name, "user")))

    assert [one.learner for one in results.events()] == [fit_id(name, "user")]


def test_two_notebooks_of_one_learner_do_not_mix_their_lines(tmp_path: Path) -> None:
    def work() -> None:
        mine = Results(tmp_path, "ana")
        for _ in range(200):
            mine.add(event())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert Results(tmp_path, "ana").events() == [event()] * 800


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "line 1"),
        ("[]", "line 1"),
        ("[" * 100_000, "line 1"),
        ('{"version": 2}', "version 2"),
        ({"learner": 7}, "line 1"),
        ({"learner": "x" * 1001}, "1001"),
        ({"learner": "\x1b[31m"}, "control"),
        ({"lesson": "x" * 300}, "lesson"),
        ({"code": "\x1b[31m"}, "code"),
        ({"at": "2026-11-30T12:00:00"}, "time zone"),
        ({"at": "noon"}, "line 1"),
        ({"passed": "yes"}, "true or false"),
    ],
)
def test_a_line_that_no_lesson_wrote_is_named(tmp_path: Path, line: object, why: str) -> None:
    results = Results(tmp_path, "ana")
    results.add(event())
    record = json.loads(results.path.read_text("utf-8"))
    text = line if isinstance(line, str) else json.dumps(record | line)  # type: ignore[operator]
    results.path.write_text(text + "\n", "utf-8")

    with pytest.raises(LessonError, match=why):
        results.events()


def test_a_file_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results-x.jsonl"
    with path.open("wb") as file:
        file.truncate(9 * 2**20)

    with pytest.raises(LessonError, match="over 8 MiB"):
        list(read(path))


def test_a_try_that_cannot_be_kept_says_where_and_why(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="cannot be written, so this try is not kept"):
        Results(tmp_path / "gone", "ana").add(event())


def test_what_comes_after_an_exercise_is_passed_does_not_count() -> None:
    done = [event(), event(did=HINTED), event(passed=True), event(did=HINTED), event()]

    assert standing(done, "tls", "clear") == Standing(2, 1, passed=True)
    assert standing(done, "tls", "other") == Standing()


@pytest.mark.parametrize(
    ("stands", "points"),
    [
        (Standing(1, 0, passed=True), 10),
        (Standing(1, 1, passed=True), 8),
        (Standing(3, 0, passed=True), 8),
        (Standing(30, 3, passed=True), 2),
        (Standing(4, 1), 0),
    ],
)
def test_points_fall_with_hints_and_tries_in_vain(stands: Standing, points: int) -> None:
    assert stands.points == points
