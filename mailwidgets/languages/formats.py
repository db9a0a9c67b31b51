"""Numbers, dates and durations as the person's language writes them.

The patterns are texts like any other: a translator writes the sample number and the samples of
dates as the language has them, and nothing here knows a language by name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from mailwidgets.languages.texts import _

_SECOND: Final = 1000.0  # milliseconds
_SAMPLE: Final = "1,234.5"
_THOUSANDS, _DECIMAL = _SAMPLE.index(","), _SAMPLE.index(".")


def number(value: float, digits: int | None = None) -> str:
    """Return a number with the language's decimal mark and groups of thousands.

    Args:
        value: the number, finite.
        digits: how many stand after the decimal mark, rounded; ``None``: as many as there are.
    """
    told = f"{value:,}".removesuffix(".0") if digits is None else f"{value:,.{digits}f}"
    # Translators: one thousand two hundred thirty-four and a half, as your language writes it;
    # the sign at the place of the comma groups thousands, the one at the dot's marks decimals.
    sample = _("1,234.5")
    marks = {ord(","): sample[_THOUSANDS], ord("."): sample[_DECIMAL]}
    return told.translate(marks)


def moment(at: datetime) -> str:
    """Return a time as local date and time of day, to the minute."""
    # Translators: a date and time; {at.day}, {at.month}, {at.year} give numbers without zeros.
    return _("{at:%Y-%m-%d %H:%M}").format(at=at.astimezone())


def day(at: datetime) -> str:
    """Return a time as the local date."""
    return _("{at:%Y-%m-%d}").format(at=at.astimezone())


def clock(at: datetime) -> str:
    """Return a time as the clock on the wall has it, with the date unless that is today."""
    here = at.astimezone()
    if here.date() != datetime.now(here.tzinfo).date():
        return moment(here)
    return _("{at:%H:%M}").format(at=here)


def duration(ms: float) -> str:
    """Return some milliseconds as a person reads them: ``<1 ms``, ``12 ms``, ``1.2 s``."""
    if 0 < ms < 1:
        return _("<1 ms")
    if round(ms) < _SECOND:
        return _("{count} ms").format(count=number(ms, 0))
    return _("{count} s").format(count=number(ms / _SECOND, 1))
