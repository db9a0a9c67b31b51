"""The command line ``mailwidgets``: a traitlets application with a command each."""

from __future__ import annotations

import io
import sys
from typing import Any

from mailwidgets.commands.command import Command, Usage

_COMMANDS = "mailwidgets.commands"


class MailwidgetsApp(Command):
    """Set up mail servers, see which value is in force, and prove that they work."""

    name = "mailwidgets"
    version = "0.1.0"
    description = (
        "Set up mail servers, see which value is in force, and prove that they work.\n\n"
        "mailwidgets COMMAND --help tells more of a command."
    )
    # By name, so that a command loads only what it needs.
    subcommands: dict[str, Any] = {
        "dashboard": (f"{_COMMANDS}.serving.Dashboard", "serve the dashboard"),
        "show": (f"{_COMMANDS}.values.Show", "effective settings and where they come from"),
        "set": (f"{_COMMANDS}.values.Set", "set SECTION.KEY=VALUE…"),
        "unset": (f"{_COMMANDS}.values.Unset", "remove values"),
        "lock": (f"{_COMMANDS}.values.Lock", "lock settings at the company's level"),
        "unlock": (f"{_COMMANDS}.values.Unlock", "lift locks"),
        "history": (f"{_COMMANDS}.history.History", "who changed what, when and why"),
        "diff": (f"{_COMMANDS}.history.Diff", "what differs between moments or identities"),
        "undo": (f"{_COMMANDS}.history.Undo", "take back a commit, or go back to a moment"),
        "snapshot": (f"{_COMMANDS}.history.Snapshot", "name this moment"),
        "keys": (f"{_COMMANDS}.keys.Keys", "show, publish or change encryption keys"),
        "everyone": (f"{_COMMANDS}.fleet.Everyone", "effective settings of all users"),
        "migrate": (f"{_COMMANDS}.migrating.Migrate", "move everything to another store"),
        "export": (f"{_COMMANDS}.moving.Export", "write settings to a file"),
        "import": (f"{_COMMANDS}.moving.Import", "store what a file says"),
        "check": (f"{_COMMANDS}.checking.Check", "run the checks"),
        "send": (f"{_COMMANDS}.sending.Send", "send a workflow test message"),
        "discover": (f"{_COMMANDS}.discovering.Discover", "from an address to servers"),
        "database": (f"{_COMMANDS}.database.Database", "a database's tables, and who may do what"),
        "lessons": (f"{_COMMANDS}.teaching.Lessons", "notebooks to learn with, for a learner"),
        "class": (f"{_COMMANDS}.teaching.Class", "how the learners of a class stand"),
        "practice": (f"{_COMMANDS}.serving.Rehearse", "start the practice servers"),
        "fault": (f"{_COMMANDS}.breaking.Fault", "break practice servers, and mend them"),
    }

    def start(self) -> None:
        """Hand over to the command."""
        if self.subapp is not None:
            self.subapp.start()
        super().start()

    def work(self, words: Any) -> int:  # noqa: ANN401 - never returns
        """Refuse: without a command there is nothing to do.

        Raises:
            Usage: always.
        """
        known = ", ".join(self.subcommands)
        late = [word for word in words if word in self.subcommands]
        if late:
            raise Usage(f"the command comes first: mailwidgets {late[0]} …")
        raise Usage(f"name a command: {known}" + (f"; not {words[0]!r}" if words else ""))


def main() -> None:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without ✓ in its character set is no reason to lose a report.
            stream.reconfigure(errors="backslashreplace")
    MailwidgetsApp.launch_instance()
