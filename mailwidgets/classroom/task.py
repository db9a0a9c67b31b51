"""An exercise in a notebook: its task, a dashboard to work in, and a look at what was done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import ipywidgets as widgets
import traitlets

from mailwidgets.classroom import task_markup
from mailwidgets.dashboard.dashboard import Dashboard
from mailwidgets.errors import MailwidgetsError
from mailwidgets.languages.texts import _
from mailwidgets.lessons.exercise import Verdict
from mailwidgets.lessons.lesson import Lesson
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import plain, shared
from mailwidgets.widgets.panel import Panel


class Task(widgets.VBox):
    """One exercise of a lesson: read it, begin, work, have it looked at.

    >>> Task(lesson, "folders").name
    'folders'

    Attributes:
        lesson: whose exercise it is.
        name: which one.
        outcome: of the last look; ``None`` before.
        dashboard: where the learner works; ``None`` before it is begun, or where the exercise
            is done in code.
        looking: the look under way, ``None`` where none is.

    Args:
        lesson: the lesson, opened.
        name: the exercise's name; of an exam, the ticket's number.

    Raises:
        LessonError: if there is no such exercise.
    """

    def __init__(self, lesson: Lesson, name: str | int) -> None:
        self.name = lesson.named(name)
        self.lesson = lesson
        self.outcome: Verdict | None = None
        self.dashboard: Dashboard | None = None
        self.looking: asyncio.Task[None] | None = None
        self._trouble = ""
        self._unsaved = 0
        self._task = Panel(self.act, "mw-report")
        self._work = Panel(self.act, "mw-report")
        self._above = self._framed(plain(widgets.HTML, markup.stylesheet()), self._task)
        self._below = self._framed(self._work)
        super().__init__([self._above], layout=shared(widgets.Layout))
        self.add_class("mailwidgets-lesson")
        lesson.observe(self._on_current, "current")
        lesson.observe(self._on_language, "language")
        self._show()

    @property
    def begun(self) -> bool:
        """Return whether the bench is set up for it.

        >>> task.begun
        False
        """
        current = self.lesson.current
        return current is not None and current.name == self.name

    def act(self, name: str, value: str = "") -> None:
        """Do what is pressed: ``begin``, ``check`` or ``hint``.

        >>> task.act("begin")
        >>> task.begun
        True
        """
        del value  # none of them has one
        if name == task_markup.BEGIN:
            self._attempt(self.begin)
        elif name == task_markup.HINT:
            self._attempt(self.hint)
        elif name == task_markup.CHECK and self.looking is None:
            self.looking = asyncio.get_running_loop().create_task(self._look())
            self._show()

    def begin(self) -> None:
        """Set the bench up, and show a dashboard to work in.

        >>> task.begin()
        >>> task.dashboard.tabs.current
        'pop3'

        Raises:
            StoreError: if the bench's store refuses.
        """
        self._leave()
        self.outcome = None
        exercise = self.lesson.begin(self.name)
        if exercise.opens:
            self.dashboard = Dashboard(self.lesson.servers)
            self.dashboard.visit.wanted = self.lesson.language
            self.dashboard.tabs.show(exercise.opens)
            traitlets.dlink((self.dashboard.visit, "language"), (self.lesson, "language"))
            if self.dashboard.start is not None:  # finding servers is not what is practised
                self.dashboard.start.discover.greets = False
                self.dashboard.start.discover.greet()
        middle = [] if self.dashboard is None else [self.dashboard]
        self.children = (self._above, *middle, self._below)
        self._show()
        self._task.say(_("The bench is set up."))

    def hint(self) -> None:
        """Show one more hint.

        >>> task.begin()
        >>> task.hint()
        >>> task.lesson.standing(task.name).hints
        1

        Raises:
            LessonError: if the bench is not set up for it, or that it was asked for cannot be kept.
        """
        given = self.lesson.hint(self.name)
        self._show()
        self._work.say(given or _("There is no other hint."))

    async def check(self) -> Verdict:
        """Look at what was done, show what came of it and return it.

        >>> task.begin()
        >>> (await task.check()).passed
        False

        Raises:
            LessonError: as ``Lesson.check``.
        """
        draft = None if self.dashboard is None else self.dashboard.draft
        unsaved = 0 if draft is None else len(draft.changes())
        self.outcome = await self.lesson.check(self.name)
        self._unsaved = 0 if self.outcome.passed else unsaved
        self._show()
        self._work.say(f"{self.outcome} {task_markup.not_saved(self._unsaved)}".rstrip())
        return self.outcome

    def close(self) -> None:
        """Leave the lesson and close everything shown.

        >>> task.close()
        """
        if self.comm is not None:
            self.lesson.unobserve(self._on_current, "current")
            self.lesson.unobserve(self._on_language, "language")
            self._leave()
        super().close()

    async def _look(self) -> None:
        try:
            self._trouble = ""
            await self.check()
        except MailwidgetsError as error:
            self._trouble = str(error)
        finally:
            self.looking = None
            self._show()

    def _attempt(self, what: Callable[[], None]) -> None:
        """Do something and show what is wrong with it, if anything is."""
        try:
            self._trouble = ""
            what()
        except MailwidgetsError as error:
            self._trouble = str(error)
            self._show()

    def _on_current(self, _change: object) -> None:
        """Give way once the bench is set up for another exercise."""
        if not self.begun:
            self._leave()
            self.children = (self._above,)
            self._show()

    def _on_language(self, _change: object) -> None:
        """Follow the dashboard of this exercise, or of another one."""
        self._show()

    def _leave(self) -> None:
        if self.looking is not None:
            self.looking.cancel()
        if self.dashboard is not None:
            # Else the page would put what was not saved here into the next dashboard.
            self.dashboard.visit.keep(None)
            self.dashboard.close()
            self.dashboard = None

    def _show(self) -> None:
        exercise = self.lesson.exercise(self.name)
        standing = self.lesson.standing(self.name)
        title = f"{self.lesson.place(self.name)} {_(exercise.title)}"
        text = self.lesson.task(self.name)
        self._task.html = task_markup.task(self.name, title, text, standing, begun=self.begun)
        hints = self.lesson.hints(self.name)
        self._work.html = task_markup.work(
            self.name,
            self.outcome,
            hints,
            busy=self.looking is not None,
            left=len(exercise.hints) - len(hints),
            unsaved=self._unsaved,
            trouble=self._trouble,
        )

    @staticmethod
    def _framed(*parts: widgets.Widget) -> widgets.VBox:
        framed = plain(widgets.VBox, list(parts))
        framed.add_class("mailwidgets")
        framed.add_class("mw-exercise")
        return framed
