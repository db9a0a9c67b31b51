from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # our own markup is parsed, nobody else's
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import HOSTILE

from mailwidgets.reports.report import State, Step, Try
from mailwidgets.reports.timeline import SLOW, Axis, bar, scale, slow

MS = st.floats(0, 1e6, allow_nan=False)
STEPS = st.lists(
    st.builds(
        Step,
        st.text("ab<&'\"", min_size=1),
        ms=MS,
        at=MS,
        state=st.sampled_from(State),
        tries=st.lists(st.builds(Try, MS, MS, st.booleans())).map(tuple),
    ),
    min_size=1,
)
CONNECTED = Step(
    *("connection", State.PASSED, 100.0),
    tries=(Try(0, 100, answered=False), Try(50, 50, answered=True)),
)


def bars(svg: str) -> list[tuple[float, float]]:
    """Start and width of each bar, in per cent of the picture's width."""
    found = re.findall(r"<rect[^>]* x='([0-9.]+)%' y='[0-9]+' width='([0-9.]+)%'", svg)
    return [(float(start), float(width)) for start, width in found]


def test_a_bar_begins_where_its_step_began_and_is_as_long_as_it_took() -> None:
    steps = [
        Step("name", State.PASSED, 10, at=0),
        Step("connection", State.PASSED, 30, at=10),
        Step("greeting", State.FAILED, 60, at=40),
    ]
    axis = Axis.of(steps)

    assert [bars(bar(step, axis)) for step in steps] == [
        [pytest.approx(one)] for one in ((0, 10), (10, 30), (40, 60))
    ]


def test_a_step_that_runs_is_open_to_the_right() -> None:
    steps = [Step("name", State.PASSED, 100), Step("greeting", State.RUNNING, at=100)]
    axis = Axis.of(steps)

    ((start, width),) = bars(bar(steps[1], axis))
    assert start + width == pytest.approx(100, abs=0.02)
    assert width > 10
    assert "mw-open" in bar(steps[1], axis)


def test_each_address_that_was_tried_has_its_bar_and_only_one_answered() -> None:
    svg = bar(CONNECTED, Axis.of([CONNECTED]))

    assert bars(svg) == [pytest.approx((0, 100)), pytest.approx((50, 50))]
    assert re.findall("mw-won|mw-lost", svg) == ["mw-lost", "mw-won"]


def test_one_address_is_one_plain_bar() -> None:
    only = replace(CONNECTED, tries=CONNECTED.tries[1:])

    assert bars(bar(only, Axis.of([only]))) == [pytest.approx((0, 100))]


def test_a_step_that_was_skipped_has_none() -> None:
    assert bars(bar(Step("name", State.SKIPPED), Axis(100))) == []


def test_only_what_took_long_is_slow() -> None:
    assert slow(Step("name", State.FAILED, SLOW))
    assert not slow(Step("name", State.PASSED, SLOW - 1))
    assert not slow(Step("name", State.RUNNING, SLOW))


def test_the_times_of_the_axis_are_round() -> None:
    assert re.findall(">([^<]+)</text>", scale(Axis(1234))) == ["0 ms", "500 ms", "1.0 s"]


@given(STEPS)
def test_whatever_the_steps_the_pictures_are_well_formed_and_no_bar_leaves_them(
    steps: list[Step],
) -> None:
    axis = Axis.of([*steps, Step(HOSTILE, State.PASSED, 1.0)])

    assert len(re.findall("<text ", scale(axis))) <= 4
    for svg in (scale(axis), *(bar(step, axis) for step in steps)):
        names = {element.tag for element in ET.fromstring(svg).iter()}  # noqa: S314 - our own
        assert names <= {"svg", "rect", "line", "text"}
        for start, width in bars(svg):
            assert start >= 0
            assert width > 0
            assert start + width <= 100.02
