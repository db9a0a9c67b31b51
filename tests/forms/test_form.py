from __future__ import annotations

import asyncio
import csv
import re
from collections.abc import AsyncIterator
from pathlib import Path

import ipywidgets as widgets
import pytest
from scripted import HANG, Scripted

from mailwidgets import Draft, Servers
from mailwidgets.errors import Conflict
from mailwidgets.forms.form import SectionForm
from mailwidgets.forms.row import Row
from mailwidgets.reports.report import Finding, Report, State, Step
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.vault.vault import Vault

PANEL = Path(__file__).parent.parent / "settings" / "panel.csv"
PATIENCE = 10  # seconds; a check on loopback takes milliseconds
GREETING = re.compile("<tr class='mw-running'><th scope='row'>Greeting")


@pytest.fixture
def form(draft: Draft) -> SectionForm:
    return SectionForm(draft, "pop3")


def classes(widget: widgets.DOMWidget) -> tuple[str, ...]:
    """Return the classes by which the style sheet knows it."""
    return tuple(widget.get_state("_dom_classes")["_dom_classes"])


def type_into(row: Row, text: str) -> None:
    """Send what a page sends when somebody types."""
    row.control.widget.set_state({"value": text})


@pytest.mark.parametrize("section", ["pop3", "smtp", "imap", "workflow"])
def test_a_form_has_the_panels_fields_in_the_panels_order(draft: Draft, section: str) -> None:
    with PANEL.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["section"] == section]
    panel = [f"{row['label']} ({Level(row['level']).mark})" for row in rows]

    form = SectionForm(draft, section)

    fields = [row for row in form.rows.values() if not row.setting.ours]
    assert [row.control.widget.description for row in fields] == panel


@pytest.mark.parametrize(
    ("section", "label"),
    [
        ("pop3", "Test POP3"),
        ("smtp", "Test SMTP"),
        ("imap", "Test IMAP"),
        ("workflow", "Test server"),
    ],
)
def test_each_section_has_its_test_button(draft: Draft, section: str, label: str) -> None:
    assert SectionForm(draft, section).test.description == label


def test_an_untouched_form_has_nothing_to_save(form: SectionForm) -> None:
    assert form.save.disabled
    assert form.discard.disabled
    assert form.results.cancel.disabled
    assert not form.test.disabled


def test_a_save_stores_and_says_how_much(form: SectionForm, servers: Servers) -> None:
    type_into(form.rows["port"], "995")
    type_into(form.rows["user"], "ana@example.com")
    assert "not saved" in form.rows["port"].note.value
    assert "2 changes not saved" in form.status.value

    form.save.click()

    assert "Saved 2 settings." in form.message.value
    assert servers.resolve()["pop3", "port"].effective == 995
    assert form.save.disabled
    assert "not saved" not in form.rows["port"].note.value


def test_a_wrong_value_is_marked_at_its_field_and_cannot_be_saved(
    form: SectionForm, servers: Servers
) -> None:
    row = form.rows["port"]
    type_into(row, "99x")

    assert "Must be a whole number from 1 to 65535" in row.note.value
    assert "mw-invalid" in classes(row)
    assert row.control.widget.value == "99x"
    assert form.save.disabled
    assert "POP3 port (u)" in form.status.value
    assert servers.resolve()["pop3", "port"].effective == 110

    type_into(row, "995")

    assert "mw-invalid" not in classes(row)
    assert not form.save.disabled


def test_a_discard_returns_to_what_is_stored(form: SectionForm) -> None:
    type_into(form.rows["port"], "99x")
    type_into(form.rows["timeout"], "7")

    form.discard.click()

    assert form.rows["port"].control.widget.value == ""
    assert form.rows["timeout"].control.widget.value == ""
    assert form.discard.disabled


def test_an_unsaved_list_choice_is_stored_at_the_settings_own_level(
    form: SectionForm, servers: Servers
) -> None:
    form.rows["tls"].control.widget.value = False
    form.save.click()

    assert servers.resolve()["pop3", "tls"].user is False


