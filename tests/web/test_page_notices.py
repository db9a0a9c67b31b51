from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailwidgets.languages import texts
from mailwidgets.languages.texts import spoken, use
from mailwidgets.web import notices


@pytest.fixture(autouse=True)
def spoken_as_before() -> Iterator[None]:
    before = spoken()
    yield
    use(before)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("xx, en;q=0.1", "en"),
        ("en;q=nonsense", "en"),
        ("en;q=0", "en"),
        (";;;,,,", "en"),
    ],
)
def test_a_language_is_always_found(accepted: str, language: str) -> None:
    assert notices.speak(accepted) == language


def test_the_most_wished_for_language_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "COMPLETE", ("en", "de", "sl"))
    monkeypatch.setattr(notices, "use", lambda tag: tag)

    assert notices.speak("de;q=0.5, sl-SI;q=0.8, en;q=0.1") == "sl"
    assert notices.speak("fr, de-AT;q=0.7, en;q=0.7") == "de"
    assert notices.speak("de;q=0, sl;q=0.1") == "sl"


def test_an_address_is_escaped_where_the_page_goes_on() -> None:
    page = notices.onward('/?section="><script>alert(1)</script>')

    assert "<script>" not in page
    assert "url=/?section=&quot;&gt;" in page


def test_a_wrong_token_is_said_at_its_field() -> None:
    asked = notices.login("en", "/login?next=%2F", "", refused=False).body
    refused = notices.login("en", "/login?next=%2F", "", refused=True).body

    assert 'role="alert"' not in asked
    assert 'aria-invalid="true" aria-describedby="said"' in refused
    assert 'id="said"' in refused
