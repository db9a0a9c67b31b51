"""What unfolds below a commit: the plan of taking it back, of going back to it, a comparison."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from mailwidgets.errors import MailwidgetsError
from mailwidgets.languages.formats import moment
from mailwidgets.languages.texts import _
from mailwidgets.overview.history_plans import (
    EVERYWHERE,
    MINE,
    Comparison,
    Proposal,
    compare,
    done_told,
    propose_return,
    propose_undo,
)
from mailwidgets.overview.history_rows import commit_words
from mailwidgets.servers import Servers
from mailwidgets.settings.levels import Level
from mailwidgets.store.commits import Commit
from mailwidgets.views import history_plan_markup as markup
from mailwidgets.widgets.beside import beside

UNDO, RETURN, COMPARE = "undo", "return", "compare"
KINDS: Final = (UNDO, RETURN, COMPARE)
_ALONE: Final = (Level.USER, Level.WORKSTATION, Level.COMPANY)  # who may not write all of them
_SCOPES: Final = frozenset({MINE, EVERYWHERE, *Level})


class Page(NamedTuple):
    """What the drawer has to know of the list that it is in.

    Attributes:
        commits: those that are shown, as moments to choose from.
        mine: whether only the places of the acting identity are shown.
        levels: those at which this person may go back.
    """

    commits: Sequence[Commit] = ()
    mine: bool = True
    levels: Sequence[Level] = ()


class Done(NamedTuple):
    """What was stored.

    Attributes:
        kind: what was done, ``undo`` or ``return``.
        commit: below which that was decided.
        made: the new commit; ``None`` where there was nothing to change.
        told: what to say of it.
    """

    kind: str
    commit: Commit
    made: Commit | None
    told: str


class Drawer:
    """One thing at a time that unfolds below a commit.

    Attributes:
        kind: ``undo``, ``return`` or ``compare``; empty while nothing is open.
        commit: below which; ``None`` while nothing is open.
        page: the list around it.
        found: what was worked out, or why that failed; ``None`` until then.
        storing: whether a plan is being carried out.
        task: what waits for the store, ``None`` where nothing does.

    Args:
        servers: whose store.
        draw: called when it looks different.
        done: called after something was stored.
        say: has a screen reader say something.
    """

    def __init__(
        self,
        servers: Servers,
        *,
        draw: Callable[[], None],
        done: Callable[[Done], None],
        say: Callable[[str], None],
    ) -> None:
        self._servers = servers
        self._draw, self._done, self._say = draw, done, say
        self.page = Page()
        self.storing = False
        self.task: asyncio.Task[None] | None = None
        self._reset()

    def _reset(self) -> None:
        self.kind = ""
        self.commit: Commit | None = None
        self.found: Proposal | Comparison | MailwidgetsError | None = None
        self._why = self._remark = self._error = ""
        self._scope = MINE
        self._first = self._last = markup.NOW

    def open(self, kind: str, commit: Commit) -> None:
        """Unfold something, instead of what was open; nothing happens while a plan is stored."""
        if self.storing:
            return
        self._stop()
        self._reset()
        self.kind, self.commit, self._first = kind, commit, commit.id
        if len(self.page.levels) < len(Level):
            self._scope = next((one for one in _ALONE if one in self.page.levels), MINE)
        self._work_out()

    def close(self) -> None:
        """Fold it up; what is being stored goes on."""
        if not self.storing:
            self._stop()
            self._reset()

    def end(self) -> None:
        """Wait for no answer any more."""
        self._stop()

    def again(self, *, remark: bool = True) -> None:
        """Work it out anew, since the store has changed; say so where it comes out otherwise.

        Args:
            remark: whether a plan that is another one now is told as such.
        """
        if self.commit is not None and not self.storing:
            self._stop()
            self._work_out(self.found if remark else None)

    def act(self, name: str, value: str) -> None:
        """Do what was pressed or chosen in it."""
        if self.commit is None or self.storing:
            return
        if name == "why":
            self._why = value  # drawn with the next change: it stands in its box already
        elif name == "scope" and value in _SCOPES and value != self._scope:
            self._scope = value
            self._change()
        elif name in {"first", "last"} and value in self._moments():
            if name == "first":
                self._first = value
            else:
                self._last = value
            self._change()
        elif name == "do":
            self._carry_out()

    def html(self) -> str:
        """Return it as markup; empty while nothing is open."""
        commit, found = self.commit, self.found
        if commit is None:
            return ""
        head = {
            UNDO: _("Undo “{commit}”?"),
            RETURN: _("Return everything to the moment right after “{commit}”?"),
            COMPARE: _("Compare two moments"),
        }[self.kind].format(commit=commit_words(commit))
        controls = ""
        if self.kind == RETURN:
            controls = markup.scopes(self._scope, self._servers.identity, self.page.levels)
        elif self.kind == COMPARE:
            listed = {one.id: one for one in (*self.page.commits, commit)}
            controls = markup.moments(tuple(listed.values()), self._first, self._last)
        if isinstance(found, Proposal):
            inner = markup.plan(
                found,
                markup.Asked(
                    back=self.kind == RETURN,
                    why=self._why,
                    remark=self._remark,
                    error=self._error,
                    busy=self.storing,
                ),
            )
        elif isinstance(found, Comparison):
            inner = markup.comparison(found)
        else:
            inner = markup.waiting() if found is None else markup.trouble(str(found))
        return markup.drawer(head, controls + inner, busy=found is None)

    def _change(self) -> None:
        self._remark = self._error = ""
        self._stop()
        self._work_out()

    def _stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    def _moments(self) -> dict[str, datetime | None]:
        """Return the moments that can be chosen, by their commits' ids; ``None`` stands for now."""
        listed = {one.id: one.at for one in self.page.commits}
        own = {self.commit.id: self.commit.at} if self.commit is not None else {}
        return {markup.NOW: None, **listed, **own}

    def _work_out(self, before: object = None) -> None:
        """Work out what is open.

        Args:
            before: what was shown so far; it stays until it is known that it is another.
        """
        commit = self.commit
        if commit is None:
            return
        if before is None:
            self.found = None
        work = self._question(commit)

        def ask() -> Proposal | Comparison | MailwidgetsError:
            try:
                return work()
            except MailwidgetsError as error:
                return error

        self.task = beside(ask, lambda found: self._take(found, before))
        if self.task is not None and before is None:
            self._draw()

    def _question(self, commit: Commit) -> Callable[[], Proposal | Comparison]:
        servers, scope, mine = self._servers, self._scope, self.page.mine
        if self.kind == UNDO:
            return lambda: propose_undo(servers, commit)
        if self.kind == RETURN:
            return lambda: propose_return(servers, commit.at, scope)
        known = self._moments()
        first, last = known.get(self._first), known.get(self._last)
        return lambda: compare(servers, first, last, mine=mine)

    def _take(self, found: Proposal | Comparison | MailwidgetsError, before: object) -> None:
        self.task = None
        if before is not None and found != before and self.kind != COMPARE:
            self._remark = _("The settings have changed meanwhile: this is what would happen now.")
            self._say(self._remark)
        elif before is None:
            self._say(_told(found))
        self.found = found
        self._draw()

    def _carry_out(self) -> None:
        found, commit = self.found, self.commit
        if not isinstance(found, Proposal) or not found.possible or commit is None:
            return
        self._stop()
        self.storing, self._error, self._remark = True, "", ""
        servers, back = self._servers, self.kind == RETURN
        when = moment(commit.at)
        why = self._why.strip() or (_("Back to {moment}").format(moment=when) if back else "")

        def store() -> Commit | MailwidgetsError | None:
            try:
                return servers.carry_out(found.plan, force=found.forced, why=why)
            except MailwidgetsError as error:
                return error

        def take(made: Commit | MailwidgetsError | None) -> None:
            self.task, self.storing = None, False
            if isinstance(made, MailwidgetsError):
                self._refuse(str(made))
                return
            title = when if back else commit_words(commit)
            done = Done(self.kind, commit, made, done_told(made, title, back=back))
            self._reset()
            self._done(done)

        self.task = beside(store, take)
        if self.task is not None:
            self._draw()

    def _refuse(self, error: str) -> None:
        """Tell why nothing was stored, beside the plan as it is now."""
        self._error = _("Nothing was changed. {reason}").format(reason=error)
        self._say(self._error)
        self._draw()
        self._work_out(self.found)


def _told(found: Proposal | Comparison | MailwidgetsError) -> str:
    """Return what a screen reader says once something was worked out."""
    if isinstance(found, MailwidgetsError):
        return str(found)
    if isinstance(found, Comparison):
        return _("Compared.") if found.places else _("Nothing differs.")
    if not found.changes:
        return _("There is nothing to take back.")
    return _("The plan is ready. Nothing is changed yet.")