def test_the_way_back_uses_the_inherited_value(form: SectionForm, servers: Servers) -> None:
    servers.commit([servers.change("pop3.port", 1110, level=Level.COMPANY)])
    form.draft.refresh()
    row = form.rows["port"]
    type_into(row, "995")
    assert "Instead of the company&#x27;s: 1110." in row.note.value

    assert row.reset is not None
    assert row.reset.description == "Use inherited: 1110"
    row.reset.click()

    assert (row.control.widget.value, row.control.widget.placeholder) == ("", "1110")
    assert "mw-resettable" not in classes(row)


def test_a_locked_field_is_read_only_and_says_why(form: SectionForm, servers: Servers) -> None:
    servers.commit(
        [
            servers.change("pop3.port", 995),
            servers.change("pop3.port", 1110, level=Level.COMPANY),
            servers.lock("pop3.port", "one <server> for all"),
        ]
    )
    form.draft.refresh()
    row = form.rows["port"]

    assert row.control.widget.disabled
    assert row.control.widget.value == "1110"
    assert "Locked by the company: one &lt;server&gt; for all" in row.note.value
    assert "own value is not in force: 995" in row.note.value


def test_an_edit_that_a_lock_overtakes_can_be_dropped_alone(
    form: SectionForm, servers: Servers
) -> None:
    port, timeout, user = (form.rows[key] for key in ("port", "timeout", "user"))
    type_into(port, "995")
    type_into(timeout, "12x")
    type_into(user, "ana")
    servers.commit([servers.lock("pop3.port", "why"), servers.lock("pop3.timeout", "why")])
    form.draft.refresh()
    assert form.save.disabled

    for row in (port, timeout):
        assert row.control.widget.disabled
        assert row.reset is not None
        assert row.reset.description == "Discard this edit"
        row.reset.click()
        assert not {"mw-resettable", "mw-invalid", "mw-changed"} & set(classes(row))

    assert (port.control.widget.value, timeout.control.widget.value) == ("110", "30")
    assert [change.key for change in form.draft.changes()] == [("pop3", "user")]
    assert not form.save.disabled


