"""The effective table, as any user on any workstation would have it."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from mailwidgets.errors import MailwidgetsError
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Level
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import plain, shared


class EffectiveView(widgets.VBox):
    """What is in force and where it comes from, with "view as".

    Attributes:
        user, workstation: for whom; empty for the acting identity.
        table: the table, or why there is none.

    Args:
        servers: whose store is shown.
    """

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self._asked_for = False
        self.user = self._chooser("View as user", servers.identity.user)
        self.workstation = self._chooser("on workstation", servers.identity.workstation)
        self.table = plain(widgets.HTML)
        self.table.add_class("mw-table")
        choosers = plain(widgets.HBox, [self.user, self.workstation])
        choosers.add_class("mw-view-as")
        super().__init__([choosers, self.table], layout=shared(widgets.Layout))

    def _chooser(self, label: str, acting: str) -> widgets.Combobox:
        chooser = plain(
            widgets.Combobox,
            description=label,
            placeholder=acting,
            continuous_update=False,
            ensure_option=False,
        )
        chooser.observe(self._on_choice, "value")
        return chooser

    def ask(self) -> None:
        """Show the table from now on: until somebody looks, it need not be made."""
        self._asked_for = True
        self.refresh()

    def refresh(self) -> None:
        """Show what the store holds now."""
        if not self._asked_for:
            return
        user, workstation = self.user.value.strip(), self.workstation.value.strip()
        try:
            for chooser, level in ((self.user, Level.USER), (self.workstation, Level.WORKSTATION)):
                chooser.options = tuple(place.id for place in self.servers.store.places(level))
            seen = self.servers.as_seen_by(user or None, workstation or None)
            frame = seen.effective()
        except MailwidgetsError as error:
            self.table.value = markup.message(str(error), kind="bad")
        else:
            caption = f"In force for user {seen.identity.user} on {seen.identity.workstation}"
            self.table.value = markup.effective(frame, caption)

    def _on_choice(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        self.refresh()
