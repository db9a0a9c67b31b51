"""The history: who changed what, when and why; compared, taken back, and gone back to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import ipywidgets as widgets

from mailwidgets.errors import MailwidgetsError
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.history_pages import (
    PAGE,
    ByHand,
    Outdated,
    Page,
    by_hand,
    read_page,
)
from mailwidgets.overview.history_sieve import Sieve
from mailwidgets.overview.names import OFFERED, offered
from mailwidgets.servers import Servers
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.views import history_drawer, history_entry_markup, history_markup
from mailwidgets.views.history_drawer import KINDS, Done, Drawer
from mailwidgets.views.history_plan_markup import DRAWER
from mailwidgets.widgets.beside import beside
from mailwidgets.widgets.look import shared
from mailwidgets.widgets.panel import Panel

Go = Callable[[str, str], None]
_KEYS: Final = {one.name: one.id for one in SETTINGS.values()}


class HistoryView(widgets.VBox):
    """The commits of a store, the newest first, and what can be done about them.

    Attributes:
        panel: shows it, and hands on what is pressed and typed there to ``act``.
        sieve: which commits are asked for.
        page: those that are shown; ``None`` before they were read, or where they cannot be.
        drawer: what is unfolded below one of them.
        reading: what waits for the store, ``None`` where nothing does.
        looking: likewise, while it is found out what was edited by hand.

    Args:
        servers: whose store's history.
        changed: called after something was taken back, so that others show it, too.
        go: brings a setting's field to the front, by section and key; none is offered without.
    """

    def __init__(self, servers: Servers, changed: Callable[[], None], go: Go | None = None) -> None:
        self.servers = servers
        self.sieve = Sieve()
        self.page: Page | None = None
        self.reading: asyncio.Task[None] | None = None
        self._changed, self._go = changed, go
        self._asked_for = False
        self._count = PAGE
        self._round = 0  # of readings: an earlier one that still goes on gives up
        self._older = self._sifting = False
        self._trouble = self._done = self._decided = self._newest = self._typed = ""
        self._people: tuple[str, ...] = ()
        self._hand = ByHand()
        self.looking: asyncio.Task[None] | None = None
        self.panel = Panel(self.act, "mw-past")
        self.drawer = Drawer(servers, draw=self._draw, done=self._on_done, say=self.panel.say)
        self._acts: dict[str, Callable[[str], None]] = {
            "search": lambda value: self._sift(search=value.strip()),
            "what": self._on_what,
            "person": lambda value: self._sift(person=value.strip()),
            "whom": self._on_whom,
            "mine": lambda value: self._sift(mine=value == "on"),
            "clear": self._on_clear,
            "older": self._on_older,
            "again": lambda _value: self.refresh(),
            "go": self._on_go,
            "back": self._on_back,
        }
        super().__init__([self.panel], layout=shared(widgets.Layout))

    def ask(self, *, wanted: bool = True) -> None:
        """Show the history from now on, or no more: where nobody looks, it need not be read."""
        self._asked_for = wanted
        self.refresh()

    def refresh(self) -> None:
        """Show the history as it is now; what is unfolded stays, a plan is worked out anew."""
        if self._asked_for:
            self._read()
            self.drawer.again()

    def act(self, name: str, value: str) -> None:
        """Do what was pressed, chosen or typed in the panel."""
        if name in KINDS:
            self._on_open(name, value)
        elif name in self._acts:
            self._acts[name](value)
        else:
            self.drawer.act(name, value)

    def close(self) -> None:
        """Wait for no answer any more and close the panel."""
        self._round += 1
        for task in (self.reading, self.looking):
            if task is not None:
                task.cancel()
        self.reading = self.looking = None
        self.drawer.end()
        self.panel.close()
        super().close()

    def _read(self) -> None:
        if self.reading is not None:
            self.reading.cancel()
        self._round += 1
        this = self._round
        servers, sieve, count = self.servers, self.sieve, self._count
        until = self.drawer.commit.id if self.drawer.commit is not None else ""

        def read() -> Page | MailwidgetsError | None:
            try:
                return read_page(
                    servers, sieve, count, until=until, outdated=lambda: this != self._round
                )
            except Outdated:
                return None
            except MailwidgetsError as error:
                return error

        self.reading = beside(read, self._show)
        if self.reading is not None and not self.panel.html:
            self.panel.html = history_markup.reading()

    def _show(self, found: Page | MailwidgetsError | None) -> None:
        self.reading = None
        if found is None:
            return
        before, self._older = self.page if self._older else None, False
        sifted, self._sifting = self._sifting, False
        if isinstance(found, MailwidgetsError):
            self.page, self._trouble = None, str(found)
            self.panel.say(self._trouble)
        else:
            self.page, self._trouble = found, ""
            self._people = found.people or self._people
            rows = found.rows
            commits = tuple(row.commit for row in rows)
            self.drawer.page = history_drawer.Page(commits, found.mine, found.may_return)
            open_ = self.drawer.commit
            if open_ is not None and found.commit(open_.id) is None:
                self.drawer.close()
        self._draw()
        if before is not None and self.page is not None:
            self._reach(len(before.rows), self.page)
        if sifted and self.page is not None:
            self._tell(self.page)
        self._look_for_hands()

    def _reach(self, known: int, page: Page) -> None:
        """Bring the reader to the first of the commits that were added at the end."""
        added = page.rows[known:]
        if added:
            told = ngettext("{count} older commit.", "{count} older commits.", len(added))
            self.panel.say(told.format(count=number(len(added))))
            self.panel.focus(history_entry_markup.commit_id(added[0].commit.id))

    def _tell(self, page: Page) -> None:
        """Have a screen reader say how many commits fit what was asked for."""
        count = len(page.rows)
        told = ngettext("{count} commit fits.", "{count} commits fit.", count)
        if page.more:
            told = _("{count} commits are shown; there are older ones.")
        self.panel.say(told.format(count=number(count)))

    def _look_for_hands(self) -> None:
        """Find out what was edited by hand, once the rest is to be seen."""
        if self.looking is not None:
            self.looking.cancel()
        servers, seen = self.servers, self._hand.version

        def look() -> ByHand | None:
            try:
                return by_hand(servers, seen)
            except MailwidgetsError:
                return None  # the page tells what cannot be read

        self.looking = beside(look, self._show_hands)

    def _show_hands(self, found: ByHand | None) -> None:
        self.looking = None
        if found is not None:
            self._hand = found
            self._draw()

    def _sift(self, **asked: str | bool) -> None:
        wanted = replace(self.sieve, **asked)  # type: ignore[arg-type]  # each by its name
        if wanted != self.sieve:
            self.sieve, self._count, self._done = wanted, PAGE, ""
            self.drawer.close()
            self._sifting = True
            self._read()
            if self._sifting:
                self._draw()

    def _on_what(self, value: str) -> None:
        if not value or value in SECTIONS or value in _KEYS:
            self._sift(what=value)

    def _on_whom(self, value: str) -> None:
        """Offer the names that fit what is typed; it counts when it is done."""
        if len(self._people) > OFFERED:
            self._typed = value
            self._draw()

    def _on_clear(self, _value: str) -> None:
        self._sift(search="", what="", person="")
        self.panel.focus(history_markup.SEARCH)  # the button is gone

    def _on_older(self, _value: str) -> None:
        if self.page is None or not self.page.more or self._older:
            return
        self._older = True
        self._count = len(self.page.rows) + PAGE
        self._read()
        if self._older:
            self._draw()

    def _on_go(self, name: str) -> None:
        if self._go is not None and name in _KEYS:
            self._go(*_KEYS[name])

    def _on_open(self, kind: str, id_: str) -> None:
        commit = self.page.commit(id_) if self.page is not None else None
        if commit is None or self.drawer.storing:
            return
        shown = self.drawer.commit
        if self.drawer.kind == kind and shown is not None and shown.id == commit.id:
            self._on_back("")
            return
        self._done = ""
        self.drawer.open(kind, commit)
        self.panel.focus(DRAWER)

    def _on_back(self, _value: str) -> None:
        commit, kind = self.drawer.commit, self.drawer.kind
        if commit is not None and not self.drawer.storing:
            self.drawer.close()
            self._draw()
            self.panel.focus(history_entry_markup.button_id(kind, commit.id))

    def _on_done(self, done: Done) -> None:
        self._done, self._newest = done.told, done.made.id if done.made is not None else ""
        self._decided = done.commit.id
        self._count += done.made is not None
        self._draw()
        self.panel.focus(history_entry_markup.button_id(done.kind, done.commit.id))
        self.panel.say(done.told)
        self._read()
        self._changed()

    def _draw(self) -> None:
        if self.page is None:
            self.panel.html = (
                history_markup.failed(self._trouble) if self._trouble else history_markup.reading()
            )
            return
        drawer = self.drawer
        done = history_entry_markup.note(self._done, "good")
        unfolded = {}
        if done and self.page.commit(self._decided) is not None:
            unfolded, done = {self._decided: done}, ""  # where the person looks
        if drawer.commit is not None:
            unfolded[drawer.commit.id] = drawer.html()
        shown = history_entry_markup.Shown(
            today=datetime.now().astimezone().date(),
            goes=self._go is not None,
            newest=self._newest,
            reading=self._older,
            unfolded=unfolded,
            kind=drawer.kind,
            by_hand=self._hand.changes,
            busy=self._sifting,
        )
        authors = {row.commit.by for row in self.page.rows}
        people = offered({*self._people, *authors}, self._typed)
        self.panel.html = "".join(
            (
                history_markup.filters(self.sieve, mine=self.page.mine, people=people)
                if self.page.rows or self.sieve != Sieve()
                else "",
                done,
                history_markup.listing(self.page, self.sieve, shown),
            )
        )
