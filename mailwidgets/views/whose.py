"""For whom values are looked at: a user on a workstation, and another one to compare with."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Final

from mailwidgets.errors import MailwidgetsError
from mailwidgets.languages.texts import _
from mailwidgets.overview.names import offered
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Level
from mailwidgets.views import values_markup
from mailwidgets.widgets import markup
from mailwidgets.widgets.beside import beside

_LEVELS: Final = (Level.USER, Level.WORKSTATION)


class Whose:
    """The identities that are looked at, and the boxes that choose them.

    A box offers the names that the store knows: they are read when somebody comes to it.

    Attributes:
        names: user and workstation, of one identity or of two; an empty name is the acting one.
        reading: what waits for the store, ``None`` where nothing does.

    Args:
        servers: whose store knows the names.
        changed: called after other names were chosen.
        draw: called when the boxes look different.
    """

    def __init__(
        self, servers: Servers, changed: Callable[[], None], draw: Callable[[], None]
    ) -> None:
        self.names: tuple[tuple[str, str], ...] = (("", ""),)
        self.reading: asyncio.Task[None] | None = None
        self._servers = servers
        self._changed = changed
        self._draw = draw
        self._token = f"mw-{uuid.uuid4().hex[:8]}"
        self._known: dict[Level, tuple[str, ...]] = {}
        self._typed = ("", "")  # in which box, and what
        self._trouble = ""

    @property
    def compared(self) -> bool:
        """Return whether there are two."""
        return len(self.names) > 1

    @property
    def others(self) -> bool:
        """Return whether any is not the acting identity."""
        return any(any(pair) for pair in self.names)

    @property
    def second_box(self) -> str:
        """Return the id of the box for the second user."""
        return f"{self._token}-{_box(1, Level.USER)}"

    def choose(self, user: str, workstation: str, at: int = 0) -> None:
        """Look at another identity, in the first place or in the second."""
        chosen = (user.strip(), workstation.strip())
        names = (*self.names[:at], chosen, *self.names[at + 1 :])
        if names != self.names:
            self.names = names
            self._changed()

    def compare(self, user: str | None, workstation: str = "") -> None:
        """Look at a second identity beside the first; ``None`` for no other."""
        self.names = self.names[:1]
        if user is not None:
            self.names = (*self.names, (user.strip(), workstation.strip()))
        self._changed()

    def act(self, name: str, value: str) -> None:
        """Do what was done in a box: it was ``reached``, ``typed`` in, or its name was chosen."""
        doing, _blank, box = name.rpartition(" ")
        for at, pair in enumerate(self.names):
            for level, other in zip(_LEVELS, reversed(pair), strict=True):
                if box == _box(at, level):
                    self._done(doing, at, level, value, other)
                    return

    def close(self) -> None:
        """Wait for no answer any more."""
        if self.reading is not None:
            self.reading.cancel()
            self.reading = None

    def html(self) -> str:
        """Return the boxes."""
        labels = ((_("View as user"), _("on workstation")), (_("beside user"), _("on workstation")))
        acting = (self._servers.identity.user, self._servers.identity.workstation)
        lines = [
            [
                values_markup.Chooser(box, label, value, own, self._offered(box, level))
                for level, label, value, own in zip(_LEVELS, told, pair, acting, strict=True)
                for box in [_box(at, level)]
            ]
            for at, (told, pair) in enumerate(zip(labels, self.names, strict=False))
        ]
        said = markup.message(self._trouble, kind="warn")
        if self.compared and self.names[0] == self.names[1]:
            said += markup.hint(_("Both are the same: choose another user or workstation."))
        return values_markup.choosers(self._token, lines) + said

    def _offered(self, box: str, level: Level) -> tuple[str, ...]:
        at, typed = self._typed
        return offered(self._known.get(level, ()), typed) if box == at else ()

    def _done(self, doing: str, at: int, level: Level, value: str, other: str) -> None:
        if not doing:
            self.choose(*((value, other) if level is Level.USER else (other, value)), at=at)
            return
        # What it holds already is no part of a name to look for: everyone is offered.
        self._typed = (_box(at, level), "" if doing == "reached" else value)
        if doing == "reached" or level not in self._known:
            self.close()
            self.reading = beside(lambda: _known(self._servers, level), self._take)
        else:
            self._draw()

    def _take(self, found: dict[Level, tuple[str, ...]] | MailwidgetsError) -> None:
        self.reading = None
        if isinstance(found, MailwidgetsError):
            told = _("The known names cannot be read: {trouble}")
            self._trouble = told.format(trouble=found)
        else:
            self._trouble = ""
            self._known |= found
        self._draw()


def _box(at: int, level: Level) -> str:
    """Return what a box is called."""
    return f"other-{level}" if at else str(level)


def _known(servers: Servers, level: Level) -> dict[Level, tuple[str, ...]] | MailwidgetsError:
    try:
        return {level: tuple(place.id for place in servers.store.places(level))}
    except MailwidgetsError as error:
        return error
