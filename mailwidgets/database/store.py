"""The same documents in PostgreSQL: a row each, changed by whole commits.

Every row has a revision. A commit reads the rows that it is about, merges, and writes each one
only where its revision is still the one that was read: otherwise it reads again. What it did is
kept in ``history`` in the same transaction, under the commit's id.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Row

from mailwidgets.database import records, rows
from mailwidgets.database.address import read_address
from mailwidgets.database.adoption import adopt
from mailwidgets.database.engine import PATIENCE, Database, Overtaken
from mailwidgets.database.notices import Notices
from mailwidgets.database.people import Rights, rights
from mailwidgets.database.texts import fit_json, fit_name
from mailwidgets.errors import DamagedDocument, ReadOnlyStore, StoreError
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import Change, Document, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.sections import fit
from mailwidgets.store.commits import Commit, Moved, Note
from mailwidgets.store.merge import merge, places_of
from mailwidgets.store.protocol import Store, Unread, raised
from mailwidgets.store.written import dumped

_RIGHTS_SECONDS: Final = 5.0


class DatabaseStore(Store):
    """Documents in a database; its tables are made by ``mailwidgets database create``.

    Args:
        url: ``postgresql://ROLE:PASSWORD@HOST:PORT/DATABASE``; what is left out is as libpq has
            it, the password in ``PGPASSWORD`` or ``~/.pgpass``. Nothing connects before it is
            used.
        patience: seconds for which a commit is tried again after a lost connection or race.

    Raises:
        StoreError: if it is no such URL, or its dialect is not installed.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self.database = Database(read_address(url), patience)
        self._notices = Notices(self.database)
        self._rights: tuple[float, Rights] | None = None
        # Connections that nobody closes would warn when they are collected.
        self._finalizer = weakref.finalize(self, _let_go, self.database, self._notices)

    def __repr__(self) -> str:
        """Return where the database is, without a password."""
        return f"DatabaseStore({self.location!r})"

    @property
    def location(self) -> str:
        """Return the URL without a password."""
        return self.database.location

    def read(self, identity: Identity) -> Documents:
        """Return the documents that decide for an identity, as they stood at one instant.

        Raises:
            DamagedDocument: if one of them is not what was written.
            StoreError: if the database cannot be reached, or does not let this role read one.
        """
        places = [identity.place(level) for level in Level]
        found = self._found(places)
        for place in places:
            if place not in found:
                self._readable(place)
        return Documents(
            *(rows.written(found.get(one), one, self.location).document() for one in places)
        )

    def read_each(self, places: Iterable[Place], unread: Unread = raised) -> Iterator[Document]:
        """Yield the documents of places, each as it stands by itself; none for an absent one.

        Args:
            places: whose, of any level.
            unread: told of each one that is damaged, or that this role may not read; by default
                it is raised.

        Raises:
            StoreError: if the database cannot be reached.
        """
        for some in rows.parts([*places]):
            found = self._found(some)
            for place in some:
                if place in found:
                    try:
                        document = rows.written(found[place], place, self.location).document()
                    except DamagedDocument as error:
                        unread(place, error)
                    else:
                        yield document
                elif refusal := self._asked().reading(place):
                    unread(place, StoreError(f"{self.location}: {refusal}"))

    def _found(self, places: Sequence[Place]) -> Mapping[Place, Row[Any]]:
        return self.database.read(lambda connection: rows.found(connection, places, self.location))

    def commit(
        self, changes: Sequence[Change], note: Note | None = None, *, touch: Sequence[Place] = ()
    ) -> Commit | None:
        """Write all changes, in every place they touch, or none; keep what was there before.

        Args:
            changes: what is to be changed; what is so already is left out.
            note: who saves, and why; the database adds the role.
            touch: places that get a commit even where nothing changes.

        Raises:
            InvalidValue, WrongLevel: if a change does not fit its setting.
            Conflict: if a stored value is neither a change's base nor its new value.
            ReadOnlyStore: if the database does not let this role write one of the places.
            DamagedDocument: if a document to be changed cannot be read; it stays as it is.
            StoreError: if a text or name is none that a database can hold, or if the database
                cannot be reached; says whether anything was stored, and where that could not be
                found out, by which id to look for it.
        """
        note = note or Note()
        fitting = [fit(change) for change in changes]
        places = places_of(fitting, note, touch)
        if not places:
            return None
        for place in places:
            fit_name(place)
        try:
            done = self.database.write(
                lambda connection, again: self._write(
                    connection, places, fitting, note, touch, again=again
                ),
                landed=lambda connection: records.find(connection, note.id),
                name=_("commit {id}").format(id=note.id),
                after=self._told,
            )
        except ReadOnlyStore:
            self._rights = None
            self._writable(places)
            raise
        return done

    def _told(self, connection: Connection, done: Commit | None) -> None:
        if done is not None:
            self._notices.tell(connection)

    def _write(  # noqa: PLR0913 - what one commit is made of
        self,
        connection: Connection,
        places: Sequence[Place],
        changes: Sequence[Change],
        note: Note,
        touch: Sequence[Place],
        *,
        again: bool,
    ) -> Commit | None:
        """Write what changes, in one transaction."""
        if again:  # whoever lost a race waits in line: so everyone gets through
            rows.lock(connection, sorted(places, key=_sorting))
            # An earlier run of this one may have landed while it waited.
            if landed := records.find(connection, note.id):
                return landed
        held = rows.held(connection, places, self.location)
        times = [one.at for one in held.values() if one.at]
        written = {place: one.written for place, one in held.items()}
        merged = merge(written, changes, note, touch=touch, since=max(times, default=None))
        if merged is None:
            return None
        outside = tuple(place for place in merged.contents if held[place].outside)
        commit = replace(merged.commit, outside=outside)
        revisions = {}
        # Sorted: two commits that meet in two places must not wait for each other.
        for place in sorted(merged.contents, key=_sorting):
            content = merged.contents[place]
            text = dumped(content, written[place].file).decode()
            text = fit_json(text, content, f"the document of {place}")
            try:
                revisions[place] = rows.write(connection, place, held[place], text)
            except Overtaken:
                self._may_write(connection, place)
                raise
        records.keep(connection, commit, revisions)
        return commit

    def _may_write(self, connection: Connection, place: Place) -> None:
        if refusal := rights(connection).writing(place):
            raise ReadOnlyStore(_("{refusal}. Nothing was stored.").format(refusal=refusal))

    def history(self, places: Sequence[Place]) -> Iterator[Commit]:
        """Yield the commits that touched some places, the newest first.

        Raises:
            DamagedDocument: if a record is not what was written.
            StoreError: if the database cannot be reached, or does not let this role read one.
        """
        for place in places:
            if place.level is Level.USER:
                self._readable(place)
        yield from records.newest_first(self.database, places)

    def moved(self, place: Place) -> Moved:
        """Return everything that is kept of a place, to be adopted by another store.

        Raises:
            DamagedDocument: if its document or history is not what was written.
            StoreError: if the database cannot be reached, or does not let this role read it.
        """
        self._readable(place)
        held = self.database.read(lambda connection: rows.held(connection, [place], self.location))[
            place
        ]
        commits = records.chain(self.database, place, held.revision or None)
        return Moved(place, held.written.content, tuple(commits))

    def adopt(self, batch: Sequence[Moved]) -> None:
        """Take over places from another store, all of a batch or none, secrets as they are sealed.

        Raises:
            ReadOnlyStore: if the database does not let this role write one of the places.
            StoreError: if a place holds another document here already, or the database cannot
                be reached.
        """
        try:
            adopt(self.database, batch, after=lambda one, _: self._notices.tell(one))
        except ReadOnlyStore:
            self._rights = None
            self._writable([one.place for one in batch])
            raise

    def places(self, level: Level) -> tuple[Place, ...]:
        """Return the places of a level that hold a document this role may read, sorted by id.

        Raises:
            StoreError: if the database cannot be reached.
        """
        found = self.database.read(lambda connection: rows.ids(connection, level))
        return tuple(Place(level, one) for one in found)

    def refusal(self, place: Place) -> str:
        """Return why this person may not write a place, as the database has it; asked shortly ago.

        A database that cannot be reached is a reason, too.
        """
        try:
            return self._asked().writing(place)
        except StoreError as error:
            return str(error)

    def _asked(self) -> Rights:
        """Return the rights of this role, asked at most some seconds ago."""
        now = time.monotonic()
        if self._rights is None or now - self._rights[0] > _RIGHTS_SECONDS:
            self._rights = (now, self.database.read(rights))
        return self._rights[1]

    def _readable(self, place: Place) -> None:
        if refusal := self._asked().reading(place):
            raise StoreError(f"{self.location}: {refusal}")

    def _writable(self, places: Sequence[Place]) -> None:
        for place in places:
            if refusal := self.refusal(place):
                raise ReadOnlyStore(_("{refusal}. Nothing was stored.").format(refusal=refusal))

    def version(self, identity: Identity) -> str:
        """Return a token that changes whenever the documents of an identity do.

        Raises:
            StoreError: if the database cannot be reached.
        """
        places = [identity.place(level) for level in Level]
        found = self.database.read(lambda connection: rows.revisions(connection, places))
        return " ".join(str(found.get((place.level.value, place.id), 0)) for place in places)

    def wait(self, seconds: float) -> None:
        """Return after some time, or earlier where the database says that something changed."""
        self._notices.wait(seconds)

    def close(self) -> None:
        """Close all connections; the store may still be used afterwards."""
        _let_go(self.database, self._notices)


def _let_go(database: Database, notices: Notices) -> None:
    notices.close()
    database.engine.dispose()


def _sorting(place: Place) -> tuple[str, str]:
    return (place.level.value, place.id)
