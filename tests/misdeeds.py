"""What a hostile server does in place of a reply."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import NamedTuple


class Moment(NamedTuple):
    """One place in the dialogue.

    Attributes:
        protocol: ``smtp``, ``imap`` or ``pop3``.
        turn: 0 for the greeting, 1 for the reply to the first command.
        said: what the client said, without its line end; empty for the greeting.
        tag: of the IMAP command, ``*`` for the greeting.
        reply: what a good server would say.
        writer: to the client.
    """

    protocol: str
    turn: int
    said: str
    tag: str
    reply: bytes
    writer: asyncio.StreamWriter


Misdeed = Callable[[Moment], Awaitable[bool]]
"""Says what it likes in place of ``reply``; returns whether the dialogue goes on."""


async def behave(moment: Moment) -> bool:
    moment.writer.write(moment.reply)
    return True


def answer(text: bytes, *, go_on: bool = True) -> Misdeed:
    """Say this instead; ``{tag}`` is the tag."""

    async def misdeed(moment: Moment) -> bool:
        moment.writer.write(text.replace(b"{tag}", moment.tag.encode()))
        return go_on

    return misdeed


def flood(piece: bytes) -> Misdeed:
    """Say this without end, as fast as it is taken."""
    chunk = piece * max(1, 65536 // len(piece))

    async def misdeed(moment: Moment) -> bool:
        while True:
            moment.writer.write(chunk.replace(b"{tag}", moment.tag.encode()))
            await moment.writer.drain()

    return misdeed


def dribble(piece: bytes, pause: float, *, whole: bool = False) -> Misdeed:
    """Say this without end, an octet (or the whole) at a time, with a pause after each."""

    async def misdeed(moment: Moment) -> bool:
        text = piece or moment.reply.rstrip()
        for octet in itertools.cycle([text] if whole else [bytes([one]) for one in text]):
            moment.writer.write(octet)
            await moment.writer.drain()
            await asyncio.sleep(pause)
        return False

    return misdeed


def hang_up(part: float, *, reset: bool = False) -> Misdeed:
    """Say this part of the reply, then close the connection, or reset it."""

    async def misdeed(moment: Moment) -> bool:
        moment.writer.write(moment.reply[: round(part * len(moment.reply))])
        await moment.writer.drain()
        if reset:
            sock = moment.writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            moment.writer.transport.abort()
        return False

    return misdeed


def adorn(junk: bytes) -> Misdeed:
    """Say the right thing, with junk at the end of each line."""

    async def misdeed(moment: Moment) -> bool:
        for line in moment.reply.splitlines():
            moment.writer.write(line if line == b"." else b"%b %b" % (line, junk))
            moment.writer.write(b"\r\n")
        return True

    return misdeed


def refuse(junk: bytes, code: int = 550, imap: str = "NO [ALERT]", pop3: str = "[AUTH]") -> Misdeed:
    """Say no, in the protocol's way."""

    async def misdeed(moment: Moment) -> bool:
        status = {
            "smtp": str(code),
            "pop3": f"-ERR {pop3}",
            "imap": "* BYE" if moment.turn == 0 or imap == "BYE" else f"{moment.tag} {imap}",
        }[moment.protocol]
        said = junk.replace(b"{said}", moment.said.encode())
        if imap == "BYE" and moment.protocol == "imap":
            status = "* BYE"
        moment.writer.write(status.encode() + b" " + said + b"\r\n")
        return True

    return misdeed
