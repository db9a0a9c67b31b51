from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.discovery.proposal import Discovery, Proposal, Source
from mailwidgets.reports.report import Finding, Line, Report, State, Step
from mailwidgets.widgets import check_markup, save_markup
from mailwidgets.widgets.check_markup import Standing, Told
from mailwidgets.widgets.save_markup import Row

HOSTILE = "<script>alert(1)</script><img src=x onerror='alert(2)'>\"&"
FINDING = Finding("cert_name", HOSTILE, HOSTILE, HOSTILE, "tls")
FAILED = Step("tls", State.FAILED, 1234.5, (HOSTILE,), FINDING)
NOON = dt.datetime.now(dt.UTC).astimezone().replace(hour=12, minute=5)
PLAIN = Standing("Tested 12:05")
DISCOVERY = Discovery(
    HOSTILE,
    (
        Proposal(
            *("smtp", HOSTILE, 25, TlsMode.NONE, Source.AUTOCONFIG),
            user=HOSTILE,
            evidence=(HOSTILE,),
            caveat=HOSTILE,
        ),
    ),
    (HOSTILE,),
)


class Tags(HTMLParser):
    """All tags and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def report(*steps: Step) -> Report:
    return Report("smtp", steps, (Line(1.0, "S", HOSTILE), Line(2.0, "C", "EHLO me")), NOON)


def everything() -> list[str]:
    found = report(FAILED)
    running = Step(HOSTILE, State.RUNNING, via=HOSTILE)
    return [
        check_markup.progress([FAILED, running], 9),
        check_markup.verdict(found, Standing(HOSTILE, stale=True, fix=HOSTILE)),
        check_markup.verdict(found, Standing(HOSTILE)),
        check_markup.running([FAILED, running], [running], HOSTILE),
        check_markup.course(found, HOSTILE, ""),
        check_markup.broken(HOSTILE),
        check_markup.bundle(b"PK", HOSTILE),
        check_markup.oddities([FINDING]),
        check_markup.evidence(DISCOVERY),
        check_markup.together([Told(HOSTILE, HOSTILE, HOSTILE, when=HOSTILE)], HOSTILE, busy=True),
        save_markup.looking(HOSTILE),
        save_markup.question(HOSTILE, [HOSTILE, HOSTILE], [Row(*[HOSTILE] * 4)]),
    ]


@pytest.mark.parametrize("html", everything())
def test_what_a_server_or_a_person_wrote_stays_text(html: str) -> None:
    seen = Tags(html)

    assert "script" not in seen.tags
    assert "img" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on") or name == "style"]


def test_the_progress_counts_ended_steps() -> None:
    html = check_markup.progress([FAILED, Step("goodbye", State.RUNNING)], 9)

    assert "<progress max='9' value='1'" in html
    assert "1 of about 9 steps" in html
    assert "Goodbye" in html


def test_a_verdict_says_what_to_do_in_which_field() -> None:
    html = check_markup.verdict(report(FAILED), PLAIN)

    assert "Field: Use TLS/SSL (u)" in html
    assert "Code: cert_name" in html
    assert "Who can do it: you" in html


def test_a_verdict_names_the_form_where_the_field_is_another_sections() -> None:
    elsewhere = replace(FAILED, finding=replace(FINDING, section="imap", field="port"))

    html = check_markup.verdict(report(elsewhere), PLAIN)
    assert "Field: IMAP: IMAP port (u)" in html


def test_a_field_that_no_form_has_goes_by_its_name() -> None:
    elsewhere = replace(FAILED, finding=replace(FINDING, field="colour"))

    assert "Field: colour" in check_markup.verdict(report(elsewhere), PLAIN)


def test_a_verdict_that_is_old_says_so_before_all_else() -> None:
    html = check_markup.verdict(report(FAILED), Standing("Tested then.", stale=True))

    assert html.index("Tested then.") < html.index("SMTP does not work")
    assert html.count("Tested then.") == 1
    assert "mw-stale" in html


def test_the_state_is_told_in_a_word_where_the_sign_is_not_seen() -> None:
    assert "failed: " in check_markup.verdict(report(FAILED), PLAIN)


def test_when_it_was_tested_or_sent_is_told_by_the_clock() -> None:
    assert check_markup.tested(report(), sent=False) == "Tested 12:05"
    assert check_markup.tested(report(), sent=True) == "Sent 12:05"


def test_all_together_are_a_list_with_a_way_to_each() -> None:
    lines = [
        Told("pop3", "POP3", "POP3 works.", State.PASSED, when="12:05"),
        Told("smtp", "SMTP", "Not set up.", waits=True),
    ]
    html = check_markup.together(lines, "All is well.", busy=False)

    assert html.count("<li ") == 2
    assert re.findall("data-value='([^']+)' aria-label='([^']+)'", html) == [
        ("pop3", "POP3: POP3 works. 12:05"),
        ("smtp", "SMTP: Not set up."),
    ]
    assert "data-act='stop'" not in html
    assert "aria-disabled" not in html


def test_while_they_run_or_none_is_set_up_none_can_be_started() -> None:
    idle = check_markup.together([Told("pop3", "POP3", "No.", waits=True)], "", busy=False)
    busy = check_markup.together([Told("pop3", "POP3", "…", State.RUNNING)], "", busy=True)

    assert "data-act='all' aria-disabled='true'" in idle
    assert "data-act='all' aria-disabled='true'" in busy
    assert "data-act='stop'" in busy


def test_the_question_can_be_left_by_escape_and_keeps_its_place_from_look_to_question() -> None:
    looking = save_markup.looking("here")
    asked = save_markup.question("here", ["First."], [])

    for html in (looking, asked):
        assert "id='here' role='group' tabindex='-1'" in html
        assert "data-escape='back'" in html
    assert "data-act='save'" not in looking
    assert "<details>" not in asked
