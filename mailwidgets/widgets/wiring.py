"""What plain widgets cannot do by themselves: fields tied to their notes, and keys that act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import anywidget
import ipywidgets as widgets
from traitlets import Unicode

from mailwidgets.widgets.look import shared

ACTS: Final = ("save", "undo", "redo")


class Wiring(anywidget.AnyWidget):
    """Wires up all fields of a dashboard, those that come later too; it is seen nowhere.

    One stands in each root, before the forms: as long as there is none, help is not folded.

    - A field is described by its origin, its help once that is unfolded, and what is wrong with
      it (``aria-describedby``, ``aria-invalid``); a new error at the field with the focus is said.
    - An error appears when typing pauses, not while somebody is still at it.
    - Ctrl+S saves, Ctrl+Z takes back, Ctrl+Shift+Z and Ctrl+Y do again (on a Mac with Cmd). In a
      text box the last three stay the box's own, which takes back what was typed there.
    - A message in a place that ``look.says`` made is heard, whatever the screen reader.
    - The tab key comes back to the tab that is in front. What gets the focus is not left under the
      foot of its form; what loses it, being disabled, leaves it to what is around.
    - A button that is pressed right after typing waits until the last key has arrived: ipywidgets
      holds keys back while one is on its way, and the press would overtake them.

    Traits:
        said: what a screen reader says, once, when it changes.

    Args:
        act: takes ``save``, ``undo`` or ``redo``.
    """

    _esm = Path(__file__).with_name("wiring.js")
    said = Unicode().tag(sync=True)

    def __init__(self, act: Callable[[str], None]) -> None:
        super().__init__(layout=shared(widgets.Layout))
        self._act = act
        self.add_class("mw-wiring")
        self.on_msg(self._on_message)

    def _on_message(self, _: object, content: Mapping[str, Any], __: object) -> None:
        if "settle" in content:  # all that was sent before has arrived
            self.send({"settled": content["settle"]})
        elif content.get("act") in ACTS:
            self._act(content["act"])
