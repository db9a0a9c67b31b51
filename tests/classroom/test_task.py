from __future__ import annotations

import gettext
from collections.abc import Iterator
from pathlib import Path

import ipywidgets as widgets
import pytest

from mailwidgets import Dashboard, Lesson, Task
from mailwidgets.errors import LessonError
from mailwidgets.languages.texts import speak, spoken, use

CANARY = "canary-5ac1b9"


@pytest.fixture
def lesson(tmp_path: Path) -> Iterator[Lesson]:
    opened = Lesson.open(1, learner="ana", folder=tmp_path)
    yield opened
    opened.close()
    widgets.Widget.close_all()


def html(task: Task) -> str:
    return "".join(
        str(one.html)
        for box in task.children
        if isinstance(box, widgets.VBox)
        for one in box.children
        if "html" in one.trait_names()
    )


async def test_a_task_is_begun_worked_on_and_looked_at(lesson: Lesson) -> None:
    task = Task(lesson, "fetch")
    assert "Begin<" in html(task)
    assert "Check my work" not in html(task)

    task.act("begin")
    assert task.dashboard is not None
    assert "Begin again" in html(task)
    task.act("check")
    assert task.looking is not None
    assert "Checking" in html(task)
    await task.looking

    assert "Not yet." in html(task)
    assert "1 try" in html(task)
    task.act("hint")
    assert "Four fields" in html(task)
    assert "Hint (2 left)" in html(task)


async def test_what_is_saved_in_its_dashboard_is_what_counts(lesson: Lesson) -> None:
    task = Task(lesson, "fetch")
    task.begin()
    assert task.dashboard is not None
    draft = task.dashboard.draft
    assert draft is not None
    sheet = lesson.sheet().loc["POP3"]
    values = [("name", "localhost"), ("port", lesson.laboratory.ports["pop3"])]
    draft.fill("pop3", [*values, ("user", sheet["User name"]), ("password", sheet["Password"])])
    assert not (await task.check()).passed
    assert "4 changes are not saved yet, and do not count." in html(task)

    draft.save(["pop3"])

    assert (await task.check()).passed
    assert "not saved" not in html(task)
    assert "passed, 2 tries" in html(task)


async def test_beginning_again_leaves_nothing_of_before_in_the_page(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(lesson, "fetch")
    task.begin()
    assert task.dashboard is not None
    assert task.dashboard.start is not None
    visit = task.dashboard.visit
    sent: list[object] = []
    monkeypatch.setattr(visit, "send", sent.append)
    visit._handle_custom_msg({"visit": {}}, [])  # noqa: SLF001 - ipywidgets' own way in
    assert not task.dashboard.start.discover.toggle.value
    task.dashboard.forms["pop3"].rows["port"].control.widget.value = "1110"
    assert "1110" in str(sent[-1])

    task.begin()

    assert sent[-1] == {"keep": None}


async def test_beginning_another_task_closes_the_dashboard_of_the_one_before(
    lesson: Lesson,
) -> None:
    first, second = Task(lesson, "fetch"), Task(lesson, "send")
    first.begin()
    shown = first.dashboard

    second.begin()

    assert shown is not None
    assert shown.comm is None
    assert first.dashboard is None
    assert "Check my work" not in html(first)
    assert "Begin<" in html(first)


class Marked(gettext.NullTranslations):
    """A language in which every text is marked."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"


async def test_the_language_chosen_in_a_dashboard_is_that_of_all_tasks(lesson: Lesson) -> None:
    first, second = Task(lesson, "fetch"), Task(lesson, "send")
    first.begin()
    assert first.dashboard is not None
    try:
        speak("de", Marked())
        first.dashboard.visit.language = "de"

        assert "«Check my work»" in html(first)
        assert "«Begin»" in html(second)
    finally:
        first.dashboard.speak("en")
    assert "«" not in html(first) + html(second)


async def test_a_task_that_is_closed_leaves_no_widget_and_is_told_nothing(lesson: Lesson) -> None:
    task = Task(lesson, "fetch")
    task.begin()
    shown = task.dashboard

    task.close()
    lesson.begin("send")

    assert task.comm is None
    assert task.dashboard is None
    assert shown is not None
    assert shown.comm is None


async def test_a_try_that_cannot_be_kept_is_said_in_the_task(
    lesson: Lesson, tmp_path: Path
) -> None:
    task = Task(lesson, "fetch")
    task.begin()
    lesson.results.path = tmp_path / "gone" / "results-ana.jsonl"

    task.act("hint")
    assert "cannot be written, so this try is not kept" in html(task)
    task.act("check")
    assert task.looking is not None
    await task.looking
    assert "cannot be written, so this try is not kept" in html(task)


def test_a_task_that_does_not_exist_is_refused(lesson: Lesson) -> None:
    with pytest.raises(LessonError, match="there is no exercise"):
        Task(lesson, "fetching")


async def test_a_password_typed_in_a_lesson_is_in_no_widget(lesson: Lesson) -> None:
    task = Task(lesson, "folders")
    task.begin()
    servers = lesson.servers
    servers.commit([servers.change("pop3.password", CANARY)])
    typed = {"imap.name": "localhost", "imap.use_pop3_account": True}
    typed["imap.port"] = lesson.laboratory.ports["imaps"]  # type: ignore[assignment]
    servers.commit([servers.change(*one) for one in typed.items()])

    outcome = await task.check()

    assert outcome.code == "auth_rejected"
    state = widgets.Widget.get_manager_state()
    assert CANARY not in str(state)
    assert CANARY not in html(task)


def arrive(dashboard: Dashboard, **told: object) -> None:
    """Do as a page does when it shows the dashboard."""
    dashboard.visit._handle_custom_msg({"visit": told}, [])  # noqa: SLF001 - ipywidgets' own way in


async def test_a_lesson_opened_in_a_language_keeps_it_in_a_browser_of_another(
    tmp_path: Path,
) -> None:
    lesson = Lesson.open(1, learner="ana", folder=tmp_path, language="sl")
    task, after = Task(lesson, "fetch"), Task(lesson, "send")
    try:
        task.begin()
        assert task.dashboard is not None
        arrive(task.dashboard, languages=["en-US"])
        assert spoken() == task.dashboard.visit.language == "sl"

        task.dashboard.head.language.value = "de"
        after.begin()

        assert after.dashboard is not None
        arrive(after.dashboard, languages=["en-US"])
        assert spoken() == lesson.language == "de"
    finally:
        lesson.close()
        widgets.Widget.close_all()
        use("en")
