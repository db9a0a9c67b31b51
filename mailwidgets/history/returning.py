"""The way back, as one person goes it: a commit taken back, or a moment returned to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailwidgets.history.moments import find_commit
from mailwidgets.history.past import Past
from mailwidgets.history.undo import Plan, plan_return, plan_undo
from mailwidgets.settings.levels import Place
from mailwidgets.store.commits import Commit


class Returning(Past):
    """What a ledger does to go back to its store's past: planned first, and then a commit.

    >>> _ = servers.snapshot("all checks pass")
    >>> _ = servers.commit([servers.change("imap.outbox", "Sent")])
    >>> _ = servers.restore("all checks pass")
    >>> servers.resolve()["imap", "outbox"].effective
    'Outbox'
    """

    def plan_undo(self, commit: str) -> Plan:
        """Return what taking back a commit would change, and what stands in its way.

        >>> made = servers.commit([servers.change("smtp.port", 465)])
        >>> plan = servers.plan_undo(made.short)
        >>> plan.undoes == made.id, len(plan.changes), plan.left
        (True, 1, ())

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

        >>> _ = servers.snapshot("as it was")
        >>> _ = servers.commit([servers.change("smtp.port", 465)])
        >>> [(change.name, change.base) for change in servers.plan_return("as it was").changes]
        [('smtp.port', 465)]

        Raises:
            UnknownMoment: if there is no such moment.
            StoreError: if the store cannot be read.
        """
        chosen = self._chosen(places, everywhere)
        return plan_return(self.store, chosen, self.moment(moment))

    def undo(self, commit: str, *, force: bool = False, why: str = "") -> Commit | None:
        """Take back a commit, by a commit; a taking back can be taken back, too.

        >>> made = servers.commit([servers.change("imap.timeout", 20)], why="slow today")
        >>> back = servers.undo(made.id, why="fast again")
        >>> [str(edit) for edit in back.edits]
        ['imap.timeout (user ana): 20 → 10']

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

        >>> _ = servers.snapshot("as it was")
        >>> _ = servers.commit([servers.change("imap.timeout", 20)])
        >>> _ = servers.commit([servers.change("imap.outbox", "Sent")])
        >>> back = servers.restore("as it was")
        >>> back.why, [edit.name for edit in back.edits]
        ('back to as it was', ['imap.timeout', 'imap.outbox'])

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
        """Commit a plan, if it stands as it was made; raises as ``undo`` does.

        >>> made = servers.commit([servers.change("imap.timeout", 20)])
        >>> plan = servers.plan_undo(made.id)
        >>> servers.carry_out(plan).undoes == made.id
        True
        """
        note = self.note(why)
        changes = plan.checked(force=force)
        note = replace(note, why=plan.told(note.why), undoes=plan.undoes)
        return self.store.commit(changes, note) if changes else None
