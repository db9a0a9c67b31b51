"""The standard library's clients, each with its TLS and every SASL mechanism: oracles for tests."""

from __future__ import annotations

import base64
import hmac
import imaplib
import poplib
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

from scramp import ScramClient

from daemons.accounts import User, token
from daemons.variants import TOKEN_MECHANISMS, MailServer

SECONDS = 20
Answer = Callable[[bytes], bytes]


def answer(mechanism: str, user: User, secret: str | None = None) -> Answer:
    """Return a client's side of a mechanism: challenge in, response out.

    Before the client's first word, where that is the client's to say, the challenge is empty.

    Args:
        mechanism: one of MECHANISMS.
        user: who logs in.
        secret: another password or token than the user's good one.
    """
    password = user.password if secret is None else secret
    login, key = user.login.encode(), password.encode()
    if mechanism == "PLAIN":
        return lambda _: b"\0" + login + b"\0" + key
    if mechanism == "LOGIN":
        words = iter((login, key))
        return lambda _: next(words)
    if mechanism == "CRAM-MD5":
        return lambda challenge: login + b" " + hmac.new(key, challenge, "md5").hexdigest().encode()
    if mechanism in TOKEN_MECHANISMS:
        return _bearer(mechanism, user.login, token(user) if secret is None else secret)
    return _scram(mechanism, user.login, password)


def _bearer(mechanism: str, login: str, access_token: str) -> Answer:
    # Dovecot insists on the name, which RFC 7628 §3.1 leaves open.
    name = login.replace("=", "=3D").replace(",", "=2C")
    first = f"user={login}" if mechanism == "XOAUTH2" else f"n,a={name},"
    # The second word answers the server's error in JSON (RFC 7628 §3.2.3).
    words = iter((f"{first}\1auth=Bearer {access_token}\1\1".encode(), b"\1"))
    return lambda _: next(words)


def _scram(mechanism: str, login: str, password: str) -> Answer:
    client = ScramClient([mechanism], login, password)

    def first(_: bytes) -> str:
        return str(client.get_client_first())

    def final(challenge: bytes) -> str:
        client.set_server_first(challenge.decode())
        return str(client.get_client_final())

    def verify(challenge: bytes) -> str:
        client.set_server_final(challenge.decode())
        return ""

    steps = iter((first, final, verify))
    return lambda challenge: next(steps)(challenge).encode()


@contextmanager
def imap(server: MailServer, context: ssl.SSLContext | None = None) -> Iterator[imaplib.IMAP4]:
    """A connection, with the TLS that the server asks for; ``context`` instead of its own."""
    context = context or server.context()
    client: imaplib.IMAP4
    if server.tls == "implicit":
        client = imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=SECONDS)
    else:
        client = imaplib.IMAP4(server.host, server.port, timeout=SECONDS)
    try:
        if server.tls == "starttls":
            client.starttls(context)
        yield client
    finally:
        # No LOGOUT, which would wait for an answer. A failed handshake has closed the socket.
        with suppress(OSError):
            client.shutdown()


@contextmanager
def pop3(server: MailServer, context: ssl.SSLContext | None = None) -> Iterator[poplib.POP3]:
    """As ``imap``. No QUIT: what was deleted stays."""
    context = context or server.context()
    client: poplib.POP3
    if server.tls == "implicit":
        client = poplib.POP3_SSL(server.host, server.port, context=context, timeout=SECONDS)
    else:
        client = poplib.POP3(server.host, server.port, timeout=SECONDS)
    try:
        if server.tls == "starttls":
            client.stls(context)
        yield client
    finally:
        with suppress(OSError):
            client.close()


@contextmanager
def smtp(server: MailServer, context: ssl.SSLContext | None = None) -> Iterator[smtplib.SMTP]:
    """As ``imap``, after EHLO."""
    context = context or server.context()
    client: smtplib.SMTP
    if server.tls == "implicit":
        client = smtplib.SMTP_SSL(server.host, server.port, context=context, timeout=SECONDS)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    with closing(client):
        if server.tls == "starttls":
            client.starttls(context=context)
        client.ehlo()
        yield client


def login(server: MailServer, mechanism: str, user: User, secret: str | None = None) -> bool:
    """Log in once with that mechanism; return whether the server agreed."""
    respond = answer(mechanism, user, secret)
    if server.protocol == "imap":
        with imap(server) as client:
            return _imap_auth(client, mechanism, respond)
    if server.protocol == "pop3":
        with pop3(server) as popper:
            return _pop3_auth(popper, mechanism, respond)
    with smtp(server) as mailer:
        return _smtp_auth(mailer, mechanism, respond)


def _imap_auth(client: imaplib.IMAP4, mechanism: str, respond: Answer) -> bool:
    try:
        client.authenticate(mechanism, respond)
    except client.error:
        return False
    return client.state == "AUTH"


def _pop3_auth(client: poplib.POP3, mechanism: str, respond: Answer) -> bool:
    """AUTH (RFC 5034), which poplib lacks."""
    line = f"AUTH {mechanism}".encode()
    while True:
        client.sock.sendall(line + b"\r\n")
        reply = client.file.readline()
        if not reply.startswith(b"+ "):
            return reply.startswith(b"+OK")
        line = base64.b64encode(respond(base64.b64decode(reply[2:])))


def _smtp_auth(client: smtplib.SMTP, mechanism: str, respond: Answer) -> bool:
    """AUTH (RFC 4954); smtplib's own refuses passwords beyond ASCII."""
    code, reply = client.docmd("AUTH", mechanism)
    while code == 334:
        code, reply = client.docmd(base64.b64encode(respond(base64.b64decode(reply))).decode())
    return code == 235


def tls_version(server: MailServer, context: ssl.SSLContext) -> str | None:
    """Shake hands and return the TLS version agreed on, as ``TLSv1.3``.

    Raises:
        ssl.SSLError: the handshake failed, or the certificate is not to be trusted.
    """
    connect = {"imap": imap, "pop3": pop3, "smtp": smtp}[server.protocol]
    with connect(server, context) as client:
        assert isinstance(client, imaplib.IMAP4 | poplib.POP3 | smtplib.SMTP)
        assert isinstance(client.sock, ssl.SSLSocket)
        return client.sock.version()
