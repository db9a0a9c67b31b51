from __future__ import annotations

import datetime as dt
from dataclasses import replace

from samples import BEGAN, WELL, failed

from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Report, State, Step


def of_another_section() -> Report:
    """Workflow e-mail that went by the SMTP settings of the user who sends."""
    found = replace(Fault("refused", "No.", fix=(("port", 587),)).finding("smtp"), section="smtp")
    return Report("workflow", (Step("connection", State.FAILED, 1.0, (), found, via="smtp"),))


def test_the_document_of_a_check_that_passed_says_so_and_nothing_else() -> None:
    told = WELL.as_dict()

    assert next(iter(told)) == "version"
    assert (told["code"], told["ok"], told["fix"], told["also"]) == ("ok", True, {}, [])
    assert {told[name] for name in ("field", "saw", "meaning", "advice", "who")} == {None}
    assert told["at"] == "2026-11-03T09:15:02.123+00:00"
    assert told["transcript"][0] == {"ms": 0.5, "who": "*", "text": "connected"}


def test_the_document_names_what_was_found_and_what_else_was_seen() -> None:
    told = failed().as_dict()

    assert (told["code"], told["field"], told["who"]) == ("auth_rejected", "password", "you")
    assert told["saw"] == "535 no"
    assert told["fix"] == {"smtp.port": 465, "smtp.tls": "implicit"}
    (other,) = told["also"]
    assert (other["code"], other["step"], other["severity"]) == (
        *("cert_expiring", "certificate", "warned"),
    )
    assert told["steps"][1]["finding"] == other
    assert told["steps"][2]["finding"]["fix"] == told["fix"]
    assert (told["steps"][2]["start"], told["steps"][2]["ms"]) == (3.0, 1234.5)


def test_a_field_of_another_section_is_dotted_and_the_fix_is_for_that_section() -> None:
    report = of_another_section()
    told = report.as_dict()

    assert (told["field"], told["fix"]) == ("smtp.port", {"smtp.port": 587})
    assert told["steps"][0]["name"] == "smtp.connection"
    assert "(field smtp.port)" in str(report)


def test_the_time_is_told_in_utc_wherever_the_check_ran() -> None:
    east = dt.timezone(dt.timedelta(hours=9))

    assert replace(WELL, began=BEGAN.astimezone(east)).as_dict() == WELL.as_dict()


def test_two_checks_that_found_the_same_are_equal_whenever_they_ran() -> None:
    assert replace(WELL, began=dt.datetime.now(dt.UTC)) == WELL


def test_a_report_shows_itself_in_a_terminal_without_markup() -> None:
    text = str(failed("<b>535</b>"))

    assert "<b>535</b>" in text
    assert "  ✗ authentication" in text
    assert "not reached: sender, recipient, goodbye" in text
    assert "Also:  The server's certificate expires soon. (cert_expiring)" in text


def test_a_verdict_writes_tls_as_its_step_is_headed() -> None:
    found = Fault("tls_version", "No.").finding("smtp")
    report = Report("smtp", (Step("tls", State.FAILED, 1.0, (), found),))

    assert report.verdict.startswith("SMTP does not work at TLS: ")
