"""Section × TLS mode × login against Dovecot and Postfix, with what each outcome must be."""

from __future__ import annotations

import contextlib
import imaplib
import itertools
import poplib
import smtplib
from dataclasses import dataclass

from daemons.accounts import ANA, token
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from daemons.variants import MailServer, Tls

from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.checks.workflow import check_workflow_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report

# Short, because a server that waits for TLS is told apart by its silence for a quarter of it.
TIMEOUT = 2.0
PLAIN_LOGIN = "plain login"
LOGINS = (
    *(PLAIN_LOGIN, "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"),
    *("XOAUTH2", "OAUTHBEARER"),
)
_YES_NO = ((TlsMode.NONE, "none"), (TlsMode.REQUIRE, "starttls"), (TlsMode.REQUIRE, "implicit"))
_FOUR = (
    *_YES_NO,
    (TlsMode.AUTO, "none"),
    (TlsMode.AUTO, "starttls"),
    (TlsMode.AUTO, "implicit"),
    (TlsMode.IMPLICIT, "implicit"),
)
_MODES = {"pop3": _YES_NO, "imap": _YES_NO, "smtp": _FOUR, "workflow": _FOUR}


@dataclass(frozen=True)
class Cell:
    """One combination: a section's TLS mode, on a port that has TLS so, with one login."""

    section: str
    mode: TlsMode
    port: Tls
    login: str
    right: bool

    @property
    def id(self) -> str:
        password = "right" if self.right else "wrong"
        return f"{self.section}-{self.mode}-on-{self.port}-{self.login}-{password}".replace(
            " ", "-"
        )

    @property
    def expected(self) -> str:
        if self.right:
            return "ok"
        return "auth_token" if self.login in {"XOAUTH2", "OAUTHBEARER"} else "auth_rejected"


CELLS = tuple(
    Cell(section, mode, port, login, right)
    for section, modes in _MODES.items()
    for (mode, port), login, right in itertools.product(modes, LOGINS, (True, False))
    # The one server that offers no TLS to Auto offers all mechanisms: SCRAM-SHA-256 it is.
    if (mode, port) != (TlsMode.AUTO, "none") or login in {PLAIN_LOGIN, "SCRAM-SHA-256"}
    # Workflow by SMTP is the same ladder: that it takes each login shows that it is.
    if right or section != "workflow"
)


def server(cell: Cell, dovecot: Dovecot, postfix: Postfix) -> MailServer:
    """Return a server that offers this very mechanism and no other."""
    variant = "standard" if cell.login == PLAIN_LOGIN else f"only {cell.login}"
    if cell.mode is TlsMode.AUTO and cell.port == "none":
        variant = "clear"
    if cell.section in {"smtp", "workflow"}:
        return postfix.smtp(cell.port, variant)
    return (dovecot.imap if cell.section == "imap" else dovecot.pop3)(cell.port, variant)


def secret(cell: Cell) -> str:
    if cell.login in {"XOAUTH2", "OAUTHBEARER"}:
        return token(ANA, 3600 if cell.right else -3600)
    return ANA.password if cell.right else "not " + ANA.password


async def ours(cell: Cell, at: MailServer) -> Report:
    """Return what our check finds."""
    endpoint = Endpoint(at.host, at.port, cell.mode, TIMEOUT, ca_pem=at.ca_pem)
    is_token = cell.login in {"XOAUTH2", "OAUTHBEARER"}
    login = Login(ANA.login, secret(cell), sasl=cell.login != PLAIN_LOGIN, token=is_token)
    if cell.section == "workflow":
        return await check_workflow_smtp(endpoint, login, sender=ANA.address)
    if cell.section == "smtp":
        return await check_smtp(endpoint, login, sender=ANA.address)
    if cell.section == "imap":
        return await check_imap(endpoint, login)
    return await check_pop3(endpoint, login)


def standard_library_can(cell: Cell) -> bool:
    """Return whether smtplib, poplib or imaplib has such a login."""
    has = {
        **{key: {PLAIN_LOGIN, "PLAIN", "LOGIN", "CRAM-MD5"} for key in ("smtp", "workflow")},
        "imap": {PLAIN_LOGIN, "PLAIN", "CRAM-MD5"},
        "pop3": {PLAIN_LOGIN},
    }
    return cell.login in has[cell.section]


def standard_library(cell: Cell, at: MailServer) -> str:
    """Return ``ok`` or ``auth_rejected``, as the standard library's client has it."""
    try:
        with contextlib.ExitStack() as stack:
            {"smtp": _smtplib, "imap": _imaplib, "pop3": _poplib}[at.protocol](cell, at, stack)
    except (smtplib.SMTPAuthenticationError, imaplib.IMAP4.error, poplib.error_proto):
        return "auth_rejected"
    return "ok"


def _smtplib(cell: Cell, at: MailServer, stack: contextlib.ExitStack) -> None:
    client: smtplib.SMTP
    if cell.port == "implicit":
        client = smtplib.SMTP_SSL(at.host, at.port, timeout=10, context=at.context())
    else:
        client = smtplib.SMTP(at.host, at.port, timeout=10)
    stack.enter_context(client)
    client.ehlo("client.example.test")
    if cell.port == "starttls":
        client.starttls(context=at.context())
        client.ehlo("client.example.test")
    client.login(ANA.login, secret(cell))
    for reply in (client.mail(ANA.address), client.rcpt(ANA.address), client.rset()):
        assert reply[0] == 250, reply


def _imaplib(cell: Cell, at: MailServer, stack: contextlib.ExitStack) -> None:
    client: imaplib.IMAP4
    if cell.port == "implicit":
        client = imaplib.IMAP4_SSL(at.host, at.port, ssl_context=at.context(), timeout=10)
    else:
        client = imaplib.IMAP4(at.host, at.port, timeout=10)
    stack.enter_context(client)
    if cell.port == "starttls":
        client.starttls(at.context())
    if cell.login == "CRAM-MD5":
        client.login_cram_md5(ANA.login, secret(cell))
    elif cell.login == "PLAIN":
        client.authenticate("PLAIN", lambda _: f"\0{ANA.login}\0{secret(cell)}".encode())
    else:
        client.login(ANA.login, secret(cell))
    assert client.select("INBOX", readonly=True)[0] == "OK"


def _poplib(cell: Cell, at: MailServer, stack: contextlib.ExitStack) -> None:
    client: poplib.POP3
    if cell.port == "implicit":
        client = poplib.POP3_SSL(at.host, at.port, timeout=10, context=at.context())
    else:
        client = poplib.POP3(at.host, at.port, timeout=10)
    stack.callback(client.close)
    if cell.port == "starttls":
        client.stls(at.context())
    client.user(ANA.login)
    client.pass_(secret(cell))
    client.stat()
    client.quit()
