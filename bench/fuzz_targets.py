"""What is fuzzed, as a function from octets each, and what must hold of what comes out."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

with atheris.instrument_imports(include=["mailwidgets", "scramp"]):
    from harmless import assert_harmless, assert_no_canary, unseen
    from hostile import DIALOGUES, PASSWORD, USER, check

    from mailwidgets.checks import opening
    from mailwidgets.connection import certificate
    from mailwidgets.connection.address import Address
    from mailwidgets.connection.endpoint import Endpoint, TlsMode
    from mailwidgets.connection.race import Race
    from mailwidgets.protocols import mailbox, replies, sasl
    from mailwidgets.reports.fault import Fault
    from mailwidgets.reports.refusals import imap_refusal, pop3_refusal, smtp_refusal
    from mailwidgets.reports.transcript import Transcript, challenge_masked, verb

import trustme

Target = Callable[[bytes], None]
LONGEST_LINE = 500
TARGETS: dict[str, tuple[Target, list[bytes]]] = {}


def target(*seeds: bytes) -> Callable[[Target], Target]:
    """Name a target, with inputs to begin from."""

    def add(function: Target) -> Target:
        TARGETS[function.__name__] = (function, list(seeds))
        return function

    return add


@target(b"250-mx\r\n250-AUTH PLAIN\r\n250 SIZE 1\r\n", b"535 5.7.8 no\r\n", b"421 bye")
def smtp(data: bytes) -> None:
    lines = data.splitlines(keepends=True)
    for line in lines:
        replies.smtp_reply_continues(line)
    with contextlib.suppress(replies.MalformedReply):
        reply = replies.smtp_reply(lines)
        replies.ehlo_keywords(reply)
        assert reply.enhanced == "" or reply.enhanced[0] == str(reply.code)[0]
        for stage in ("greeting", "ehlo", "starttls", "auth", "mail", "rcpt"):
            finding_of(smtp_refusal(reply, stage, token=len(data) % 2 == 0))


@target(b"-ERR [IN-USE] locked\r\n", b"+OK 2 320", b"+OK\r\nSASL PLAIN\r\nSTLS\r\n.\r\n")
def pop3(data: bytes) -> None:
    replies.pop3_capabilities(data.splitlines())
    with contextlib.suppress(replies.MalformedReply):
        status = replies.pop3_status(data)
        for stage in ("greeting", "starttls", "auth", "mailbox"):
            finding_of(pop3_refusal(status, stage))


@target(
    b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi",
    b"A1 NO [AUTHENTICATIONFAILED] no\r\n",
    b'* LIST (\\Noselect) "/" {5}\r\nabc&-',
    b'* LIST () NIL "a\\"b" ("CHILDINFO" ("x"))',
    b"+ VXNlcm5hbWU6",
)
def imap(data: bytes) -> None:
    replies.imap_literal(data)
    with contextlib.suppress(replies.MalformedReply):
        response = replies.imap_response(data)
        replies.imap_capabilities(response.text)
        for stage in ("greeting", "starttls", "auth", "folder", "bye"):
            finding_of(imap_refusal(response, stage))
    with contextlib.suppress(replies.MalformedReply):
        listed = replies.imap_list(data)
        assert mailbox.decode(listed.wire) == listed.name or listed.name == "INBOX"
        assert isinstance(listed.selectable, bool)


@target("Entwürfe & 台北".encode(), b"INBOX.Sent", b"Entw&APw-rfe &- x", b"&2D3cnA-")
def folders(data: bytes) -> None:
    shown = mailbox.decode(data)
    mailbox.nearest("Outbox", [shown, "INBOX"])
    with contextlib.suppress(ValueError):  # half a surrogate pair
        assert mailbox.decode(mailbox.encode(shown)) == shown
        assert re.fullmatch(rb'"[ -~]*"', mailbox.wire_name(shown))
    with contextlib.suppress(UnicodeDecodeError):
        name = data.decode()
        assert mailbox.decode(mailbox.encode(name)) == name
        mailbox.nearest(name, [shown, "INBOX", name[::-1]])
    with contextlib.suppress(ValueError):  # CR, LF, NUL
        assert not set(mailbox.quoted(data)) & set(b"\r\n\0")


@target(
    b"\x00r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    b"\x05<1896.697170952@mx>",
    b'\x02{"status":"invalid_token","schemes":"bearer"}',
    b"\x01\n\n",
    b"\x01e=invalid-proof\nv=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
)
def sasl_exchange(data: bytes) -> None:
    names = (*sasl.PREFERENCE, *sasl.TOKEN_PREFERENCE)
    name = names[data[0] % len(names)] if data else "PLAIN"
    exchange = sasl.mechanism(name, USER, PASSWORD, host="mx.example.test", port=25)
    nonce = exchange.initial.rpartition(b"r=")[2] if exchange.initial else b""
    challenges = [one.replace(b"rOprNGfwEbeRWgbNEkqO", nonce) for one in data[1:].split(b"\n")]
    with contextlib.suppress(sasl.SaslError):
        for challenge in challenges:
            if not re.search(rb"i=[0-9_ +]{5,}", challenge):  # slow, and bounded: tests say so
                exchange.respond(challenge)
    with contextlib.suppress(sasl.ServerNotProven):
        exchange.finish(challenges[-1])
    assert not (name.startswith("SCRAM") and exchange.complete), "nobody knows the password"
    assert not unseen(exchange.error), ascii(exchange.error)
    assert_no_canary([repr(exchange), exchange.error])


@target(b"220 mx ESMTP", "a\u202eb\x1b[2J".encode(), b"\x16\x03\x01", b"HTTP/1.1 200", b"\xff")
def what_is_shown(data: bytes) -> None:
    assert replies.protocol_of(data) in {"smtp", "imap", "pop3", "http", "ssh", "ftp", "tls", ""}
    for limit in (1, 7, 40, 200):
        for form in (data, data.decode("utf-8", "surrogateescape"), data.decode("latin-1")):
            text = replies.shown(form, limit)
            assert len(text) <= limit
            assert not unseen(text), ascii(text)


@target(PASSWORD.encode(), b"x" * 490 + PASSWORD.encode(), b"334 abc", b"A1 LOGIN x", b"+ a")
def transcript(data: bytes) -> None:
    kept = Transcript((PASSWORD,))
    kept.hide(base64.b64encode(PASSWORD.encode()).decode())
    for said in (data, PASSWORD.encode() + data, data + PASSWORD.upper().encode() + data):
        kept.add("S", said)
        kept.add("C", said.decode("utf-8", "replace"))
        challenge_masked(said)
        verb(said.decode("utf-8", "replace"))
    texts = [line.text for line in kept.lines()]
    for text in texts:
        assert not unseen(text), ascii(text)
        assert len(text) <= LONGEST_LINE
    if b"canary" not in data.lower():  # half of it by chance
        assert_no_canary(texts)


@functools.cache
def der() -> bytes:
    cert = trustme.CA().issue_cert("mx.example.test", "127.0.0.1", "täst.example.test")
    return re.sub(b"-----.*?-----", b"", cert.cert_chain_pems[0].bytes())


@target(base64.b64decode(der()))
def certificate_reader(data: bytes) -> None:
    try:
        read = certificate.read(data)
    except Fault as fault:
        finding_of(fault)
        return
    for text in (*read.evidence(), read.for_names, read.subject, read.issuer):
        assert not unseen(text), ascii(text)
    if soon := certificate.expiring(read):
        finding_of(soon)


def finding_of(fault: Fault) -> None:
    """A fault's code is known, and its words can be read."""
    found = fault.finding("imap")
    assert not unseen(f"{found.saw}{found.meaning}{found.advice}"), ascii(found)


