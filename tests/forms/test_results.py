from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from dataclasses import replace

import ipywidgets as widgets
import pytest

from mailwidgets import Draft
from mailwidgets.forms.results import CheckView
from mailwidgets.reports.fault import Fault
from mailwidgets.reports.report import Fix, Line, Report, State, Step

REFUSED = Step(
    *("connection", State.FAILED, 1.0),
    finding=Fault("refused", "No.", fix=(("port", 465), ("tls", "implicit"))).finding("smtp"),
)


@pytest.fixture
def view(draft: Draft) -> CheckView:
    def unwanted(section: str, fix: Fix) -> None:
        pytest.fail(f"nobody asked for {fix} in {section}")

    return CheckView(draft, "smtp", widgets.Button(), unwanted)


def test_a_step_shows_while_it_runs_and_once_when_it_ended(view: CheckView) -> None:
    view.begin()
    view.step(Step("greeting", State.RUNNING))
    assert "running" in view.list.value

    view.step(Step("greeting", State.PASSED, 12.0, ("220 hello",)))

    assert view.list.value.count("<tr class='mw-") == 1
    assert "12 ms" in view.list.value
    assert "220 hello" in view.list.value


def test_steps_of_one_name_on_two_servers_are_two(view: CheckView) -> None:
    view.begin()
    view.step(Step("greeting", State.PASSED, via="imap"))
    view.step(Step("greeting", State.PASSED, via="smtp"))

    view.step(Step("greeting", State.WARNED, via="imap"))

    assert view.list.value.count("<tr class='mw-") == 2, "a step told of again replaces itself"
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


def test_a_finished_check_shows_its_timeline_above_its_table(view: CheckView) -> None:
    view.begin()
    view.step(Step("greeting", State.RUNNING))
    assert "<svg" not in view.list.value

    view.finish(Report("smtp", (Step("greeting", State.PASSED, 1.0),)))

    assert view.list.value.index("<svg") < view.list.value.index("<table")


def test_what_else_was_seen_is_listed(view: CheckView) -> None:
    also = Fault("cert_expiring", "Until tomorrow.").finding("smtp")

    view.finish(Report("smtp", (replace(REFUSED, also=(also,)),)))

    assert "Until tomorrow." in view.list.value
    assert "Until tomorrow." not in view.verdict.value


def test_a_fix_is_for_the_section_whose_settings_are_at_fault(draft: Draft) -> None:
    asked: list[tuple[str, Fix]] = []
    view = CheckView(
        draft, "workflow", widgets.Button(), lambda section, fix: asked.append((section, fix))
    )
    assert REFUSED.finding is not None
    elsewhere = replace(REFUSED, finding=replace(REFUSED.finding, section="smtp"), via="smtp")

    view.finish(Report("workflow", (elsewhere,)))
    assert view.fix.description == (
        "Put into the form SMTP: SMTP port (u) 465, Use TLS/SSL (u) Implicit SSL/TLS"
    )
    assert "SMTP: SMTP port (u)" in view.verdict.value
    view.fix.click()

    assert asked == [("smtp", (("port", 465), ("tls", "implicit")))]
    assert view.fix.disabled


def test_a_fix_that_no_form_has_a_field_for_is_not_offered(view: CheckView) -> None:
    finding = Fault("refused", "No.", fix=(("colour", "red"),)).finding("smtp")

    view.finish(Report("smtp", (replace(REFUSED, finding=finding),)))

    assert view.fix.disabled
    assert view.fix.description == ""


def test_the_page_itself_holds_the_bundle_and_asks_no_server_for_it(view: CheckView) -> None:
    view.begin([{"section": "smtp", "key": "password", "effective": "set"}])
    report = Report("smtp", (REFUSED,), (Line(1.0, "*", "refused"),))

    view.finish(report)

    (data,) = re.findall(r"href='data:application/zip;base64,([^']+)'", view.transcript.value)
    (name,) = re.findall(r" download='([^']+)'", view.transcript.value)
    assert re.fullmatch(r"mailwidgets-smtp-[0-9TZ]+\.zip", name)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(data))) as file:
        assert json.loads(file.read("report.json")) == [report.as_dict()]
        assert json.loads(file.read("settings.json"))[0]["effective"] == "set"
