from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from mailwidgets.widgets import markup

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


def everything() -> list[str]:
    return [
        markup.header(HOSTILE, HOSTILE, HOSTILE),
        markup.group(HOSTILE),
        markup.refusals([HOSTILE]),
        markup.said(HOSTILE),
        markup.message(HOSTILE, kind="bad"),
    ]


@pytest.mark.parametrize("html", everything())
def test_what_a_server_or_a_person_wrote_stays_text(html: str) -> None:
    seen = Tags(html)

    assert "script" not in seen.tags
    assert "img" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on")]


def test_no_text_is_no_message() -> None:
    assert markup.message("") == ""


def test_the_style_sheet_fetches_nothing_and_colours_by_the_theme() -> None:
    icons = r'url\("data:image/svg\+xml,[^"]*"\)'
    css, drawn = re.subn(icons, "", markup.stylesheet())

    assert drawn > 5
    assert "href" not in markup.stylesheet()
    assert "url(" not in css
    assert "@import" not in css
    assert "var(--jp-" in css
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(", css), "a colour that no theme can change"
