"""The browser that shows the dashboard, and what it tells of its visitor.

A kernel may have run long before its page was opened: the page says who it is once it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anywidget
import ipywidgets as widgets
from traitlets import Unicode

from mailwidgets.widgets.look import shared

COMPLETE = ("en",)  # the languages that every text is translated to


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a page tells when it is opened.

    Attributes:
        language: the tag of the one to speak: asked for in the address, chosen before, or the
            browser's first that there is.
        section: the tab to open, from the address (``?section=imap``); empty for the first.
    """

    language: str
    section: str

    @classmethod
    def told(cls, content: Mapping[str, Any]) -> Visitor:
        """Return the visitor that a page's message describes; nonsense counts as nothing said."""
        asked = parse_qs(str(content.get("query", "")).lstrip("?"))
        spoken = content.get("languages")
        wishes = [*asked.get("language", []), str(content.get("chosen", ""))]
        wishes += [str(one) for one in spoken] if isinstance(spoken, list) else []
        tags = (one.split("-")[0].lower() for one in wishes)
        return cls(
            language=next((tag for tag in tags if tag in COMPLETE), "en"),
            section=next(iter(asked.get("section", [])), ""),
        )


class Visit(anywidget.AnyWidget):
    """The line to the browser; nothing of it is seen.

    Traits:
        language: the tag of the language on the page.
        title: the page's, where the dashboard has a page of its own.

    Args:
        arrived: takes the visitor each time a page shows the dashboard.
    """

    _esm = Path(__file__).with_name("visit.js")
    language = Unicode("en").tag(sync=True)
    title = Unicode().tag(sync=True)

    def __init__(self, arrived: Callable[[Visitor], None]) -> None:
        super().__init__(layout=shared(widgets.Layout))
        self._arrived = arrived
        self.add_class("mw-visit")
        self.on_msg(self._on_message)

    def choose(self, language: str) -> None:
        """Have the browser remember the person's choice of language."""
        self.send({"choose": language})

    def focus(self, selector: str) -> None:
        """Put the focus on the first element of the dashboard that a CSS selector finds."""
        self.send({"focus": selector})

    def _on_message(self, _: object, content: Mapping[str, Any], __: object) -> None:
        told = content.get("visit")
        if isinstance(told, Mapping):
            self._arrived(Visitor.told(told))
