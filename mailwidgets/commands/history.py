"""The past of the settings: ``history``, ``diff``, ``undo`` and ``snapshot``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from traitlets import Bool, Enum, Integer, Unicode

from mailwidgets.commands.command import BAD_USE, OK, Command, Usage
from mailwidgets.commands.records import (
    CONTRAST_COLUMNS,
    DIFFERENCE_COLUMNS,
    EDIT_COLUMNS,
    aligned,
    as_csv,
    as_json,
    commit_row,
    contrast_cells,
    contrast_row,
    difference_row,
    edit_rows,
)
from mailwidgets.errors import StoreError
from mailwidgets.history.difference import Difference
from mailwidgets.history.undo import abridged
from mailwidgets.settings.levels import Level
from mailwidgets.store.commits import Commit, printable

_FORMATS = ("text", "json", "csv")
_NOTHING = "Nothing differs."
_EDITS = 50  # of a commit, printed as text


def _entry(commit: Commit) -> str:
    """Return a commit as a log has it, not the thousands of edits of an import."""
    told = abridged(commit, _EDITS)
    return f"{told}; history --format json shows all" if len(commit.edits) > _EDITS else told


def _aside(command: Command, text: str) -> None:
    """Say something beside the output."""
    sys.stderr.write(f"mailwidgets {command.name}: {printable(text)}\n")


def _status(
    command: Command, passed_over: Iterable[StoreError], *, everywhere: bool = False
) -> int:
    """Say what could not be read, and return the exit status.

    Not everything everywhere is for everyone to read; what was asked for by name is missed.
    """
    errors = list(passed_over)
    for error in errors:
        _aside(command, f"passed over: {error}")
    return OK if everywhere or not errors else BAD_USE


class History(Command):
    """Show who changed what, when and why."""

    name = "history"
    description = (
        "Show who changed what, when and why, the newest first: of --user on --workstation, of "
        "one SECTION.KEY there, or --everywhere."
    )
    examples = (
        "mailwidgets history\nmailwidgets history smtp.port --everywhere\n"
        "mailwidgets history --since yesterday --format json"
    )

    format = Enum(_FORMATS, "text", help="How the history is printed.").tag(config=True)
    limit = Integer(50, min=0, help="How many commits at most; 0 for all.").tag(config=True)
    since = Unicode(help="No commit before this moment: a time, a commit, a snapshot.").tag(
        config=True
    )
    everywhere = Bool(help="All users and workstations that can be read.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "format": "History.format",
        "limit": "History.limit",
        "since": "History.since",
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "everywhere": ({"History": {"everywhere": True}}, "All users and workstations."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Print the commits, one by one as they are read."""
        if len(words) > 1:
            raise Usage(f"history takes one SECTION.KEY, not {' '.join(words)!r}")
        passed_over: list[StoreError] = []
        commits = self.servers().history(
            setting=words[0] if words else "",
            everywhere=self.everywhere,
            since=self.since,
            passed_over=passed_over,
        )
        self._print(islice(commits, self.limit or None))
        if self.limit and next(commits, None) is not None:
            _aside(self, f"there are earlier commits; --limit 0 shows all, not only {self.limit}")
        return _status(self, passed_over, everywhere=self.everywhere)

    def _print(self, commits: Iterator[Commit]) -> None:
        if self.format == "text":
            for commit in commits:
                self.say(_entry(commit))
        elif self.format == "json":
            self.say(as_json(map(commit_row, commits)))
        else:
            self.say(as_csv(EDIT_COLUMNS, (row for one in commits for row in edit_rows(one))))


