from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from mailwidgets import Servers
from mailwidgets.connection.endpoint import TlsMode
from mailwidgets.discovery.proposal import Discovery, Proposal, Source
from mailwidgets.draft.disputes import Dispute
from mailwidgets.draft.news import Author
from mailwidgets.reports.report import Finding, Line, Report, State, Step
from mailwidgets.settings.levels import Level, Place
from mailwidgets.widgets import markup

SLOT = (Place(Level.COMPANY), ("pop3", "port"), False)
HOSTILE = "<script>alert(1)</script><img src=x onerror='alert(2)'>\"&"


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
    return Report("smtp", steps, (Line(1.0, "S", HOSTILE), Line(2.0, "C", "EHLO me")))


FINDING = Finding("cert_name", HOSTILE, HOSTILE, HOSTILE, "tls")
FAILED = Step("tls", State.FAILED, 1234.5, (HOSTILE,), FINDING)


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


def everything() -> list[str]:
    found = report(FAILED)
    return [
        markup.header(HOSTILE, HOSTILE, HOSTILE),
        markup.group(HOSTILE),
        markup.note(HOSTILE, HOSTILE, aside=HOSTILE, error=HOSTILE, edited=True, why=HOSTILE),
        markup.note(HOSTILE, HOSTILE, aside=HOSTILE, trouble=HOSTILE, news=[HOSTILE]),
        markup.dispute(Dispute(SLOT, HOSTILE, HOSTILE, HOSTILE, Author(HOSTILE), secret=False)),
        markup.dispute(Dispute(SLOT, HOSTILE, HOSTILE, HOSTILE, None, secret=True)),
        markup.refusals([HOSTILE]),
        markup.oddities([FINDING]),
        markup.evidence(DISCOVERY),
        markup.said(HOSTILE),
        markup.message(HOSTILE, kind="bad"),
        markup.progress([FAILED, Step(HOSTILE, State.RUNNING, via=HOSTILE)], 9),
        markup.verdict(found),
        markup.course(found),
        markup.bundle(b"PK", HOSTILE),
    ]


@pytest.mark.parametrize("html", everything())
def test_what_a_server_or_a_person_wrote_stays_text(html: str) -> None:
    seen = Tags(html)

    assert "script" not in seen.tags
    assert "img" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on")]


def test_the_effective_table_escapes_and_names_its_headers(servers: Servers) -> None:
    frame = servers.effective()
    frame.loc[("pop3", "user"), "User"] = HOSTILE
    html = markup.effective(frame, HOSTILE)

    assert "script" not in Tags(html).tags
    assert html.count("scope='col'") == len(frame.columns) + 1
    assert html.count("scope='row'") == len(frame)
    assert "POP3 port (u)" in html


def test_the_effective_table_has_every_row_in_order(servers: Servers) -> None:
    html = markup.effective(servers.effective(), "")
    labels = re.findall(r"scope='row'>([^<]+)<", html)

    assert labels[:3] == ["Name (m)", "POP3 port (u)", "Timeout (sec) (u)"]
    assert isinstance(servers.effective(), pd.DataFrame)


def test_the_progress_counts_ended_steps() -> None:
    html = markup.progress([FAILED, Step("goodbye", State.RUNNING)], 9)

    assert "<progress max='9' value='1'" in html
    assert "1 of about 9 steps" in html
    assert "Goodbye" in html


def test_a_verdict_says_what_to_do_in_which_field() -> None:
    html = markup.verdict(report(FAILED))

    assert "Use TLS/SSL (u)" in html
    assert "cert_name" in html
    assert "What to do" in html


def test_a_verdict_names_the_form_where_the_field_is_another_sections() -> None:
    elsewhere = replace(FAILED, finding=replace(FINDING, section="imap", field="port"))

    assert "<dd>IMAP: IMAP port (u)</dd>" in markup.verdict(report(elsewhere))


def test_a_field_that_no_form_has_goes_by_its_name() -> None:
    elsewhere = replace(FAILED, finding=replace(FINDING, field="colour"))

    assert "<dd>colour</dd>" in markup.verdict(report(elsewhere))


def test_no_text_is_no_message() -> None:
    assert markup.message("") == ""


def test_the_style_sheet_fetches_nothing_and_colours_by_the_theme() -> None:
    css = markup.stylesheet()

    assert "url(" not in css
    assert "@import" not in css
    assert "var(--jp-" in css
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(", css), "a colour that no theme can change"


def test_a_conflict_of_passwords_shows_no_side_of_it() -> None:
    html = markup.dispute(Dispute(SLOT, "canary", "canary", "canary", None, secret=True))

    assert "someone else changed this setting too (edited outside)" in html
    assert "canary" not in html


def test_news_keeps_the_help_texts_room_but_not_its_voice() -> None:
    html = markup.note("user", "what it is for", news=["Changed elsewhere."])

    assert re.search(r"class='mw-held' aria-hidden='true'>.*what it is for", html)
