"""``export`` and ``import``: settings out of a store and into one."""

from __future__ import annotations

import getpass
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from traitlets import Bool, Enum, Unicode

from mailwidgets.commands.command import BAD_USE, OK, Command, Usage, standard_input
from mailwidgets.disk import at_home, opened, reported, stage, sync
from mailwidgets.errors import StoreError
from mailwidgets.everyone.advice import advice
from mailwidgets.location import folder_of
from mailwidgets.settings.secret import Secret
from mailwidgets.store.commits import printable

STDIN: Final = "-"

_LARGEST = 128 * 2**20 + 1  # bytes: one more than an import takes, which says so
_TOLD = 20  # warnings of one kind or another; the others are counted
_PRIVATE, _SHARED = 0o600, 0o666


class Moving(Command):
    """What both have: a passphrase that is never on the command line, and warnings."""

    passphrase = Unicode(
        help="Where the passphrase for passwords is: - for standard input, or the name of an "
        "environment variable; never the passphrase itself."
    ).tag(config=True)
    aliases: dict[str, Any] = {**Command.aliases, "passphrase": "Moving.passphrase"}

    def given(self) -> Secret:
        """Return the passphrase; an empty one where none was asked for.

        Raises:
            Usage: if there is none where it should be; what was given is not repeated, for it
                may be the passphrase itself.
        """
        if not self.passphrase:
            return Secret("")
        if self.passphrase == STDIN and sys.stdin.isatty():
            told = Secret(getpass.getpass("Passphrase: "))
        elif self.passphrase == STDIN:
            told = standard_input(line=True) or Secret("")
        else:
            told = Secret(os.environ.get(self.passphrase, ""))
        if not told:
            raise Usage(
                "--passphrase takes - for standard input, or the name of an environment "
                "variable; there is no passphrase where this one says"
            )
        return told

    def warn(self, warnings: Sequence[str]) -> None:
        """Say on standard error what the file does not hold, or does not tell."""
        for warning in warnings[:_TOLD]:
            sys.stderr.write(f"mailwidgets {self.name}: {printable(warning)}\n")
        if len(warnings) > _TOLD:
            sys.stderr.write(f"mailwidgets {self.name}: … and {len(warnings) - _TOLD:,} more\n")