class Diff(Command):
    """Show what differs between two moments, or between two identities."""

    name = "diff"
    description = (
        "Show what differs between two moments, the second by default now; or which effective "
        "values differ for --other-user or --other-workstation. A moment is a time (2026-11-23, "
        "2026-11-23T18:00, 'yesterday 18:00', '2 hours ago'), a commit's id, a snapshot's name, "
        "or now."
    )
    examples = (
        "mailwidgets diff yesterday\nmailwidgets diff 'before the move' now --everywhere\n"
        "mailwidgets diff --user ana --other-user bob"
    )

    format = Enum(_FORMATS, "text", help="How the differences are printed.").tag(config=True)
    other_user = Unicode(help="The user to compare --user with.").tag(config=True)
    other_workstation = Unicode(help="The workstation to compare --workstation with.").tag(
        config=True
    )
    everywhere = Bool(help="All users and workstations.").tag(config=True)
    every = Bool(help="Settings that do not differ, too.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "format": "Diff.format",
        "other-user": "Diff.other_user",
        "other-workstation": "Diff.other_workstation",
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "everywhere": ({"Diff": {"everywhere": True}}, "All users and workstations."),
        "all": ({"Diff": {"every": True}}, "With --other-…: settings that do not differ, too."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Print the differences."""
        others = bool(self.other_user or self.other_workstation)
        if others == bool(words) or len(words) > 2:  # noqa: PLR2004 - two moments
            raise Usage(
                "diff takes one or two moments, or --other-user or --other-workstation, such as "
                + self.examples.replace("\n", " or ")
            )
        if others and self.everywhere:
            raise Usage("diff takes --everywhere with moments, not with --other-…")
        if words and self.every:
            raise Usage("diff takes --all with --other-user or --other-workstation alone")
        if others:
            self.say(self._contrasts())
            return OK
        passed_over: list[StoreError] = []
        found = self.servers().diff(*words, everywhere=self.everywhere, passed_over=passed_over)
        nothing = "Nothing differs in what can be read." if passed_over else _NOTHING
        self.say(self._differences(found) or nothing)
        return _status(self, passed_over, everywhere=self.everywhere)

    def _differences(self, found: Sequence[Difference]) -> str:
        if self.format == "text":
            return "\n".join(map(str, found))
        if self.format == "json":
            return as_json(map(difference_row, found))
        return as_csv(DIFFERENCE_COLUMNS, (difference_row(one, shown=True) for one in found))

    def _contrasts(self) -> str:
        servers = self.servers()
        found = servers.compare(
            other_user=self.other_user, other_workstation=self.other_workstation, every=self.every
        )
        if self.format == "json":
            return as_json(map(contrast_row, found))
        if self.format == "csv":
            return as_csv(CONTRAST_COLUMNS, (contrast_row(one, shown=True) for one in found))
        if not found:
            return _NOTHING
        mine = servers.identity
        theirs = (self.other_user or mine.user, self.other_workstation or mine.workstation)
        head = ("setting", f"{mine.user} on {mine.workstation}", "from", " on ".join(theirs))
        return aligned([(*head, "from"), *map(contrast_cells, found)])


class Undo(Command):
    """Take back a commit, or go back to a moment; by a commit, so that nothing is lost."""

    name = "undo"
    description = (
        "Take back COMMIT, or with --to go back to what --user on --workstation had at a moment. "
        "Exit status 3, and nothing is changed, where later commits stand on the same settings, "
        "where they were edited outside mailwidgets since, or where something cannot come back."
    )
    examples = "mailwidgets undo 5f0e9a31c2d4\nmailwidgets undo --to 'before the move' --level user"

    force = Bool(help="Take back what can be, whatever came later.").tag(config=True)
    why = Unicode(help="A message for those who read the history.").tag(config=True)
    to = Unicode(help="The moment to go back to: a time, a commit, a snapshot.").tag(config=True)
    level = Enum(
        ("", *(level.value for level in Level)), "", help="With --to: this level alone."
    ).tag(config=True)
    everywhere = Bool(help="With --to: all users and workstations.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "why": "Undo.why",
        "to": "Undo.to",
        "level": "Undo.level",
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "force": ({"Undo": {"force": True}}, "Take back what can be, whatever came later."),
        "everywhere": ({"Undo": {"everywhere": True}}, "With --to: all users and workstations."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Commit what takes it back."""
        if len(words) != (0 if self.to else 1) or ((self.level or self.everywhere) and not self.to):
            raise Usage(
                "undo takes one COMMIT, or --to MOMENT, such as "
                + self.examples.replace("\n", " or ")
            )
        if self.level and self.everywhere:
            raise Usage("undo --to takes --level or --everywhere, not both")
        servers = self.servers()
        if self.to:
            places = [servers.identity.place(Level(self.level))] if self.level else []
            made = servers.restore(
                self.to, places=places, everywhere=self.everywhere, force=self.force, why=self.why
            )
        else:
            made = servers.undo(words[0], force=self.force, why=self.why)
        self.say(_entry(made) if made else "Nothing to do: everything is as it was already.")
        return OK


class Snapshot(Command):
    """Name this moment, or list the moments that have a name."""

    name = "snapshot"
    description = "Give this moment a NAME, to compare with or go back to; without one, list them."
    examples = "mailwidgets snapshot 'before the move' --why 'new servers tonight'"

    format = Enum(("text", "json"), "text", help="How snapshots are listed.").tag(config=True)
    why = Unicode(help="A message for those who read the history.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "format": "Snapshot.format",
        "why": "Snapshot.why",
    }

    def work(self, words: Sequence[str]) -> int:
        """Make the snapshot, or print those there are."""
        if len(words) > 1:
            raise Usage(f"snapshot takes one name, in quotes if it has blanks, not {len(words)}")
        servers = self.servers()
        passed_over: list[StoreError] = []
        if words:
            found = [servers.snapshot(words[0], why=self.why)]
        else:
            found = servers.snapshots(passed_over=passed_over)
        if self.format == "json":
            self.say(as_json(map(commit_row, found)))
        else:
            self.say("\n".join(map(str, found)) or "There are no snapshots yet.")
        return _status(self, passed_over)
