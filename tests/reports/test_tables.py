"""A report's steps as a table."""

from __future__ import annotations

from samples import HOSTILE, WELL, failed

from mailwidgets.reports.report import Report, State, Step


def test_a_table_has_a_row_per_step_with_its_times_as_numbers() -> None:
    table = WELL.table()

    assert table.index.tolist() == ["name", "connection", "goodbye"]
    assert table["ms"].tolist() == [0.4, 21.0, 9.0]
    assert table["At"].sum() == 22.1
    assert table.loc["connection"].tolist() == ["passed", 0.5, 21.0, "192.0.2.1: connected", ""]


def test_a_step_that_went_wrong_tells_its_code_and_one_that_never_came_nothing() -> None:
    table = failed("535 no").table()

    assert table["Code"].tolist() == ["", "cert_expiring", "auth_rejected", "", "", ""]
    assert table.loc["sender"].tolist() == ["skipped", 0.0, 0.0, "", ""]


def test_a_step_without_evidence_shows_what_was_seen_instead() -> None:
    found = failed("535 no").finding
    table = Report("smtp", (Step("authentication", State.FAILED, finding=found),)).table()

    assert table.loc["authentication", "Evidence"] == "535 no"


def test_steps_at_two_servers_are_told_apart() -> None:
    steps = (Step("name", State.PASSED, via="imap"), Step("name", State.PASSED, via="smtp"))

    assert Report("workflow", steps).table().index.tolist() == ["imap name", "smtp name"]


def test_a_report_without_steps_is_an_empty_table() -> None:
    assert Report("pop3", ()).table().empty


def test_a_servers_markup_is_escaped_where_a_notebook_shows_the_table() -> None:
    html = failed(HOSTILE).table().to_html()

    assert "<script" not in html
    assert "<img" not in html
