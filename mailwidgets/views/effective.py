"""The values in force: searched, compared, unfolded, and whose they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

import ipywidgets as widgets

from mailwidgets.errors import MailwidgetsError
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.overview.copied import as_csv
from mailwidgets.overview.details import detail
from mailwidgets.overview.filters import COLUMNS, COMPARED, Filters, Order
from mailwidgets.overview.rows import ORIGINS, Row, rows
from mailwidgets.overview.seen import Seen, Trace, look, traces
from mailwidgets.overview.sources import sources
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import Key
from mailwidgets.settings.sections import SECTIONS, SETTINGS
from mailwidgets.store.commits import Slot
from mailwidgets.views import values_markup
from mailwidgets.views.details_markup import details
from mailwidgets.views.sources_markup import picture
from mailwidgets.views.whose import Whose
from mailwidgets.widgets import markup
from mailwidgets.widgets.beside import beside
from mailwidgets.widgets.look import shared
from mailwidgets.widgets.panel import Panel

Go = Callable[[str, str], None]
_KEYS: Final = {one.name: one.id for one in SETTINGS.values()}
_NAMES: Final = {key: name for name, key in _KEYS.items()}


class _Read(NamedTuple):
    """What was read: for one identity, or for two to compare."""

    seen: tuple[Seen, ...]
    rows: tuple[Row, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """Return what tells whether anything has changed since."""
        return tuple(one.version for one in self.seen)


_NOTHING: Final = _Read((), ())


class EffectiveView(widgets.VBox):
    """What is in force and where it comes from, for anybody, alone or beside somebody else.

    Attributes:
        panel: shows it, and hands on what is pressed and typed there to ``act``.
        whose: for whom.
        filters: which settings are shown.
        order: how they are sorted.
        unfolded: the settings of which everything is shown.
        reading: what waits for the store, ``None`` where nothing does.

    Args:
        servers: whose store is shown.
        go: brings a setting's field to the front, by section and key; none is offered without.
    """

    def __init__(self, servers: Servers, go: Go | None = None) -> None:
        self.servers = servers
        self.filters, self.order = Filters(), Order()
        self.unfolded: list[Key] = []
        self.reading: asyncio.Task[None] | None = None
        self._go = go
        self._tracing: asyncio.Task[None] | None = None
        self._asked_for = False
        self._found = _NOTHING
        self._trouble = ""
        self._traces: dict[Slot, Trace] = {}
        self._copied = ""
        self._acts: dict[str, Callable[[str], None]] = {
            "search": lambda value: self._filter(search=value.strip()),
            "section": lambda value: self._filter(section=value if value in SECTIONS else ""),
            "origin": lambda value: self._filter(origin=value if value in ORIGINS else ""),
            "changed": lambda value: self._filter(changed=value == "on"),
            "different": lambda value: self._filter(different=value == "on"),
            "cell": self._on_cell,
            "clear": self._on_clear,
            "sort": self._on_sort,
            "fold": self._on_fold,
            "go": self._on_go,
            "copied": self._on_copied,
            "compare": self._on_compare,
        }
        self.panel = Panel(self.act, "mw-values")
        self.whose = Whose(servers, changed=self.refresh, draw=self._draw)
        super().__init__([self.panel], layout=shared(widgets.Layout))

    def ask(self) -> None:
        """Show the values from now on: until somebody looks, they need not be read."""
        self._asked_for = True
        self.refresh()

    def refresh(self) -> None:
        """Show what the store holds now."""
        self._read_anew()

    def follow(self) -> None:
        """Show anew what changed for somebody else: of the acting identity, ``refresh`` is told."""
        if self.reading is None and (self.whose.others or self._trouble):
            self._read_anew(since=self._found.versions)

    def view_as(self, user: str = "", workstation: str = "") -> None:
        """Show the values of somebody; an empty name stands for the acting one."""
        self.whose.choose(user, workstation)

    def compare_with(self, user: str = "", workstation: str = "") -> None:
        """Show the values of somebody else beside them."""
        self.whose.compare(user, workstation)

    def act(self, name: str, value: str) -> None:
        """Do what was pressed or typed in the panel; what it does not know is passed over."""
        self._copied = ""
        if name in self._acts:
            self._acts[name](value)
        else:
            self.whose.act(name, value)

    def close(self) -> None:
        """Wait for no answer any more and close the panel."""
        for task in (self.reading, self._tracing):
            if task is not None:
                task.cancel()
        self.reading = self._tracing = None
        self.whose.close()
        self.panel.close()
        super().close()

    def _read_anew(self, since: tuple[str, ...] = ()) -> None:
        if not self._asked_for:
            return
        if self.reading is not None:
            self.reading.cancel()
        names = self.whose.names
        self.reading = beside(lambda: _read(self.servers, names, since), self._show)
        if self.reading is not None and not self.panel.html:
            self.panel.html = markup.hint(_("Reading the settings…"))

    def _show(self, found: _Read | MailwidgetsError | None) -> None:
        self.reading = None
        if found is None:
            return
        self._traces = {}
        if isinstance(found, MailwidgetsError):
            self._found, self._trouble = _NOTHING, str(found)
        else:
            self._found, self._trouble = found, ""
        self._draw()
        self._trace()

    def _trace(self) -> None:
        """Find out who set what is unfolded, if that is not known yet."""
        wanted: dict[Slot, object] = {}
        for seen in self._found.seen:
            wanted |= seen.slots(self.unfolded)
        missing = {slot: value for slot, value in wanted.items() if slot not in self._traces}
        if self._tracing is not None:
            self._tracing.cancel()
            self._tracing = None
        if missing:
            store = self.servers.store
            self._tracing = beside(lambda: traces(store, missing), self._show_traces)

    def _show_traces(self, found: dict[Slot, Trace]) -> None:
        self._tracing = None
        self._traces |= found
        self._draw()

    def _filter(self, **changes: Any) -> None:  # noqa: ANN401 - as the fields of Filters
        self.filters = replace(self.filters, **changes)
        self._draw()

    def _on_cell(self, value: str) -> None:
        section, _blank, origin = value.partition(" ")
        if section in SECTIONS and origin in ORIGINS:
            asked = Filters(section=section, origin=origin)
            self.filters = Filters() if self.filters == asked else asked
            self._draw()

    def _on_clear(self, _value: str) -> None:
        self.filters = Filters()
        self._draw()
        self.panel.focus(values_markup.SEARCH)  # the button is gone

    def _on_sort(self, column: str) -> None:
        if column in (COMPARED if self.whose.compared else COLUMNS):
            self.order = self.order.pressed(column)
            self._draw()

    def _on_fold(self, name: str) -> None:
        key = _KEYS.get(name)
        if key in self.unfolded:
            self.unfolded.remove(key)
        elif key is not None:
            self.unfolded.append(key)
        self._draw()
        self._trace()

    def _on_go(self, name: str) -> None:
        if self._go is not None and name in _KEYS:
            self._go(*_KEYS[name])

    def _on_copied(self, value: str) -> None:
        count = len(self._chosen())
        if value == "refused":
            self._copied = _("The browser did not allow it.")
        else:
            text = ngettext("Copied {count} setting.", "Copied {count} settings.", count)
            self._copied = text.format(count=count)
        self._draw()
        self.panel.say(self._copied)

    def _on_compare(self, _value: str) -> None:
        if self.whose.compared:
            self.filters = replace(self.filters, different=False)
            self.order = self.order if self.order.column in COLUMNS else Order()
            self.whose.compare(None)
        else:
            self.order = self.order if self.order.column in COMPARED else Order()
            self.whose.compare("")
            self.panel.focus(self.whose.second_box)

    def _chosen(self) -> tuple[Row, ...]:
        return self.order.sorted(self.filters.chosen(self._found.rows))

    def _draw(self) -> None:
        choosers = self.whose.html()
        if self._trouble or not self._found.seen:
            self.panel.html = choosers + markup.message(self._trouble, kind="bad")
            return
        compared, chosen = len(self._found.seen) > 1, self._chosen()
        controls = values_markup.controls(self.filters, compared=compared)
        shown = "" if compared else picture(sources(self._found.rows), self.filters)
        tally = values_markup.tally(self._found.rows, chosen, self.filters, self._copied)
        self.panel.html = "".join(
            (
                f"<div class='mw-top'><div>{choosers}{controls}</div>{shown}</div>",
                tally,
                self._table(chosen) if chosen else values_markup.nothing(self.filters),
                values_markup.copy_source(as_csv(chosen)),
            )
        )

    def _table(self, chosen: tuple[Row, ...]) -> str:
        identities = [seen.identity for seen in self._found.seen]
        unfolded = {
            row.key: details(
                row.setting,
                [
                    (values_markup.whose(seen.identity), detail(seen, row.key, self._traces))
                    for seen in self._found.seen
                ],
                different=row.different,
                goes=self._go is not None,
            )
            for row in chosen
            if row.key in self.unfolded
        }
        return values_markup.table(chosen, self.order, identities, unfolded)


def _read(
    servers: Servers, names: tuple[tuple[str, str], ...], since: tuple[str, ...]
) -> _Read | MailwidgetsError | None:
    """Return what there is to show, or why there is nothing; ``None`` where it is shown."""
    try:
        seen = tuple(look(servers, *whose) for whose in names)
    except MailwidgetsError as error:
        return error
    found = _Read(seen, rows(*(one.resolution for one in seen)))
    return None if found.versions == since else found
