"""A mail server that talks sense up to some place in the dialogue, and misbehaves there."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from harmless import assert_harmless
from misdeeds import Misdeed, Moment, behave
from scripted import Scripted

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.sending import send_by_imap, send_by_smtp
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, OnStep
from mailwidgets.protocols.message import Letter
from mailwidgets.reports.report import Report, Step

USER, PASSWORD = "ana@example.test", "canary-pa55-wörd"
PATIENCE = 30.0  # seconds that a check may take on the busiest machine, where it should take 1
AT_ONCE = 24
EHLO = "pc.example.test"
LETTER = Letter(USER, "ben@example.test")
CHALLENGE = "PDE4OTYuNjk3MTcwOTUyQG14Pg=="  # "<1896.697170952@mx>"

Answers = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Dialogue:
    """What a good server says: to whom it greets, and to a command by its first words."""

    name: str
    greeting: str
    answers: Answers
    sasl: bool = False
    token: bool = False

    @property
    def protocol(self) -> str:
        return self.name.split()[0]

    def __str__(self) -> str:
        return self.name


SMTP: Answers = {
    "EHLO": "250-mx.example.test\n250-PIPELINING\n250-STARTTLS\n250 AUTH CRAM-MD5 PLAIN",
    "STARTTLS": "220 go",
    "AUTH PLAIN": "235 in",
    "AUTH CRAM-MD5": [f"334 {CHALLENGE}", "235 in"],
    "DATA": ["354 go", "250 taken"],
    "QUIT": "221 bye",
    "": "250 ok",
}
IMAP: Answers = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS ACL AUTH=CRAM-MD5\n{tag} OK done",
    "STARTTLS": "{tag} OK go",
    "LOGIN": ["+ go ahead", "{tag} OK in"],  # the password is a literal
    "AUTHENTICATE": [f"+ {CHALLENGE}", "{tag} OK in"],
    "EXAMINE": "* 3 EXISTS\n{tag} OK [READ-ONLY] opened",
    "SELECT": "* 0 EXISTS\n{tag} OK [READ-WRITE] opened",
    "MYRIGHTS": "* MYRIGHTS Outbox lrswi\n{tag} OK done",
    "APPEND": ["+ go ahead", "{tag} OK [APPENDUID 1 2] taken"],
    "LIST": '* LIST (\\HasNoChildren) "/" "INBOX/Outbox"\n{tag} OK done',
    "LOGOUT": "* BYE bye\n{tag} OK done",
    "": "{tag} OK done",
}
POP3: Answers = {
    "CAPA": "+OK here\nUSER\nSTLS\nSASL CRAM-MD5\n.",
    "AUTH": [f"+ {CHALLENGE}", "+OK in"],
    "STAT": "+OK 2 320",
    "": "+OK",
}
LOST: Answers = {**IMAP, "SELECT": "{tag} NO [NONEXISTENT] no such folder"}
DIALOGUES = {
    dialogue.name: dialogue
    for dialogue in (
        Dialogue("smtp", "220 mx.example.test ESMTP", SMTP),
        Dialogue("smtp sasl", "220 mx.example.test ESMTP", SMTP, sasl=True),
        Dialogue("smtp send", "220 mx.example.test ESMTP", SMTP),
        Dialogue("imap", "* OK ready", IMAP),
        Dialogue("imap sasl", "* OK ready", IMAP, sasl=True),
        Dialogue("imap lost", "* OK ready", LOST, sasl=True),
        Dialogue("imap send", "* OK ready", IMAP),
        Dialogue("pop3", "+OK ready", POP3),
        Dialogue("pop3 sasl", "+OK ready", POP3, sasl=True),
    )
}


class Hostile(Scripted):
    """The server; see ``Scripted`` for how it starts and ends.

    Args:
        dialogue: what it would say.
        misdeed: what it does.
        places: the turns at which it does so; None for all.
        tls: certificate for STARTTLS, and with ``implicit`` from the first byte.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        misdeed: Misdeed = behave,
        places: Sequence[int] | None = None,
        **tls: object,
    ) -> None:
        super().__init__(dialogue.greeting, **tls)  # type: ignore[arg-type]
        self.dialogue = dialogue
        self.misdeed = misdeed
        self.places = places
        self.turns = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said, tag, words, coming = "", "*", self.dialogue.greeting, list[str]()
        for turn in itertools.count():
            self.turns = max(self.turns, turn + 1)
            reply = (words.replace("{tag}", tag) + "\n").replace("\n", "\r\n").encode()
            moment = Moment(self.dialogue.protocol, turn, said, tag, reply, writer)
            here = self.places is None or turn in self.places
            if not await (self.misdeed if here else behave)(moment):
                return
            await writer.drain()
            if said.endswith(("STARTTLS", "STLS")) and self.tls is not None:
                await writer.start_tls(self.tls)
            line = await _heard(reader, said, reply)
            if not line:
                return
            said = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
            if coming:  # an exchange under way
                words = coming.pop(0)
                continue
            tag, command = self._split(said)
            answer = _fitting(self.dialogue.answers, command)
            words, *coming = [answer] if isinstance(answer, str) else answer


async def _heard(reader: asyncio.StreamReader, said: str, reply: bytes) -> bytes:
    """What the client says next: a line, or what ``reply`` asks for; nothing where it has gone."""
    with contextlib.suppress(asyncio.IncompleteReadError):
        if reply.startswith(b"354"):
            return await reader.readuntil(b"\r\n.\r\n")
        if reply.startswith(b"+") and (literal := re.search(r"\{(\d+)\}$", said)):
            await reader.readexactly(int(literal[1]))
        return await reader.readline()
    return b""


def _fitting(answers: Answers, command: str) -> str | Sequence[str]:
    words = [words for words in answers if command.upper().startswith(words)]
    return answers[max(words, key=len)]


async def check(
    dialogue: Dialogue, endpoint: Endpoint, on_step: OnStep | None = None, password: str = PASSWORD
) -> Report:
    """Check the server as the dialogue has it."""
    login = Login(USER, password, sasl=dialogue.sasl, token=dialogue.token)
    if dialogue.name == "smtp send":
        return await send_by_smtp(endpoint, login, LETTER, ehlo=EHLO, on_step=on_step)
    if dialogue.name == "imap send":
        return await send_by_imap(endpoint, login, LETTER, on_step=on_step)
    if dialogue.protocol == "smtp":
        return await check_smtp(endpoint, login, ehlo=EHLO, on_step=on_step)
    run = check_imap if dialogue.protocol == "imap" else check_pop3
    return await run(endpoint, login, on_step=on_step)


async def watched(dialogue: Dialogue, endpoint: Endpoint, password: str = PASSWORD) -> Report:
    """Check, in time and harmlessly."""
    told: list[Step] = []
    async with asyncio.timeout(PATIENCE):
        report = await check(dialogue, endpoint, told.append, password)
    assert_harmless(report, told)
    return report


async def together(cases: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
    """Run many cases at once, and say which ones failed."""
    few = asyncio.Semaphore(AT_ONCE)

    async def run(case: Callable[[], Awaitable[None]]) -> None:
        async with few:
            await case()

    ends = await asyncio.gather(*map(run, cases.values()), return_exceptions=True)
    wrong = {name: end for name, end in zip(cases, ends, strict=True) if end is not None}
    assert not wrong, "\n".join(f"{name}: {end!r}" for name, end in wrong.items())