# Whole checks: the server has said everything before it is asked anything.


def whole_check(name: str, mode: TlsMode, data: bytes) -> None:
    asyncio_loop().run_until_complete(_checked(name, mode, data))


@functools.cache
def asyncio_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


async def _checked(name: str, mode: TlsMode, data: bytes) -> None:
    with contextlib.ExitStack() as stack:

        async def pair(*_: object) -> Race:
            ours, theirs = socket.socketpair()
            stack.callback(theirs.close)
            theirs.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                theirs.send(data)
            theirs.shutdown(socket.SHUT_WR)
            ours.settimeout(0)
            address = Address(socket.AF_INET, ("127.0.0.1", 2525))
            return Race(ours, address, {address: "connected"})

        opening.race = pair  # type: ignore[assignment]
        at = Endpoint("127.0.0.1", 2525, mode, 5)
        told: list[object] = []
        report = await check(DIALOGUES[name], at, told.append)
        try:
            assert_harmless(report, told)  # type: ignore[arg-type]
        except AssertionError:
            if b"canary" not in data.lower():
                raise


def _transcript_of(name: str) -> bytes:
    """What a good server says in the whole dialogue."""
    dialogue = DIALOGUES[name]
    words = [dialogue.greeting]
    for line in dialogue.answers.values():
        words += [line] if isinstance(line, str) else line
    text = "\n".join(words) + "\n"
    return text.replace("{tag}", "A1").replace("\n", "\r\n").encode()


GOOD = {
    "smtp": "220 mx|250-mx|250 AUTH PLAIN|235 in|250 ok|250 ok|250 ok|221 bye|",
    "smtp sasl": "220 mx|250-mx|250 AUTH CRAM-MD5|334 PDE+|235 in|550 no|",
    "smtp send": "220 mx|250-mx|250 AUTH PLAIN|235 in|250 ok|250 ok|354 go|250 taken|221 bye|",
    "imap": "* OK [CAPABILITY IMAP4rev1] hi|+ go|A1 OK|* 3 EXISTS|A2 OK|A3 OK|",
    "imap sasl": "* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] hi|+ PDE+|A1 OK [CAPABILITY X]|A2 OK|"
    'A3 NO [NONEXISTENT] no|* LIST () "/" {3}|a/b|A4 OK|A5 OK|',
    "imap send": "* OK [CAPABILITY IMAP4rev1] hi|+ go|A1 OK|+ go|A2 OK [APPENDUID 1 2] in|A3 OK|",
    "pop3": "+OK hi|+OK|USER|.|+OK|+OK|+OK 2 320|+OK|",
    "pop3 sasl": "+OK hi|+OK|SASL CRAM-MD5|.|+ PDE+|+OK|+OK 2 320|+OK|",
}
for _name, _good in GOOD.items():
    TARGETS[f"check_{_name.replace(' ', '_')}"] = (
        functools.partial(whole_check, _name, TlsMode.NONE),
        [_good.replace("|", "\r\n").encode(), _transcript_of(_name)],
    )
TARGETS["check_tls"] = (
    functools.partial(whole_check, "pop3", TlsMode.IMPLICIT),
    [b"\x16\x03\x03\x00\x04\x00\x00\x00\x00", b"\x15\x03\x03\x00\x02\x02\x28", b"+OK\r\n"],
)
