"""The effective table, as any user on any workstation would have it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets

from mailwidgets.errors import MailwidgetsError
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.widgets import markup
from mailwidgets.widgets.beside import beside
from mailwidgets.widgets.look import plain, shared

if TYPE_CHECKING:
    import pandas as pd


class _Read(NamedTuple):
    """What was read for the table."""

    users: tuple[str, ...]
    workstations: tuple[str, ...]
    identity: Identity
    version: str
    frame: pd.DataFrame


class EffectiveView(widgets.VBox):
    """What is in force and where it comes from, with "view as".

    Attributes:
        user, workstation: for whom; empty for the acting identity.
        table: the table, or why there is none.
        reading: what waits for the store, ``None`` where nothing does.

    Args:
        servers: whose store is shown.
    """

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self._asked_for = False
        self._shown = ""  # the version of what is shown; empty where that is no table
        self.reading: asyncio.Task[None] | None = None
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
        if self.reading is not None:
            self.reading.cancel()
        user, workstation = self.user.value.strip(), self.workstation.value.strip()
        self.reading = beside(lambda: self._read(user, workstation), self._show)

    def follow(self) -> None:
        """Show anew what changed for somebody else: of the acting identity, ``refresh`` is told."""
        user, workstation = self.user.value.strip(), self.workstation.value.strip()
        if self._asked_for and self.reading is None and (user or workstation):
            since = self._shown
            self.reading = beside(lambda: self._read(user, workstation, since), self._show)

    def close(self) -> None:
        """Wait for no answer any more and close the table."""
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None
        super().close()

    def _read(
        self, user: str, workstation: str, since: str = ""
    ) -> _Read | MailwidgetsError | None:
        """Return what there is to show, or why there is nothing; ``None`` where it is shown."""
        store = self.servers.store
        try:
            seen = self.servers.as_seen_by(user or None, workstation or None)
            version = store.version(seen.identity)
            if version == since:
                return None
            users, workstations = (
                tuple(place.id for place in store.places(level))
                for level in (Level.USER, Level.WORKSTATION)
            )
            return _Read(users, workstations, seen.identity, version, seen.effective())
        except MailwidgetsError as error:
            return error

    def _show(self, found: _Read | MailwidgetsError | None) -> None:
        self.reading = None
        if found is None:
            return
        self._shown = "" if isinstance(found, MailwidgetsError) else found.version
        if isinstance(found, MailwidgetsError):
            self.table.value = markup.message(str(found), kind="bad")
            return
        self.user.options, self.workstation.options = found.users, found.workstations
        caption = f"In force for user {found.identity.user} on {found.identity.workstation}"
        self.table.value = markup.effective(found.frame, caption)

    def _on_choice(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        self.refresh()
