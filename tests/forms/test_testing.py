"""All servers tested together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from scripted import HANG, Scripted

from mailwidgets import Draft, Practice, Servers, rehearse
from mailwidgets.forms.form import SectionForm
from mailwidgets.forms.results import CheckView
from mailwidgets.forms.testing import TestAll

PATIENCE = 20  # seconds; on loopback all of this takes milliseconds


class Forms:
    """Makes forms when they are asked for, and notes where a person was led."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.made: dict[str, SectionForm] = {}
        self.shown: list[str] = []

    def view(self, section: str) -> CheckView:
        if section not in self.made:
            self.made[section] = SectionForm(self.draft, section)
        return self.made[section].results

    def together(self) -> TestAll:
        return TestAll(self.draft, self.view, self.shown.append)

    def close(self) -> None:
        for form in self.made.values():
            form.close()


@pytest.fixture
def practised(tmp_path: Path) -> Iterator[Forms]:
    with Practice.start() as practice:
        forms = Forms(Draft(rehearse(practice, tmp_path / "practice")))
        yield forms
        forms.close()


@pytest.fixture
async def silent(servers: Servers) -> AsyncIterator[Forms]:
    """Two sections whose server says nothing at all."""
    async with Scripted(None, {"": HANG}) as server:
        told = {
            f"{section}.{key}": value
            for section in ("pop3", "imap")
            for key, value in (("name", "127.0.0.1"), ("port", server.port), ("tls", False))
        }
        servers.commit([servers.change(name, value) for name, value in told.items()])
        forms = Forms(Draft(servers))
        yield forms
        forms.close()


async def ended(forms: Forms) -> None:
    following = [form.results.following for form in forms.made.values()]
    await asyncio.wait_for(asyncio.gather(*(one for one in following if one)), PATIENCE)


def test_nothing_is_made_before_it_is_wanted(practised: Forms) -> None:
    together = practised.together()

    assert not practised.made
    assert "mw-chips" not in together.panel.html, "no chip has anything to tell"
    assert "0 of 4 servers are tested as they are set now." in together.panel.html
    together.close()


def test_what_is_not_set_up_is_named_as_such(draft: Draft) -> None:
    together = Forms(draft).together()

    assert "mw-chips" not in together.panel.html
    assert "No server is set up yet." in together.panel.html
    assert "data-act='all' aria-disabled='true'" in together.panel.html
    together.close()


async def test_all_that_are_set_up_are_tested_together(practised: Forms) -> None:
    practised.draft.put(("imap", "name"), None)
    together = practised.together()

    together.act("all")
    assert set(practised.made) == {"pop3", "smtp", "workflow"}
    assert all(form.results.running for form in practised.made.values()), "at once"
    assert "3 checks run." in together.panel.html
    await ended(practised)

    for told in ("POP3 works", "SMTP works", "Workflow e-mail works", "Not set up"):
        assert told in together.panel.html
    assert "All 3 servers work." in together.panel.html
    assert together.panel.said == "All 3 servers work."
    together.close()


async def test_what_does_not_work_is_named_and_led_to(practised: Forms) -> None:
    practised.draft.put(("smtp", "tls"), "implicit")
    together = practised.together()
    together.test()
    await ended(practised)
    assert together.panel.said == "1 of 4 tested servers does not work: SMTP."

    together.act("show", "smtp")
    together.act("show", "trust")

    assert practised.shown == ["smtp"]
    together.close()


async def test_what_is_old_does_not_count_though_nobody_sees_its_form(practised: Forms) -> None:
    together = practised.together()
    together.test()
    await ended(practised)
    for form in practised.made.values():
        form.visible = False

    practised.draft.put(("imap", "timeout"), 11)

    assert "3 of 4 servers are tested as they are set now." in together.panel.html
    assert "before you changed IMAP: Timeout (sec) (u)." in together.panel.html
    together.close()


async def test_a_check_started_in_its_form_is_told_too(practised: Forms) -> None:
    together = practised.together()
    together.follow("pop3", practised.view("pop3"))
    practised.made["pop3"].test.click()
    await ended(practised)

    assert "POP3 works" in together.panel.html
    together.close()


async def test_all_are_cancelled_together(silent: Forms) -> None:
    together = silent.together()
    together.act("all")
    assert "data-act='stop'" in together.panel.html

    together.act("stop")
    await ended(silent)

    reports = [form.results.report for form in silent.made.values()]
    assert [one.code for one in reports if one] == ["cancelled", "cancelled"]
    assert "data-act='stop'" not in together.panel.html
    together.close()


async def test_a_wrong_field_keeps_only_its_own_section(practised: Forms) -> None:
    practised.draft.enter(("pop3", "port"), "99x")
    together = practised.together()
    together.test()
    await ended(practised)

    assert "Not tested: correct POP3 port (u) first." in together.panel.html
    assert "SMTP works" in together.panel.html
    together.close()


async def test_a_closed_one_follows_nothing(practised: Forms) -> None:
    together = practised.together()
    together.test()
    await ended(practised)
    html = together.panel.html
    together.close()

    practised.draft.put(("imap", "timeout"), 11)

    assert together.panel.html == html
