from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # our own markup is parsed, nobody else's

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import HOSTILE, failed

from mailwidgets.reports.report import State, Step
from mailwidgets.reports.timeline import timeline

MS = st.floats(0, 1e6, allow_nan=False)
STEPS = st.lists(
    st.builds(Step, st.text("ab<&'\"", min_size=1), ms=MS, at=MS, state=st.sampled_from(State))
)


def bars(svg: str) -> list[tuple[float, float]]:
    """Start and width of each bar, in per cent of the picture's width."""
    found = re.findall(r"<rect x='([0-9.]+)%' y='[0-9]+' width='([0-9.]+)%'", svg)
    return [(float(start), float(width)) for start, width in found]


def test_a_bar_begins_where_its_step_began_and_is_as_long_as_it_took() -> None:
    steps = [
        Step("name", State.PASSED, 10, at=0),
        Step("connection", State.PASSED, 30, at=10),
        Step("greeting", State.FAILED, 60, at=40),
    ]
    (zero, ten), (start, thirty), (later, sixty) = bars(timeline(steps, "t"))

    assert (zero, start, later) == pytest.approx((42, 46.1, 58.4))
    assert (ten, thirty, sixty) == pytest.approx((4.1, 12.3, 24.6))


def test_each_state_has_a_shape_of_its_own() -> None:
    paths = {
        state: re.findall(r" d='([^']+)'", timeline([Step("name", state, 1.0)], "t"))
        for state in State
    }

    assert len({path for found in paths.values() for path in found}) == len(State)


def test_steps_that_were_not_reached_share_a_row() -> None:
    svg = timeline(failed().steps, "t")

    assert "3 steps skipped" in svg
    assert svg.count("<g ") == 4
    assert len(bars(svg)) == 3


def test_the_description_counts_the_steps_and_names_the_one_that_failed() -> None:
    (told,) = re.findall(r"<desc id='t-desc'>(.*)</desc>", timeline(failed().steps, "t"))

    assert told == (
        "6 steps in 1.2 s: 1 passed, 1 warning, 1 failed, 3 skipped."
        " Authentication failed after 3 ms. The table of steps below says the same."
    )


def test_no_steps_are_no_picture() -> None:
    assert timeline([], "t") == ""


@given(STEPS)
def test_whatever_the_steps_the_picture_is_well_formed_and_no_bar_leaves_it(
    steps: list[Step],
) -> None:
    svg = timeline([*steps, Step(HOSTILE, State.PASSED, 1.0)], HOSTILE)

    names = {element.tag for element in ET.fromstring(svg).iter()}  # noqa: S314 - our own
    assert names <= {"svg", "title", "desc", "g", "path", "rect", "line", "text"}
    for start, width in bars(svg):
        assert start >= 42
        assert width > 0
        assert start + width <= 83.02
    assert len(re.findall("<line ", svg)) <= 4
