"""The dashboard: a tab per section, the effective values, and an eye on the store."""

from __future__ import annotations

import asyncio
from typing import Any

import ipywidgets as widgets

from mailwidgets.draft import Draft
from mailwidgets.errors import StoreError
from mailwidgets.servers import Servers
from mailwidgets.settings.declare import ADVANCED
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.widgets import markup
from mailwidgets.widgets.discovering import DiscoverBox
from mailwidgets.widgets.form import SectionForm
from mailwidgets.widgets.look import plain
from mailwidgets.widgets.table import EffectiveView

TITLE = "Mail servers"
_AT_COMPANY = (
    "You edit the company's level: values for everyone who has none of their own. "
    "A lock makes one binding, whatever else is stored."
)
_LOOKS_EVERY = 1.0  # seconds between two looks at the store's version


class Dashboard(widgets.VBox):
    """Everything on one page: set up mail servers, prove that they work, see what is in force.

    In a running event loop, as in a notebook, it follows what others save.

    Attributes:
        draft: what all forms edit; ``None`` as long as the store cannot be read.
        forms: the form of each section, by name.
        table: the effective values.
        tabs: both, side by side.
        discover: fills the forms from an e-mail address; there with the draft.
        company: turns the forms to the company's level.
        reload: reads the store again.
        hint: what that means, while they are.
        message: what is wrong with the store.

    Args:
        servers: whose settings.
    """

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.draft: Draft | None = None
        self.forms: dict[str, SectionForm] = {}
        self._version = ""
        self._stored: object = None
        self.table = EffectiveView(servers)
        self.company = plain(widgets.Checkbox, description="Edit company level", indent=False)
        self.company.add_class("mw-company")
        self.company.observe(self._on_company, "value")
        self.reload = plain(widgets.Button, description="Reload", tooltip="Read the store again")
        self.reload.on_click(lambda _: self.look(anew=True))
        self.hint = plain(widgets.HTML)
        self.message = plain(widgets.HTML)
        self.discover: DiscoverBox | None = None
        self._place = plain(widgets.VBox)
        self._place.add_class("mw-place")
        self.tabs = plain(widgets.Tab)
        self.tabs.observe(self._on_tab, "selected_index")
        super().__init__([*self._head(), self.message, self._place, self.hint, self.tabs])
        self.add_class("mailwidgets")
        self.look(anew=True)
        self._watching = self._watched()

    def look(self, *, anew: bool = False) -> None:
        """Follow what was saved meanwhile; unsaved edits stay.

        Args:
            anew: read the store even where its version is the one seen before.
        """
        try:
            version = self.servers.store.version()
            if anew or version != self._version:
                self._read()
                self._version = version
        except StoreError as error:
            self._version = ""  # so that the next look reads again, whatever the version
            self.message.value = markup.message(str(error), kind="bad")
        else:
            self.message.value = ""

    def close(self) -> None:
        """Stop following the store, cancel running checks and close all widgets."""
        if self._watching is not None:
            self._watching.cancel()
        for part in self.children:
            _close_all(part)
        super().close()

    def _head(self) -> list[widgets.Widget]:
        identity = self.servers.identity
        title = plain(widgets.HTML, markup.header(TITLE, identity.user, identity.workstation))
        title.add_class("mw-title")
        controls = plain(widgets.HBox, [self.company, self.reload])
        controls.add_class("mw-controls")
        head = plain(widgets.HBox, [title, controls])
        head.add_class("mw-head")
        return [plain(widgets.HTML, markup.stylesheet()), head]

    def _read(self) -> None:
        if self.draft is None:
            self.draft = Draft(self.servers)
            self.discover = DiscoverBox(self.draft)
            self._place.children = [self.discover]
            self._fill_tabs(self.draft)
            self.draft.observe(lambda _: self._on_draft(), "revision")
            self._on_company(None)
            self._on_draft()
        else:
            shown = self._stored
            self.draft.refresh()
            if self._stored is shown:  # else the draft's own change has refreshed the table
                self.table.refresh()

    def _fill_tabs(self, draft: Draft) -> None:
        """Put the panel's four sections first, then the table, then what is ours alone."""
        self.forms = {name: SectionForm(draft, name) for name in SECTIONS}
        tested = [form for name, form in self.forms.items() if SECTIONS[name].test_label]
        others = [form for name, form in self.forms.items() if not SECTIONS[name].test_label]
        self.tabs.children = (*tested, self.table, *others)
        self.tabs.selected_index = 0

    def _on_draft(self) -> None:
        """Mark the tabs of forms with edits; show the table anew after a save."""
        if self.draft is None:
            return
        titles = []
        for tab in self.tabs.children:
            if isinstance(tab, SectionForm):
                edits = len(self.draft.changes([tab.section]))
                section = SECTIONS[tab.section]
                title = section.title if section.test_label else ADVANCED
                titles.append(title + (" ●" if edits else ""))
            else:
                titles.append("Effective values")
        if tuple(titles) != self.tabs.titles:
            self.tabs.titles = titles
        if self.draft.stored is not self._stored:
            self._stored = self.draft.stored
            self.table.refresh()

    def _on_company(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if self.draft is not None:
            self.draft.at_company = self.company.value
        self.hint.value = markup.message(_AT_COMPANY, kind="warn") if self.company.value else ""
        if self.company.value:
            self.add_class("mw-at-company")
        elif "mw-at-company" in self._dom_classes:
            self.remove_class("mw-at-company")

    def _on_tab(self, _: Any) -> None:  # noqa: ANN401 - likewise
        index = self.tabs.selected_index
        if index is not None and self.tabs.children[index] is self.table:
            self.table.ask()

    def _watched(self) -> asyncio.Task[None] | None:
        """Start to follow the store, where an event loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return None
        return loop.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOKS_EVERY)
            self.look()


def _close_all(widget: widgets.Widget) -> None:
    """Close a widget and all within it: the kernel would keep every one of them."""
    for child in getattr(widget, "children", ()):
        _close_all(child)
    widget.close()
