"""Where pages lead and what they load: HTML as it was built, Markdown as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN: Final = MarkdownIt().enable("table")
# What a browser fetches without being asked to.
_LOADED: Final = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
_IN_STYLE: Final = re.compile(r"(?:url\(|@import)\s*[\"']?([^\"')\s;]+)")


@dataclass
class Page(HTMLParser):
    """A built page.

    Attributes:
        anchors: what can be linked to within.
        links: where it leads.
        loaded: what a browser needs for it.
    """

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if name := told.get("id") or told.get("name"):
            self.anchors.add(name)
        if tag == "a" and (target := told.get("href")):
            self.links.append(target)
        if target := told.get(_LOADED.get(tag, "")):
            self.loaded.append(target)


def read_page(path: Path) -> Page:
    """Return what a built page has."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def loaded_by_style(path: Path) -> list[str]:
    """Return what a style sheet loads."""
    return _IN_STYLE.findall(path.read_text(encoding="utf-8"))


def texts(path: Path) -> Iterator[str]:
    """Yield the Markdown of a page, or of a notebook's cells."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        yield text
        return
    for cell in json.loads(text)["cells"]:
        if cell["cell_type"] == "markdown":
            yield "".join(cell["source"])


def tokens(text: str) -> Iterator[Token]:
    """Yield all that a Markdown text is made of."""
    for token in _MARKDOWN.parse(text):
        yield token
        yield from token.children or ()


def targets(path: Path) -> list[str]:
    """Return where a Markdown text leads, and which images it shows."""
    found = (token for text in texts(path) for token in tokens(text))
    named = (token.attrGet("href") or token.attrGet("src") for token in found)
    return [str(one) for one in named if one]


def headings(path: Path) -> set[str]:
    """Return the anchors of a Markdown text's headings."""
    found = set()
    for text in texts(path):
        every = list(tokens(text))
        for token, inline in pairwise(every):
            if token.type == "heading_open":
                words = re.sub(r"[^\w\- ]", "", inline.content.lower())
                found.add(words.replace(" ", "-"))
    return found


def split(target: str) -> tuple[str, str, str]:
    """Return a link's host (or scheme), path and anchor."""
    parts = urlsplit(target)
    return parts.netloc or parts.scheme, unquote(parts.path), unquote(parts.fragment)
