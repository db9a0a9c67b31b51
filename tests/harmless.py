"""What must hold of every report, whatever the server said: it hurts nobody who looks at it."""

from __future__ import annotations

import base64
import dataclasses
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser

from mailwidgets.reports import page
from mailwidgets.reports.fault import DIAGNOSES
from mailwidgets.reports.report import Report, State, Step
from mailwidgets.widgets import check_markup

CANARY = "canary"
"""What every password begins with; nothing else contains it."""

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_TAGS = {
    *(
        "abbr",
        "b",
        "button",
        "caption",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "li",
        "p",
        "progress",
    ),
    *("section", "span", "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    *("desc", "g", "line", "path", "rect", "svg", "text", "title"),
}
_ATTRIBUTES = {
    *("aria-details", "aria-hidden", "aria-label", "aria-labelledby", "class", "id", "max"),
    *("data-act", "role", "scope", "tabindex", "title", "type", "value"),
    *("d", "fill", "font-size", "height", "rx", "stroke", "stroke-opacity", "stroke-width"),
    *("text-anchor", "transform", "width", "x", "x1", "x2", "y", "y1", "y2"),
}


class Markup(HTMLParser):
    """Refuses every tag and attribute that the widgets' own markup does not use."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, f"<{tag}> is none of ours"
        for name, value in attrs:
            assert name in _ATTRIBUTES, f"{name}={value} is none of ours"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_decl = unknown_decl = handle_pi = handle_comment


def texts(value: object) -> Iterator[str]:
    """Every piece of text in a report, however deep."""
    if isinstance(value, str):
        yield value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for one in dataclasses.fields(value):
            yield from texts(getattr(value, one.name))
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from texts(part)


def unseen(text: str) -> set[str]:
    """The characters that no person can see, or that make a terminal do something."""
    return {one for one in text if unicodedata.category(one) in _UNSEEN}


def assert_harmless(report: Report, told: Sequence[Step] = ()) -> None:
    """Assert that the report is whole, true to the table, readable, and free of the canary."""
    assert isinstance(report, Report)
    assert {step.state for step in report.steps} <= set(State) - {State.RUNNING}
    assert report.code in {*DIAGNOSES, "ok"}
    assert (report.code == "ok") == (report.finding is None)
    assert report.ok or report.finding is not None
    assert len(report.transcript) <= 501
    for text in texts((report, list(told))):
        assert not unseen(text), ascii(text)
    plain = json.dumps(report.as_dict(), ensure_ascii=False)
    for text in (str(report).replace("\n", ""), plain):
        assert not unseen(text), ascii(text)
    style = f"<style>{page.stylesheet()}</style>"
    html = [
        report._repr_html_().replace(style, "", 1),
        check_markup.verdict(report, check_markup.Standing("Tested at noon.", fix="Apply")),
        check_markup.course(report, "course", ""),
        check_markup.progress(told, len(report.steps)),
    ]
    for one in html:
        Markup().feed(one)
    assert_no_canary([str(report), plain, repr(report), repr(report.transcript), repr(told), *html])


def assert_no_canary(surfaces: Iterable[str]) -> None:
    """Assert that the canary is nowhere, not in another case and not in base64."""
    inside = [base64.b64encode(b"x" * shift + b"canary-pa55") for shift in range(3)]
    encoded = [one.decode()[4:12] for one in inside]
    for text in surfaces:
        assert CANARY not in text.casefold(), text
        for form in encoded:
            assert form not in text, text
