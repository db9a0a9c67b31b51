"""A save asks only where others are concerned, and says for whom."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from mailwidgets import Draft, Servers
from mailwidgets.errors import StoreError
from mailwidgets.forms import saving
from mailwidgets.forms.concern import concern, sentences
from mailwidgets.forms.form import SectionForm
from mailwidgets.forms.saving import SaveBar
from mailwidgets.settings.levels import Level

PATIENCE = 10  # seconds


@pytest.fixture
def others(servers: Servers) -> Servers:
    """Ben and Eva have stored something; Eva has a port of her own."""
    for user, workstation, name, value in (
        ("ben", "WS-02", "smtp.user", "ben"),
        ("ben", "WS-02", "pop3.name", "pop.example.com"),
        ("eva", "WS-03", "smtp.port", 2525),
    ):
        other = servers.as_seen_by(user, workstation)
        other.commit([other.change(name, value)])
    return servers


def at_company(servers: Servers, section: str = "smtp") -> SectionForm:
    draft = Draft(servers)
    draft.at_company = True
    return SectionForm(draft, section)


def test_a_save_of_ones_own_asks_nobody_and_looks_at_nobody(
    others: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = SectionForm(Draft(others), "smtp")
    monkeypatch.setattr(saving, "concern", pytest.fail)
    form.draft.put(("smtp", "port"), 587)

    form.save.click()

    assert "Saved 1 setting." in form.message.value
    assert form.bar.question.html == ""


def test_what_nobody_else_notices_is_saved_without_a_question(others: Servers) -> None:
    form = at_company(others)
    form.draft.put(("smtp", "port"), 25)  # the default: it comes from elsewhere, and is the same

    form.save.click()

    assert "Saved 1 setting." in form.message.value


def test_the_first_person_in_a_store_is_asked_nothing(servers: Servers) -> None:
    form = at_company(servers)
    form.draft.put(("smtp", "port"), 587)

    form.save.click()

    assert servers.resolve()["smtp", "port"].company == 587


def test_what_others_notice_is_asked_and_says_for_whom(others: Servers) -> None:
    form = at_company(others)
    form.draft.put(("smtp", "port"), 587)

    form.save.click()

    html = form.bar.question.html
    assert "This changes what 1 other has in force: SMTP port (u), for ben." in html
    assert "It holds for everyone who has stored nothing, too." in html
    assert "eva" not in html, "who has a value of their own"
    assert "<td>25</td><td>587</td>" in html
    assert form.bar.question.said.startswith("This changes what 1 other has")
    assert others.resolve()["smtp", "port"].company is None

    form.bar.act("save")

    assert others.resolve()["smtp", "port"].company == 587
    assert form.bar.question.html == ""
    assert "Saved 1 setting." in form.message.value


def test_back_saves_nothing_and_keeps_the_edit(others: Servers) -> None:
    form = at_company(others)
    form.draft.put(("smtp", "port"), 587)
    form.save.click()

    form.bar.act("back")

    assert form.bar.question.html == ""
    assert len(form.draft.changes()) == 1
    form.bar.act("save")
    assert others.resolve()["smtp", "port"].company is None, "nothing is asked any more"


def test_a_setting_of_the_company_is_everyones(others: Servers) -> None:
    form = SectionForm(Draft(others), "workflow")
    form.draft.put(("workflow", "port"), 587)

    form.save.click()

    assert "2 others have in force: Workflow e-mail: Port (c), for ben, eva." in (
        form.bar.question.html
    )
    assert "<td>everyone</td>" in form.bar.question.html


def test_a_workstations_setting_names_the_workstations(others: Servers) -> None:
    form = at_company(others)
    form.draft.put(("smtp", "name"), "mail.example.com")

    form.save.click()

    told = form.bar.question.html
    assert "This changes what is in force on 1 other workstation: SMTP: Name (m), on WS-02." in told


def test_many_are_counted_and_all_listed_in_the_fold(servers: Servers) -> None:
    for number in range(37):
        other = servers.as_seen_by(f"u{number:02}")
        other.commit([other.change("smtp.user", "x")])
    form = at_company(servers)
    form.draft.put(("smtp", "port"), 587)

    form.save.click()

    html = form.bar.question.html
    assert (
        "This changes what 37 others have in force: SMTP port (u),"
        " for u00, u01, u02 … (and 34 more)." in html
    )
    assert "u36" in html


def test_what_changes_while_it_is_asked_is_asked_again(others: Servers) -> None:
    form = at_company(others)
    form.draft.put(("smtp", "port"), 587)
    form.save.click()

    form.draft.put(("smtp", "tls"), "require")

    assert form.bar.question.html == ""
    assert "what is to be saved has changed" in form.message.value
    form.bar.act("save")
    assert others.resolve()["smtp", "port"].company is None
    form.save.click()
    assert "SMTP port (u), SMTP: Use TLS/SSL (u), for ben" in form.bar.question.html


def test_a_store_in_trouble_leaves_it_to_the_person(
    others: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StoreError("the share is gone")

    form = at_company(others)
    form.draft.put(("smtp", "port"), 587)
    monkeypatch.setattr(others.store, "places", lost)

    form.save.click()
    assert "Whom this concerns cannot be found out: the share is gone." in form.bar.question.html
    form.bar.act("save")

    assert "Saved 1 setting." in form.message.value


def test_a_password_is_told_of_and_not_told(others: Servers) -> None:
    form = at_company(others)
    form.draft.enter(("smtp", "password"), "canary-1")

    form.save.click()

    assert "SMTP: Password (u), for ben" in form.bar.question.html
    assert "canary" not in form.bar.question.html
    form.close()


def test_a_document_that_cannot_be_read_is_named(others: Servers) -> None:
    changes = [others.change("smtp.port", 587, level=Level.COMPANY)]
    (Path(others.store.location) / "users" / "ben.json").write_text("{", "utf-8")

    told = sentences(concern(others, changes))

    assert "Not known: " in told[-1]
    assert "ben.json" in told[-1]


async def asked(bar: SaveBar) -> None:
    assert bar.looking is not None
    await asyncio.wait_for(asyncio.shield(bar.looking), PATIENCE)


async def test_the_look_goes_on_beside_the_loop_and_is_cancelled(
    others: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, go_on = at_company(others), threading.Event()
    monkeypatch.setattr(
        saving, "concern", lambda *given: (go_on.wait(PATIENCE), concern(*given))[1]
    )
    form.draft.put(("smtp", "port"), 587)
    form.save.click()
    assert "Looking whom this concerns …" in form.bar.question.html
    assert not form.save.disabled, "or it would lose the focus"
    form.save.click()
    form.bar.act("save")
    assert "Looking" in form.bar.question.html, "nothing is asked yet"

    form.bar.act("back")
    go_on.set()

    assert form.bar.looking is None
    assert form.bar.question.html == ""
    form.save.click()
    await asked(form.bar)
    assert "This changes what 1 other has in force" in form.bar.question.html
    form.bar.act("save")
    assert form.bar.saving is not None
    await asyncio.wait_for(asyncio.shield(form.bar.saving), PATIENCE)
    assert "Saved 1 setting." in form.message.value
    form.close()


async def test_what_changes_while_it_is_looked_ends_the_look(
    others: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, go_on = at_company(others), threading.Event()
    monkeypatch.setattr(
        saving, "concern", lambda *given: (go_on.wait(PATIENCE), concern(*given))[1]
    )
    form.draft.put(("smtp", "port"), 587)
    form.save.click()
    form.draft.put(("smtp", "port"), 465)

    assert form.bar.looking is None
    assert "what is to be saved has changed" in form.message.value
    go_on.set()
    form.close()


def test_a_form_that_nobody_sees_follows_when_it_is_seen_again(draft: Draft) -> None:
    form = SectionForm(draft, "pop3")
    form.visible = False
    draft.enter(("pop3", "port"), "995")
    assert form.rows["port"].control.widget.value == ""

    form.visible = True

    assert form.rows["port"].control.widget.value == "995"
    assert not form.save.disabled


def test_one_key_is_resolved_once_for_all_forms(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, asked_for = Draft(servers), []
    forms = [SectionForm(draft, one) for one in ("pop3", "smtp", "imap", "workflow")]
    resolve = servers.resolve
    monkeypatch.setattr(
        servers, "resolve", lambda **given: (asked_for.append(given), resolve(**given))[1]
    )

    draft.enter(("pop3", "timeout"), "7")

    assert len(asked_for) == 1
    for form in forms:
        form.close()
