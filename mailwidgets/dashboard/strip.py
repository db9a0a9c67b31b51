"""A line over the forms: how many settings changed elsewhere, and which."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from mailwidgets.draft.draft import Draft
from mailwidgets.draft.news import News
from mailwidgets.languages.formats import number
from mailwidgets.languages.texts import _, ngettext
from mailwidgets.widgets import markup, words
from mailwidgets.widgets.look import button, mark, plain, says, shared


class Strip(widgets.HBox):
    """Always there, so that no news moves the fields below.

    Attributes:
        text: what changed elsewhere and is still marked.
        said: the same, of what is new, for screen readers: once.
        seen: takes all marks away.

    Args:
        back: gets the focus once the button is gone.
    """

    def __init__(self, back: widgets.DOMWidget) -> None:
        self._draft: Draft | None = None
        self._known: tuple[News, ...] = ()
        self._back = back
        self.text = plain(widgets.HTML, markup.hint(_quiet()))
        self.said = says()
        self.seen = button(_("Mark as seen"), self._on_seen, "mw-folded")
        super().__init__([self.text, self.seen, self.said], layout=shared(widgets.Layout))
        self.add_class("mw-strip")

    def show(self, draft: Draft) -> None:
        """Show what a draft marks."""
        self._draft = draft
        news = draft.news.all()
        disputed = {one.slot for one in draft.disputes()}
        settings = list(dict.fromkeys(one.slot[1] for one in news))
        fresh = [one for one in news if one not in self._known]
        self._known = news
        if fresh:
            clash = any(one.slot in disputed for one in fresh)
            conflict = _("There is a conflict.") if clash else ""
            self.said.value = markup.said(f"{_told(fresh)} {conflict}".rstrip())
        self.text.value = markup.hint(_told(news) if settings else _quiet())
        mark(self.seen, "mw-folded", on=not news)

    def _on_seen(self) -> None:
        if self._draft is not None:
            self._draft.seen()
            self._back.focus()


def _quiet() -> str:
    return _("What others save appears here by itself.")


def _told(news: Sequence[News]) -> str:
    keys = list(dict.fromkeys(one.slot[1] for one in news))
    told = ngettext(
        "{count} setting changed elsewhere: {settings}.",
        "{count} settings changed elsewhere: {settings}.",
        len(keys),
    )
    return told.format(count=number(len(keys)), settings=words.listed(keys))
