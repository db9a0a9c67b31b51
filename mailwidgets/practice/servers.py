"""The six listening ports over one set of mailboxes, all on the running event loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from weakref import WeakSet

from mailwidgets.practice.accounts import Accounts
from mailwidgets.practice.certificates import Authority
from mailwidgets.practice.imap import ImapMailboxes
from mailwidgets.practice.mailboxes import Mailboxes
from mailwidgets.practice.pop3 import Pop3Session
from mailwidgets.practice.smtp import SmtpConnection

# Only this address: a practice password must not be good for anything from elsewhere.
ADDRESS = "127.0.0.1"

_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Servers:
    """Listening servers; made by :meth:`open`, ended by :meth:`close` on the same loop.

    Attributes:
        ports: by name: ``pop3``, ``imap`` and ``smtp`` take STARTTLS (STLS), the same with an
            ``s`` speak TLS from the first byte.
        mailboxes: what all of them share.
        authority: which issues their certificates.
        ca_pem: the authority that clients have to trust.
    """

    def __init__(self, accounts: Accounts, authority: Authority, mailboxes: Mailboxes) -> None:
        self.accounts = accounts
        self.mailboxes = mailboxes
        self.authority = authority
        self.ca_pem = authority.ca_pem
        self.ports: dict[str, int] = {}
        self._listening: list[asyncio.Server] = []
        self._sessions: dict[asyncio.Task[None], asyncio.WriteTransport] = {}
        self._smtp: WeakSet[SmtpConnection] = WeakSet()

    @classmethod
    async def open(cls, accounts: Accounts) -> Servers:
        """Return servers that listen, each on a free port of 127.0.0.1.

        Raises:
            OSError: a port cannot be opened.
        """
        authority = Authority()
        tls = authority.server_context()
        mailboxes = await ImapMailboxes.open(accounts, tls)
        servers = cls(accounts, authority, mailboxes)

        async def pop3(
            context: ssl.SSLContext | None,
            reader: asyncio.StreamReader,
            writer: asyncio.StreamWriter,
        ) -> None:
            await Pop3Session(reader, writer, accounts, mailboxes, context).run()

        try:
            await servers._listen("pop3", partial(pop3, tls))
            await servers._listen("pop3s", partial(pop3, None), tls)
            await servers._listen("imap", partial(mailboxes.serve, implicit=False))
            await servers._listen("imaps", partial(mailboxes.serve, implicit=True), tls)
            await servers._listen_smtp("smtp", starttls=tls)
            await servers._listen_smtp("smtps", implicit=tls)
        except OSError:
            await servers.close()
            raise
        return servers

    async def _listen(
        self, name: str, serve: _Serve, implicit: ssl.SSLContext | None = None
    ) -> None:
        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # A client that leaves, or refuses the certificate, is no fault of the server.
            with suppress(OSError, EOFError):
                await serve(reader, writer)

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            # asyncio forgets whose session it was at STARTTLS: it would be garbage-collected.
            task = asyncio.create_task(session(reader, writer))
            self._sessions[task] = writer.transport
            task.add_done_callback(self._sessions.pop)

        self._add(name, await asyncio.start_server(connected, ADDRESS, 0, ssl=implicit))

    async def _listen_smtp(
        self,
        name: str,
        starttls: ssl.SSLContext | None = None,
        implicit: ssl.SSLContext | None = None,
    ) -> None:
        def connection() -> SmtpConnection:
            made = SmtpConnection(self.accounts, self.mailboxes, starttls)
            self._smtp.add(made)
            return made

        loop = asyncio.get_running_loop()
        self._add(name, await loop.create_server(connection, ADDRESS, 0, ssl=implicit))

    def _add(self, name: str, server: asyncio.Server) -> None:
        self._listening.append(server)
        self.ports[name] = server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop every client; all that still runs on the loop is ended."""
        for server in self._listening:
            server.close()
        for connection in list(self._smtp):
            connection.abort()
        for transport in self._sessions.values():
            transport.abort()
        # The loop is ours: what is left are clients' sessions and TLS handshakes under way.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in self._listening:
            await server.wait_closed()
