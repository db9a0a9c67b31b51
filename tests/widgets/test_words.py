from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailwidgets.draft.news import Author, News
from mailwidgets.settings.documents import UNSET
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.widgets import words

ANA, COMPANY = Place(Level.USER, "ana"), Place(Level.COMPANY)
PORT = ("smtp", "port")


@pytest.mark.parametrize(
    ("news", "told"),
    [
        (
            News((ANA, PORT, False), 25, 587, Author("bob")),
            "Changed elsewhere: 25 → 587 (by bob).",
        ),
        (
            News((ANA, PORT, False), UNSET, 587, None),
            "Changed elsewhere: not set → 587 (edited outside).",
        ),
        (
            News((ANA, ("smtp", "tls"), False), "none", "implicit", Author()),
            "Changed elsewhere: None → Implicit SSL/TLS.",
        ),
        (
            News((COMPANY, PORT, False), 25, UNSET, Author("bob")),
            "The company's value changed elsewhere: 25 → not set (by bob).",
        ),
        (
            News((COMPANY, PORT, True), UNSET, "one for\nall", Author("bob")),
            "The company's lock changed elsewhere: not locked → one for all (by bob).",
        ),
        (
            News((ANA, ("smtp", "password"), False), UNSET, Sealed("canary"), Author("bob")),
            "Changed elsewhere (by bob).",
        ),
        (
            News((COMPANY, ("trust", "ca"), False), "-----BEGIN", UNSET, Author("bob")),
            "The company's value changed elsewhere (by bob).",
        ),
        (
            News((ANA, ("smtp", "user"), False), UNSET, "x" * 90, Author("bob")),
            f"Changed elsewhere: not set → {'x' * 59}… (by bob).",
        ),
    ],
)
def test_news_is_told_in_a_line(news: News, told: str) -> None:
    assert words.elsewhere(news, level=Level.USER) == told


def test_a_save_of_today_has_its_time_and_an_older_one_its_day_too() -> None:
    now = datetime.now(UTC)
    before = now - timedelta(days=400)

    assert words.who(Author("bob", now)) == f" (by bob, {now.astimezone():%H:%M})"
    assert words.who(Author("", before)) == f" ({before.astimezone():%Y-%m-%d %H:%M})"


def test_one_reason_for_several_levels_is_told_once() -> None:
    user, workstation = Place(Level.USER, "ana"), Place(Level.WORKSTATION, "WS-01")

    assert words.refused({user: "no", workstation: "no", COMPANY: ""}) == [
        "You cannot change the user's (u) and the workstation's (m) settings here: no."
    ]


def test_many_settings_are_told_by_the_first_few() -> None:
    keys = [("pop3", key) for key in ("name", "port", "timeout", "user", "password", "tls")]

    told = words.listed(keys)

    assert told.startswith("POP3: Name (m), POP3 port (u), ")
    assert told.endswith(" and 2 more")
