"""``keys``: whose encryption key is where; publish it, or change it. No key is ever printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from traitlets import Bool, Unicode

from mailwidgets.commands.command import OK, Command, Usage
from mailwidgets.custody.sealed import owner, published
from mailwidgets.disk import at_home
from mailwidgets.errors import VaultError
from mailwidgets.servers import Servers
from mailwidgets.vault import sealing
from mailwidgets.vault.keys import KeySource
from mailwidgets.vault.vault import COMPANY_KEY_FILE, KEY, KEY_FILE


class Keys(Command):
    """Show, publish or change encryption keys."""

    name = "keys"
    description = (
        "Show where each encryption key is, and its id, which is no secret.\n\n"
        "keys publish lets others set your passwords, which only you can read then.\n"
        "keys rotate encrypts everything that your key, or the --company's, opens with a new one, "
        "in one commit. Cut short, it is finished by running it again."
    )
    examples = (
        "mailwidgets keys\nmailwidgets keys publish\nmailwidgets keys rotate\n"
        "mailwidgets keys rotate --company --to /etc/mailwidgets/company.key"
    )

    company = Bool(help="Change the company's key instead of the person's.").tag(config=True)
    to = Unicode(help="File for the new key; by default it is where the present one is.").tag(
        config=True
    )
    aliases: dict[str, Any] = {**Command.aliases, "to": "Keys.to"}
    flags: dict[str, Any] = {
        **Command.flags,
        "company": ({"Keys": {"company": True}}, "Change the company's key."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Do what the word says; without one, show the keys."""
        tasks = {(): self._show, ("publish",): self._publish, ("rotate",): self._rotate}
        if tuple(words) not in tasks:
            raise Usage(f"keys takes publish, rotate or nothing, not {' '.join(words)!r}")
        if (self.company or self.to) and tuple(words) != ("rotate",):
            raise Usage("--company and --to are for: mailwidgets keys rotate")
        tasks[tuple(words)](self.servers())
        return OK

    def _show(self, servers: Servers) -> None:
        vault = servers.vault
        mine = owner(vault, servers.identity)
        self.say(f"Key of {mine}: {_told(vault.keys)}")
        same = "the same" if not vault.has_company_key else _told(vault.company_keys)
        self.say(f"Key of the company: {same}")
        self.say(f"Published by {mine}: {_told_public(servers)}")

    def _publish(self, servers: Servers) -> None:
        mine = owner(servers.vault, servers.identity)
        done = servers.publish_key()
        key_id = sealing.public_id(servers.vault.public_key())
        said = "Published" if done else "Already published"
        self.say(f"{said}: others can set passwords of {mine} now, to public key {key_id}.")

    def _rotate(self, servers: Servers) -> None:
        target = at_home(self.to) if self.to else None
        done = servers.rekey(company=self.company, to=target)
        for name in done.left:
            sys.stderr.write(f"mailwidgets keys: left as it is: {name}\n")
        passwords = "1 password" if done.secrets == 1 else f"{done.secrets} passwords"
        self.say(f"Encrypted {passwords} with key {done.key_id}: {done.origin}.")
        if target is not None:
            name = COMPANY_KEY_FILE if self.company else KEY_FILE
            first = "" if self.company else f" without {KEY}"
            self.say(f"From now on, set {name}={target.absolute()}{first}.")


def _told(source: KeySource) -> str:
    """Return where a key is, and its id or why there is none."""
    try:
        key, *old = source.openers()
    except VaultError as error:
        return str(error)
    told = f"{source.origin}, id {key.id}"
    if old:
        told += f"; its change from {old[0].id} was cut short: run mailwidgets keys rotate"
    return told


def _told_public(servers: Servers) -> str:
    """Return what others encrypt this person's passwords to."""
    vault = servers.vault
    held = published(servers.store, owner(vault, servers.identity))
    if not held:
        return "nothing yet: run mailwidgets keys publish, or save any password"
    try:
        told = f"public key {sealing.public_id(held)}"
    except VaultError as error:
        return f"{error}: run mailwidgets keys publish"
    try:
        if held in {sealing.public_key(one) for one in vault.keys.openers()}:
            return told
    except VaultError:  # told in a line of its own; a key made now would not open what is stored
        return f"{told}, of a key that is not at hand"
    return f"{told}, which is not of the key here: run mailwidgets keys publish"
