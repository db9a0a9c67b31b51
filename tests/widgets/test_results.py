from __future__ import annotations

import pytest

from mailwidgets.reports.report import Fix, Line, Report, State, Step
from mailwidgets.widgets.results import CheckView


@pytest.fixture
def view() -> CheckView:
    def unwanted(fix: Fix) -> None:
        pytest.fail(f"nobody asked for {fix}")

    return CheckView("smtp", unwanted)


def test_a_step_shows_while_it_runs_and_once_when_it_ended(view: CheckView) -> None:
    view.begin()
    view.step(Step("greeting", State.RUNNING))
    assert "running" in view.list.value

    view.step(Step("greeting", State.PASSED, 12.0, ("220 hello",)))

    assert view.list.value.count("<li class='mw-") == 1
    assert "12 ms" in view.list.value
    assert "220 hello" in view.list.value


def test_steps_of_one_name_on_two_servers_are_two(view: CheckView) -> None:
    view.begin()
    view.step(Step("greeting", State.PASSED, via="imap"))
    view.step(Step("greeting", State.PASSED, via="smtp"))

    assert "IMAP greeting" in view.list.value
    assert "SMTP greeting" in view.list.value


def test_the_end_shows_verdict_and_transcript(view: CheckView) -> None:
    view.begin()
    steps = (Step("greeting", State.PASSED, 1.0),)

    view.finish(Report("smtp", steps, (Line(0.5, "S", "220 hello"),)))

    assert "SMTP works" in view.verdict.value
    assert "role='status'" in view.verdict.value
    assert "<details" in view.transcript.value
    assert view.fix.disabled


def test_a_new_check_wipes_the_last_one_out(view: CheckView) -> None:
    view.finish(Report("smtp", (Step("greeting", State.PASSED),), (Line(0.5, "S", "220"),)))

    view.begin()

    assert view.report is None
    assert "works" not in view.verdict.value
    assert view.transcript.value == ""