class Export(Moving):
    """Write settings to a file that another store can take."""

    name = "export"
    description = (
        "Write settings as JSON, or as CSV for spreadsheets. Passwords are left out unless a "
        "--passphrase is given to encrypt them to."
    )
    examples = (
        "mailwidgets export --output company.json --levels company\n"
        "mailwidgets export --format csv --output users.csv --levels user\n"
        "mailwidgets export --users ana,bob --passphrase MAIL_PASSPHRASE --output two.json"
    )

    format = Enum(("json", "csv"), "json", help="How the settings are written.").tag(config=True)
    output = Unicode(help="The file; else standard output.").tag(config=True)
    levels = Unicode(help="company,user,workstation: these levels alone.").tag(config=True)
    users = Unicode(help="These users alone, separated by commas.").tag(config=True)
    workstations = Unicode(help="These workstations alone, separated by commas.").tag(config=True)
    force = Bool(help="Overwrite the file.").tag(config=True)
    takes_words = False
    aliases: dict[str, Any] = {
        **Moving.aliases,
        **{
            name: f"Export.{name}"
            for name in ("format", "output", "levels", "users", "workstations")
        },
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "force": ({"Export": {"force": True}}, "Overwrite the file."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Write the file, or print it."""
        del words
        target = at_home(self.output).resolve() if self.output else None
        if target is not None:
            self._check(target)
        servers = self.servers()
        found = servers.export(
            self.format,
            levels=_listed(self.levels) or None,
            users=_listed(self.users),
            workstations=_listed(self.workstations),
            passphrase=self.given(),
        )
        self.warn(found.warnings)
        if advised := advice(folder_of(servers.store), found.documents):
            self.warn([advised])
        if target is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(found.data)
            sys.stdout.buffer.flush()
            return OK
        self._write(target, found.data, _PRIVATE if found.secrets else _SHARED)
        documents = f"{found.documents:,} document{'s' if found.documents != 1 else ''}"
        passwords = f"{found.secrets:,}" if found.secrets else "no"
        self.say(
            f"Exported {documents} with {passwords} password{'s' if found.secrets != 1 else ''} "
            f"to {printable(self.output)}."
        )
        return OK

    def _check(self, target: Path) -> None:
        """Refuse a file that is there, unless forced, and what is no file, even then.

        Raises:
            StoreError: if it must not be written.
        """
        with reported(target, "written"):
            if os.path.lexists(target) and not target.is_file():
                raise StoreError(f"{target} is no regular file")
            if target.is_file() and not self.force:
                raise StoreError(f"{target} is there already: --force overwrites it")

    def _write(self, target: Path, data: bytes, mode: int) -> None:
        """Write the file as a whole, durably, with a mode of its own."""
        with reported(target, "written"), _draft(target) as draft:
            stage(draft, data, mode=mode)
            if self.force:
                draft.replace(target)
            else:
                _put(draft, target)
            sync(target.parent)


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    draft = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        yield draft
    finally:
        with suppress(OSError):  # it is the writing that must not fail unnoticed
            draft.unlink(missing_ok=True)


def _put(draft: Path, target: Path) -> None:
    """Give a new file its name, unless someone has taken it in the meantime."""
    try:
        target.hardlink_to(draft)
    except FileExistsError as error:
        raise StoreError(f"{target} is there already: --force overwrites it") from error
    except OSError:  # a file system without hard links
        draft.replace(target)


class Import(Moving):
    """Store what a file says, all of it or nothing."""

    name = "import"
    description = (
        "Store what FILE says, a JSON export or CSV, all in one commit; - is standard input. What "
        "it does not name stays as it is."
    )
    examples = (
        "mailwidgets import users.csv --dry-run\n"
        "mailwidgets import two.json --passphrase MAIL_PASSPHRASE --why 'new colleagues'"
    )

    dry_run = Bool(help="Only tell what would change, and for whom.").tag(config=True)
    why = Unicode(help="A message for those who read the history.").tag(config=True)
    format = Enum(("text", "json"), "text", help="How the changes are told.").tag(config=True)
    aliases: dict[str, Any] = {
        **Moving.aliases,
        "why": "Import.why",
        "format": "Import.format",
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "dry-run": ({"Import": {"dry_run": True}}, "Only tell what would change, and for whom."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Commit what the file says; in a dry run tell what that would change."""
        if len(words) != 1:
            raise Usage(f"import takes one FILE, or - for standard input, not {len(words)} words")
        if words[0] == STDIN == self.passphrase:
            raise Usage("standard input can be the file or the passphrase, not both")
        name = "standard input" if words[0] == STDIN else Path(words[0]).name
        passphrase = self.given()
        found = self.servers().import_(
            _read(words[0]),
            name=printable(name),
            passphrase=passphrase,
            dry_run=self.dry_run,
            why=self.why or f"import of {printable(name)}",
        )
        self.warn(found.warnings)
        as_json = self.format == "json"
        self.say(json.dumps(found.as_dict(), ensure_ascii=False) if as_json else str(found))
        if self.dry_run and found.refusals:
            self.warn([f"{place}: {reason}" for place, reason in found.refusals.items()])
            return BAD_USE
        return OK


def _read(name: str) -> bytes:
    """Return a file's bytes, no more than an import takes.

    Raises:
        StoreError: if it cannot be read.
    """
    if name == STDIN:
        return sys.stdin.buffer.read(_LARGEST)
    path = at_home(name)
    with ExitStack() as held, reported(path, "read"):
        file = opened(path, held)
        if file is None:
            raise StoreError(f"there is no file {path}")
        return file.read(_LARGEST)


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
