"""Cells: what a spreadsheet could take for something else comes back as it was."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import InvalidImport
from mailwidgets.moving import sheet
from mailwidgets.moving.entries import Findings, Opener
from mailwidgets.settings.documents import UNSET
from mailwidgets.settings.levels import Level, Place

FORMULA = {*"=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"}


@given(
    st.text() | st.sampled_from(["'", "''", "'=", "(none)", "(SET)", "'(set)", "'(set", "\uff1dx"])
)
def test_what_is_guarded_comes_back_and_is_no_formula_and_no_word(text: str) -> None:
    guarded = sheet.guarded(text)

    assert sheet.unguarded(guarded) == text
    assert guarded[:1] not in FORMULA
    assert guarded.strip().casefold() not in {sheet.REMOVED, sheet.KEPT}


@pytest.mark.parametrize(
    "text", ["o'neill", "mail.example.com", "", "5", "0", "1234567890", "3com", "[192.0.2.1]"]
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert sheet.cell(text) == sheet.unguarded(text) == text


@pytest.mark.parametrize(
    "text",
    ["007", "12345678901", "1E5", "3-4", "1/2", "12:30", "1.5", ".5", "5%", "10.1.1.1", "1, 2"],
)
def test_text_that_reads_as_a_number_or_a_date_is_marked(text: str) -> None:
    assert sheet.cell(text) == f"'{text}"
    assert sheet.guarded(text) == text


@given(st.text() | st.from_regex(r"'{0,2}[0-9.,:/eE -]{1,12}\Z"))
def test_what_a_cell_holds_comes_back(text: str) -> None:
    assert sheet.unguarded(sheet.cell(text)) == text


@given(
    st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
)
def test_what_is_written_any_csv_reader_reads(rows: list[list[str]]) -> None:
    data = sheet.written(["level", "id"], rows)

    assert [*csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))] == [
        ["level", "id"],
        *rows,
    ]


def test_an_entry_has_its_place_setting_and_value() -> None:
    findings = Findings("a test")
    rows = b"id\tlevel\tsmtp.port\tsmtp.user\tsmtp.password\n'=ana\tuser\t25\t(none)\t(set)\n"

    assert [*sheet.read(rows, findings, Opener(None))] == [
        (Place(Level.USER, "=ana"), ("smtp", "port"), False, 25),
        (Place(Level.USER, "=ana"), ("smtp", "user"), False, UNSET),
    ]
    findings.check()


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_cells_are_separated_as_in_the_first_line(end: str) -> None:
    findings = Findings("a test")
    rows = f'level;id;smtp.user{end}user;ana;"a,b,c,d,e"{end}'

    assert [one.value for one in sheet.read(rows.encode(), findings, Opener(None))] == ["a,b,c,d,e"]
    findings.check()


@pytest.mark.parametrize(("index", "letters"), [(2, "C"), (25, "Z"), (26, "AA"), (702, "AAA")])
def test_a_column_is_called_as_in_a_spreadsheet(index: int, letters: str) -> None:
    names = ["level", "id", *(f"x.{number}" for number in range(index - 2)), "nothing.here"]
    findings = Findings("a test")
    with pytest.raises(InvalidImport) as caught:
        [*sheet.read(",".join(names).encode(), findings, Opener(None))]

    assert caught.value.faults[-1].startswith(f"row 1, column {letters}: no section 'nothing'")
