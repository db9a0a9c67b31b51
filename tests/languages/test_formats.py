from __future__ import annotations

import gettext
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mailwidgets.languages.formats import clock, day, duration, moment, number
from mailwidgets.languages.texts import speak, use

THEN = datetime(2024, 3, 5, 9, 4).astimezone()
GERMAN = {
    "1,234.5": "1.234,5",
    "{at:%Y-%m-%d %H:%M}": "{at.day}. {at.month}. {at.year}, {at:%H:%M}",
    "{at:%Y-%m-%d}": "{at:%d.%m.%Y}",
    "{count} s": "{count} Sek.",
}


class Table(gettext.NullTranslations):
    def gettext(self, message: str) -> str:
        return GERMAN.get(message, message)


@pytest.fixture
def german() -> Iterator[None]:
    speak("de", Table())
    yield
    use("en")


@pytest.mark.parametrize(
    ("value", "digits", "told"),
    [
        (0, None, "0"),
        (1234567, None, "1,234,567"),
        (3.0, None, "3"),
        (1234.25, None, "1,234.25"),
        (1234.25, 1, "1,234.2"),
        (-1234, 2, "-1,234.00"),
    ],
)
def test_numbers_in_english(value: float, digits: int | None, told: str) -> None:
    assert number(value, digits) == told


@pytest.mark.usefixtures("german")
def test_numbers_dates_and_durations_follow_the_catalogue() -> None:
    assert number(1234567.25, 2) == "1.234.567,25"
    assert (moment(THEN), day(THEN)) == ("5. 3. 2024, 09:04", "05.03.2024")
    assert duration(1234) == "1,2 Sek."


def test_dates_in_english_are_those_of_iso_8601() -> None:
    assert (moment(THEN), day(THEN)) == ("2024-03-05 09:04", "2024-03-05")


def test_a_clock_tells_the_date_unless_it_is_today() -> None:
    now = datetime.now(UTC)
    assert clock(THEN) == "2024-03-05 09:04"
    assert clock(now) in {f"{now.astimezone():%H:%M}", moment(now)}  # midnight may pass meanwhile


@pytest.mark.parametrize(
    ("ms", "told"),
    [(0, "0 ms"), (0.4, "<1 ms"), (12.3, "12 ms"), (999.4, "999 ms"), (999.6, "1.0 s")],
)
def test_durations_in_english(ms: float, told: str) -> None:
    assert duration(ms) == told
