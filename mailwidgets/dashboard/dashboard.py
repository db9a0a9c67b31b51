"""Everything on one page: the panel's tabs, the effective values, and what is ours alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from mailwidgets.dashboard.forms import PAST, VALUES, Forms, titles
from mailwidgets.dashboard.head import Acts, Head
from mailwidgets.dashboard.keeping import Keeping, unreadable
from mailwidgets.dashboard.start import Start
from mailwidgets.dashboard.stepping import step
from mailwidgets.dashboard.tabs import Tabs
from mailwidgets.dashboard.visit import Visit, Visitor, place_of
from mailwidgets.dashboard.watch import Watch
from mailwidgets.draft.draft import Draft
from mailwidgets.draft.sight import Sight, look, news
from mailwidgets.errors import StoreError
from mailwidgets.languages.texts import _, spoken, use
from mailwidgets.servers import Servers
from mailwidgets.settings.sections import SECTIONS
from mailwidgets.views.effective import EffectiveView
from mailwidgets.views.history import HistoryView
from mailwidgets.widgets import markup
from mailwidgets.widgets.look import close_all, mark, plain, says, shared
from mailwidgets.widgets.wiring import Wiring

if TYPE_CHECKING:
    from mailwidgets.faults import Laboratory


class Dashboard(widgets.VBox):
    """Everything on one page: set up mail servers, prove that they work, see what is in force.

    In a running event loop, as in a notebook, it follows what others save.

    >>> dashboard = Dashboard(servers)

    Attributes:
        draft: what all forms edit; ``None`` as long as the store cannot be read.
        head: title and controls of the whole.
        strip: what changed elsewhere.
        message: what is wrong with the store.
        restored: what came of edits that the browser had kept.
        start: the greeting, the search and all the tests; there with the draft.
        tabs: the forms and the views, each made when it is first wanted; there with the draft.
        table: the effective values.
        past: the history.
        visit: the line to the browser.
        wiring: what plain widgets cannot do.

    Args:
        servers: whose settings.
        laboratory: practice servers that the page can break; else those, if any, that
            ``MAILWIDGETS_FAULTS`` tells of.
    """

    def __init__(self, servers: Servers, *, laboratory: Laboratory | None = None) -> None:
        self.servers = servers
        self._laboratory = laboratory
        self.draft: Draft | None = None
        self._stored: object = None
        self._unseen = False
        self.visit = Visit(place_of(servers), self._on_visitor)
        self._keeping = Keeping(self.visit)
        self._watch = Watch(
            servers,
            held=self._seen,
            seen=self._take,
            trouble=self._complain,
            looked=self._on_looked,
        )
        super().__init__(layout=shared(widgets.Layout))
        self.add_class("mailwidgets")
        self._build()
        self.look(anew=True)
        self._watch.start()

    def go(self, section: str, key: str) -> None:
        """Bring a setting's field to the front and put the focus there.

        >>> dashboard.go("imap", "outbox")
        >>> dashboard.tabs.current
        'imap'
        """
        if self.draft is None:
            return
        self.tabs.show(section)
        if self.forms[section].rows[key].setting.ours:
            self.forms[section].advanced.value = True
        self.visit.focus(f".mw-{section}-{key} :is(input, select, textarea)")

    def speak(self, language: str) -> None:
        """Show everything in another language; edits stay, results of checks go.

        >>> dashboard.speak("de")
        >>> dashboard.visit.title
        'Mailserver'
        """
        if use(language) != self.visit.language:
            tab, before = self.tabs.current, self.start
            self._dismantle()
            self._build()
            if self.draft is not None:
                self._fill(self.draft)
                self.tabs.show(tab)
            if self.start is not None and before is not None:
                self.start.discover.unfold_as(before.discover)

    def look(self, *, anew: bool = False) -> None:
        """Follow what was saved meanwhile; unsaved edits stay.

        >>> _ = servers.commit([servers.change("imap.outbox", "Sent")])
        >>> dashboard.look()
        >>> dashboard.draft.sections["imap"].outbox
        'Sent'

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
        """Stop following the store, cancel running checks and close all widgets.

        >>> dashboard.close()
        """
        self._watch.stop()
        self._dismantle()
        self.visit.close()
        super().close()

    def _build(self) -> None:
        """Make all that is seen, in the language that is spoken."""
        self.head = Head(
            self.servers.identity,
            Acts(
                reload=self._on_reload,
                level=self._on_level,
                speak=self._on_language,
                undo=lambda: self._on_step(back=True),
                redo=lambda: self._on_step(back=False),
            ),
        )
        self.strip = self.head.strip
        self.message = plain(widgets.HTML)
        self.restored = says()
        self.start: Start | None = None
        self._place = plain(widgets.VBox)
        self.forms = Forms()
        self.table = EffectiveView(self.servers, self.go)
        self.past = HistoryView(self.servers, self._on_changed, self.go)
        self.wiring = Wiring(self._on_act)
        tested = [name for name, section in SECTIONS.items() if section.test_label]
        others = [name for name in SECTIONS if name not in tested]
        self.tabs = Tabs([*tested, VALUES, PAST, *others], self._content, self._on_tab)
        style = plain(widgets.HTML, markup.stylesheet())
        told = [self.message, self.restored, self._place]
        self.children = (style, self.visit, self.wiring, self.head, *told, self.tabs)
        self.visit.language, self.visit.title = spoken(), _("Mail servers")
        self.head.show(self.draft)

    def _dismantle(self) -> None:
        """Close all but the line to the browser."""
        parts = [self.table, self.past, *self.forms.made.values(), *self.children]
        for part in parts:
            if part is not self.visit:
                close_all(part)
        self.children = ()

    def _seen(self) -> Sight | None:
        """Return the store as it was last seen."""
        return None if self.draft is None else self.draft.sight

    def _take(self, sight: Sight) -> None:
        """Show what was seen of the store."""
        if self.draft is None:
            self.draft = Draft(self.servers, sight)
            self.draft.observe(lambda _: self._on_draft(), "settled")
            self._fill(self.draft)
            self.restored.value = self._keeping.arrived(self.draft)
        else:
            shown = self._stored
            self.draft.take(sight)
            if self._unseen:  # nothing is news to whoever sees it for the first time
                self._unseen = False
                self.draft.seen()
            if self._stored is shown:  # else the draft's own change has refreshed the table
                self._stored = sight.documents
                self._show_stored()

    def _fill(self, draft: Draft) -> None:
        """Show what needs a draft."""
        self.forms = Forms(draft)
        self.start = Start(draft, self.forms, self.tabs.show, self._laboratory)
        self._place.children = (self.start,)
        self._on_draft()
        self.tabs.show(next(iter(SECTIONS)))

    def _content(self, name: str) -> widgets.Widget:
        """Return what stands in a tab."""
        if name in {VALUES, PAST}:
            return self.table if name == VALUES else self.past
        if self.start is not None and SECTIONS[name].test_label:
            self.start.all.follow(name, self.forms[name].results)
        return self.forms[name]

    def _complain(self, trouble: str) -> None:
        """Show what is wrong with the store; nothing where all is well."""
        self.message.value = unreadable(trouble, kept=self.draft is not None)

    def _on_draft(self) -> None:
        """Mark the tabs of forms with edits; show the table anew after a save."""
        if self.draft is None:
            return
        self.tabs.name(titles(self.draft))
        self.strip.show(self.draft)
        self.head.show(self.draft)
        self._keeping.keep(self.draft)
        if self.draft.stored is not self._stored:
            self._stored = self.draft.stored
            self._show_stored()

    def _show_stored(self) -> None:
        """Show anew what goes by the store alone."""
        if self.start is not None and self.draft is not None:
            self.start.show(self.draft)
        self.table.refresh()
        self.past.refresh()

    def _on_tab(self, name: str) -> None:
        self.forms.show(name)
        self.past.ask(wanted=name == PAST)
        if name == VALUES:
            self.table.ask()

    def _on_looked(self) -> None:
        self._unseen = False
        self.table.follow()
        if self.start is not None:
            self.start.look()

    def _on_reload(self) -> None:
        self._on_changed()
        self.past.refresh()

    def _on_changed(self) -> None:
        if not self._watch.now():
            self.look(anew=True)

    def _on_act(self, act: str) -> None:
        """Do what a key asks for, wherever the focus is."""
        if act != "save":
            self._on_step(back=act == "undo")
            return
        form = self.forms.made.get(self.tabs.current)
        if form is None or form.save.disabled:
            self.wiring.said = _("There is nothing to save in this tab.")
        else:
            form.save.click()

    def _on_step(self, *, back: bool) -> None:
        """Take a step back, or do it again, and show the form that it is about."""
        if self.draft is None:
            return
        said, changed = step(self.draft, back=back)
        if changed and self.tabs.current not in changed:
            self.tabs.show(changed[0])
        self.head.tell(said)
        self.wiring.said = said

    def _on_level(self, company: bool) -> None:  # noqa: FBT001 - a check box's value
        if self.draft is not None:
            self.draft.at_company = company
        mark(self, "mw-at-company", on=company)

    def _on_language(self, language: str) -> None:
        self.visit.choose(language)
        self.speak(language)

    def _on_visitor(self, visitor: Visitor) -> None:
        """Show a page that has just opened what is so now: the kernel may have waited long."""
        self.speak(visitor.language)
        self._unseen = visitor.first
        self._on_reload()
        self.restored.value = self._keeping.bring(visitor.kept, self.draft)
        if self.start is not None and visitor.first:
            self.start.discover.greet()
        if self.draft is not None and visitor.section in SECTIONS:
            self.tabs.show(visitor.section)
