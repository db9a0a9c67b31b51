"""The send box of the Workflow form: what it offers, sends, shows, and never shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import ipywidgets as widgets
import pytest
from scripted import HANG, Scripted

from mailwidgets import Draft, Practice, Servers, rehearse
from mailwidgets.forms.form import SectionForm
from mailwidgets.forms.sending import SendBox

PATIENCE = 10  # seconds; on loopback all of this takes milliseconds
WORKFLOW, BEN = "workflow@practice.example", "ben@practice.example"


@pytest.fixture
def practice() -> Iterator[Practice]:
    with Practice.start() as running:
        yield running


@pytest.fixture
def form(practice: Practice, tmp_path: Path) -> Iterator[SectionForm]:
    opened = SectionForm(Draft(rehearse(practice, tmp_path / "practice")), "workflow")
    yield opened
    box_of(opened).close()
    opened.close()


@pytest.fixture
async def silent(servers: Servers) -> AsyncIterator[SendBox]:
    """A box whose server says nothing at all."""
    async with Scripted(None, {"": HANG}) as server:
        values = {"name": "127.0.0.1", "port": server.port, "sender": "a@b.example", "tls": "none"}
        servers.commit([servers.change(f"workflow.{key}", one) for key, one in values.items()])
        box = SendBox(Draft(servers), lambda _section, _fix: None)
        yield box
        following = box.results.following
        box.close()
        if following is not None:
            await asyncio.wait_for(following, PATIENCE)


def box_of(form: SectionForm) -> SendBox:
    assert form.sending is not None
    assert form.sending in form.children
    return form.sending


def states(widget: widgets.Widget) -> str:
    """All that the page is told of a widget and those within it."""
    within = "".join(states(child) for child in getattr(widget, "children", ()))
    return f"{widget.get_state()}{within}"


async def sent(box: SendBox) -> None:
    box.send.click()
    assert box.results.following is not None, box.message.value
    await asyncio.wait_for(box.results.following, PATIENCE)


@pytest.mark.parametrize("section", ["pop3", "smtp", "imap", "trust"])
def test_only_the_workflow_form_sends(draft: Draft, section: str) -> None:
    form = SectionForm(draft, section)

    assert form.sending is None


def test_the_sender_is_offered_as_recipient_until_another_is_typed(form: SectionForm) -> None:
    box = box_of(form)
    assert box.to.value == WORKFLOW
    assert box.to.description == "Send a test message to"

    form.draft.enter(("workflow", "sender"), "office@practice.example")
    assert box.to.value == "office@practice.example"

    box.to.value = BEN
    form.draft.enter(("workflow", "sender"), WORKFLOW)
    assert box.to.value == BEN


def test_the_way_that_a_message_will_go_follows_the_draft(form: SectionForm) -> None:
    box = box_of(form)
    assert "by SMTP through localhost as workflow@practice.example" in box.way.value

    form.draft.put(("workflow", "server_type"), "imap")
    assert "by IMAP into Outbox on localhost" in box.way.value
    assert "by SMTP through localhost as ana@practice.example" in box.way.value

    form.draft.put(("imap", "use_smtp_account"), value=True)
    assert "Use SMTP account is on" in box.way.value


async def test_a_message_is_sent_with_unsaved_edits_and_its_report_is_shown(
    form: SectionForm, practice: Practice
) -> None:
    box = box_of(form)
    box.to.value = BEN
    form.draft.enter(("workflow", "full_name"), "Büro")

    await sent(box)

    assert box.results.report is not None
    assert box.results.report.ok, str(box.results.report)
    assert "mw-passed" in box.results.verdict.html
    assert "Sent " in box.results.verdict.html
    assert b"From: =?utf-8?b?QsO8cm8=?=" in practice.messages(BEN)[-1]
    assert box.results.cancel.disabled


async def test_by_imap_it_lands_in_outbox(form: SectionForm, practice: Practice) -> None:
    form.draft.put(("workflow", "server_type"), "imap")
    form.draft.put(("workflow", "port"), practice.ports["imap"])

    await sent(box_of(form))

    (message,) = practice.messages(WORKFLOW, "Outbox")
    assert b"To: workflow@practice.example\r\n" in message


async def test_a_fix_for_the_smtp_settings_goes_into_the_smtp_section(
    form: SectionForm, practice: Practice
) -> None:
    form.draft.put(("workflow", "server_type"), "imap")
    form.draft.put(("imap", "use_smtp_account"), value=True)
    form.draft.put(("smtp", "port"), practice.ports["smtps"])
    form.draft.put(("smtp", "tls"), "none")
    box = box_of(form)
    await sent(box)
    assert box.results.report is not None
    assert box.results.report.code == "plain_on_tls_port"

    box.results.mend()

    assert form.draft.resolution()["smtp", "tls"].effective == "implicit"
    assert form.draft.resolution()["workflow", "tls"].effective == "require"


def test_an_address_that_is_none_is_refused_in_words(form: SectionForm) -> None:
    box = box_of(form)
    box.to.value = "nobody"
    box.send.click()

    assert "Not sent: Must be one e-mail address" in box.message.value
    assert box.results.running is None
    assert box.results.verdict.html == ""


def test_with_a_field_marked_as_wrong_nothing_is_sent(form: SectionForm) -> None:
    form.draft.enter(("workflow", "port"), "99x")
    box = box_of(form)
    box.send.click()

    assert "correct Port (c) first" in box.message.value
    assert box.results.running is None


@pytest.mark.parametrize("wrong", ["smtp.port", "trust.pins"])
def test_with_a_wrong_value_that_a_message_may_need_nothing_is_sent(
    form: SectionForm, wrong: str
) -> None:
    section, _, key = wrong.partition(".")
    form.draft.enter((section, key), "99x")
    box_of(form).send.click()

    assert "Not sent: correct " in box_of(form).message.value


async def test_while_one_is_under_way_no_other_can_be_sent_and_it_can_be_cancelled(
    silent: SendBox,
) -> None:
    silent.send.click()
    following = silent.results.following
    assert following is not None
    assert not silent.results.cancel.disabled
    silent.send.click()
    assert silent.results.following is following

    silent.results.cancel.click()
    await asyncio.wait_for(following, PATIENCE)

    assert silent.results.report is not None
    assert silent.results.report.code == "cancelled"


async def test_a_closed_box_cancels_what_is_under_way(silent: SendBox) -> None:
    silent.send.click()
    following = silent.results.following
    assert following is not None

    silent.close()
    await asyncio.wait_for(following, PATIENCE)

    assert silent.results.report is not None
    assert silent.results.report.code == "cancelled"


async def test_nothing_shown_holds_a_password_or_markup_of_others(form: SectionForm) -> None:
    form.draft.enter(("workflow", "password"), "c4nary-wrong")
    form.draft.enter(("workflow", "outbox"), "<img src=x>")
    form.draft.put(("workflow", "server_type"), "imap")
    box = box_of(form)
    assert "<img" not in box.way.value

    await sent(box)

    shown = states(box)
    assert "c4nary-wrong" not in shown + states(form)
    assert "workflow-practice" not in shown + states(form)
    assert "<img src" not in shown
