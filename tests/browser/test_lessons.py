"""A learner in JupyterLab: lesson 1 and an exam from beginning to end, by what is seen alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab_server import jupyter_server
from playwright.sync_api import Browser, Locator, expect
from visits import Visit, leave

from mailwidgets.lessons.exam import drawn
from mailwidgets.lessons.results import read

LESSONS = Path(__file__).parents[2] / "notebooks" / "lessons"
Solve = Callable[["Learner"], None]


class Learner:
    """Somebody at an exercise in a notebook."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.page = visit.page

    def begin(self, title: str) -> None:
        """Begin the exercise of that title and wait for its bench."""
        card = self.page.get_by_role("region", name=title)
        card.get_by_role("button", name="Begin", exact=True).click()
        expect(card.get_by_role("button", name="Begin again")).to_be_visible()
        expect(self.page.get_by_role("button", name="Check my work")).to_have_count(1)

    def sheet(self, row: str, column: str) -> str:
        """Read the provider's sheet, which the lesson's first cell has shown."""
        table = self.page.locator(".jp-RenderedHTMLCommon table").first
        heads = table.locator("thead th").all_text_contents()
        line = table.locator("tbody tr").filter(has=self.page.get_by_text(row, exact=True))
        return line.locator("th, td").nth(heads.index(column)).text_content() or ""

    def tab(self, name: str) -> None:
        """Turn to a tab of the dashboard."""
        self.visit.tab(name)

    def field(self, label: str) -> Locator:
        """Return a field of the form that is shown."""
        return self.page.get_by_label(label, exact=True).locator("visible=true")

    def fill(self, **fields: str) -> None:
        """Type into fields, by label with ``_`` for blanks."""
        for label, text in fields.items():
            self.field(f"{label.replace('_', ' ')} (u)").fill(text)

    def save(self) -> None:
        """Save the form that is shown."""
        self.visit.press("Save")
        expect(self.page.get_by_text(re.compile(r"Saved \d+ setting"))).to_be_visible()

    def check(self, said: str) -> None:
        """Have the work looked at."""
        self.visit.press("Check my work")
        expect(self.page.locator(".mw-task .mw-verdict")).to_contain_text(said)


@contextmanager
def at_work(browser: Browser, folder: Path, name: str) -> Iterator[Learner]:
    """Open a lesson in JupyterLab and run all of its cells."""
    with jupyter_server(folder, LESSONS / name, MAILWIDGETS_LEARNER="Žiga") as url:
        visit = Visit(browser.new_context(viewport={"width": 1280, "height": 900}).new_page())
        visit.record()
        visit.page.goto(f"{url}/lab/tree/{name}?token=t")
        kernel = visit.page.get_by_role("button", name="Python 3 (ipykernel) | Idle")
        expect(kernel).to_be_visible(timeout=60_000)
        visit.page.get_by_role("menuitem", name="Run", exact=True).click()
        visit.page.locator('[data-command="runmenu:run-all"]').click()
        expect(visit.page.get_by_role("button", name="Begin", exact=True).first).to_be_visible()
        yield Learner(visit)
        assert visit.hosts() == {"127.0.0.1"}
        assert not visit.errors
        leave(visit.page.context)


def test_lesson_1_is_completed_by_what_is_seen(whole_browser: Browser, tmp_path: Path) -> None:
    with at_work(whole_browser, tmp_path, "1-a-first-account.ipynb") as learner:
        learner.begin("1.1 Fetch mail by POP3")
        learner.check("POP3 names no server yet.")
        learner.visit.press("Hint (3 left)")
        expect(learner.page.get_by_role("list", name="Hints")).to_contain_text("Four fields")
        learner.field("Name (m)").fill(learner.sheet("POP3", "Server"))
        port = learner.sheet("POP3", "Port, TLS by STARTTLS")
        learner.fill(POP3_port=port, User_name=learner.sheet("POP3", "User name"))
        learner.fill(Password=learner.sheet("POP3", "Password"))
        learner.check("Only what is saved counts")
        learner.save()
        learner.check("You can fetch mail.")

        learner.begin("1.2 Send mail by SMTP")
        learner.field("Name (m)").fill(learner.sheet("SMTP", "Server"))
        learner.fill(SMTP_port=learner.sheet("SMTP", "Port, TLS by STARTTLS"))
        learner.field("Use TLS/SSL (u)").select_option("SSL/TLS")
        learner.field("Use POP3 account (u)").check()
        learner.save()
        learner.check("SMTP borrows the POP3 account")

        learner.begin("1.3 Read folders by IMAP")
        learner.field("Name (m)").fill(learner.sheet("IMAP", "Server"))
        learner.fill(IMAP_port=learner.sheet("IMAP", "Port, TLS from the first byte"))
        learner.field("Use POP3 account (u)").check()
        learner.save()
        learner.check("All three work.")
        expect(learner.page.get_by_text("passed, 1 try")).to_have_count(2)
        _accessible(learner)
        learner.tab("Effective values")
        learner.field("View as user").press_sequentially("zoe")
        learner.page.keyboard.press("Enter")
        expect(learner.page.get_by_text("In force for zoe on ws-01")).to_be_visible()

    (kept,) = (tmp_path / "home").glob("results-*.jsonl")
    assert [one.code for one in read(kept) if one.did == "check"] == [
        *("name_missing", "name_missing", "ok"),
        *("ok", "ok"),
    ]


def _accessible(learner: Learner) -> None:
    """Find nothing serious wrong with the exercises, as a reader meets them."""
    found = Axe().run(learner.page, ".mailwidgets-lesson")
    serious = [
        one for one in found.response["violations"] if one["impact"] in {"serious", "critical"}
    ]
    assert not serious, [one["help"] for one in serious]


def _stripped(learner: Learner) -> None:
    learner.fill(SMTP_port=learner.sheet("SMTP", "Port, TLS from the first byte"))


def _mechanism(learner: Learner) -> None:
    learner.field("Use SASL (u)").select_option("Yes")


def _name(learner: Learner) -> None:
    learner.field("Name (m)").fill(learner.sheet("POP3", "Server"))


def _password(learner: Learner) -> None:
    learner.fill(Password=learner.sheet("POP3", "Password"))


def _sends_as(learner: Learner) -> None:
    for label in ("User name", "Password"):
        learner.field(f"{label} (c)").fill(learner.sheet("Workflow by SMTP", label))


SOLVED: dict[str, Solve] = {
    "stripped": _stripped,
    "mechanism": _mechanism,
    "name": _name,
    "password": _password,
    "sends_as": _sends_as,
}


@pytest.mark.timeout(300)  # five benches, each with a dashboard of its own
def test_an_exam_is_passed_by_what_is_seen(whole_browser: Browser, tmp_path: Path) -> None:
    with at_work(whole_browser, tmp_path, "8-final-exam.ipynb") as learner:
        for number, ticket in enumerate(drawn(1), 1):
            learner.begin(f"{number}. {ticket.title}")
            if number == 1:
                learner.check("Not yet.")
            SOLVED[ticket.name](learner)
            learner.save()
            learner.check("Solved: the test passes")
        last = learner.page.locator(".jp-CodeCell", has_text="exam.progress()")
        last.locator(".cm-content").click()
        learner.page.keyboard.press("Shift+Enter")
        expect(last).to_contain_text("49 / 50")

    (kept,) = (tmp_path / "home").glob("results-*.jsonl")
    assert {(one.learner, one.lesson) for one in read(kept)} == {("Žiga", "exam 1")}
