"""The mailboxes, kept in memory, and IMAP access to them; the one module over pymap.

pymap is an alpha: nothing outside this module knows of it, so that another can replace it.
"""

from __future__ import annotations

import asyncio
import ssl
from argparse import Namespace
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from secrets import token_bytes

import pymap.mime
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Login
from pymap.backend.dict import Identity as PymapIdentity
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.concurrent import Subsystem
from pymap.config import IMAPConfig
from pymap.context import connection_exit
from pymap.exceptions import InvalidAuth
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.creds.server import ServerCredentials
from pysasl.identity import Identity
from pysasl.mechanism.crammd5 import CramMD5Mechanism
from pysasl.mechanism.login import LoginMechanism
from pysasl.mechanism.plain import PlainMechanism

from mailwidgets.practice.accounts import Account, Accounts
from mailwidgets.practice.mailboxes import Stored
from mailwidgets.practice.starttls import start_tls

FOLDERS = ("Outbox", "Sent", "Drafts", "Trash")


def _span(view: memoryview, *parts: Sequence[tuple[int, int, int]]) -> memoryview:
    """Return what the lines (start, end, start of the next) of all parts cover together."""
    lines = [line for part in parts for line in part]
    return view[lines[0][0] : lines[-1][2]] if lines else view[:0]


# pymap's own takes the last byte from a message without an empty line, and gives it a body.
pymap.mime.get_raw = _span  # type: ignore[attr-defined]


class _Config(Config):
    """pymap's settings: nothing from the command line, no thread, no look-up of host names."""

    def __init__(self, tls: ssl.SSLContext, *, offer_starttls: bool) -> None:
        super().__init__(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=None,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            ssl_context=tls,
            tls_enabled=offer_starttls,
            cpu_subsystem=Subsystem.for_asyncio(),
        )

    @property
    def greeting(self) -> bytes:
        return b"mailwidgets practice IMAP ready"

    @property
    def tls_auth(self) -> SASLAuth:
        return SASLAuth([PlainMechanism(), LoginMechanism(), CramMD5Mechanism()])


class _Known(Identity):
    """An account, as pysasl compares credentials with it."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def authcid(self) -> str:
        return self._account.user

    def compare_authcid(self, authcid: str) -> bool:
        return authcid == self._account.user

    def compare_secret(self, secret: str) -> bool:
        return self._account.accepts(secret.encode("utf-8", "surrogateescape"))

    def get_clear_secret(self) -> str:
        return self._account.password


class _Login(Login):
    """Logs accounts in: by the same comparison as the other protocols, without hashing."""

    def __init__(self, config: Config, accounts: Accounts) -> None:
        super().__init__(config)
        self._known = {account.user: _Known(account) for account in accounts.all}
        self.users_dict.update({user: UserMetadata(config, user) for user in self._known})

    async def authenticate(self, credentials: ServerCredentials) -> PymapIdentity:
        known = self._known.get(credentials.authcid)
        if known is None or not credentials.verify(known):
            raise InvalidAuth
        return PymapIdentity(known.authcid, self, None, frozenset())


class _Connection(IMAPConnection):
    """pymap's connection with our STARTTLS, and without its log of every line.

    That log, at level DEBUG, would hold passwords.
    """

    async def start_tls(self) -> None:
        self.reader, self.writer = await start_tls(self.writer, self.config.ssl_context)

    @classmethod
    def _print(cls, log_format: str, output: str | bytes) -> None:
        pass


class ImapMailboxes:
    """Every account's folders in memory, and IMAP over them.

    Implements :class:`mailwidgets.practice.mailboxes.Mailboxes`. To be made on the event loop
    that serves them, by :meth:`open`.
    """

    def __init__(self, accounts: Accounts, tls: ssl.SSLContext) -> None:
        self._starttls = _Config(tls, offer_starttls=True)
        self._implicit = _Config(tls, offer_starttls=False)
        self._login = _Login(self._starttls, accounts)
        self._sets = {account.address: MailboxSet() for account in accounts.all}
        for address, mailboxes in self._sets.items():
            self._starttls.set_cache[address] = (mailboxes, FilterSet())

    @classmethod
    async def open(cls, accounts: Accounts, tls: ssl.SSLContext) -> ImapMailboxes:
        """Return mailboxes for the accounts: INBOX, Outbox, Sent, Drafts, Trash, all empty.

        Args:
            accounts: whose mailboxes.
            tls: settings for STARTTLS.
        """
        opened = cls(accounts, tls)
        for mailboxes in opened._sets.values():
            for folder in FOLDERS:
                await mailboxes.add_mailbox(folder)
                await mailboxes.set_subscribed(folder, subscribed=True)
        return opened

    async def deliver(self, address: str, message: bytes) -> None:
        """Put a message into the account's INBOX, its bytes unchanged."""
        inbox = await self._folder(address)
        await inbox.append(AppendMessage(message, datetime.now(UTC)), recent=True)

    async def messages(self, address: str, folder: str = "INBOX") -> list[Stored]:
        """Return what is in a folder, oldest first; KeyError where there is no such folder."""
        opened = await self._folder(address, folder)
        found = []
        async for message in opened.messages():
            loaded = await message.load_content(FetchRequirement.CONTENT)
            found.append(Stored(f"{opened.uid_validity}.{message.uid}", bytes(loaded)))
        return found

    async def delete(self, address: str, unique_ids: Collection[str]) -> None:
        """Remove these messages from INBOX; one that is gone already is no error."""
        inbox = await self._folder(address)
        parts = [unique_id.split(".") for unique_id in unique_ids]
        uids = [int(uid) for validity, uid in parts if int(validity) == inbox.uid_validity]
        if uids:
            await inbox.delete(uids)

    async def _folder(self, address: str, folder: str = "INBOX") -> MailboxData:
        return await self._sets[address].get_mailbox(folder)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, implicit: bool
    ) -> None:
        """Serve one client's IMAP connection until it logs out or leaves (RFC 3501).

        Args:
            reader: what the client says.
            writer: where the replies go; closed in the end.
            implicit: whether the connection has TLS already, so that none is offered.

        Raises:
            OSError: the connection broke.
        """
        config: IMAPConfig = self._implicit if implicit else self._starttls
        local = SocketInfoLocal(writer, unique_id=token_bytes())
        connection = _Connection(config.commands, config, reader, writer, local)
        async with AsyncExitStack() as stack:
            connection_exit.set(stack)
            stack.enter_context(closing(connection))
            await connection.run(ConnectionState(self._login, config))
        await connection.writer.wait_closed()
