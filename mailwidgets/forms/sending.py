"""Sending a test message from the page, by what the form holds now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.forms.results import CheckView
from mailwidgets.languages.texts import _
from mailwidgets.reports.report import Fix
from mailwidgets.targets import Targets
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import button, plain, says, shared


class SendBox(widgets.VBox):
    """Sends a test message by the settings of workflow e-mail, unsaved edits included.

    Attributes:
        to: the recipient's address; the sender's own, until another is typed.
        send: starts it.
        way: which way the message will go.
        message: what keeps it from being sent at all.
        results: how it goes, and what came of it.

    Args:
        draft: whose values are used.
        mend: takes a section and a fix's values for it, when the person wants them.
    """

    def __init__(self, draft: Draft, mend: Callable[[str, Fix], None]) -> None:
        self.draft = draft
        self._offered = ""
        # Sent once, on leaving the field, so that no press of the button overtakes it.
        self.to = plain(
            widgets.Text, description=_("Send a test message to"), continuous_update=False
        )
        self.send = button(_("Send test message"), self._on_send, "mw-send")
        self.way = plain(widgets.HTML)
        self.message = says()
        self.results = CheckView(draft, "workflow", self.send, mend, sending=True)
        super().__init__(self._laid_out(), layout=shared(widgets.Layout))
        self.add_class("mw-sending")
        self.show()

    def _laid_out(self) -> list[widgets.Widget]:
        title = plain(widgets.HTML, markup.group(_("Test message")))
        title.add_class("mw-group")
        bar = plain(widgets.HBox, [self.to, self.send, self.results.cancel])
        bar.add_class("mw-find")
        return [title, self.way, bar, self.message, self.results.verdict, self.results]

    def close(self) -> None:
        """Cancel what is under way and close the box."""
        if self.comm is not None:
            self.results.close()
        super().close()

    def show(self) -> None:
        """Bring recipient and way into line with the draft; the form says when."""
        resolution = self.draft.resolution()
        sender = resolution["workflow", "sender"].effective or ""
        if self.to.value in {"", self._offered}:
            self.to.value = sender
        self._offered = sender
        self.way.value = markup.hint(Targets(resolution, self.draft.servers.vault).way())
        self.results.follow()

    def _on_send(self) -> None:
        launch = partial(self.draft.servers.start_send, self.to.value)
        broken = _("The sending broke off: the message may have gone.")
        why = self.results.run(launch, ["workflow", "smtp", "trust"], broken)
        self.message.value = markup.message(
            _("Not sent: {why}").format(why=why) if why else "", kind="bad"
        )
