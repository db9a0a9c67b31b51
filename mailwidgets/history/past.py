"""The past of a store as one person sees it: read, compared and named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from mailwidgets.errors import DamagedDocument, InvalidValue, ReadOnlyStore, StoreError
from mailwidgets.history.difference import Contrast, Difference, contrasts, differences
from mailwidgets.history.histories import everywhere as everywhere_in
from mailwidgets.history.histories import histories
from mailwidgets.history.moments import (
    NOW,
    Moment,
    fit_name,
    parse_moment,
    snapshots,
)
from mailwidgets.settings import rules
from mailwidgets.settings.levels import Identity, Level, Place, fit_id
from mailwidgets.settings.resolve import resolve
from mailwidgets.settings.sections import setting as declared
from mailwidgets.store.commits import Commit, Note
from mailwidgets.store.protocol import Store

if TYPE_CHECKING:
    import pandas as pd


class Past:
    """What a ledger knows of its store's past.

    >>> [len(commit.edits) for commit in servers.history()]
    [23]

    Attributes:
        store: where the documents live.
        identity: whose three places are meant where none are named.
        author: who is named in the history.
    """

    store: Store
    identity: Identity
    author: str

    def history(
        self,
        places: Sequence[Place] = (),
        *,
        everywhere: bool = False,
        setting: str = "",
        since: str | datetime = "",
        passed_over: list[StoreError] | None = None,
    ) -> Iterator[Commit]:
        """Return the commits that touched some places, the newest first, read one by one.

        >>> _ = servers.commit([servers.change("smtp.port", 465)], why="implicit TLS")
        >>> for commit in servers.history(setting="smtp.port"):
        ...     print(commit.why, *commit.edits, sep="; ")
        implicit TLS; smtp.port (user ana): ... → 465
        ; smtp.port (user ana): unset → ...

        Args:
            places: by default the three that decide for this identity.
            everywhere: all places of all levels instead.
            setting: dotted, as ``smtp.port``: only what touched it, with those edits alone.
            since: no commit before this moment; see ``parse_moment``.
            passed_over: is given the errors of places that cannot be read, while the others go
                on; without it the first ends the reading.

        Raises:
            UnknownSetting: if there is no such setting.
            UnknownMoment: if there is no such moment.
            StoreError: if the history cannot be read.
        """
        key = declared(setting).id if setting else None
        found = histories(self.store, self._chosen(places, everywhere), passed_over=passed_over)
        if since:
            start = self.moment(since)
            found = takewhile(lambda one: not start.holds(one) or one.at == start.at, found)
        if key is None:
            return found
        touching = (
            replace(commit, edits=tuple(edit for edit in commit.edits if edit.key == key))
            for commit in found
        )
        return (commit for commit in touching if commit.edits)

    def history_table(
        self, places: Sequence[Place] = (), *, limit: int | None = 1000, everywhere: bool = False
    ) -> pd.DataFrame:
        """Return the history as a table with a row per edit (needs pandas); see ``history``.

        >>> table = servers.history_table()
        >>> table.set_index("Setting").loc["pop3.password", ["Place", "Before", "After"]].tolist()
        ['user ana', '', 'set']
        """
        from mailwidgets.history.tables import history_table  # noqa: PLC0415 - pandas takes 0.3 s

        return history_table(islice(self.history(places, everywhere=everywhere), limit))

    def moment(self, text: str | datetime) -> Moment:
        """Return the moment that a person names: a time, a commit, a snapshot, or ``now``.

        >>> servers.moment("2026-11-23T18:00+01:00").at.isoformat()
        '2026-11-23T18:00:00+01:00'
        >>> servers.moment("last spring")
        Traceback (most recent call last):
            ...
        mailwidgets.errors.UnknownMoment: no moment is called 'last spring': expected now, ...

        Raises:
            UnknownMoment: if there is none of that name, or several.
            StoreError: if the history cannot be read.
        """
        return parse_moment(text, self.store, self._own())

    def snapshot(self, name: str, *, why: str = "") -> Commit:
        """Name this moment, to compare with it or go back to it later.

        It is kept in the company's place where this person may write it, else in their own.

        >>> _ = servers.snapshot("before the move", why="all checks pass")
        >>> _ = servers.commit([servers.change("smtp.port", 465)])
        >>> [str(one.edit) for one in servers.diff("before the move")]
        ['smtp.port (user ana): ... → 465']

        Args:
            name: one line, not yet taken, not to be mistaken for a time or a commit.
            why: a message for those who read the history.

        Raises:
            InvalidValue: if the name does not fit or is taken.
            StoreError: if the store refuses.
        """
        fit = fit_name(name)
        # What cannot be read is no reason to have no snapshots: two of a name are told apart.
        known = self.snapshots(passed_over=[])
        taken = next((one for one in known if one.snapshot == fit), None)
        if taken is not None:
            raise InvalidValue(f"There is a snapshot called {fit!r} already: {taken.short}.")
        company = Place(Level.COMPANY)
        refused = self.store.refusal(company)
        place = self.identity.place(Level.USER) if refused else company
        made = self.store.commit([], replace(self.note(why), snapshot=fit), touch=[place])
        if made is None:
            raise StoreError(f"{self.store.location} kept no snapshot in {place}")
        return made

    def snapshots(self, *, passed_over: list[StoreError] | None = None) -> list[Commit]:
        """Return the company's snapshots and this identity's, the newest first.

        >>> _ = servers.snapshot("before the move")
        >>> [commit.snapshot for commit in servers.snapshots()]
        ['before the move']

        Args:
            passed_over: as for ``history``.

        Raises:
            StoreError: if the history cannot be read.
        """
        return snapshots(self.store, self._own(), passed_over=passed_over)

    def diff(
        self,
        first: str | datetime,
        last: str | datetime = NOW,
        *,
        places: Sequence[Place] = (),
        everywhere: bool = False,
        passed_over: list[StoreError] | None = None,
    ) -> list[Difference]:
        """Return what differs between two moments, place by place.

        >>> first = next(servers.history())
        >>> _ = servers.commit([servers.change("imap.timeout", 20)])
        >>> for one in servers.diff(first.id):
        ...     print(one.edit)
        imap.timeout (user ana): 10 → 20

        Args:
            first: a time, a commit's id, or a snapshot's name.
            last: likewise.
            places: by default the three that decide for this identity.
            everywhere: all places of all levels instead.
            passed_over: as for ``history``.

        Raises:
            UnknownMoment: if there is no such moment.
            StoreError: if the history cannot be read.
        """
        start, end = self.moment(first), self.moment(last)
        found: list[Difference] = []
        for place in self._chosen(places, everywhere):
            try:
                found += differences(self.store, place, start, end)
            except (DamagedDocument, ReadOnlyStore) as error:
                if passed_over is None:
                    raise
                passed_over.append(error)
        return found

    def compare(
        self, *, other_user: str = "", other_workstation: str = "", every: bool = False
    ) -> list[Contrast]:
        """Return the settings whose effective values differ for another user or workstation.

        Two passwords of two places count as different: nobody can tell.

        >>> for one in servers.compare(other_workstation="WS-02"):
        ...     print(one.one.setting.name, one.one.from_words, "→", one.other.from_words)
        pop3.name workstation → default
        smtp.name workstation → default
        imap.name workstation → default

        Args:
            other_user: else this identity's.
            other_workstation: else this identity's.
            every: whether those that do not differ are listed, too.

        Raises:
            InvalidId: if there can be no such user or workstation.
            StoreError: if the store cannot be read.
        """
        mine = self.identity
        theirs = Identity(other_user or mine.user, other_workstation or mine.workstation)
        one, other = (resolve(self.store.read(whose), whose) for whose in (mine, theirs))
        return contrasts(one, other, every=every)

    def compare_table(
        self, *, other_user: str = "", other_workstation: str = "", every: bool = False
    ) -> pd.DataFrame:
        """Return ``compare`` as a table, indexed by (section, setting) (needs pandas).

        >>> table = servers.compare_table(other_user="ben")
        >>> table.loc[("pop3", "user")].tolist()
        ['ana@practice.example', 'user', '', 'default']
        """
        from mailwidgets.history.tables import contrast_table  # noqa: PLC0415 - as above

        return contrast_table(
            self.compare(other_user=other_user, other_workstation=other_workstation, every=every)
        )

    def note(self, why: str = "") -> Note:
        """Return what goes with a commit of this person.

        >>> note = servers.note("the provider asks for it")
        >>> note.by == servers.author, note.why
        (True, 'the provider asks for it')

        Raises:
            InvalidValue: if the message is no line of text.
            InvalidId: if the author's name holds control characters.
        """
        try:
            return Note(fit_id(self.author, "user"), rules.text(why))
        except InvalidValue as error:
            raise InvalidValue(f"the message for the history: {error}") from error

    def _own(self) -> list[Place]:
        return [self.identity.place(level) for level in Level]

    def _chosen(self, places: Sequence[Place], everywhere: bool) -> Sequence[Place]:  # noqa: FBT001 - passed on from keywords
        return everywhere_in(self.store) if everywhere else places or self._own()
