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
    rows = view.list.html.count("<tr class='mw-")
    view.step(Step("greeting", State.RUNNING))
    assert view.list.html.count("<tr class='mw-running'") == 1
    assert "<progress max='11' value='0'" in view.verdict.html

    view.step(Step("greeting", State.PASSED, 12.0, ("220 hello",)))

    assert view.list.html.count("<tr class='mw-passed'") == 1
    assert view.list.html.count("<tr class='mw-") == rows == 11, "nothing moves"
    assert "12 ms" in view.list.html
    assert "220 hello" in view.list.html


def test_steps_of_one_name_on_two_servers_are_two(view: CheckView) -> None:
    view.begin()
    view.step(Step("greeting", State.PASSED, via="imap"))
    view.step(Step("greeting", State.PASSED, via="smtp"))

    view.step(Step("greeting", State.WARNED, via="imap"))

    assert [len(re.findall(f"<tr class='mw-{one}'", view.list.html)) for one in State] == [
        *(0, 1, 1),
        *(0, 0),
    ], "a step told of again replaces itself"
    assert "IMAP greeting" in view.list.html
    assert "SMTP greeting" in view.list.html


def test_the_end_shows_verdict_and_transcript(view: CheckView) -> None:
    view.begin()
    steps = (Step("greeting", State.PASSED, 1.0),)

    view.finish(Report("smtp", steps, (Line(0.5, "S", "220 hello"),)))

    assert "SMTP works" in view.verdict.html
    assert view.verdict.said == "SMTP works: every step passed.", "it is announced"
    assert "<details" in view.list.html
    assert "Tested " in view.verdict.html
    assert "data-act='fix'" not in view.verdict.html


def test_what_to_do_is_announced_with_the_verdict(view: CheckView) -> None:
    view.finish(Report("smtp", (REFUSED,)))

    assert REFUSED.finding is not None
    assert view.verdict.said.endswith(REFUSED.finding.advice)
    assert REFUSED.finding.advice in view.verdict.html


def test_a_new_check_wipes_the_last_one_out(view: CheckView) -> None:
    view.finish(Report("smtp", (Step("greeting", State.PASSED),), (Line(0.5, "S", "220"),)))

    view.begin()

    assert view.report is None
    assert "works" not in view.verdict.html
    assert "<details" not in view.list.html


def test_the_steps_are_led_to_by_the_focus(
    view: CheckView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.finish(Report("smtp", (REFUSED,)))
    (ident,) = re.findall(r"<div class='mw-course' id='([^']+)'", view.list.html)
    sent: list[object] = []
    monkeypatch.setattr(view.list, "send", sent.append)

    view.act("steps")

    assert sent == [{"focus": ident}]


def test_what_else_was_seen_is_listed(view: CheckView) -> None:
    also = Fault("cert_expiring", "Until tomorrow.").finding("smtp")

    view.finish(Report("smtp", (replace(REFUSED, also=(also,)),)))

    assert "Until tomorrow." in view.list.html
    assert "Until tomorrow." not in view.verdict.html


def test_a_fix_is_for_the_section_whose_settings_are_at_fault(draft: Draft) -> None:
    asked: list[tuple[str, Fix]] = []
    view = CheckView(
        draft, "workflow", widgets.Button(), lambda section, fix: asked.append((section, fix))
    )
    assert REFUSED.finding is not None
    elsewhere = replace(REFUSED, finding=replace(REFUSED.finding, section="smtp"), via="smtp")

    view.finish(Report("workflow", (elsewhere,)))
    assert (
        "Apply this fix in SMTP: SMTP port (u) 465, Use TLS/SSL (u) Implicit SSL/TLS</button>"
        in view.verdict.html
    )
    assert "Field: SMTP: SMTP port (u)" in view.verdict.html
    view.act("fix")
    view.mend()

    assert asked == [("smtp", (("port", 465), ("tls", "implicit")))], "once"
    assert "data-act='fix'" not in view.verdict.html


def test_a_fix_that_no_form_has_a_field_for_is_not_offered(view: CheckView) -> None:
    finding = Fault("refused", "No.", fix=(("colour", "red"),)).finding("smtp")

    view.finish(Report("smtp", (replace(REFUSED, finding=finding),)))

    assert "data-act='fix'" not in view.verdict.html
    view.mend()


def test_the_page_itself_holds_the_bundle_and_asks_no_server_for_it(view: CheckView) -> None:
    view.begin([{"section": "smtp", "key": "password", "effective": "set"}])
    report = Report("smtp", (REFUSED,), (Line(1.0, "*", "refused"),))

    view.finish(report)

    (data,) = re.findall(r"href='data:application/zip;base64,([^']+)'", view.list.html)
    (name,) = re.findall(r" download='([^']+)'", view.list.html)
    assert re.fullmatch(r"mailwidgets-smtp-[0-9TZ]+\.zip", name)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(data))) as file:
        assert json.loads(file.read("report.json")) == [report.as_dict()]
        assert json.loads(file.read("settings.json"))[0]["effective"] == "set"
