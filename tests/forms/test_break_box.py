"""Practice servers are broken and mended from the page, which never tells the diagnosis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from mailwidgets import Dashboard, Servers, rehearse
from mailwidgets.breakable import Breakable
from mailwidgets.draft.draft import Draft
from mailwidgets.faults import FAULTS, Laboratory, Switches
from mailwidgets.forms.breaking import BreakBox


@pytest.fixture
def box(laboratory: Laboratory, tmp_path: Path) -> Iterator[BreakBox]:
    """Return the box, unfolded."""
    draft = Draft(rehearse(laboratory, tmp_path / "practice"))
    opened = BreakBox(draft, Breakable.of(laboratory))
    opened.toggle.value = True
    yield opened
    opened.close()


def on(laboratory: Laboratory) -> dict[str, str]:
    return {protocol: fault.name for protocol, fault in laboratory.switches.on().items()}


def seen(box: BreakBox) -> str:
    """Return what a person reads."""
    return unescape(re.sub(r"<[^>]*>", " ", box.panel.html))


def edited(box: BreakBox) -> dict[str, object]:
    return {".".join(change.key): change.value for change in box.draft.changes()}


def test_every_fault_is_offered_by_its_title_in_the_tables_order(box: BreakBox) -> None:
    offered = re.findall(r"<option value='(\w+)'[^>]*>([^<]*)<", box.panel.html)
    assert [(name, unescape(title)) for name, title in offered] == [
        (name, fault.title) for name, fault in FAULTS.items()
    ]


def test_a_fault_is_let_in_wherever_it_fits(box: BreakBox, laboratory: Laboratory) -> None:
    box.act("fault", "access_off")
    assert re.findall(r"id='mw-break-(\w+)'[^>]*( disabled|checked)>", box.panel.html) == [
        *(("pop3", "checked"), ("smtp", " disabled"), ("imap", "checked"))
    ]
    box.act("break")
    assert on(laboratory) == {"pop3": "access_off", "imap": "access_off"}
    assert "POP3, IMAP: POP3 or IMAP is switched off for this mailbox" in seen(box)
    assert "Now test POP3, IMAP" in seen(box)


def test_a_fault_is_let_in_where_it_is_wanted_alone(box: BreakBox, laboratory: Laboratory) -> None:
    box.act("fault", "busy")
    box.act("where pop3", "off")
    box.act("where imap", "off")
    box.act("break")
    assert on(laboratory) == {"smtp": "busy"}
    box.act("where imap", "on")
    box.act("where smtp", "off")
    box.act("fault", "nonsense")
    box.act("where nowhere", "on")
    box.act("break")
    assert on(laboratory) == {"smtp": "busy", "imap": "busy"}


def test_without_a_place_nothing_can_be_broken(box: BreakBox, laboratory: Laboratory) -> None:
    box.act("fault", "greylisted")
    box.act("where smtp", "off")
    assert "data-act='break' aria-disabled='true'" in box.panel.html
    box.act("break")
    assert on(laboratory) == {}


def test_one_fault_is_mended_or_all(box: BreakBox, laboratory: Laboratory) -> None:
    laboratory.inject("busy")
    laboratory.inject("greylisted")
    box.look()
    assert "Mend everything" in seen(box)
    box.act("mend", "busy")
    assert on(laboratory) == {"smtp": "greylisted"}
    assert "Mend everything" not in seen(box)
    box.act("mend", "busy")
    assert on(laboratory) == {"smtp": "greylisted"}, "it is on no more, and nothing else is mended"
    box.act("mend")
    assert on(laboratory) == {}
    assert "Nothing is broken now." in seen(box)


def test_what_is_broken_is_said_whoever_did_it(box: BreakBox, laboratory: Laboratory) -> None:
    Switches(laboratory.switches.path).inject("cert_expired", ["imap"])
    box.look()
    assert box.panel.said.startswith("Broken now: IMAP: The certificate has expired. Now test IMAP")
    assert "IMAP: The certificate has expired" in seen(box)
    laboratory.mend()
    box.look()
    assert box.panel.said == "Nothing is broken now."


def test_a_folded_box_asks_nobody_and_an_unfolded_one_knows(
    box: BreakBox, laboratory: Laboratory
) -> None:
    box.toggle.value = False
    before = box.panel.html
    laboratory.inject("busy")
    box.look()
    assert box.panel.html == before
    box.toggle.value = True
    assert f"POP3, SMTP, IMAP: {FAULTS['busy'].title}" in seen(box)


@pytest.mark.parametrize("name", FAULTS)
def test_no_diagnosis_and_no_remedy_is_given_away(
    box: BreakBox, laboratory: Laboratory, name: str
) -> None:
    laboratory.inject(name)
    box.look()
    told = seen(box) + box.panel.said
    assert not re.search(rf"\b{FAULTS[name].code}\b", told)
    remedies = FAULTS[name].mended_by.values()
    assert not any(str(value) in told for value in remedies if not isinstance(value, bool))


def test_the_settings_that_a_fault_needs_go_into_the_forms_with_one_press(
    box: BreakBox, laboratory: Laboratory
) -> None:
    port = laboratory.ports["smtps"]
    box.act("fault", "tls_on_plain_port")
    box.act("break")
    assert f"SMTP port (u): {port}" in seen(box)
    assert "SMTP: Use TLS/SSL (u): Implicit SSL/TLS" in seen(box)
    box.act("scene")
    assert edited(box) == {"smtp.port": port, "smtp.tls": "implicit"}
    assert "Put these into the forms" not in seen(box)
    assert box.draft.undo() == "Put into the forms"
    assert not box.draft.changes()
    assert "Put these into the forms" in seen(box), "it follows the draft"


async def test_with_those_settings_a_test_comes_to_the_faults_diagnosis(
    box: BreakBox, laboratory: Laboratory
) -> None:
    servers = box.draft.servers
    for name in ("silent_server", "plain_on_tls_port", "tls13_only", "login_disabled"):
        laboratory.inject(name, ["imap"])
        box.look()
        box.act("scene")
        report = await servers.check("imap", changes=box.draft.changes())
        assert report.code == FAULTS[name].code
        box.draft.discard()


def test_a_fault_that_shows_with_what_the_forms_hold_needs_nothing(
    box: BreakBox, laboratory: Laboratory
) -> None:
    laboratory.inject("cert_expired")
    box.look()
    assert "It is sure to show" not in seen(box)
    box.draft.put(("pop3", "port"), value=1)
    assert f"POP3 port (u): {laboratory.ports['pop3']}" in seen(box), "nothing is wrong at port 1"


def test_a_locked_setting_is_not_changed_and_said_so(box: BreakBox, laboratory: Laboratory) -> None:
    servers = box.draft.servers
    servers.commit([servers.lock("imap.timeout", "patience for all")])
    box.draft.refresh()
    laboratory.inject("silent_server", ["imap"])
    box.look()
    box.act("scene")
    assert "patience for all" in seen(box)
    assert not box.draft.changes()


def test_a_damaged_file_is_told_and_mended(box: BreakBox, laboratory: Laboratory) -> None:
    laboratory.switches.path.write_text("{", "utf-8")
    box.look()
    assert "cannot be read" in seen(box)
    box.act("mend")
    assert "Nothing is broken now." in seen(box)
    assert on(laboratory) == {}


def test_servers_that_are_gone_are_said_to_be(box: BreakBox, tmp_path: Path) -> None:
    gone = BreakBox(box.draft, Breakable(Switches(tmp_path / "gone" / "faults.json"), {}))
    gone.toggle.value = True
    gone.act("break")
    assert "cannot be written: No such file or directory" in seen(gone)
    gone.close()


def test_what_stands_in_the_file_reaches_the_page_as_text(
    box: BreakBox, laboratory: Laboratory
) -> None:
    laboratory.switches.path.write_text('{"pop3": "<img src=x onerror=alert(1)>"}', "utf-8")
    box.look()
    assert "&lt;img" in box.panel.html
    assert "<img" not in box.panel.html


def test_a_closed_box_no_longer_follows_the_draft(box: BreakBox, laboratory: Laboratory) -> None:
    laboratory.inject("busy")
    box.look()
    before = box.panel.html
    box.close()
    box.draft.put(("pop3", "port"), value=1)
    assert box.panel.html == before


def test_the_dashboard_has_it_where_practice_servers_are_and_nowhere_else(
    servers: Servers, laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def has_it(**given: Laboratory) -> bool:
        dashboard = Dashboard(servers, **given)
        assert dashboard.start is not None
        found = dashboard.start.breaking
        assert (found is not None) == (found in dashboard.start.children)
        dashboard.close()
        return found is not None

    assert not has_it()
    assert has_it(laboratory=laboratory)
    for name, value in Breakable.of(laboratory).environment().items():
        monkeypatch.setenv(name, value)
    assert has_it()


def test_the_dashboard_shows_with_each_look_what_is_broken(
    servers: Servers, laboratory: Laboratory
) -> None:
    dashboard = Dashboard(servers, laboratory=laboratory)
    assert dashboard.start is not None
    box = dashboard.start.breaking
    assert box is not None
    box.toggle.value = True
    laboratory.inject("busy")
    dashboard.start.look()
    assert f"POP3, SMTP, IMAP: {FAULTS['busy'].title}" in seen(box)
    dashboard.speak("de")
    assert dashboard.start.breaking is not box, "made anew in the other language"
    dashboard.speak("en")
    dashboard.close()
