from __future__ import annotations

from pathlib import Path

import pytest
from catalogues import compiled, read
from pseudo import outside, pseudo
from test_catalogues import SLOVENE

from mailwidgets.languages import texts
from mailwidgets.languages.texts import LANGUAGES, N_, Told, _, ngettext, spoken, use


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all languages count as complete."""
    monkeypatch.setattr(texts, "COMPLETE", tuple(LANGUAGES))


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize(
    ("asked", "spoken_then"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("SL_si", "sl"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("", "en"),
        ("../x", "en"),
    ],
)
def test_a_language_is_chosen_by_its_tag(asked: str, spoken_then: str) -> None:
    try:
        assert use(asked) == spoken_then == spoken()
    finally:
        use("en")


def test_a_language_that_is_not_complete_is_not_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "COMPLETE", ("en",))
    assert use("de") == "en" == spoken()


@pytest.mark.usefixtures("complete")
def test_texts_come_from_the_compiled_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sl.mo").write_bytes(compiled(read("sl", SLOVENE)))
    monkeypatch.setattr(texts, "__file__", str(tmp_path / "texts.py"))
    try:
        use("sl")
        assert _("A title") == "Naslov"
        assert ngettext("{count} line", "{count} lines", 2).format(count=2) == "2 vrstici"
        assert _("Not there") == "Not there"
        assert not _("")
    finally:
        use("en")
    assert _("A title") == "A title"


def test_a_declared_text_is_looked_up_when_it_is_shown() -> None:
    class Section:
        title = Told(N_("Trust"))

    assert Section.title == Section().title == "Trust"
    with pseudo():
        assert Section.title == Section().title == "⟦Trust⟧"


def test_what_went_past_gettext_stands_outside_the_brackets() -> None:
    with pseudo() as catalogue:
        told = _("{name} is locked").format(name=_("POP3 port")) + " by ana " + _("today")
    assert told == "⟦⟦POP3 port⟧ is locked⟧ by ana ⟦today⟧"
    assert outside(told) == " by ana "
    assert catalogue.asked == {"{name} is locked", "POP3 port", "today"}
