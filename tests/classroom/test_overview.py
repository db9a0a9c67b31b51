from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mailwidgets import ClassOverview
from mailwidgets.errors import LessonError
from mailwidgets.lessons.exam import drawn
from mailwidgets.lessons.results import HINTED, Event, Results

NOON = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
ODD = '<img src=x onerror="alert(1)">'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ana, odd = Results(tmp_path, "ana"), Results(tmp_path / "odd", ODD)
    (tmp_path / "odd").mkdir()
    ana.add(Event(NOON, "ana", "account", "fetch", code="name_missing"))
    ana.add(Event(NOON, "ana", "account", "fetch", passed=True, code="ok"))
    ana.add(Event(NOON, "ana", "account", "send", did=HINTED))
    odd.add(Event(NOON, ODD, "exam 7", drawn(7)[0].name, passed=True, code="ok"))
    return tmp_path


def test_the_results_of_all_come_together_in_a_table(folder: Path) -> None:
    overview = ClassOverview.open(folder)
    table = overview.table()

    assert overview.learners == [ODD, "ana"]
    assert tuple(table.loc["ana", "account", "fetch"]) == (True, 2, 0, 9)
    assert tuple(table.loc["ana", "account", "send"]) == (False, 0, 1, 0)
    assert overview.summary().loc["ana", "account"] == "1/3"
    assert overview.summary().loc[ODD, "exam 7"] == "10/50"


def test_the_picture_says_the_same_and_takes_no_name_for_markup(folder: Path) -> None:
    overview = ClassOverview.open(folder)
    drawing = ET.fromstring(overview.picture())  # noqa: S314 - our own

    titles = [one.text or "" for one in drawing.iter("{http://www.w3.org/2000/svg}title")]
    assert "ana, fetch: 2 tries, 0 hints, passed" in titles
    assert any(title.startswith(ODD) for title in titles)
    assert "<img" not in overview._repr_html_()


def test_a_file_that_no_lesson_wrote_is_named_and_the_rest_counts(folder: Path) -> None:
    (folder / "results-eve.jsonl").write_text("what?\n", "utf-8")

    overview = ClassOverview.open(folder)

    assert overview.learners == [ODD, "ana"]
    assert "results-eve.jsonl, line 1" in overview.problems[0]
    assert "results-eve.jsonl, line 1" in overview._repr_html_()


def test_what_was_set_aside_does_not_count(folder: Path) -> None:
    Results(folder, "ana").set_aside()

    assert ClassOverview.open(folder).learners == [ODD]


def test_an_empty_folder_says_what_to_do_and_a_missing_one_is_refused(tmp_path: Path) -> None:
    assert "collect the learners" in ClassOverview.open(tmp_path)._repr_html_()
    assert ClassOverview.open(tmp_path).table().empty
    with pytest.raises(LessonError, match="is none"):
        ClassOverview.open(tmp_path / "none")
