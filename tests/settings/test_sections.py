from __future__ import annotations

import csv
from pathlib import Path

import pytest
from traitlets import TraitError

from mailwidgets.errors import UnknownSetting
from mailwidgets.settings.fields import Choice
from mailwidgets.settings.sections import SECTIONS, SETTINGS, Imap, Pop3, setting

with (Path(__file__).parent / "panel.csv").open(encoding="utf-8", newline="") as panel:
    PANEL = list(csv.DictReader(panel))


@pytest.mark.parametrize("row", PANEL, ids=lambda row: f"{row['section']}.{row['key']}")
def test_a_setting_is_declared_as_the_panel_lists_it(row: dict[str, str]) -> None:
    declared = SETTINGS[row["section"], row["key"]]
    choices = declared.field.choices if isinstance(declared.field, Choice) else {}

    assert declared.label == row["label"]
    assert declared.level == row["level"]
    assert declared.field.kind == row["type"]
    assert declared.default == declared.field.parse(row["default"])
    assert "|".join(f"{key}={label}" for key, label in choices.items()) == row["choices"]


def test_the_panel_has_45_settings_in_four_sections() -> None:
    counts = {
        name: sum(not one.ours for one in section.settings()) for name, section in SECTIONS.items()
    }

    assert counts == {"pop3": 8, "smtp": 10, "imap": 12, "workflow": 15, "trust": 0}
    assert len(PANEL) == 45


def test_settings_stand_in_the_panels_order() -> None:
    declared = [one.id for one in SETTINGS.values() if not one.ours]

    assert declared == [(row["section"], row["key"]) for row in PANEL]


def test_every_setting_has_help_a_group_and_a_marked_label() -> None:
    for one in SETTINGS.values():
        assert one.help.endswith(".")
        assert one.group
        assert one.marked_label == f"{one.label} ({one.level.mark})"


def test_a_label_carries_the_mark_of_its_level() -> None:
    assert setting("pop3.name").marked_label == "Name (m)"
    assert setting("pop3.port").marked_label == "POP3 port (u)"
    assert setting("workflow.timeout").marked_label == "Timeout s (c)"


def test_a_section_starts_with_its_defaults() -> None:
    assert Pop3().port == 110
    assert Imap().inbox == "Inbox"
    assert Pop3().name is None


def test_a_wrong_value_is_refused_and_the_trait_keeps_what_it_had() -> None:
    section = Pop3()

    with pytest.raises(TraitError, match="whole number from 1 to 65535, not 70000"):
        section.port = 70000

    assert section.port == 110


def test_an_unknown_setting_is_named_with_what_there_is() -> None:
    with pytest.raises(UnknownSetting, match="pop3 has no setting 'prot'; it has name, port"):
        setting("pop3.prot")
    with pytest.raises(UnknownSetting, match="no section 'pop'; there are pop3, smtp"):
        setting("pop.port")
