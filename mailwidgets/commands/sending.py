"""``send``: a test message by the workflow's settings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from traitlets import Enum, Unicode

from mailwidgets.commands.command import FAILED, OK, Command, Usage


class Send(Command):
    """Send a test message and tell what became of it."""

    name = "send"
    description = (
        "Send a test message by the settings of workflow e-mail: by SMTP, or by IMAP into Outbox "
        "and, should that fail, by the acting user's SMTP settings. "
        "Exit status: 0 if it was sent, 1 if not or if nobody can tell, 2 for bad use."
    )
    examples = (
        "mailwidgets send --to ana@example.com\n"
        'mailwidgets send --to ana@example.com --subject "Hello" --format json'
    )

    to = Unicode(help="The recipient's address.").tag(config=True)
    subject = Unicode(help="The subject; else one of our own.").tag(config=True)
    text = Unicode(help="What the message says; else a text of our own.").tag(config=True)
    format = Enum(("text", "json"), "text", help="How the report is printed.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "to": "Send.to",
        "subject": "Send.subject",
        "text": "Send.text",
        "format": "Send.format",
    }
    takes_words: ClassVar[bool] = False

    def work(self, words: Sequence[str]) -> int:
        """Send the message and print the report; as JSON in a list, as ``check`` does."""
        del words
        if not self.to:
            raise Usage("say to whom: mailwidgets send --to ana@example.com")
        sending = self.servers().send(self.to, subject=self.subject, text=self.text)
        report = asyncio.run(sending)
        if self.format == "json":
            self.say(json.dumps([report.as_dict()], ensure_ascii=False, indent=2))
        else:
            self.say(self.told(report))
        return OK if report.ok else FAILED
