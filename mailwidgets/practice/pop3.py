"""A small POP3 server over the shared mailboxes (RFC 1939, 2449, 2595, 5034)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.utils import make_msgid

from mailwidgets.practice.accounts import Account, Accounts
from mailwidgets.practice.mailboxes import Mailboxes, Stored
from mailwidgets.practice.starttls import start_tls

_Command = Callable[[str], Awaitable[None]]


class _Refused(Exception):
    """A command that gets ``-ERR``, with the reason."""


class Pop3Session:
    """One client's connection, from greeting to QUIT.

    Args:
        reader: what the client says.
        writer: where the replies go; closed when the session ends.
        accounts: who may log in.
        mailboxes: what they find.
        tls: settings for STLS; None where the connection has TLS already.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        accounts: Accounts,
        mailboxes: Mailboxes,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._accounts, self._mailboxes = accounts, mailboxes
        self._tls = tls
        self._user = b""
        self._account: Account | None = None
        self._messages: list[Stored] = []
        self._deleted: set[int] = set()
        self._open = True
        both: dict[str, _Command] = {"CAPA": self._capa, "QUIT": self._quit}
        self._authorization: dict[str, _Command] = both | {
            "AUTH": self._auth,
            "PASS": self._pass,
            "STLS": self._stls,
            "USER": self._user_name,
        }
        self._transaction: dict[str, _Command] = both | {
            "DELE": self._dele,
            "LIST": self._list,
            "NOOP": self._noop,
            "RETR": self._retr,
            "RSET": self._rset,
            "STAT": self._stat,
            "TOP": self._top,
            "UIDL": self._uidl,
        }

    async def run(self) -> None:
        """Serve until the client quits or leaves.

        Raises:
            OSError: the connection broke, or TLS failed.
        """
        try:
            await self._ok("mailwidgets practice POP3 ready")
            while self._open:
                await self._serve_command()
        finally:
            self._writer.close()
        await self._writer.wait_closed()

    async def _serve_command(self) -> None:
        line = await self._line()
        keyword, _, argument = line.decode("utf-8", "surrogateescape").partition(" ")
        commands = self._transaction if self._account else self._authorization
        try:
            await commands.get(keyword.upper(), self._unknown)(argument)
        except _Refused as refused:
            await self._send(f"-ERR {refused}\r\n".encode())

    async def _unknown(self, _: str) -> None:
        raise _Refused("no such command, or not now")

    async def _line(self) -> bytes:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as reason:
            raise ConnectionAbortedError(
                "expected a POP3 line, came 64 KiB without end"
            ) from reason
        return line.rstrip(b"\r\n")

    async def _send(self, reply: bytes) -> None:
        self._writer.write(reply)
        await self._writer.drain()

    async def _ok(self, text: str) -> None:
        await self._send(f"+OK {text}\r\n".encode())

    async def _lines(self, text: str, lines: list[str]) -> None:
        await self._ok("\r\n".join([text, *lines, "."]))

    async def _capa(self, _: str) -> None:
        capabilities = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "IMPLEMENTATION mailwidgets"]
        if self._account is None:
            capabilities += ["USER", "SASL PLAIN CRAM-MD5", *(["STLS"] if self._tls else [])]
        await self._lines("capabilities", capabilities)

    async def _stls(self, _: str) -> None:
        if self._tls is None:
            raise _Refused("TLS is on already")
        context, self._tls, self._user = self._tls, None, b""
        self._reader, self._writer = await start_tls(
            self._writer, context, b"+OK begin the TLS handshake\r\n"
        )

    async def _user_name(self, user: str) -> None:
        self._user = user.encode("utf-8", "surrogateescape")
        await self._ok("now the password")

    async def _pass(self, password: str) -> None:
        given = password.encode("utf-8", "surrogateescape")
        await self._enter(self._accounts.login(self._user, given))

    async def _auth(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() == "PLAIN":
            given = initial.encode("utf-8", "surrogateescape") or await self._challenge(b"")
            _, _, login = self._decoded(given).partition(b"\0")
            user, _, password = login.partition(b"\0")
            await self._enter(self._accounts.login(user, password))
        elif mechanism.upper() == "CRAM-MD5":
            challenge = make_msgid(domain="localhost").encode()
            response = self._decoded(await self._challenge(challenge))
            await self._enter(self._accounts.login_cram_md5(challenge, response))
        else:
            raise _Refused("no such mechanism; there are PLAIN and CRAM-MD5")

    async def _challenge(self, challenge: bytes) -> bytes:
        await self._send(b"+ " + base64.b64encode(challenge) + b"\r\n")
        return await self._line()

    @staticmethod
    def _decoded(response: bytes) -> bytes:
        """Return the client's response; ``*`` cancels (RFC 5034 §4)."""
        try:
            return base64.b64decode(response, validate=True)
        except binascii.Error as reason:
            raise _Refused("cancelled, or not base64") from reason

    async def _enter(self, account: Account | None) -> None:
        self._user = b""
        if account is None:
            raise _Refused("[AUTH] wrong user name or password")
        self._messages = await self._mailboxes.messages(account.address)
        self._account = account
        await self._ok(f"{len(self._messages)} messages")

    def _left(self) -> list[tuple[int, Stored]]:
        """Return the messages not marked as deleted, numbered from 1."""
        numbered = enumerate(self._messages, start=1)
        return [(number, m) for number, m in numbered if number not in self._deleted]

    def _number(self, argument: str) -> int:
        with suppress(ValueError):
            number = int(argument)
            if any(number == left for left, _ in self._left()):
                return number
        raise _Refused("no such message")

    async def _stat(self, _: str) -> None:
        left = self._left()
        await self._ok(f"{len(left)} {sum(len(message.content) for _, message in left)}")

    async def _list(self, argument: str) -> None:
        await self._listing(argument, lambda message: str(len(message.content)))

    async def _uidl(self, argument: str) -> None:
        await self._listing(argument, lambda message: message.unique_id)

    async def _listing(self, argument: str, fact: Callable[[Stored], str]) -> None:
        if argument:
            number = self._number(argument)
            await self._ok(f"{number} {fact(self._messages[number - 1])}")
        else:
            await self._lines("all", [f"{number} {fact(m)}" for number, m in self._left()])

    async def _retr(self, argument: str) -> None:
        await self._content(self._messages[self._number(argument) - 1].content)

    async def _top(self, argument: str) -> None:
        number, _, count = argument.partition(" ")
        if not count.isdecimal():
            raise _Refused("expected TOP message lines")
        content = self._messages[self._number(number) - 1].content
        header, blank, body = content.partition(b"\r\n\r\n")
        lines = body.split(b"\r\n", int(count))[: int(count)]
        await self._content(header + blank + b"\r\n".join(lines))

    async def _content(self, content: bytes) -> None:
        """Send a message in one piece: line by line, 8 MB take seconds."""
        stuffed = (b"\r\n" + content).replace(b"\r\n.", b"\r\n..")
        end = b"" if stuffed.endswith(b"\r\n") else b"\r\n"
        await self._send(b"+OK message follows" + stuffed + end + b".\r\n")

    async def _dele(self, argument: str) -> None:
        self._deleted.add(self._number(argument))
        await self._ok("marked as deleted")

    async def _rset(self, _: str) -> None:
        self._deleted.clear()
        await self._ok("nothing is marked as deleted")

    async def _noop(self, _: str) -> None:
        await self._ok("still here")

    async def _quit(self, _: str) -> None:
        if self._account is not None:
            gone = [self._messages[number - 1].unique_id for number in self._deleted]
            await self._mailboxes.delete(self._account.address, gone)
        self._open = False
        await self._ok("goodbye")
