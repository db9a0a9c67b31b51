"""Independent clients for the practice servers: the standard library's, with verified TLS."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
import socket
import ssl
from contextlib import ExitStack

from mailwidgets.practice import Account, Practice

TIMEOUT = 10


class Clients:
    """Opens clients of one practice run and closes them in the end."""

    def __init__(self, practice: Practice, closing: ExitStack) -> None:
        self.practice = practice
        self.ana, self.ben, self.workflow = practice.accounts[:3]
        self.context = ssl.create_default_context(cadata=practice.ca_pem)
        self._closing = closing

    def smtp(self, account: Account | None = None, *, implicit: bool = False) -> smtplib.SMTP:
        host, ports = self.practice.host, self.practice.ports
        client: smtplib.SMTP
        if implicit:
            client = smtplib.SMTP_SSL(host, ports["smtps"], context=self.context, timeout=TIMEOUT)
        else:
            client = smtplib.SMTP(host, ports["smtp"], timeout=TIMEOUT)
            client.starttls(context=self.context)
        self._closing.callback(client.close)
        client.ehlo()
        if account:
            client.login(account.user, account.password)
        return client

    def imap(self, account: Account | None = None, *, implicit: bool = False) -> imaplib.IMAP4:
        host, ports = self.practice.host, self.practice.ports
        client: imaplib.IMAP4
        if implicit:
            client = imaplib.IMAP4_SSL(
                host, ports["imaps"], ssl_context=self.context, timeout=TIMEOUT
            )
        else:
            client = imaplib.IMAP4(host, ports["imap"], timeout=TIMEOUT)
            client.starttls(self.context)
        self._closing.callback(client.shutdown)
        if account:
            client.login(account.user, account.password)
        return client

    def pop3(self, account: Account | None = None, *, implicit: bool = False) -> poplib.POP3:
        host, ports = self.practice.host, self.practice.ports
        client: poplib.POP3
        if implicit:
            client = poplib.POP3_SSL(host, ports["pop3s"], context=self.context, timeout=TIMEOUT)
        else:
            client = poplib.POP3(host, ports["pop3"], timeout=TIMEOUT)
            client.stls(self.context)
        self._closing.callback(client.close)
        if account:
            client.user(account.user)
            client.pass_(account.password)
        return client

    def raw(self, port: str) -> socket.socket:
        """Connect without a word; closed in the end."""
        connected = socket.create_connection(
            ("127.0.0.1", self.practice.ports[port]), timeout=TIMEOUT
        )
        self._closing.callback(connected.close)
        return connected


def fetch_imap(client: imaplib.IMAP4, number: int, folder: str = "INBOX") -> bytes:
    client.select(folder, readonly=True)
    _, parts = client.fetch(str(number), "(BODY.PEEK[])")
    return parts[0][1]


def retrieve_pop3(client: poplib.POP3, number: int) -> bytes:
    return b"".join(line + b"\r\n" for line in client.retr(number)[1])
