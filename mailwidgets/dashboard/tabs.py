"""Tabs whose contents are made when they are first shown: a page of one tab opens sooner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets

from mailwidgets.widgets.look import plain, shared


class Tabs(widgets.Tab):
    """Some tabs, each with a name.

    Attributes:
        contents: what was made so far, by name.

    Args:
        names: the tabs' own, which no person sees, in their order.
        make: gives what stands in a tab, by its name.
        shown: called with a name whenever that tab comes to the front.
    """

    def __init__(
        self,
        names: Sequence[str],
        make: Callable[[str], widgets.Widget],
        shown: Callable[[str], None],
    ) -> None:
        self._names = tuple(names)
        self._make = make
        self._shown = shown
        self.contents: dict[str, widgets.Widget] = {}
        places = [plain(widgets.VBox) for _ in names]
        super().__init__(places, layout=shared(widgets.Layout))
        self.observe(self._on_tab, "selected_index")

    @property
    def current(self) -> str:
        """Return the name of the tab in front; empty before one was shown."""
        index = self.selected_index
        return "" if index is None else self._names[index]

    def content(self, name: str) -> widgets.Widget:
        """Return what a tab holds, made now if it was not yet."""
        if name not in self.contents:
            self.contents[name] = self._make(name)
            place = self.children[self._names.index(name)]
            place.children = (self.contents[name],)
        return self.contents[name]

    def show(self, name: str) -> None:
        """Bring a tab to the front; before the first one is, all are empty."""
        if name == self.current:  # ipywidgets has chosen the first one by itself
            self._on_tab(None)
        self.selected_index = self._names.index(name)

    def name(self, titles: Mapping[str, str]) -> None:
        """Give the tabs their titles, by name."""
        # ipywidgets sends them only where they differ.
        self.titles = tuple(titles[name] for name in self._names)

    def _on_tab(self, _: object) -> None:
        if self.current:
            self.content(self.current)
            self._shown(self.current)
