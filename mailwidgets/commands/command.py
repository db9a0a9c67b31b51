"""What all commands share: flags, configuration files, exit statuses and messages."""

from __future__ import annotations

import os
import shlex
import sys
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, ClassVar, NoReturn

import platformdirs
from traitlets import Unicode
from traitlets.config import Application
from traitlets.config.loader import KVArgParseConfigLoader

from mailwidgets.errors import Conflict, MailwidgetsError
from mailwidgets.location import shown
from mailwidgets.reports.report import Report
from mailwidgets.servers import Servers
from mailwidgets.settings.secret import Secret
from mailwidgets.settings.sections import SECTIONS, SETTINGS

_APP = "mailwidgets"
_LONGEST_LINE = 128 * 2**20 + 1  # bytes
OK, FAILED, BAD_USE, CONFLICT, INTERRUPTED = 0, 1, 2, 3, 130


class Usage(MailwidgetsError, ValueError):
    """A command called with words it does not take."""


class _StrictLoader(KVArgParseConfigLoader):
    """Refuse an option that does not exist, where traitlets would warn and go on."""

    def _handle_unrecognized_alias(self, arg: str) -> None:
        self.parser.error(f"there is no option --{arg}")

    def _exec_config_str(self, lhs: Any, rhs: Any, trait: Any = None) -> None:  # noqa: ANN401 - traitlets' own signature
        if trait is None:  # traitlets would go on, or repeat what was given, maybe a password
            self.parser.error(f"there is no option --{lhs}; settings are given without --")
        super()._exec_config_str(lhs, rhs, trait)


class Command(Application):
    """A command: parses its words, does its work, returns its exit status."""

    store = Unicode(
        help="Folder or database URL of the settings; else MAILWIDGETS_STORE, else the platform's."
    ).tag(config=True)
    user = Unicode(help="The acting user; else JUPYTERHUB_USER, else the system's.").tag(
        config=True
    )
    workstation = Unicode(help="The workstation; else this machine's host name.").tag(config=True)
    ca_file = Unicode(help="PEM certificates that checks trust besides the system's.").tag(
        config=True
    )

    takes_words: ClassVar[bool] = True
    takes_values: ClassVar[bool] = False

    aliases: dict[str, Any] = {
        "store": "Command.store",
        "user": "Command.user",
        "workstation": "Command.workstation",
        "ca-file": "Command.ca_file",
        "log-level": "Application.log_level",
    }
    flags: dict[str, Any] = {
        "show-config": ({"Application": {"show_config": True}}, "Show the configuration in force."),
        "show-config-json": (
            {"Application": {"show_config_json": True}},
            "Show the configuration in force as JSON.",
        ),
    }

    def _create_loader(self, argv: Any, aliases: Any, flags: Any, classes: Any) -> _StrictLoader:  # noqa: ANN401 - traitlets' own signature
        return _StrictLoader(argv, aliases, flags, classes=classes, log=self.log)

    def initialize(self, argv: Sequence[str] | None = None) -> None:
        """Read the command line over the configuration files.

        Args:
            argv: the words after the command's name; else the process's own.
        """
        try:
            self.parse_command_line(None if argv is None else list(argv))
            if self.subapp is None:
                for folder in (platformdirs.site_config_dir, platformdirs.user_config_dir):
                    self.load_config_file("mailwidgets_config", folder(_APP, appauthor=False))
        except SystemExit as left:
            # traitlets leaves with 1 for a wrong value, which here means a failed check.
            self.exit(BAD_USE if left.code == 1 else left.code)

    def start(self) -> None:
        """Do the work and leave with its exit status."""
        self.exit(self.guarded())

    def start_show_config(self) -> None:
        """Show the configuration in force, a database's password left out, and leave."""
        for section in self.config.values():
            for name in {"store", "to"} & set(section):
                section[name] = shown(str(section[name]))
        super().start_show_config()
        self.exit(OK)

    def guarded(self) -> int:
        """Return the exit status: 2 for bad use, 3 for a conflict, with the reason said."""
        try:
            if not self.takes_values and (name := _password_in(self.extra_args)):
                raise Usage(f"values are for: mailwidgets set {name}=…")
            if self.extra_args and not self.takes_words:
                given = " ".join(self.extra_args)
                raise Usage(f"{self.name} takes no words, not {given!r}")
            return self.work(tuple(self.extra_args))
        except Conflict as error:
            return self.refuse(error, CONFLICT)
        except MailwidgetsError as error:
            return self.refuse(error, BAD_USE)
        except BrokenPipeError:
            # Whoever reads has seen enough, as `head` has; what is left must not go there at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OK
        except (KeyboardInterrupt, EOFError):  # ^C, or ^D where a password is asked for
            return INTERRUPTED

    @abstractmethod
    def work(self, words: Sequence[str]) -> int:
        """Do what the command is for and return the exit status."""

    def refuse(self, error: Exception, status: int) -> int:
        """Say on standard error why, and return the status."""
        who = self.name if self.name == _APP else f"{_APP} {self.name}"
        sys.stderr.write(f"{who}: {error}\n")
        return status

    def say(self, text: str) -> None:
        """Write a line to standard output."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()

    def told(self, report: Report) -> str:
        """Return a report in words, with the command that would mend what is wrong."""
        if not report.fix:
            return str(report)
        return f"{report}\n  Fix:   {self.line_to_set(report.fix.items())}"

    def line_to_set(self, values: Iterable[tuple[str, object]]) -> str:
        """Return the command line that sets values for the same store and identity, as typed.

        Args:
            values: dotted names and values, as a report's fix has them.
        """
        given = {
            "store": shown(self.store),
            "user": self.user,
            "workstation": self.workstation,
        }
        flags = [f"--{name}={value}" for name, value in given.items() if value]
        said = {True: "yes", False: "no"}
        words = [
            f"{name}={said[value] if isinstance(value, bool) else value}" for name, value in values
        ]
        return shlex.join([_APP, "set", *words, *flags])

    def servers(self) -> Servers:
        """Return the servers of the common flags.

        Raises:
            MailwidgetsError: if the store or a name cannot be used.
        """
        return Servers.open(
            self.store or None,
            user=self.user or None,
            workstation=self.workstation or None,
            ca_file=self.ca_file or None,
        )

    def exit(self, exit_status: int | str | None = 0) -> NoReturn:
        """Leave the process."""
        sys.exit(exit_status)


def standard_input(*, line: bool = False) -> Secret | None:
    """Return standard input, or its first line, less the line break; ``None`` if it is no UTF-8."""
    with suppress(UnicodeDecodeError):  # it would hold the secret
        stream = sys.stdin.buffer
        text = Secret((stream.readline(_LONGEST_LINE) if line else stream.read()).decode())
        return Secret(text.reveal().removesuffix("\n").removesuffix("\r"))
    return None


def _password_in(words: Iterable[str]) -> str:
    """Return for which setting there may be a password among words: no message must repeat it."""
    for word in words:
        name, equals, _ = word.partition("=")
        section, _, key = name.partition(".")
        found = SETTINGS.get((section, key))
        if equals and section in SECTIONS and (found is None or found.secret):
            return name
    return ""
