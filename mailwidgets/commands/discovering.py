"""``discover``: from an e-mail address to proposed servers, and into the settings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from traitlets import Bool, Enum, Unicode

from mailwidgets.commands.command import FAILED, OK, Command, Usage
from mailwidgets.discovery.proposal import Discovery, Proposal
from mailwidgets.reports.steps import Fix
from mailwidgets.servers import Servers
from mailwidgets.settings.sections import setting


class Discover(Command):
    """Find the mail servers of an address, and propose settings."""

    name = "discover"
    description = (
        "Find the mail servers of an address by SRV records, by an autoconfig document where one "
        "is named, and by trying usual names; nobody logs in. Exit status: 0 if something was "
        "found, 1 if nothing was, 2 for bad use."
    )
    examples = (
        "mailwidgets discover ana@example.com\n"
        "mailwidgets discover ana@example.com --autoconfig https://autoconfig.example.com --apply"
    )

    autoconfig = Unicode(help="URL or file of a document in Mozilla's autoconfig format.").tag(
        config=True
    )
    dns = Unicode(help="Name server to ask, as 127.0.0.1:5353; else the system's.").tag(config=True)
    format = Enum(("text", "json"), "text", help="How the proposals are printed.").tag(config=True)
    apply = Bool(
        default_value=False,
        help="Store the best proposal of each section, unless a person has to agree to it first.",
    ).tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "autoconfig": "Discover.autoconfig",
        "dns": "Discover.dns",
        "format": "Discover.format",
    }
    flags: dict[str, Any] = {
        **Command.flags,
        "apply": ({"Discover": {"apply": True}}, "Store the best proposal of each section."),
    }

    def work(self, words: Sequence[str]) -> int:
        """Print what is found and, with ``--apply``, store it in one commit."""
        if len(words) != 1:
            given = f", not {len(words)} words" if words else ""
            raise Usage(f"discover takes one address, such as ana@example.com{given}")
        servers = self.servers()
        found = asyncio.run(servers.discover(words[0], autoconfig=self.autoconfig, dns=self.dns))
        best = found.best()
        applied = [name for name, one in best.items() if self.apply and not one.caveat]
        _store(servers, {name: best[name].settings() for name in applied})
        if self.format == "json":
            lines = {name: self._set_line(one) for name, one in best.items()}
            shown = {**found.as_dict(), "commands": lines, "applied": applied}
            self.say(json.dumps(shown, ensure_ascii=False, indent=2))
        else:
            self.say("\n".join([str(found), *self._advice(found, applied)]))
        return OK if found.proposals else FAILED

    def _advice(self, found: Discovery, applied: Sequence[str]) -> list[str]:
        """Return what was stored, and the commands for what was not."""
        lines = [""] if found.proposals else []
        for name, one in found.best().items():
            if name in applied:
                lines.append(f"Stored the settings of {name}: {one.host} port {one.port}.")
                continue
            if one.caveat and self.apply:
                lines.append(f"Not stored, {name}: {one.caveat} If that is as it should be:")
            lines.append(self._set_line(one))
        return lines

    def _set_line(self, one: Proposal) -> str:
        """Return the command that stores a proposal in the same store, for the same identity."""
        return self.line_to_set((f"{one.protocol}.{key}", value) for key, value in one.settings())


def _store(servers: Servers, chosen: Mapping[str, Fix]) -> None:
    """Store settings by section, all in one commit, each at its own level."""
    stored = servers.documents()
    changes = []
    for section, pairs in chosen.items():
        for key, value in pairs:
            found = setting(f"{section}.{key}")
            base = stored.at(found.level).get(found.id)
            changes.append(servers.change(found.name, value, base=base))
    if changes:
        servers.commit(changes)