def test_a_lock_that_may_not_be_saved_any_more_can_be_dropped_alone(
    form: SectionForm, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    form.draft.at_company = True
    row = form.rows["port"]
    assert row.lock is not None
    row.lock.ticked.value = True
    monkeypatch.setattr(servers.store, "refusal", lambda _: "not yours")
    form.draft.refresh()

    assert row.reset is not None
    row.reset.click()

    assert not form.draft.changes()
    assert not row.lock.ticked.value


def test_a_stored_value_that_does_not_fit_is_said_to_be_passed_over(
    form: SectionForm, servers: Servers, tmp_path: Path
) -> None:
    servers.commit([servers.change("pop3.port", 995)])
    document = tmp_path / "store" / "users" / "ana.json"
    document.write_text(document.read_text("utf-8").replace("995", '"abc"'), "utf-8")

    form.draft.refresh()

    said = "What is stored is passed over: "
    assert said in form.rows["port"].note.value
    assert "from 1 to 65535" in form.rows["port"].note.value


def test_a_borrowed_account_is_read_only_and_shows_its_origin(
    draft: Draft, servers: Servers
) -> None:
    servers.commit([servers.change("pop3.user", "ana"), servers.change("pop3.password", "canary")])
    draft.refresh()
    form = SectionForm(draft, "smtp")

    form.rows["use_pop3_account"].control.widget.value = True

    assert form.rows["user"].control.widget.disabled
    assert form.rows["user"].control.widget.value == "ana"
    assert "from POP3 (user)" in form.rows["user"].note.value
    assert form.rows["password"].control.widget.placeholder == "set"
    form.rows["use_pop3_account"].control.widget.value = False
    assert not form.rows["user"].control.widget.disabled
    assert form.rows["user"].control.widget.value == ""


def test_a_lock_is_set_and_lifted_at_the_companys_level(
    form: SectionForm, servers: Servers
) -> None:
    form.draft.at_company = True
    row = form.rows["port"]
    assert row.lock is not None
    row.lock.ticked.value = True
    row.lock.reason.set_state({"value": "one server for all"})
    form.save.click()
    assert servers.resolve()["pop3", "port"].locked == "one server for all"

    row.lock.ticked.value = False
    form.save.click()
    assert servers.resolve()["pop3", "port"].locked is None


def test_a_company_setting_has_no_lock(draft: Draft) -> None:
    form = SectionForm(draft, "workflow")
    draft.at_company = True

    assert form.rows["port"].lock is None


def test_a_level_that_may_not_be_written_is_read_only(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        servers.store, "refusal", lambda place: "" if place.level is Level.USER else "not yours"
    )
    form = SectionForm(Draft(servers), "pop3")

    assert form.rows["name"].control.widget.disabled
    assert "Read-only: the reason stands above." in form.rows["name"].note.value
    assert (
        "cannot change the workstation&#x27;s (m) settings here: not yours." in form.refused.value
    )
    assert not form.rows["port"].control.widget.disabled


def test_a_conflict_shows_all_three_sides_and_keeps_the_draft(
    form: SectionForm, servers: Servers
) -> None:
    type_into(form.rows["port"], "995")
    servers.commit([servers.change("pop3.port", 1110)])

    form.save.click()

    assert "someone else changed the same" in form.message.value
    box = form.rows["port"].clashes[False]
    for told in ("POP3 port (u)", "1110", "995"):
        assert told in box.told.value + box.mine.description
    assert servers.resolve()["pop3", "port"].effective == 1110
    box.mine.click()
    form.save.click()
    assert servers.resolve()["pop3", "port"].effective == 995


def test_a_store_that_refuses_is_reported_and_the_draft_kept(
    form: SectionForm, tmp_path: Path
) -> None:
    type_into(form.rows["port"], "995")
    (tmp_path / "store").write_text("a file where the folder should be", encoding="utf-8")

    form.save.click()

    assert "mw-bad" in form.message.value
    assert "The save failed: " in form.message.value
    assert not form.save.disabled


def test_a_conflict_that_no_field_shows_is_told_as_the_store_does(
    form: SectionForm, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise Conflict("Nothing was stored: another key was published meanwhile")

    monkeypatch.setattr(servers.store, "commit", refused)
    type_into(form.rows["port"], "995")
    form.save.click()

    assert "another key was published meanwhile" in form.message.value
    assert "at each field" not in form.message.value


def test_a_typed_password_is_saved_and_nowhere_to_be_seen(
    form: SectionForm, servers: Servers
) -> None:
    row = form.rows["password"]
    type_into(row, "canary-1")
    assert row.control.widget.placeholder == "typed, not saved yet"

    form.save.click()

    assert row.control.widget.placeholder == "set"
    assert servers.targets().login("pop3").password == "canary-1"
    told = [str(widget.get_state()) for widget in (row.control.widget, row.note, form.message)]
    assert "canary-1" not in "".join(told)


def test_our_own_settings_are_folded(form: SectionForm) -> None:
    fold = form.children[form.children.index(form.advanced) + 1]
    assert list(fold.children) == [form.rows["token"]]
    assert "mw-folded" in classes(fold)

    form.advanced.value = True

    assert "mw-folded" not in classes(fold)


def test_a_test_with_a_wrong_field_is_refused(form: SectionForm) -> None:
    form.results.begin()
    form.results.finish(Report("pop3", (Step("greeting", State.PASSED),)))
    type_into(form.rows["port"], "99x")

    form.test.click()

    assert "Not tested: correct POP3 port (u) first." in form.message.value
    assert "before you changed POP3 port (u)." in form.results.verdict.html, "and says it is old"
    assert form.results.running is None


def test_a_test_with_a_wrong_pin_is_refused(form: SectionForm) -> None:
    form.draft.enter(("trust", "pins"), "99x")

    form.test.click()

    assert "Not tested: correct Pinned certificates (c) first." in form.message.value


@pytest.fixture
async def silent() -> AsyncIterator[Scripted]:
    async with Scripted(None, {"": HANG}) as server:
        yield server


async def settled(form: SectionForm) -> None:
    """Wait until the running check is shown as ended."""
    following = form.results.following
    assert following is not None
    await asyncio.wait_for(asyncio.shield(following), PATIENCE)


async def test_a_test_uses_the_draft_and_shows_its_steps(
    form: SectionForm, silent: Scripted
) -> None:
    type_into(form.rows["name"], "127.0.0.1")
    type_into(form.rows["port"], str(silent.port))
    form.rows["tls"].control.widget.value = False
    waiting = asyncio.Event()
    form.results.list.observe(
        lambda change: waiting.set() if GREETING.search(change.new) else None, "html"
    )
    form.test.click()
    assert "mw-busy" in classes(form.test)
    assert not form.results.cancel.disabled
    form.test.click()
    await asyncio.wait_for(waiting.wait(), PATIENCE)
    assert silent.connections == 1
    assert "<progress" in form.results.verdict.html

    form.results.cancel.click()
    await settled(form)

    assert form.results.report is not None
    assert form.results.report.code == "cancelled"
    assert "mw-busy" not in classes(form.test)
    assert form.results.cancel.disabled
    assert "cancelled" in form.results.verdict.html


async def test_a_closed_form_cancels_its_check(form: SectionForm, silent: Scripted) -> None:
    type_into(form.rows["name"], "127.0.0.1")
    type_into(form.rows["port"], str(silent.port))
    form.test.click()
    following = form.results.following
    assert following is not None

    form.close()

    await asyncio.wait_for(asyncio.shield(following), PATIENCE)


def test_a_fix_fills_the_draft(form: SectionForm) -> None:
    finding = Finding("plain_on_tls_port", "", "", "", "port", fix=(("port", 995),))
    step = Step("greeting", State.FAILED, finding=finding)
    form.results.finish(Report("pop3", (step,)))
    assert "Apply this fix: POP3 port (u) 995</button>" in form.results.verdict.html

    form.results.mend()

    assert form.rows["port"].control.widget.value == "995"
    assert not form.save.disabled
    assert "Apply this fix" not in form.results.verdict.html
    assert "test again, then save" in form.message.value


def test_a_fix_for_another_section_goes_to_its_form(draft: Draft) -> None:
    workflow, smtp = SectionForm(draft, "workflow"), SectionForm(draft, "smtp")
    finding = Finding("refused", "", "", "", "port", fix=(("port", 465),), section="smtp")
    step = Step("connection", State.FAILED, finding=finding, via="smtp")
    workflow.results.finish(Report("workflow", (step,)))

    workflow.results.mend()

    assert smtp.rows["port"].control.widget.value == "465"
    assert [change.key for change in draft.changes()] == [("smtp", "port")]
    assert "In the form SMTP now" in workflow.message.value


def test_a_fix_does_not_slip_past_a_lock(form: SectionForm, servers: Servers) -> None:
    servers.commit([servers.lock("pop3.port", "why")])
    form.draft.refresh()
    finding = Finding("plain_on_tls_port", "", "", "", "port", fix=(("port", 995),))
    form.results.finish(Report("pop3", (Step("greeting", State.FAILED, finding=finding),)))

    form.results.mend()

    assert "cannot be changed here" in form.message.value
    assert not form.draft.changes()


def test_what_is_odd_about_the_settings_is_told_while_they_are_typed(draft: Draft) -> None:
    form = SectionForm(draft, "smtp")
    draft.enter(("smtp", "port"), "465")
    draft.put(("smtp", "tls"), "none")
    assert form.odd.value == "", "nothing is odd about a section that names no server"

    draft.enter(("smtp", "name"), "mail.example.com")
    assert "Port 465 usually begins with TLS" in form.odd.value

    draft.put(("smtp", "tls"), "implicit")
    assert form.odd.value == ""
    form.close()


def test_news_is_marked_at_its_field_and_leaves_an_edit_alone(
    form: SectionForm, servers: Servers
) -> None:
    type_into(form.rows["timeout"], "7")
    servers.author = "bob"
    servers.commit([servers.change("pop3.port", 587)])

    form.draft.refresh()

    assert form.rows["port"].control.widget.value == "587"
    assert "Changed elsewhere: not set → 587 (by bob, " in form.rows["port"].note.value
    assert "mw-elsewhere" in classes(form.rows["port"])
    assert form.rows["timeout"].control.widget.value == "7"
    type_into(form.rows["port"], "588")
    assert "elsewhere" not in form.rows["port"].note.value


def test_news_does_not_take_away_what_a_button_has_said(
    form: SectionForm, servers: Servers
) -> None:
    type_into(form.rows["timeout"], "7")
    form.save.click()
    servers.commit([servers.change("pop3.port", 587)])
    form.draft.refresh()
    assert "Saved 1 setting." in form.message.value

    type_into(form.rows["timeout"], "8")

    assert form.message.value == ""


def test_a_half_typed_value_stays_while_another_is_stored(
    form: SectionForm, servers: Servers
) -> None:
    type_into(form.rows["port"], "99x")
    servers.commit([servers.change("pop3.port", 587)])

    form.draft.refresh()

    assert form.rows["port"].control.widget.value == "99x"
    assert "Not valid" in form.rows["port"].note.value


def test_a_conflict_is_decided_at_its_field(form: SectionForm, servers: Servers) -> None:
    type_into(form.rows["port"], "995")
    servers.commit([servers.change("pop3.port", 1110)])
    form.draft.refresh()
    box = form.rows["port"].clashes[False]
    for told in ("not set", "1110", "995"):
        assert told in box.told.value
    assert (box.mine.description, box.theirs.description) == (
        "Keep mine: POP3 port (u)",
        "Take theirs: POP3 port (u)",
    )
    assert "To be decided: POP3 port (u)." in form.status.value

    box.theirs.click()

    assert form.rows["port"].control.widget.value == "1110"
    assert "mw-folded" in classes(box)
    assert "mw-clashing" not in classes(form.rows["port"])


def test_a_conflict_about_a_lock_is_decided_apart(form: SectionForm, servers: Servers) -> None:
    form.draft.at_company = True
    row = form.rows["port"]
    assert row.lock is not None
    row.lock.ticked.value = True
    row.lock.reason.set_state({"value": "mine"})
    servers.commit([servers.lock("pop3.port", "theirs")])
    form.draft.refresh()
    assert list(row.clashes) == [True]

    form.draft.at_company = False
    assert "mw-clashing" not in classes(row), "it is about the company's level"
    assert "To be decided: lock of POP3 port (u)." in form.status.value
    form.draft.at_company = True
    row.clashes[True].mine.click()
    form.save.click()

    assert servers.resolve()["pop3", "port"].locked == "mine"


def test_a_password_that_cannot_be_opened_here_says_why_and_is_not_overwritten(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.commit([servers.change("pop3.password", "canary"), servers.change("pop3.port", 995)])
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    form = SectionForm(Draft(Servers(servers.store, servers.identity)), "pop3")
    row = form.rows["password"]

    assert row.control.widget.placeholder == "set, but cannot be read here"
    assert "Set, but cannot be read here: it was encrypted with another key" in row.note.value
    assert "set it anew." in row.note.value
    type_into(form.rows["port"], "1995")
    form.save.click()

    assert servers.targets().login("pop3").password == "canary"
    type_into(row, "anew")
    assert "cannot be read" not in row.note.value


def test_a_companys_password_that_cannot_be_opened_here_says_so_at_the_users_field(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.commit([servers.change("pop3.password", "canary", level=Level.COMPANY)])
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    draft = Draft(Servers(servers.store, servers.identity))
    row = SectionForm(draft, "pop3").rows["password"]

    assert "Set, but cannot be read here" in row.note.value
    draft.at_company = True
    assert "Set, but cannot be read here" in row.note.value


def test_a_password_that_nobody_here_can_encrypt_says_so_beforehand(servers: Servers) -> None:
    vault = Vault.from_environment({}, user="bob")
    acting = Servers(servers.store, Identity("bob", "WS-01"), vault=vault)
    row = SectionForm(Draft(acting), "pop3").rows["password"]

    assert "bob has published no key" in row.note.value
