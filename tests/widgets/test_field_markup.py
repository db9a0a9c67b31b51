from __future__ import annotations

from html.parser import HTMLParser

import pytest

from mailwidgets.draft.disputes import Dispute
from mailwidgets.draft.news import Author
from mailwidgets.settings.levels import Level, Place
from mailwidgets.widgets import field_markup
from mailwidgets.widgets.field_markup import Note

SLOT = (Place(Level.COMPANY), ("pop3", "port"), False)
LOCK = (Place(Level.COMPANY), ("pop3", "port"), True)
HOSTILE = "<script>alert(1)</script><img src=x onerror='alert(2)'>\"&"
HOSTILE_CLASH = Dispute(SLOT, HOSTILE, HOSTILE, HOSTILE, Author(HOSTILE), secret=False)
EVERYTHING = Note(
    HOSTILE,
    HOSTILE,
    aside=HOSTILE,
    why=HOSTILE,
    edited=True,
    error=HOSTILE,
    trouble=HOSTILE,
    moved=HOSTILE,
    news=[HOSTILE],
    usual={993: HOSTILE},
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


@pytest.mark.parametrize(
    "html",
    [
        field_markup.note(EVERYTHING),
        field_markup.lock_note(HOSTILE),
        field_markup.dispute(HOSTILE_CLASH),
        field_markup.dispute(Dispute(LOCK, HOSTILE, HOSTILE, HOSTILE, None, secret=False)),
    ],
)
def test_what_a_server_or_a_person_wrote_stays_text(html: str) -> None:
    seen = Tags(html)

    assert "script" not in seen.tags
    assert "img" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on")]


def test_help_has_a_real_button_that_is_folded_at_first() -> None:
    html = field_markup.note(Note("default", "what it is for"))

    assert "<button type='button' class='mw-ask' aria-expanded='false'" in html
    assert "<div class='mw-help'><p>what it is for</p></div>" in html


def test_nothing_wrong_leaves_no_room_below_the_field() -> None:
    assert "mw-told" not in field_markup.note(Note("default", "help"))
    assert field_markup.lock_note("") == ""


def test_a_conflict_of_passwords_shows_no_side_of_it() -> None:
    html = field_markup.dispute(Dispute(SLOT, "canary", "canary", "canary", None, secret=True))

    assert "someone else changed this setting too (edited outside)" in html
    assert "canary" not in html
