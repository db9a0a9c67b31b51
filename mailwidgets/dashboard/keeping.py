"""Unsaved edits outlive their kernel: the browser tab holds a copy, without any password."""

from __future__ import annotations

from mailwidgets.dashboard.visit import Visit
from mailwidgets.draft import kept
from mailwidgets.draft.draft import Draft
from mailwidgets.languages.texts import _
from mailwidgets.widgets import markup


class Keeping:
    """Has the page keep a draft's edits, and puts into a new draft what a page has kept.

    Args:
        visit: the line to the page.
    """

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._waiting: object = None

    def keep(self, draft: Draft) -> None:
        """Have the page hold what is edited now, in place of what it held."""
        packed = kept.pack(draft)
        self._visit.unsaved = bool(packed)
        self._visit.keep(packed or None)

    def bring(self, edits: object, draft: Draft | None) -> str:
        """Put a page's copy into a draft; return as HTML what came of it, empty for nothing.

        Args:
            edits: what the page holds; ``None`` for nothing.
            draft: where it goes; without one it waits for ``arrived``.
        """
        self._waiting = edits
        return "" if draft is None else self.arrived(draft)

    def arrived(self, draft: Draft) -> str:
        """Put the copy that waits into a draft that is there now; return likewise."""
        edits, self._waiting = self._waiting, None
        # A page that is loaded again beside a living kernel: its draft is the newer one.
        if edits is None or draft.changes() or draft.texts():
            self.keep(draft)
            return ""
        told = kept.unpack(draft, edits)
        self.keep(draft)
        return _told(told)


def unreadable(trouble: str, *, kept: bool) -> str:
    """Return as HTML why the store cannot be read, and what of edits; empty for no trouble."""
    said = ""
    if trouble:
        said = _("The store cannot be read: {trouble}. Trying again.")
        if kept:
            said = _("The store cannot be read: {trouble}. Trying again. Your edits are kept.")
    return markup.message(said.format(trouble=trouble.rstrip(". ")), kind="bad")


def _told(came: kept.Restored) -> str:
    """Return what a person reads of a copy that was put back."""
    said = []
    if came.restored:
        back = _("Your unsaved edits are back in the forms: {settings}.")
        said.append(back.format(settings=", ".join(came.restored)))
        if came.moved_on:
            said.append(_("The store has changed since: look at what is marked."))
    if came.saved:
        stored = _("Stored already: {settings}.")
        said.append(stored.format(settings=", ".join(came.saved)))
    if came.again:
        typed = _("Type again, since no password is kept: {settings}.")
        said.append(typed.format(settings=", ".join(came.again)))
    said += [_("Not taken: {why}").format(why=why) for why in came.ignored]
    lost = bool(came.again or came.ignored)
    return markup.message(" ".join(said), kind="warn" if lost else "status")
