"""``migrate``: everything in one store moved to another, and proven to be the same there."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import Any

from traitlets import Bool, Unicode

from mailwidgets.commands.command import FAILED, OK, Command, Usage
from mailwidgets.everyone.advice import advice
from mailwidgets.location import absolute, folder_of, store_at
from mailwidgets.moving.migrate import Migration, listed
from mailwidgets.settings.levels import Level


class Migrate(Command):
    """Move all settings, secrets and history to another store."""

    name = "migrate"
    description = (
        "Move all settings, secrets as they are encrypted, and all history to another store, and "
        "compare the two. Cut short, it goes on where it was; the store it reads stays as it is."
    )
    examples = (
        "mailwidgets migrate --to postgresql://ana@db.example/mail --dry-run\n"
        "mailwidgets migrate --store old-folder --to postgresql://ana@db.example/mail"
    )
    takes_words = False

    to = Unicode(help="The folder or URL to move to; it must be empty.").tag(config=True)
    dry_run = Bool(help="Look through both, but move nothing.").tag(config=True)
    aliases: dict[str, Any] = {**Command.aliases, "to": "Migrate.to"}
    flags: dict[str, Any] = {
        **Command.flags,
        "dry-run": ({"Migrate": {"dry_run": True}}, "Look through both, but move nothing."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Move, compare and tell what came of it."""
        del words
        if not self.to:
            raise Usage("migrate needs --to, such as --to postgresql://ana@db.example/mail")
        servers = self.servers()
        target = store_at(self.to)
        try:
            done = servers.migrate(target, dry_run=self.dry_run, on_progress=self._tell)
        finally:
            target.close()
        self.say(_told(done))
        if self.dry_run:
            held = done.places[Level.USER] + done.places[Level.WORKSTATION]
            self.say(advice(folder_of(servers.store), held) or "Nothing was moved.")
            return OK
        if done.ok:
            self.say(
                f"{done.source} is as it was, and nobody should save there any more. From now on, "
                f"for everyone: MAILWIDGETS_STORE={shlex.quote(absolute(done.target))}"
            )
            return OK
        for line in _wrong(done):
            sys.stderr.write(f"mailwidgets migrate: {line}\n")
        return FAILED

    def _tell(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")


def _told(done: Migration) -> str:
    """Return what there is, in words."""
    levels = [
        f"{done.places[Level.COMPANY]} of the company",
        f"{done.places[Level.USER]:,} of users",
        f"{done.places[Level.WORKSTATION]:,} of workstations",
    ]
    lines = [
        f"From:      {done.source}",
        f"To:        {done.target}",
        f"Documents: {done.documents:,} ({', '.join(levels)}); {done.already:,} were there already",
        (
            f"History:   {done.commits:,} entries, {done.snapshots:,} of them snapshots "
            "(a commit has one in each document that it changed)"
        ),
        f"Secrets:   {done.secrets:,}",
    ]
    if done.verified:
        outcome = "all is the same" if done.ok else "NOT the same"
        opened = f"the keys here open {done.opened:,} of the secrets"
        lines += [
            f"Moved:     {done.moved:,}",
            f"Compared:  documents, history and effective values: {outcome}; {opened}",
        ]
    return "\n".join(lines)


def _wrong(done: Migration) -> list[str]:
    """Return what is not as it should be, and what to do."""
    lines = [f"not the same: {one}" for one in done.differences]
    if done.changed:
        lines.append(
            f"somebody saved to {done.source} meanwhile: {listed(done.changed)}. Let nobody save "
            "there for the time (chmod -R a-w), and move again into an empty store."
        )
    lines.append(f"go on using {done.source}")
    return lines
