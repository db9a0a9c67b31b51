"""The browser that shows the dashboard: what it tells of its visitor, and what it keeps.

A kernel may have run long before its page was opened, and a page may outlive its kernel. So the
page says who it is once it is there, and holds a copy of the unsaved edits, without any password,
for as long as its tab is open.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import anywidget
import ipywidgets as widgets
from traitlets import Bool, Unicode

from mailwidgets.languages import texts
from mailwidgets.servers import Servers
from mailwidgets.widgets.look import shared

_MOST: Final = 500_000  # characters of kept edits that are looked at


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a page tells when it is opened.

    Attributes:
        language: the tag of the one to speak: asked for in the address, chosen before, or the
            browser's first that there is.
        section: the tab to open, from the address (``?section=imap``); empty for the first.
        kept: the unsaved edits that this browser tab holds; ``None`` where it holds none.
        first: whether no page has shown the dashboard before.
    """

    language: str
    section: str
    kept: object
    first: bool = False

    @classmethod
    def told(cls, content: Mapping[str, Any]) -> Visitor:
        """Return the visitor that a page's message describes; nonsense counts as nothing said."""
        asked = parse_qs(str(content.get("query", "")).lstrip("?"))
        spoken = content.get("languages")
        wishes = [*asked.get("language", []), str(content.get("chosen", ""))]
        wishes += [str(one) for one in spoken] if isinstance(spoken, list) else []
        tags = (one.split("-")[0].lower() for one in wishes)
        kept = str(content.get("kept", ""))
        try:
            edits = json.loads(kept) if kept and len(kept) <= _MOST else None
        except ValueError:
            edits = None
        return cls(
            language=next((tag for tag in tags if tag in texts.COMPLETE), "en"),
            section=next(iter(asked.get("section", [])), ""),
            kept=edits,
        )


class Visit(anywidget.AnyWidget):
    """The line to the browser; nothing of it is seen.

    Traits:
        place: names the store and the person, so that edits are not put into another's forms.
        language: the tag of the language on the page.
        title: the page's, where the dashboard has a page of its own.
        unsaved: whether to ask before the page is left.

    Attributes:
        here: whether a page shows it.
        wanted: the language to speak whatever a browser asks for; empty: the browser's.

    Args:
        place: as above.
        arrived: takes the visitor each time a page shows the dashboard.
    """

    _esm = Path(__file__).with_name("visit.js")
    place = Unicode().tag(sync=True)
    language = Unicode("en").tag(sync=True)
    title = Unicode().tag(sync=True)
    unsaved = Bool(default_value=False).tag(sync=True)

    def __init__(self, place: str, arrived: Callable[[Visitor], None]) -> None:
        super().__init__(place=place, layout=shared(widgets.Layout))
        self._arrived = arrived
        self._kept = ""
        self.here = False
        self.wanted = ""
        self.add_class("mw-visit")
        self.on_msg(self._on_message)

    def keep(self, edits: object) -> None:
        """Have the browser tab hold unsaved edits; ``None``: there are none any more."""
        text = "" if edits is None else json.dumps(edits, ensure_ascii=False)
        # Before the page has told what it holds, an empty draft would take it away.
        if self.here and text != self._kept:
            self._kept = text
            self.send({"keep": text or None})

    def choose(self, language: str) -> None:
        """Have the browser remember the person's choice of language."""
        self.wanted = self.wanted and language
        self.send({"choose": language})

    def focus(self, selector: str) -> None:
        """Put the focus on the first element of the dashboard that a CSS selector finds."""
        self.send({"focus": selector})

    def _on_message(self, _: object, content: Mapping[str, Any], __: object) -> None:
        told = content.get("visit")
        if isinstance(told, Mapping):
            first, self.here = not self.here, True
            self._kept = str(told.get("kept", ""))
            visitor = Visitor.told(told)
            language = self.wanted or visitor.language
            self._arrived(replace(visitor, language=language, first=first))


def place_of(servers: Servers) -> str:
    """Return what names a store and a person, without telling where the store is."""
    whose = servers.identity
    named = "\n".join([str(servers.store.location), whose.user, whose.workstation])
    return hashlib.sha256(named.encode()).hexdigest()[:16]
