"""Which commits a person wants to see, and which of their edits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mailwidgets.overview.history_rows import name_of, value_of
from mailwidgets.settings.levels import Level
from mailwidgets.settings.secret import Unwritten
from mailwidgets.store.commits import Commit, Edit


@dataclass(frozen=True, slots=True)
class Sieve(Unwritten):
    """What is asked for; what is empty lets everything through.

    Attributes:
        search: words to be found, in any case, all of them; or a password in the wrong box.
        what: a section, ``smtp``, or a setting, ``smtp.port``.
        person: who did it, or whose it is: a user, a role or a workstation.
        mine: whether only the places that decide for the acting identity are read; ``None``
            while nobody has said so.
    """

    search: str = field(default="", repr=False)
    what: str = ""
    person: str = ""
    mine: bool | None = None

    @property
    def narrow(self) -> bool:
        """Return whether anything but the places is asked for."""
        return bool(self.search or self.what or self.person)

    def passed(self, commit: Commit) -> Sequence[Edit] | None:
        """Return the edits that are asked for; ``None`` where the commit is not."""
        edits: Sequence[Edit] = commit.edits
        if self.what:
            edits = [edit for edit in edits if self.what in (edit.key[0], ".".join(edit.key))]
            if not edits:
                return None
        if self.person and not self._by(commit):
            whose = self.person.casefold()
            theirs = [edit for edit in edits if edit.place.id.casefold() == whose]
            if not theirs and (edits or all(one.id.casefold() != whose for one in commit.places)):
                return None
            edits = theirs
        return self._found(commit, edits)

    def _by(self, commit: Commit) -> bool:
        return self.person.casefold() in (commit.by.casefold(), (commit.role or "").casefold())

    def _found(self, commit: Commit, edits: Sequence[Edit]) -> Sequence[Edit] | None:
        words = self.search.casefold().split()
        head = "\n".join((commit.by, commit.role or "", commit.why, commit.snapshot)).casefold()
        missing = [word for word in words if word not in head and not commit.id.startswith(word)]
        if not missing:
            return edits
        found = [
            edit for edit in edits if all(word in text for text in _text(edit) for word in missing)
        ]
        return found or None


def _text(edit: Edit) -> Iterator[str]:
    """Yield what a search looks through in an edit."""
    sides = () if edit.secret else (value_of(edit, edit.before), value_of(edit, edit.after))
    place = "" if edit.place.level is Level.COMPANY else edit.place.id
    name = name_of(edit.key, lock=edit.lock)
    yield "\n".join((name, ".".join(edit.key), str(edit.place), place, *sides)).casefold()
