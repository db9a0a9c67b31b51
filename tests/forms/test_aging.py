"""A report stays until the settings it depends on change, and then says so."""

from __future__ import annotations

import pytest

from mailwidgets import Servers
from mailwidgets.draft.draft import Draft
from mailwidgets.forms.basis import Prints, differing, taken
from mailwidgets.forms.form import SectionForm
from mailwidgets.reports.report import Report, State, Step
from mailwidgets.settings.secret import Secret
from mailwidgets.settings.sections import SECTIONS


@pytest.fixture
def stored(servers: Servers) -> Servers:
    told = {"pop3.user": "ana", "pop3.password": "canary-1", "smtp.use_pop3_account": True}
    servers.commit([servers.change(name, value) for name, value in told.items()])
    return servers


def passed(draft: Draft, section: str) -> SectionForm:
    """Return a form whose check has just passed."""
    form = SectionForm(draft, section)
    form.results.begin()
    form.results.finish(Report(section, (Step("greeting", State.PASSED, 1.0),)))
    assert not form.results.stale
    return form


def test_it_ages_with_the_edit_and_is_new_again_with_its_undoing(stored: Servers) -> None:
    draft = Draft(stored)
    form = passed(draft, "smtp")

    draft.put(("smtp", "port"), 587)
    assert form.results.stale.endswith(", before you changed SMTP port (u).")
    assert "SMTP works" in form.results.verdict.html, "it is still there to read"
    assert "mw-stale" in form.results.verdict.html

    draft.discard()
    assert not form.results.stale
    assert "mw-stale" not in form.results.verdict.html


def test_saving_the_same_values_leaves_it_new(stored: Servers) -> None:
    draft = Draft(stored)
    draft.put(("smtp", "port"), 587)
    form = passed(draft, "smtp")

    draft.save()

    assert not form.results.stale


def test_saving_what_was_changed_since_leaves_it_old_and_ones_own(stored: Servers) -> None:
    draft = Draft(stored)
    form = passed(draft, "smtp")
    draft.put(("smtp", "port"), 587)

    draft.save()

    assert "before you changed SMTP port (u)" in form.results.stale


def test_a_typed_password_is_the_same_once_it_is_stored(stored: Servers) -> None:
    draft = Draft(stored)
    draft.enter(("pop3", "password"), "canary-2")
    form = passed(draft, "pop3")

    draft.save()
    assert not form.results.stale
    draft.enter(("pop3", "password"), "canary-3")

    assert "before you changed POP3: Password (u)" in form.results.stale
    assert "canary" not in repr(form.results._aging.__dict__)  # noqa: SLF001 - nothing is kept


def test_the_same_password_typed_again_is_the_same(stored: Servers) -> None:
    draft = Draft(stored)
    form = passed(draft, "pop3")

    draft.enter(("pop3", "password"), "canary-1")

    assert not form.results.stale


def test_a_borrowed_account_makes_the_borrower_old(stored: Servers) -> None:
    draft = Draft(stored)
    smtp, imap = passed(draft, "smtp"), passed(draft, "imap")

    draft.put(("pop3", "user"), "ben")

    assert "before you changed SMTP: User name (u)" in smtp.results.stale
    assert not imap.results.stale, "it has an account of its own"


def test_what_someone_else_saved_is_not_said_to_be_ones_own(stored: Servers) -> None:
    draft = Draft(stored)
    form = passed(draft, "smtp")

    stored.commit([stored.change("smtp.port", 465)])
    draft.refresh()

    assert form.results.stale.endswith(", before this changed: SMTP port (u).")


def test_every_check_depends_on_whom_the_company_trusts(stored: Servers) -> None:
    draft = Draft(stored)
    form = passed(draft, "imap")

    draft.put(("trust", "allowed_hosts"), ("mail.example.com",))

    assert form.results.stale


def test_a_new_check_is_about_the_new_values(stored: Servers) -> None:
    draft = Draft(stored)
    form = passed(draft, "smtp")
    draft.put(("smtp", "port"), 587)

    form.results.begin()
    form.results.finish(Report("smtp", (Step("greeting", State.PASSED, 1.0),)))

    assert not form.results.stale


def test_what_was_changed_while_it_ran_makes_it_old_at_once(stored: Servers) -> None:
    draft = Draft(stored)
    form = SectionForm(draft, "smtp")
    form.results.begin()
    draft.put(("smtp", "port"), 587)

    form.results.finish(Report("smtp", (Step("greeting", State.PASSED, 1.0),)))

    assert "before you changed SMTP port (u)" in form.results.stale


def test_workflow_takes_the_smtp_settings_only_where_mail_may_go_that_way(stored: Servers) -> None:
    draft = Draft(stored)
    by_smtp = set(taken(draft.resolution(), "workflow"))
    draft.put(("workflow", "server_type"), "imap")
    by_imap = set(taken(draft.resolution(), "workflow"))

    assert ("smtp", "port") not in by_smtp
    assert ("workflow", "outbox") not in by_smtp
    assert {("smtp", "port"), ("imap", "use_smtp_account"), ("workflow", "outbox")} <= by_imap
    assert ("imap", "port") not in by_imap


def test_the_name_in_a_letter_matters_only_where_one_is_sent(stored: Servers) -> None:
    resolution = Draft(stored).resolution()

    assert ("workflow", "full_name") not in set(taken(resolution, "workflow"))
    assert ("workflow", "full_name") in set(taken(resolution, "workflow", sending=True))


@pytest.mark.parametrize("section", ["pop3", "smtp", "imap"])
def test_a_check_takes_all_of_its_section_but_the_switch_to_borrow(
    stored: Servers, section: str
) -> None:
    keys = set(taken(Draft(stored).resolution(), section))
    own = {one.id for one in SECTIONS[section].settings()} - {(section, "use_pop3_account")}

    assert own <= keys


def test_two_fingerprints_say_nothing_of_their_secret(stored: Servers) -> None:
    draft = Draft(stored)
    draft.put(("pop3", "password"), Secret("canary-4"))
    resolution = draft.resolution()
    here, there = (Prints(stored.vault).basis(resolution, "pop3") for _ in range(2))

    assert "canary" not in repr(here)
    assert differing(here, there) == [("pop3", "password")], "each process salts anew"


def test_a_password_that_cannot_be_opened_is_another_than_any_other(
    stored: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILWIDGETS_KEY", "A" * 43 + "=")
    locked_out = Servers(stored.store, stored.identity)
    draft = Draft(locked_out)
    form = passed(draft, "pop3")

    draft.enter(("pop3", "password"), "canary-1")

    assert form.results.stale
