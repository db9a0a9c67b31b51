from __future__ import annotations

import pytest

import mailwidgets


def test_the_public_names_are_these() -> None:
    assert sorted(mailwidgets.__all__) == [
        *(
            "ClassOverview",
            "Dashboard",
            "Draft",
            "Exam",
            "Laboratory",
            "Lesson",
            "Practice",
            "Report",
            "Servers",
        ),
        *("Task", "rehearse"),
    ]
    assert dir(mailwidgets) == sorted(mailwidgets.__all__)


@pytest.mark.parametrize("name", mailwidgets.__all__)
def test_every_public_name_loads_and_says_what_it_is_for(name: str) -> None:
    assert getattr(mailwidgets, name).__doc__.strip()


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        mailwidgets.Nothing  # type: ignore[attr-defined]  # noqa: B018 - the access is the test
