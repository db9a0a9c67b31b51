"""The past of a store as one person sees it: read, compared, named, and gone back to."""

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
    find_commit,
    fit_name,
    parse_moment,
    snapshots,
)
from mailwidgets.history.undo import Plan, plan_return, plan_undo
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
        """Return the history as a table with a row per edit (needs pandas); see ``history``."""
        from mailwidgets.history.tables import history_table  # noqa: PLC0415 - pandas takes 0.3 s

        return history_table(islice(self.history(places, everywhere=everywhere), limit))

    def moment(self, text: str | datetime) -> Moment:
        """Return the moment that a person names: a time, a commit, a snapshot, or ``now``.

        Raises:
            UnknownMoment: if there is none of that name, or several.
            StoreError: if the history cannot be read.
        """
        return parse_moment(text, self.store, self._own())

    def snapshot(self, name: str, *, why: str = "") -> Commit:
        """Name this moment, to compare with it or go back to it later.

        It is kept in the company's place where this person may write it, else in their own.

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

        Args:
            passed_over: as for ``history``.

        Raises:
            StoreError: if the history cannot be read.
        """
        return snapshots(self.store, self._own(), passed_over=passed_over)

    def plan_undo(self, commit: str) -> Plan:
        """Return what taking back a commit would change, and what stands in its way.

        Args:
            commit: its id, or the beginning of it.

        Raises:
            UnknownMoment: if there is none, or several.
            StoreError: if the store cannot be read.
        """
        found = find_commit(commit, self.store, self._own())
        return plan_undo(self.store, found)

    def plan_return(
        self, moment: str | datetime, *, places: Sequence[Place] = (), everywhere: bool = False
    ) -> Plan:
        """Return what going back to a moment would change, and what cannot come back.

        Raises:
            UnknownMoment: if there is no such moment.
            StoreError: if the store cannot be read.
        """
        chosen = self._chosen(places, everywhere)
        return plan_return(self.store, chosen, self.moment(moment))

    def undo(self, commit: str, *, force: bool = False, why: str = "") -> Commit | None:
        """Take back a commit, by a commit; a taking back can be taken back, too.

        Args:
            commit: its id, or the beginning of it.
            force: whether it goes back whatever came later; what cannot come back, such as a
                password that was replaced, is left as it is, and the new commit says so.
            why: a message for those who read the history.

        Returns:
            The new commit; ``None`` where everything is as it was before already.

        Raises:
            UnknownMoment: if there is no such commit, or several.
            CannotUndo: if later commits stand on the same settings, if they were edited outside
                mailwidgets since, or if something cannot come back; says what.
            Conflict: if someone changes the same settings at this very moment.
            StoreError: if the store refuses; nothing is changed.
        """
        return self.carry_out(self.plan_undo(commit), force=force, why=why)

    def restore(
        self,
        moment: str | datetime,
        *,
        places: Sequence[Place] = (),
        everywhere: bool = False,
        force: bool = False,
        why: str = "",
    ) -> Commit | None:
        """Go back to what was stored at a moment, by one commit; raises as ``undo`` does.

        Args:
            moment: a time, a commit's id, or a snapshot's name.
            places: by default the three that decide for this identity.
            everywhere: all places of all levels instead.
            force: whether the rest goes back where something cannot.
            why: a message; by default it names the moment.
        """
        plan = self.plan_return(moment, places=places, everywhere=everywhere)
        return self.carry_out(plan, force=force, why=why or f"back to {moment}".strip())

    def carry_out(self, plan: Plan, *, force: bool = False, why: str = "") -> Commit | None:
        """Commit a plan, if it stands as it was made; raises as ``undo`` does."""
        note = self.note(why)
        changes = plan.checked(force=force)
        note = replace(note, why=plan.told(note.why), undoes=plan.undoes)
        return self.store.commit(changes, note) if changes else None

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
        """Return ``compare`` as a table, indexed by (section, setting) (needs pandas)."""
        from mailwidgets.history.tables import contrast_table  # noqa: PLC0415 - as above

        return contrast_table(
            self.compare(other_user=other_user, other_workstation=other_workstation, every=every)
        )

    def note(self, why: str = "") -> Note:
        """Return what goes with a commit of this person.

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
