"""``show``, ``set``, ``unset``, ``lock`` and ``unlock``: settings on the command line."""

from __future__ import annotations

import csv
import getpass
import io
import json
import sys
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from traitlets import Enum, Unicode

from mailwidgets.commands.command import OK, Command, Usage, standard_input
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import Change, Documents
from mailwidgets.settings.levels import Level
from mailwidgets.settings.resolve import Value
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.settings.sections import SECTIONS, setting

_PIPED = frozenset({"secret", "pem"})  # what may be read from standard input


class Show(Command):
    """Show the effective settings of a user on a workstation, and where each comes from."""

    name = "show"
    description = "Show the effective settings of --user on --workstation."
    examples = "mailwidgets show\nmailwidgets show smtp --format json --user ana"

    format = Enum(("table", "json", "csv"), "table", help="How the settings are printed.").tag(
        config=True
    )
    aliases: dict[str, Any] = {**Command.aliases, "format": "Show.format"}

    def work(self, words: Sequence[str]) -> int:
        """Print the settings of the named section, or all."""
        if len(words) > 1 or any(word not in SECTIONS for word in words):
            raise Usage(f"show takes one section of {', '.join(SECTIONS)}, not {' '.join(words)!r}")
        servers = self.servers()
        resolution = servers.resolve()
        values = [
            value for value in resolution.values() if not words or value.setting.section == words[0]
        ]
        printed = {"table": _as_table, "json": _as_json, "csv": _as_csv}[self.format]
        self.say(printed(values))
        for value in values:
            if value.problem:
                sys.stderr.write(f"mailwidgets show: {value.setting.name}: {value.problem}\n")
            place, sealed = resolution.place(value), value.effective
            if place and isinstance(sealed, Sealed):
                trouble = servers.vault.trouble(place, value.source, sealed)
                if trouble:
                    sys.stderr.write(f"mailwidgets show: {value.setting.name}: {trouble}\n")
        return OK


class Write(Command):
    """A command that commits changes, all of them or none."""

    done: ClassVar[str]

    why = Unicode(help="A message for those who read the history.").tag(config=True)
    aliases: dict[str, Any] = {**Command.aliases, "why": "Write.why"}

    def work(self, words: Sequence[str]) -> int:
        """Commit one change per word."""
        if not words:
            raise Usage(f"{self.name} needs at least one setting, such as {self.examples}")
        servers = self.servers()
        servers.commit(self.changes(servers, words), why=self.why)
        self.say(f"{self.done} {', '.join(word.partition('=')[0] for word in words)}.")
        return OK

    @abstractmethod
    def changes(self, servers: Servers, words: Iterable[str]) -> list[Change]:
        """Return the changes that the words ask for."""


class WriteAtLevel(Write):
    """A command whose values go to each setting's own level, or to the one asked for."""

    level = Enum(
        ("", *(level.value for level in Level)),
        "",
        help="Where the values are kept; by default each setting's own level.",
    ).tag(config=True)
    aliases: dict[str, Any] = {**Write.aliases, "level": "WriteAtLevel.level"}

    def change(
        self, servers: Servers, stored: Documents, name: str, value: str | Secret | None
    ) -> Change:
        """Return one change, based on what is stored now."""
        found = setting(name)
        level = Level(self.level) if self.level else found.level
        base = stored.at(level).get(found.id)
        return servers.change(name, value, level=level, base=base)


class Set(WriteAtLevel):
    """Set values: one commit for all."""

    name = "set"
    done = "Set"
    takes_values = True
    description = "Set SECTION.KEY=VALUE…, all in one commit; a secret's - is read from stdin."
    examples = "mailwidgets set smtp.name=mail.example.com smtp.password=-"

    def changes(self, servers: Servers, words: Iterable[str]) -> list[Change]:
        """Return a change per NAME=VALUE; a - stands for standard input where it may."""
        stored = servers.documents()
        given = [_name_and_text(word) for word in words]
        piped = [name for name, text in given if _is_piped(name, text)]
        if len(piped) > 1:
            raise Usage(f"standard input holds one value: give - to one of {', '.join(piped)}")
        return [
            self.change(servers, stored, name, _piped(name) if _is_piped(name, text) else text)
            for name, text in given
        ]


class Unset(WriteAtLevel):
    """Remove values, so that inherited ones show."""

    name = "unset"
    done = "Unset"
    description = "Remove the values of SECTION.KEY…, all in one commit."
    examples = "mailwidgets unset smtp.port"

    def changes(self, servers: Servers, words: Iterable[str]) -> list[Change]:
        """Return a change per NAME."""
        stored = servers.documents()
        return [self.change(servers, stored, name, None) for name in words]


class Lock(Write):
    """Lock settings at the company's level."""

    name = "lock"
    done = "Locked"
    description = "Put the company's values of SECTION.KEY… in force for everyone, with a --reason."
    examples = "mailwidgets lock smtp.tls --reason 'security policy'"

    reason = Unicode(help="Why; shown to everyone beside the locked field.").tag(config=True)
    aliases: dict[str, Any] = {**Write.aliases, "reason": "Lock.reason"}

    def changes(self, servers: Servers, words: Iterable[str]) -> list[Change]:
        """Return a lock per NAME."""
        if not self.reason.strip():
            raise Usage("lock needs a --reason, such as " + self.examples)
        return [servers.lock(name, self.reason) for name in words]


class Unlock(Write):
    """Lift the locks of settings."""

    name = "unlock"
    done = "Unlocked"
    description = "Lift the locks of SECTION.KEY…."
    examples = "mailwidgets unlock smtp.tls"

    def changes(self, servers: Servers, words: Iterable[str]) -> list[Change]:
        """Return a lifted lock per NAME."""
        return [servers.lock(name, None) for name in words]


def _name_and_text(word: str) -> tuple[str, str]:
    """Return the parts of NAME=VALUE."""
    name, equals, text = word.partition("=")
    if not equals:  # not repeated: it may be the rest of a password with a blank in it
        raise Usage("set takes SECTION.KEY=VALUE, and a word has no =; quote a value with blanks")
    return name, text


def _is_piped(name: str, text: str) -> bool:
    return text == "-" and setting(name).field.kind in _PIPED


def _piped(name: str) -> str | Secret:
    """Return what standard input holds; what is typed at a terminal is not shown.

    Raises:
        Usage: if that is nothing, as of a command that failed, or no text.
    """
    unseen = setting(name).secret and sys.stdin.isatty()
    given = Secret(getpass.getpass(f"{name}: ")) if unseen else standard_input()
    if given is None:
        raise Usage(f"{name}: standard input is not UTF-8, and nothing was stored")
    if not given:
        raise Usage(
            f"{name}: standard input is empty, and nothing was stored; to remove the value: "
            f"mailwidgets unset {name}"
        )
    return given if setting(name).secret else given.reveal()


def _as_json(values: Iterable[Value]) -> str:
    return json.dumps([value.as_row() for value in values], ensure_ascii=False, indent=2)


def _as_csv(values: Iterable[Value]) -> str:
    rows = [value.as_row() for value in values]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _as_table(values: Iterable[Value]) -> str:
    """Return aligned columns; the long ones (label, origin) at the ends."""
    head = ("setting", "level", "effective", "from", "label")
    rows = [
        (
            value.setting.name,
            value.setting.level.value,
            value.shown(value.effective),
            value.from_words,
            value.setting.marked_label,
        )
        for value in values
    ]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in [head, *rows]
    )
    return "\n".join(line.rstrip() for line in lines)
