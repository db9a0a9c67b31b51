"""A store as one person's forms see it at one moment.

Looking and saving are done here, apart from any widget, so that both can go on in a thread: a
network share that hangs must not hold up the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from mailwidgets.draft.news import Author, authors
from mailwidgets.errors import Conflict, MailwidgetsError, ReadOnlyStore, StoreError
from mailwidgets.languages.texts import _
from mailwidgets.ledger import Ledger
from mailwidgets.settings.documents import Change, Documents, Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Slot


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look at the store found.

    Attributes:
        version: the store's token for it, by which the next look is known to be worth while.
        documents: what is stored.
        refusals: by place, why this person may not write it; empty where they may.
        troubles: by place and setting, why a stored password cannot be read here; only those.
        unsealable: by place, why a password typed for it could not be stored; only those.
        authors: who changed what, since the look before; see ``News``.
    """

    version: str
    documents: Documents
    refusals: Mapping[Place, str]
    troubles: Mapping[tuple[Place, Key], str]
    unsealable: Mapping[Place, str] = field(default_factory=dict)
    authors: Mapping[Slot, Author] = field(default_factory=dict)

    @property
    def rights(self) -> object:
        """Return what of it this person can write and read."""
        return (self.refusals, self.troubles, self.unsealable)


def look(servers: Ledger, since: Sight | None = None) -> Sight:
    """Return what the store holds now, and what of it can be written and read here.

    Args:
        servers: whose store, for which identity.
        since: the look before, to say who changed what.

    Raises:
        StoreError: if the store cannot be read.
    """
    # The version comes first: what changes while we read is seen as new the next time.
    version = servers.store.version(servers.identity)
    documents = servers.documents()
    places = [servers.identity.place(level) for level in Level]
    return Sight(
        version,
        documents,
        {place: servers.store.refusal(place) for place in places},
        _troubles(servers, documents),
        _unsealable(servers, documents),
        authors(servers.store, since.documents, documents) if since else {},
    )


def news(servers: Ledger, since: Sight) -> Sight | None:
    """Return what the store holds now; ``None`` where its version is the one seen before.

    Raises:
        StoreError: as ``look``.
    """
    if servers.store.version(servers.identity) == since.version:
        return None
    return look(servers, since)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a save.

    Attributes:
        changes: what was to be saved.
        refusal: why nothing was; ``None`` where all was.
        sight: the store afterwards; ``None`` where neither what is stored nor who may write it can
            be new, or it cannot be read.
    """

    changes: tuple[Change, ...]
    refusal: MailwidgetsError | None
    sight: Sight | None


def attempt(servers: Ledger, changes: Sequence[Change], since: Sight) -> Attempt:
    """Save changes and look at the store again; whatever is refused is in the answer."""
    refusal: MailwidgetsError | None = None
    try:
        servers.commit(changes)
    except MailwidgetsError as error:
        refusal = error
    sight = None
    if refusal is None or isinstance(refusal, Conflict | ReadOnlyStore):
        with suppress(StoreError):  # whoever follows the store sees and says so
            sight = look(servers, since)
    return Attempt(tuple(changes), refusal, sight)


def _troubles(servers: Ledger, documents: Documents) -> dict[tuple[Place, Key], str]:
    held = (
        (document.place, key, value)
        for document in (documents.at(level) for level in Level)
        for key, value in document.values.items()
        if isinstance(value, Sealed)
    )
    told = {(place, key): servers.vault.trouble(place, key, one) for place, key, one in held}
    return {where: why for where, why in told.items() if why}


def _unsealable(servers: Ledger, documents: Documents) -> dict[Place, str]:
    """Return for whom nobody here can encrypt: another user who has published no key."""
    place = documents.user.place
    if servers.vault.owns(place) or documents.user.public_key:
        return {}
    told = _(
        "A password typed here cannot be stored yet: {person} has published no key to "
        "encrypt it to. {person} does that once, by saving any password."
    )
    return {place: told.format(person=place.id)}
