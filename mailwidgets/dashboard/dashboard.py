"""The dashboard: a tab per section, the effective values, and an eye on the store."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from mailwidgets.dashboard.strip import Strip
from mailwidgets.dashboard.watch import Watch
from mailwidgets.draft.draft import Draft
from mailwidgets.draft.sight import Sight, look, news
from mailwidgets.errors import StoreError
from mailwidgets.forms.discovering import DiscoverBox
from mailwidgets.forms.form import SectionForm
from mailwidgets.servers import Servers
from mailwidgets.settings.declare import ADVANCED
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.views.effective import EffectiveView
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import button, mark, plain

TITLE = "Mail servers"
_AT_COMPANY = (
    "You edit the company's level: values for everyone who has none of their own. "
    "A lock makes one binding, whatever else is stored."
)


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
        strip: what changed elsewhere.
        hint: what that means, while they are.
        message: what is wrong with the store.

    Args:
        servers: whose settings.
    """

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.draft: Draft | None = None
        self.forms: dict[str, SectionForm] = {}
        self._stored: object = None
        self.table = EffectiveView(servers)
        self.company = plain(widgets.Checkbox, description="Edit company level", indent=False)
        self.company.add_class("mw-company")
        self.company.observe(self._on_company, "value")
        self.reload = button("Reload", self._on_reload)
        self.reload.tooltip = "Read the store again"
        self.strip = Strip(self.reload)
        self.hint = plain(widgets.HTML)
        self.message = plain(widgets.HTML)
        self.discover: DiscoverBox | None = None
        self._place = plain(widgets.VBox)
        self._place.add_class("mw-place")
        self.tabs = plain(widgets.Tab)
        self.tabs.observe(self._on_tab, "selected_index")
        super().__init__(
            [*self._head(), self.strip, self.message, self._place, self.hint, self.tabs]
        )
        self.add_class("mailwidgets")
        self._watch = Watch(
            servers,
            held=self._seen,
            seen=self._take,
            trouble=self._complain,
            looked=self.table.follow,
        )
        self.look(anew=True)
        self._watch.start()

    def look(self, *, anew: bool = False) -> None:
        """Follow what was saved meanwhile; unsaved edits stay.

        Args:
            anew: read the store even where its version is the one seen before.
        """
        since = self._seen()
        try:
            if anew or since is None or self.message.value:
                self._take(look(self.servers, since))
            elif (found := news(self.servers, since)) is not None:
                self._take(found)
        except StoreError as error:
            self._complain(str(error))
        else:
            self._complain("")

    def close(self) -> None:
        """Stop following the store, cancel running checks and close all widgets."""
        self._watch.stop()
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

    def _seen(self) -> Sight | None:
        """Return the store as it was last seen."""
        return None if self.draft is None else self.draft.sight

    def _take(self, sight: Sight) -> None:
        """Show what was seen of the store."""
        if self.draft is None:
            self.draft = Draft(self.servers, sight)
            self.discover = DiscoverBox(self.draft)
            self._place.children = [self.discover]
            self._fill_tabs(self.draft)
            self.draft.observe(lambda _: self._on_draft(), "revision")
            self._on_company(None)
            self._on_draft()
        else:
            shown = self._stored
            self.draft.take(sight)
            if self._stored is shown:  # else the draft's own change has refreshed the table
                self._stored = sight.documents
                self.table.refresh()

    def _complain(self, trouble: str) -> None:
        """Show what is wrong with the store; nothing where all is well."""
        said = ""
        if trouble:
            kept = "" if self.draft is None else " Your edits are kept."
            said = f"The store cannot be read: {trouble.rstrip('. ')}. Trying again.{kept}"
        self.message.value = markup.message(said, kind="bad")

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
        titles = [self._title(tab) for tab in self.tabs.children]
        if tuple(titles) != self.tabs.titles:
            self.tabs.titles = titles
        self.strip.show(self.draft)
        if self.draft.stored is not self._stored:
            self._stored = self.draft.stored
            self.table.refresh()

    def _title(self, tab: widgets.Widget) -> str:
        """Return a tab's title, with what there is to look at: ● edits, ◆ news, ⚠ a conflict."""
        if self.draft is None or not isinstance(tab, SectionForm):
            return "Effective values"
        section = SECTIONS[tab.section]
        title = section.title if section.test_label else ADVANCED
        if self.draft.changes([tab.section]) or self.draft.wrong([tab.section]):
            title += " ●"
        changed = {one.slot[1] for one in self.draft.news.all() if one.slot[1][0] == tab.section}
        if self.draft.disputes([tab.section]):
            return f"{title} ⚠"
        return f"{title} ◆{len(changed)}" if changed else title

    def _on_reload(self) -> None:
        if not self._watch.now():
            self.look(anew=True)

    def _on_company(self, _: Any) -> None:  # noqa: ANN401 - traitlets' own bunch
        if self.draft is not None:
            self.draft.at_company = self.company.value
        self.hint.value = markup.message(_AT_COMPANY, kind="warn") if self.company.value else ""
        mark(self, "mw-at-company", on=self.company.value)

    def _on_tab(self, _: Any) -> None:  # noqa: ANN401 - likewise
        index = self.tabs.selected_index
        if index is not None and self.tabs.children[index] is self.table:
            self.table.ask()


def _close_all(widget: widgets.Widget) -> None:
    """Close a widget and all within it: the kernel would keep every one of them."""
    for child in getattr(widget, "children", ()):
        _close_all(child)
    widget.close()
