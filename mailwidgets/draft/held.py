"""What a draft holds, to look at: edits over documents as last seen, and texts beside them."""

from __future__ import annotations

from collections.abc import Iterable

from traitlets import Bool, HasTraits, Instance

from mailwidgets.draft.edits import Edits, Move, Text
from mailwidgets.draft.sight import Sight
from mailwidgets.servers import Servers
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import Change, Documents, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.resolve import Resolution
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.commits import Slot

_COMPANY = Place(Level.COMPANY)


class Held(HasTraits):
    """What ``Editing`` changes.

    >>> draft.enter(("smtp", "port"), "465")
    >>> [change.name for change in draft.changes()], draft.at_company
    (['smtp.port'], False)

    Traits:
        at_company: whether forms edit the company's level instead of each setting's own.

    Attributes:
        sight: the store as it was last seen; nothing here reads it.
    """

    at_company = Bool(default_value=False)
    servers = Instance(Servers)

    def __init__(self, servers: Servers, sight: Sight) -> None:
        super().__init__(servers=servers)
        self.sight = sight
        self._edits = Edits(sight.documents)
        self._resolved: tuple[Documents, tuple[Change, ...], Resolution] | None = None

    @property
    def stored(self) -> Documents:
        """Return what is stored, as it was last seen.

        >>> draft.enter(("smtp", "timeout"), "20")
        >>> draft.stored.user.get(("smtp", "timeout"))
        10
        """
        return self.sight.documents

    @property
    def errors(self) -> dict[Key, str]:
        """Return the rule a typed value breaks, by (section, setting), at the level shown.

        >>> draft.enter(("smtp", "port"), "many")
        >>> draft.errors
        {('smtp', 'port'): "Must be a whole number from 1 to 65535, not 'many'."}
        """
        texts = self._edits.texts().items()
        return {
            slot[1]: text.rule for slot, text in texts if not slot[2] and slot == self.slot(slot[1])
        }

    def place(self, setting: Setting) -> Place:
        """Return where an edit of a setting goes now.

        >>> print(draft.place(SETTINGS["smtp", "port"]))
        user ana
        >>> draft.at_company = True
        >>> print(draft.place(SETTINGS["smtp", "port"]))
        company
        """
        level = Level.COMPANY if self.at_company else setting.level
        return self.servers.identity.place(level)

    def slot(self, key: Key, *, lock: bool = False) -> Slot:
        """Return what an edit of a setting, or of the company's lock on it, is about now.

        >>> place, key, lock = draft.slot(("smtp", "port"))
        >>> print(place, key, lock)
        user ana ('smtp', 'port') False
        """
        return (_COMPANY if lock else self.place(SETTINGS[key]), key, lock)

    def text(self, key: Key, *, lock: bool = False) -> Text | None:
        """Return what was typed for a setting, or as a lock's reason, and does not fit.

        >>> draft.enter(("smtp", "port"), "many")
        >>> draft.text(("smtp", "port")).typed, draft.text(("smtp", "timeout"))
        ('many', None)
        """
        return self._edits.entry(self.slot(key, lock=lock)).text

    def texts(self) -> dict[Slot, Text]:
        """Return all that was typed and fits no value, at every level.

        >>> draft.enter(("smtp", "port"), "many")
        >>> [one.typed for one in draft.texts().values()]
        ['many']
        """
        return self._edits.texts()

    def moved(self, key: Key) -> Move | None:
        """Return how a port has gone along with another setting, unless somebody typed it.

        >>> draft.at_company = True
        >>> draft.put(("smtp", "tls"), "implicit")
        >>> moved = draft.moved(("smtp", "port"))
        >>> moved.before, moved.after, moved.by
        (25, 465, ('smtp', 'tls'))
        """
        return self._edits.entry(self.slot(key)).move

    def changes(self, sections: Iterable[str] | None = None) -> tuple[Change, ...]:
        """Return the edits of the given sections, or all.

        >>> draft.put(("smtp", "timeout"), 20)
        >>> draft.put(("imap", "timeout"), 20)
        >>> [change.name for change in draft.changes(["imap"])]
        ['imap.timeout']
        """
        return self._edits.changes(sections)

    def dirty(self, key: Key) -> bool:
        """Return whether a setting, or its lock, is edited at the level shown.

        >>> draft.put(("smtp", "timeout"), 20)
        >>> draft.dirty(("smtp", "timeout")), draft.dirty(("imap", "timeout"))
        (True, False)
        """
        place = self.place(SETTINGS[key])
        return (place, key, False) in self._edits or (place, key, True) in self._edits

    def resolution(self) -> Resolution:
        """Return the values that would be in force if the draft were saved.

        >>> draft.put(("pop3", "user"), "ana")
        >>> draft.resolution()["smtp", "user"].effective
        'ana'
        """
        stored, changes = self.stored, self.changes()
        held = self._resolved
        if held is None or held[0] is not stored or held[1] != changes:
            found = self.servers.resolve(documents=stored, changes=changes)
            self._resolved = held = (stored, changes, found)
        return held[2]
