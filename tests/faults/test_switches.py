from __future__ import annotations

from pathlib import Path

import pytest

from mailwidgets.errors import PracticeError
from mailwidgets.faults import Switches


@pytest.fixture
def switches(tmp_path: Path) -> Switches:
    return Switches(tmp_path / "faults.json")


def on(switches: Switches) -> dict[str, str]:
    """Return what another process would see."""
    return {protocol: fault.name for protocol, fault in Switches(switches.path).on().items()}


def test_nothing_is_on_at_first(switches: Switches) -> None:
    assert on(switches) == {}


def test_a_fault_is_on_wherever_it_fits(switches: Switches) -> None:
    assert switches.inject("busy").code == "busy"
    switches.inject("greylisted")
    assert on(switches) == {"pop3": "busy", "smtp": "greylisted", "imap": "busy"}


def test_a_fault_is_on_where_it_is_wanted(switches: Switches) -> None:
    switches.inject("busy", ["imap"])
    assert on(switches) == {"imap": "busy"}


def test_what_is_mended_is_off(switches: Switches) -> None:
    switches.inject("busy")
    switches.mend(["pop3"])
    assert on(switches) == {"smtp": "busy", "imap": "busy"}
    switches.mend()
    assert on(switches) == {}


def test_a_name_that_is_not_there_is_told_with_what_is_near(switches: Switches) -> None:
    with pytest.raises(PracticeError, match="'cert_expird'; there is: cert_expired"):
        switches.inject("cert_expird")
    assert on(switches) == {}


def test_a_fault_that_cannot_befall_a_protocol_is_refused(switches: Switches) -> None:
    with pytest.raises(PracticeError, match="greylisted befalls smtp, not 'pop3'"):
        switches.inject("greylisted", ["pop3"])
    assert on(switches) == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"imap": 1}', '{"imap": "nothing of the kind"}'])
def test_a_damaged_file_is_told(switches: Switches, text: str) -> None:
    switches.path.write_text(text)
    with pytest.raises(PracticeError, match=r"cannot be read|expected|no fault"):
        switches.on()
    switches.mend()
    assert on(switches) == {}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PracticeError, match=r"nowhere.*cannot be written: No such file"):
        Switches(tmp_path / "nowhere" / "faults.json").inject("busy")
