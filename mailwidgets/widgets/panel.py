"""HTML that a person can act in: what is pressed or typed there arrives as a call.

A table with forty rows to open, sort and search is one widget this way, and stays a real table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
from traitlets import Unicode

from mailwidgets.widgets.look import shared

Act = Callable[[str, str], None]


class Panel(anywidget.AnyWidget):
    """Shows markup and hands on what is done in it.

    In the markup, a button with ``data-act="sort" data-value="level"`` calls ``act("sort",
    "level")`` when it is pressed; a text box, list or check box with ``data-act`` calls it with
    what it holds, a moment after the last key (``data-wait`` milliseconds, 150 unless told); a
    check box gives ``on`` or ``off``. A text box may name two more: ``data-done`` is called when
    the person is done with it (Enter, leaving it, picking from its list), ``data-reach`` when
    the focus comes to it.

    Escape within an element with ``data-escape`` calls what that names.

    ``data-copy="ID"`` on a button copies the text of the element with that id; its ``data-act``
    is called afterwards, with ``refused`` where the browser did not let it.

    New markup leaves in place what is the same, so focus, what is being typed and what was
    unfolded stay; elements with an ``id`` keep who they are. Nothing but what
    ``widgets.markup`` and its like escaped may go in.

    Traits:
        html: the markup.
        said: what a screen reader says, once, when it changes.

    Args:
        act: takes the name of what was done, and its value.
    """

    _esm = Path(__file__).with_name("panel.js")
    html = Unicode().tag(sync=True)
    said = Unicode().tag(sync=True)

    def __init__(self, act: Act, *css_classes: str) -> None:
        super().__init__(layout=shared(widgets.Layout))
        self._act = act
        self.add_class("mw-panel")
        for one in css_classes:
            self.add_class(one)
        self.on_msg(self._on_message)

    def say(self, text: str) -> None:
        """Have a screen reader say something, even the same as before."""
        # A blank more or less makes it another text, and nobody hears it.
        self.said = f"{text}\N{NO-BREAK SPACE}" if text and text == self.said else text

    def focus(self, element: str) -> None:
        """Put the focus on the element with an id."""
        self.send({"focus": element})

    def _on_message(self, _: object, content: Mapping[str, Any], __: object) -> None:
        self._act(str(content.get("act", "")), str(content.get("value", "")))
