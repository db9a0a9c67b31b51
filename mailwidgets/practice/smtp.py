"""Receiving mail over SMTP (RFC 5321, 6409); the one module over aiosmtpd."""

from __future__ import annotations

import asyncio
import logging
import ssl
from email.utils import make_msgid
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mailwidgets.practice.accounts import Account, Accounts
from mailwidgets.practice.mailboxes import Mailboxes

# Its remarks about clients go where an application's logging sends them, not to the terminal.
logging.getLogger("mail.log").addHandler(logging.NullHandler())


class _Session(Session):
    """A session that knows its account.

    The legacy attribute is a plain one here: the original logs a warning at each login.
    """

    auth_data: Any = None
    login_data: Any = None


class _Policy:
    """Who may send what to whom; aiosmtpd calls these by name.

    Args:
        accounts: who may log in and who receives.
        mailboxes: where mail goes.
    """

    def __init__(self, accounts: Accounts, mailboxes: Mailboxes) -> None:
        self._accounts, self._mailboxes = accounts, mailboxes

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        """Judge PLAIN and LOGIN."""
        if not isinstance(data, LoginPassword):
            raise TypeError(f"expected a login and a password, came {type(data).__name__}")
        return self._result(self._accounts.login(data.login, data.password))

    async def auth_CRAM__MD5(self, server: SMTP, _args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd derives the mechanism from the name
        """Challenge and judge (RFC 2195)."""
        challenge = make_msgid(domain="localhost").encode()
        response = await server.challenge_auth(challenge)
        if not isinstance(response, bytes):
            return AuthResult(success=False)  # cancelled, and answered already
        return self._result(self._accounts.login_cram_md5(challenge, response))

    @staticmethod
    def _result(account: Account | None) -> AuthResult:
        return AuthResult(success=account is not None, handled=False, auth_data=account)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds it by the command's name
        self, _server: SMTP, session: _Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Let a login send as itself, or with the null sender (RFC 5321 §4.5.5)."""
        account = session.auth_data
        if not isinstance(account, Account):
            return "530 5.7.0 Authentication required"
        if address.lower() not in {account.address.lower(), "<>"}:
            return f"550 5.7.60 {account.address} may not send as {address}"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(  # noqa: N802 - likewise
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take mail for the mailboxes here and for nobody else."""
        if self._accounts.receiving(address) is None:
            if address.lower().rpartition("@")[2] in self._accounts.domains:
                return f"550 5.1.1 No mailbox {address} here"
            return f"554 5.7.1 Relay access denied: mail for {address} would leave this machine"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        """Deliver the message as it came, once to each mailbox."""
        receiving = (self._accounts.receiving(address) for address in envelope.rcpt_tos)
        for account in dict.fromkeys(account for account in receiving if account is not None):
            await self._mailboxes.deliver(account.address, envelope.original_content or b"")
        return "250 2.0.0 Delivered"

    async def handle_exception(self, error: Exception) -> str:
        """Answer a fault, such as a client that refuses the certificate, without a traceback."""
        return f"451 4.3.0 Local error: {type(error).__name__}"


class SmtpConnection(SMTP):
    """One client's connection, as a protocol for ``loop.create_server``.

    Args:
        accounts: who may log in and who receives.
        mailboxes: where mail goes.
        tls: settings for STARTTLS; None where the connection has TLS already.
    """

    def __init__(
        self, accounts: Accounts, mailboxes: Mailboxes, tls: ssl.SSLContext | None
    ) -> None:
        policy = _Policy(accounts, mailboxes)
        super().__init__(
            policy,
            hostname="localhost",
            ident="mailwidgets practice SMTP ready",
            enable_SMTPUTF8=True,
            tls_context=tls,
            # Loopback is as private as TLS, and on the port with TLS from the first byte
            # aiosmtpd would not know that it is there.
            auth_require_tls=False,
            authenticator=policy.authenticate,
            loop=asyncio.get_running_loop(),
        )

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def abort(self) -> None:
        """Close the connection at once."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
