"""Sending a test message from the page, by what the form holds now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.errors import MailwidgetsError
from mailwidgets.reports.report import Fix
from mailwidgets.targets import Targets
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import plain, shared
from mailwidgets.widgets.results import CheckView

if TYPE_CHECKING:
    from mailwidgets.checks.ladder import CheckRun


class SendBox(widgets.VBox):
    """Sends a test message by the settings of workflow e-mail, unsaved edits included.

    Attributes:
        to: the recipient's address; the sender's own, until another is typed.
        send, cancel: start and stop the sending.
        way: which way the message will go.
        message: what keeps it from being sent at all.
        results: how it goes, and what came of it.
        running: the sending under way, ``None`` where none is.
        following: the task that waits for its report, to show it.

    Args:
        draft: whose values are used.
        mend: takes a section and a fix's values for it, when the person wants them.
    """

    def __init__(self, draft: Draft, mend: Callable[[str, Fix], None]) -> None:
        self.draft = draft
        self.running: CheckRun | None = None
        self.following: asyncio.Task[None] | None = None
        self._offered = ""
        # Sent once, on leaving the field, so that no press of the button overtakes it.
        self.to = plain(widgets.Text, description="Send a test message to", continuous_update=False)
        self.send = _button("Send test message", "mw-send", self._on_send)
        self.cancel = _button("Cancel", "mw-cancel", self._on_cancel)
        self.way = plain(widgets.HTML)
        self.message = plain(widgets.HTML)
        whose = draft.servers.identity
        self.results = CheckView("workflow", mend, user=whose.user, workstation=whose.workstation)
        super().__init__(self._laid_out(), layout=shared(widgets.Layout))
        self.add_class("mw-sending")
        draft.observe(self._on_revision, "revision")
        self._show()

    def _laid_out(self) -> list[widgets.Widget]:
        title = plain(widgets.HTML, markup.group("Test message"))
        title.add_class("mw-group")
        bar = plain(widgets.HBox, [self.to, self.send, self.cancel])
        bar.add_class("mw-find")
        said = [self.message, self.results.verdict, self.results.fix]
        return [title, self.way, bar, *said, self.results]

    def close(self) -> None:
        """Leave the draft, cancel what is under way and close the box."""
        if self.comm is not None:
            self.draft.unobserve(self._on_revision, "revision")
            self._on_cancel()
        super().close()

    def _on_revision(self, _: object) -> None:
        self._show()

    def _show(self) -> None:
        """Bring recipient, way and buttons into line with the draft."""
        resolution = self.draft.resolution()
        sender = resolution["workflow", "sender"].effective or ""
        if self.to.value in {"", self._offered}:
            self.to.value = sender
        self._offered = sender
        self.way.value = markup.hint(Targets(resolution, self.draft.servers.vault).way())
        self._show_running()

    def _show_running(self) -> None:
        self.send.disabled = self.running is not None
        self.cancel.disabled = self.running is None

    def _on_send(self) -> None:
        if self.running is not None:
            return
        self.message.value = ""
        self.results.clear()
        wrong = self.draft.wrong(["workflow", "smtp", "trust"])
        if wrong:
            self._refuse(f"correct {', '.join(wrong)} first.")
            return
        self.results.begin([value.as_row() for value in self.draft.resolution().values()])
        try:
            self.running = self.draft.servers.start_send(
                self.to.value,
                changes=self.draft.changes(),
                documents=self.draft.stored,
                on_step=self.results.step,
            )
        except MailwidgetsError as error:
            self.results.clear()
            self._refuse(str(error))
            return
        self.following = asyncio.get_running_loop().create_task(self._follow(self.running))
        self._show_running()

    def _refuse(self, why: str) -> None:
        self.message.value = markup.message(f"Not sent: {why}", kind="bad")

    async def _follow(self, run: CheckRun) -> None:
        """Show the report once it is there."""
        try:
            self.results.finish(await run.report())
        finally:
            if self.results.report is None:
                self.results.clear()
                words = "The sending broke off: the message may have gone."
                self.message.value = markup.message(words, kind="bad")
            self.running = self.following = None
            self._show_running()

    def _on_cancel(self) -> None:
        if self.running is not None:
            self.running.cancel()


def _button(label: str, css_class: str, act: Callable[[], None]) -> widgets.Button:
    button = plain(widgets.Button, description=label)
    button.add_class(css_class)
    button.on_click(lambda _: act())
    return button
