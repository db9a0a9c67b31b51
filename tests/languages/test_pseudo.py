"""Everything that was said went through gettext, and stands in the code as gettext asks for it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape

import pytest
from catalogues import template
from pseudo import outside, pseudo

from mailwidgets.errors import InvalidValue
from mailwidgets.reports import page
from mailwidgets.reports.fault import DIAGNOSES, Fault
from mailwidgets.reports.report import Report
from mailwidgets.reports.steps import STEP_NAMES, Line, State, Step, Who
from mailwidgets.reports.wording import step_name
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import Value
from mailwidgets.settings.sections import SECTIONS, SETTINGS

SETTING = [pytest.param(one, id=one.name) for one in SETTINGS.values()]
WORD = re.compile(r"[A-Za-z]{2,}")
# What nobody translates: names, protocols, codes, values.
NAMES = {"ana", "WS", "SMTP", "POP", "IMAP", "TLS", "EHLO", "smtp", "tls", "port", "mx", "UTC"}


def words_outside(told: str) -> set[str]:
    return set(WORD.findall(outside(told))) - NAMES


@pytest.fixture
def known() -> Iterator[set[str]]:
    """Speak the pseudo-language; afterwards every text that was asked for must be known."""
    every = {one.id if isinstance(one.id, str) else one.id[0] for one in template() if one.id}
    with pseudo() as catalogue:
        yield every
    assert catalogue.asked <= every, catalogue.asked - every


def wrong_values() -> Iterator[tuple[Setting, object]]:
    for setting in SETTINGS.values():
        for value in ("a\nb", "a b:/@", 0, -1, True, "x" * 2000, object(), ["a b"], "1.2.3", ""):
            yield setting, value


@pytest.mark.usefixtures("known")
def test_a_setting_is_told_in_the_language_in_use() -> None:
    for one in SETTINGS.values():
        assert not words_outside(one.marked_label.removesuffix(f" ({one.level.mark})"))
        assert not words_outside(one.help + one.group)
        for value in (True, False) if one.field.kind in {"yes_no", "checkbox"} else ():
            assert not words_outside(one.field.shown(value))
        for key in getattr(one.field, "choices", ()):
            assert not words_outside(one.field.shown(key))
            assert one.field.parse(one.field.shown(key)) == key
    for section in SECTIONS.values():
        assert not words_outside(section.title + section.test_label)


@pytest.mark.usefixtures("known")
def test_names_that_programs_read_are_the_same_in_every_language() -> None:
    assert [str(level) for level in Level] == ["company", "user", "workstation"]
    assert str(Place(Level.USER, "ana")) == "user ana"
    assert str(Who.YOU) == "you"
    assert SETTINGS["smtp", "port"].label == "SMTP port"
    assert not words_outside(" ".join(level.words for level in Level))
    assert not words_outside(Identity("ana", "WS-01").place(Level.USER).words)


@pytest.mark.usefixtures("known")
def test_a_refused_value_is_told_in_the_language_in_use() -> None:
    refused = 0
    for setting, value in wrong_values():
        with suppress(InvalidValue):
            setting.field.check(value)
            continue
        with pytest.raises(InvalidValue, match="⟦") as refusal:
            setting.field.check(value)
        told, refused = outside(str(refusal.value)), refused + 1
        assert not told.strip(), told
    assert refused > len(SETTINGS)


@pytest.mark.usefixtures("known")
def test_where_a_value_comes_from_is_told_in_the_language_in_use() -> None:
    setting = SETTINGS["smtp", "user"]
    given = Value(setting, None, "ana", None, "ana", "user", ("pop3", "user"), locked="policy")
    assert given.from_words == "⟦⟦from ⟦POP3⟧ (⟦user⟧)⟧, locked: policy⟧"
    assert given.as_row()["from"] == "user"


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("code", DIAGNOSES)
def test_a_fault_and_its_report_are_told_in_the_language_in_use(code: str) -> None:
    finding = Fault(code, "").finding("smtp")
    steps = [Step(name, State.PASSED, 1.5, via="smtp") for name in STEP_NAMES]
    failed = Step("tls", finding.severity, 2000.0, (), finding)
    began = dt.datetime(2026, 11, 3, tzinfo=dt.UTC)
    lines = (Line(1.0, "C", "EHLO"), Line(2.0, "*", ""))
    report = Report("smtp", (*steps, failed), lines, began)

    assert not words_outside(report.verdict)
    assert not words_outside(finding.meaning + finding.advice + finding.who.words)
    assert not words_outside(" ".join(map(step_name, (*steps, failed))))
    body = re.sub(r"(?s)<style>.*?</style>|<code>.*?</code>|<[^>]*>", " ", page.whole(report))
    assert words_outside(unescape(body)) <= set(WORD.findall(report.field_name(finding)))
    assert report.as_dict()["code"] == code
