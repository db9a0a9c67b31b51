"""``check``: the tests of the dashboard, for cron and CI."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from traitlets import Enum, Unicode

from mailwidgets.commands.bundling import free_place, write_new
from mailwidgets.commands.command import FAILED, OK, Command, Usage
from mailwidgets.targets import CHECKED


class Check(Command):
    """Run checks together and tell what they found."""

    name = "check"
    description = (
        "Run the checks of the named sections, by default of all that name a server. "
        "Exit status: 0 if all passed or warned, 1 if one failed, 2 for bad use."
    )
    examples = (
        "mailwidgets check\nmailwidgets check smtp imap --format json\n"
        "mailwidgets check smtp --bundle smtp.zip"
    )

    format = Enum(("text", "json"), "text", help="How the reports are printed.").tag(config=True)
    bundle = Unicode(
        help="A new file for a support bundle: reports, transcripts, versions and settings."
    ).tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "format": "Check.format",
        "bundle": "Check.bundle",
    }

    def work(self, words: Sequence[str]) -> int:
        """Run the checks and print their reports, in the order asked for."""
        unknown = [word for word in words if word not in CHECKED]
        if unknown:
            raise Usage(f"there is no check {', '.join(unknown)}; there are {', '.join(CHECKED)}")
        place = free_place(self.bundle) if self.bundle else None
        servers = self.servers()
        reports = asyncio.run(servers.check_all(dict.fromkeys(words) or None))
        if not reports:
            raise Usage(
                "no section names a server yet: set one, such as "
                "mailwidgets set smtp.name=mail.example.com"
            )
        if self.format == "json":
            shown = [report.as_dict() for report in reports]
            self.say(json.dumps(shown, ensure_ascii=False, indent=2))
        else:
            self.say("\n\n".join(self.told(report) for report in reports))
        if place is not None:
            write_new(place, servers.bundle(reports))
        return OK if all(report.ok for report in reports) else FAILED
