"""Practice: the running servers as other code sees them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ExitStack
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from mailwidgets.errors import PracticeError
from mailwidgets.practice.accounts import ACCOUNTS, Account, Accounts
from mailwidgets.practice.loop_thread import LoopThread

if TYPE_CHECKING:
    from mailwidgets.practice.servers import Servers


class Practice:
    """Mail servers on this machine, running from :meth:`start` to :meth:`stop`.

    One mailbox for each account serves SMTP, IMAP and POP3; nothing is written to disk and
    nothing listens to other machines::

        with Practice.start() as practice:
            practice.ports["imap"]

    >>> practice.host, [account.address for account in practice.accounts]
    ('localhost', ['ana@practice.example', 'ben@practice.example', 'workflow@practice.example'])

    Attributes:
        host: the servers' name, ``localhost``; they listen on 127.0.0.1 only.
        ports: by name: ``pop3``, ``imap`` and ``smtp`` take STARTTLS (STLS), ``pop3s``,
            ``imaps`` and ``smtps`` speak TLS from the first byte.
        accounts: who may log in.
        ca_pem: certificate of the throw-away authority that clients have to trust.
        dns: name server that knows names for the servers, as ``127.0.0.1:5353``; empty where
            there is none, and ``host`` is the only name.
    """

    host: Final = "localhost"
    dns: str = ""

    def __init__(self, thread: LoopThread, servers: Servers) -> None:
        self._thread = thread
        self._servers = servers
        self._stopping = threading.Lock()
        self.ports: dict[str, int] = dict(servers.ports)
        self.accounts: tuple[Account, ...] = servers.accounts.all
        self.ca_pem: str = servers.ca_pem

    @classmethod
    def start(cls, accounts: Iterable[Account] = ACCOUNTS) -> Self:
        """Start the servers and put a welcome into each INBOX; returns when all listen.

        >>> with Practice.start() as mine:
        ...     sorted(mine.ports)
        ['imap', 'imaps', 'pop3', 'pop3s', 'smtp', 'smtps']

        Args:
            accounts: who may log in.

        Raises:
            PracticeError: the extra ``practice`` is not installed, or no port can be opened.
            ValueError: no account, or two with the same address.
        """
        known = Accounts(accounts)
        try:
            from mailwidgets.practice.servers import Servers  # noqa: PLC0415 - the extra's libraries load with the first start only
        except ModuleNotFoundError as missing:
            raise PracticeError(
                f"the practice servers need {missing.name}, which is not installed: "
                'pip install "mailwidgets[practice]"'
            ) from missing
        with ExitStack() as undo:
            thread = LoopThread("mailwidgets practice servers")
            undo.callback(thread.stop)
            try:
                practice = cls(thread, thread.call(Servers.open, known))
            except OSError as reason:
                raise PracticeError(
                    f"expected six free ports on 127.0.0.1, came: {reason}"
                ) from reason
            undo.callback(practice.stop)
            for account in practice.accounts:
                practice.deliver(account.address, _welcome(account))
            undo.pop_all()
        return practice

    def stop(self) -> None:
        """Close every port and connection and end the thread; a second time does nothing.

        >>> mine = Practice.start()
        >>> mine.stop()
        >>> repr(mine).endswith("stopped>")
        True

        Raises:
            PracticeError: they did not end within 30 seconds.
        """
        with self._stopping:
            if self._thread.running:
                try:
                    self._thread.call(self._servers.close)
                finally:
                    self._thread.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def deliver(self, address: str, message: bytes) -> None:
        r"""Put a message into an account's INBOX.

        >>> practice.deliver("ben@practice.example", b"Subject: Hello\r\n\r\nHello Ben\r\n")
        >>> practice.messages("ben@practice.example")[-1]
        b'Subject: Hello\r\n\r\nHello Ben\r\n'

        Args:
            address: an account's.
            message: the whole message, with CRLF line ends (RFC 5322); kept byte for byte.

        Raises:
            PracticeError: no such account, or the servers are stopped.
        """
        self._thread.call(self._servers.mailboxes.deliver, self._known(address), message)

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return the messages in a folder of an account, oldest first.

        >>> practice.messages("workflow@practice.example")[0].splitlines()[0]
        b'From: Practice servers <postmaster@practice.example>'

        Args:
            address: an account's.
            folder: the folder's name, as Unicode text.

        Raises:
            PracticeError: no such account or folder, or the servers are stopped.
        """
        known = self._known(address)
        try:
            stored = self._thread.call(self._servers.mailboxes.messages, known, folder)
        except KeyError as missing:
            raise PracticeError(f"{known} has no folder {folder!r}") from missing
        return [message.content for message in stored]

    def _known(self, address: str) -> str:
        if all(account.address != address for account in self.accounts):
            known = ", ".join(account.address for account in self.accounts)
            raise PracticeError(f"expected a practice account ({known}), came {address!r}")
        return address

    def as_dict(self) -> dict[str, object]:
        """Return all that a client needs as plain JSON values, **passwords too**.

        They open nothing but these mailboxes, while the servers run.

        >>> told = practice.as_dict()
        >>> told["host"], told["accounts"][0]["user"]
        ('localhost', 'ana@practice.example')
        """
        return {
            "host": self.host,
            "ports": dict(self.ports),
            "accounts": [
                {"name": a.name, "user": a.user, "address": a.address, "password": a.password}
                for a in self.accounts
            ],
            "ca_pem": self.ca_pem,
        }

    def __repr__(self) -> str:
        """Return host and ports; no password."""
        ports = ", ".join(f"{name} {port}" for name, port in self.ports.items())
        return f"<Practice on {self.host}: {ports}{'' if self._thread.running else ', stopped'}>"


def _welcome(account: Account) -> bytes:
    """Return the first message of a new mailbox."""
    message = EmailMessage(policy=SMTP)
    domain = account.address.rpartition("@")[2]
    message["From"] = f"Practice servers <postmaster@{domain}>"
    message["To"] = f"{account.name} <{account.address}>"
    message["Subject"] = "Welcome to the practice servers"
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = make_msgid(domain=domain)
    message.set_content(
        f"Hello {account.name},\n\n"
        "this mailbox lives in memory, on your own machine, and is gone when the\n"
        "practice servers stop. What you send from here stays here: try anything.\n"
    )
    return bytes(message)
