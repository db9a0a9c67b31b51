from __future__ import annotations

import re
from html.parser import HTMLParser

from samples import HOSTILE, WELL, failed

from mailwidgets.reports import page
from mailwidgets.reports.report import Line, Report, State, Step


class Seen(HTMLParser):
    """All tags and attributes that a browser would see, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, name: str) -> list[str | None]:
        return [value for one, value in self.attributes if one == name]


def shown(report: Report) -> Seen:
    return Seen(report._repr_html_())


def test_what_a_server_says_stays_text() -> None:
    report = failed(HOSTILE)
    hostile = Report(HOSTILE, (*report.steps, Step(HOSTILE, State.RUNNING, via=HOSTILE)))
    for one in (report, hostile):
        seen = shown(one)

        assert not {"script", "img"} & set(seen.tags)
        assert not [name for name, _ in seen.attributes if name.startswith("on")]
        assert HOSTILE in seen.text


def test_a_notebook_shows_verdict_advice_other_findings_steps_and_transcript() -> None:
    text = shown(failed()).text

    for words in (
        "SMTP does not work at authentication",
        "What it means",
        "Who can do it",
        "smtp.port = 465, smtp.tls = implicit",
        "Also seen",
        "cert_expiring",
        "begun 2026-11-03 09:15:02 UTC",
        "Transcript, 2 lines",
        "AUTH PLAIN ****",
    ):
        assert words in text


def test_a_check_that_passed_has_nothing_to_do_and_nothing_else_to_see() -> None:
    text = shown(WELL).text

    assert "SMTP works" in text
    assert "What to do" not in text
    assert "Also seen" not in text


def test_the_pictures_say_nothing_that_the_table_does_not_say_in_words() -> None:
    seen = shown(failed())

    assert len(seen.of("aria-hidden")) >= seen.tags.count("svg") == 1 + 4
    assert seen.tags.count("caption") == 1
    assert "3 steps in 1.2 s; the longest, Authentication, took 1.2 s." in seen.text
    assert "from 3 ms on" in seen.text


def test_one_report_shown_twice_has_no_name_twice() -> None:
    assert not Seen(WELL._repr_html_() + WELL._repr_html_()).of("id")


def test_the_table_tells_each_step_in_words_with_its_times_and_headers() -> None:
    html = page.course(failed().steps, "Steps")
    seen = Seen(html)

    assert len(seen.of("scope")) == 5 + 4
    assert re.search(r"Authentication</th>.*failed</td>.*from 3 ms on.*1.2 s", html)
    assert html.count("535 no") == 4, "evidence that a finding repeats is told once"


def test_steps_that_were_not_reached_share_a_row() -> None:
    html = page.course(failed().steps, "Steps")

    assert "3 steps</th>" in html
    assert "Sender, Recipient, Goodbye" in html


def test_steps_that_were_skipped_for_different_reasons_do_not() -> None:
    steps = [Step("sender", State.SKIPPED, evidence=(why,)) for why in ("One.", "Another.")]

    assert page.course(steps, "Steps").count("<tr class='mw-skipped'") == 2


def test_what_is_yet_to_come_has_its_row_already() -> None:
    html = page.course(WELL.steps[:1], "Steps", [Step("greeting", State.RUNNING)])

    assert "Greeting" in Seen(html).text
    assert "waiting" in Seen(html).text
    assert html.count("<tr class=") == 2


def test_a_slow_step_is_marked_in_a_word() -> None:
    assert "slow" in page.course(failed().steps, "Steps")
    assert "slow" not in page.course(WELL.steps, "Steps")


def test_while_a_step_runs_nothing_is_summed_up() -> None:
    assert page.summary([*WELL.steps, Step("message", State.RUNNING)]) == ""
    assert page.summary(WELL.steps).startswith("3 steps in 31 ms")


def test_nothing_said_and_nothing_done_is_nothing_shown() -> None:
    assert page.transcript(()) == ""
    assert page.course((), "Steps") == ""
    assert page.also(WELL) == ""


# An icon, drawn by the style sheet itself.
DRAWN = re.compile(r'url\("data:image/svg\+xml,[^"]*"\)')


def test_a_transcript_says_who_spoke_and_when() -> None:
    seen = Seen(page.transcript((Line(12.4, "S", "220 hello"),)))

    assert seen.of("title") == ["server"]
    assert "12 ms" in seen.text


def test_nothing_is_styled_or_fetched_by_the_markup_itself() -> None:
    whole = failed()._repr_html_()
    html, css = DRAWN.sub("", whole), DRAWN.sub("", page.stylesheet())

    assert not Seen(whole).of("style")
    assert all("href" not in icon and "url" not in icon[4:] for icon in DRAWN.findall(whole))
    for fetching in ("url(", "@import", "http:", "https:"):
        assert fetching not in html
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(", css), "a colour that no theme can change"
    plain = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", css, flags=re.DOTALL)
    rules = [line for line in plain.splitlines() if line.strip() and "@" not in line]
    foreign = [one for one in rules if not re.match(r"\s*(\.mw-report|\.mailwidgets,|\})", one)]
    assert not foreign, "a rule that reaches beyond our own markup"
