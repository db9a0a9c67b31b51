"""Replies with hostile contents, everywhere in the dialogue: shown as text, counted, not obeyed."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable

import pytest
from hostile import DIALOGUES, IMAP, PASSWORD, SMTP, Answers, Dialogue, Hostile, watched
from misdeeds import Misdeed, Moment, adorn, answer, flood, refuse
from scripted import Scripted, step

from mailwidgets.connection.endpoint import Endpoint
from mailwidgets.reports.report import State

Make = Callable[..., Endpoint]
TIMEOUT = 0.25
LONG = 10.0

SCRIPT = b"""<script>alert(1)</script><img src=x onerror=alert(2)>"' onmouseover='alert(3)<!--"""
JUNK: dict[str, bytes] = {
    "markup": SCRIPT,
    "other markup": b"</code></td><style>*{display:none}</style><svg onload=alert(1)>&lt;b&gt;",
    "NULs": b"a\0b\0\0",
    "no UTF-8": b"\xff\xfe\xc3\x28\xed\xa0\x80\xf8\x88\x80\x80\x80\xc0\xaf",
    "terminal escapes": b"\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.example\x1b\\\x08\x7f\x0b\x0c",
    "C1 escapes": "\x9b2J\x9d0;owned\x9c\x85\x90q".encode(),
    "raw C1 escapes": b"\x9b2J\x9d0;owned\x9c",
    "bidi": "\u202egpj.exe\u202c\u2066\u2069\u200f\u061c".encode(),
    "unseen": "a\u200bb\u00adc\ufeff\u2028\u2029\U000e0041\ue000\ufdd0".encode(),
    "a lone CR": b"\rSMTP works: every step passed.",
    "password": PASSWORD.encode(),
    "password in capitals": PASSWORD.upper().encode(),
    "password at a cut": b"x" * 280 + PASSWORD.encode() * 40,
    "password in base64": base64.b64encode(PASSWORD.encode()),
    "password in a PLAIN response": base64.b64encode(f"\0ana@example.test\0{PASSWORD}".encode()),
}
BIG = base64.b64encode(b"r=" + b"A" * 45000)
CHALLENGES: dict[str, bytes] = {
    "huge": BIG,
    "no base64": b"!!!" * 100 + SCRIPT,
    "of controls": base64.b64encode(b"\x1b[2J\0\xff" * 10),
    "empty": b"",
    "SCRAM of a billion rounds": base64.b64encode(b"r=x,s=c2FsdA==,i=1000000000"),
    "SCRAM's refusal": base64.b64encode(b"e=\x1b[2J<script>"),
    "a token's refusal": base64.b64encode(
        b'{"status":"\\u202e<script>' + PASSWORD.encode() + b'"}'
    ),
}


def challenged(protocol: str, challenge: bytes) -> bytes:
    return (b"334 " if protocol == "smtp" else b"+ ") + challenge + b"\r\n"


@pytest.mark.parametrize("dialogue", DIALOGUES.values(), ids=str)
@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
async def test_junk_in_every_reply_is_shown_as_harmless_text(
    dialogue: Dialogue, junk: bytes, endpoint: Make
) -> None:
    async with Hostile(dialogue, adorn(junk)) as server:
        await watched(dialogue, endpoint(server.port, timeout=TIMEOUT))
    in_code = {"smtp": b"550 5.7.%b", "imap": b"{tag} NO [A%b] no", "pop3": b"-ERR [A%b] no"}
    odd = answer(in_code[dialogue.protocol] % junk + b"\r\n")
    for place in range(server.turns):
        for misdeed in (refuse(junk), odd):
            async with Hostile(dialogue, misdeed, [place]) as server:
                await watched(dialogue, endpoint(server.port, timeout=TIMEOUT))


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("form", [b'"%b"', b"{%d}\r\n%b"], ids=["quoted", "literal"])
async def test_a_folder_with_a_hostile_name_is_named_and_offered_only_where_harmless(
    junk: bytes, form: bytes, endpoint: Make
) -> None:
    name = junk + b"/Outbox"
    if form.startswith(b'"'):
        name = junk.translate(None, b'"\\\r') + b"/Outbox"
    text = form % ((name,) if form.startswith(b'"') else (len(name), name))
    listing = answer(b'* LIST () "/" ' + text + b"\r\n{tag} OK done\r\n")

    async def misdeed(moment: Moment) -> bool:
        if "LIST" not in moment.said:
            moment.writer.write(moment.reply)
            return True
        return await listing(moment)

    dialogue = DIALOGUES["imap lost"]
    async with Hostile(dialogue, misdeed) as server:
        report = await watched(dialogue, endpoint(server.port, timeout=LONG))
    assert report.code in {"folder_prefix", "folder_missing"}


@pytest.mark.parametrize(
    "size", [b"999999999", b"4294967296", b"9" * 20, b"9" * 40, b"-1", b"262144"]
)
async def test_a_literal_is_no_larger_than_the_check_allows(size: bytes, endpoint: Make) -> None:
    dialogue = DIALOGUES["imap"]
    misdeed = answer(
        b'* LIST () "/" {' + size + b"}\r\n" + b"a" * 262144 + b"\r\n{tag} OK done\r\n"
    )
    for place in range(8):
        async with Hostile(dialogue, misdeed, [place]) as server:
            await watched(dialogue, endpoint(server.port, timeout=LONG))


async def test_a_long_literal_is_read_over(endpoint: Make) -> None:
    dialogue = DIALOGUES["imap"]
    literal = b'* LIST () "/" {200000}\r\n' + b"a" * 200000 + b"\r\n"
    async with Hostile(dialogue, before_the_reply(literal), [1, 4]) as server:
        report = await watched(dialogue, endpoint(server.port, timeout=LONG))
    assert report.code == "ok"


def before_the_reply(text: bytes) -> Misdeed:
    async def misdeed(moment: Moment) -> bool:
        moment.writer.write(text + moment.reply)
        return True

    return misdeed


@pytest.mark.parametrize("name", ["smtp", "imap", "pop3"])
@pytest.mark.parametrize(
    "mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"]
)
async def test_no_challenge_makes_the_client_do_anything_but_end(
    name: str, mechanism: str, endpoint: Make
) -> None:
    offers = {
        "smtp": {"EHLO": f"250-mx\n250 AUTH {mechanism}"},
        "imap": {"CAPABILITY": f"* CAPABILITY IMAP4rev1 AUTH={mechanism}\n{{tag}} OK done"},
        "pop3": {"CAPA": f"+OK\nSASL {mechanism}\n."},
    }[name]
    good = DIALOGUES[name]
    answers: Answers = {**good.answers, **offers}
    dialogue = Dialogue(name, good.greeting, answers, sasl=True, token="O" in mechanism[:2])
    for challenge in CHALLENGES.values():
        said = challenged(name, challenge)
        for misdeed in (answer(said), flood(said)):
            async with Hostile(dialogue, misdeed, range(2, 9)) as server:
                report = await watched(dialogue, endpoint(server.port, timeout=LONG))
            assert step(report, "authentication").state is State.FAILED


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
async def test_capabilities_with_control_characters_are_only_names(
    junk: bytes, endpoint: Make
) -> None:
    words = junk.replace(b"\r", b"")
    for name, text in {
        "smtp": b"250-mx\r\n250-AUTH " + words + b"\r\n250-" + words + b"\r\n250 STARTTLS\r\n",
        "imap": b"* CAPABILITY IMAP4rev1 AUTH=" + words + b" " + words + b"\r\n{tag} OK\r\n",
        "pop3": b"+OK\r\nSASL " + words + b"\r\n" + words + b"\r\n.\r\n",
    }.items():
        dialogue = DIALOGUES[f"{name} sasl"]
        async with Hostile(dialogue, answer(text), [1]) as server:
            await watched(dialogue, endpoint(server.port, timeout=LONG))


async def test_ten_thousand_keywords_are_too_many_lines_or_few_enough_words(endpoint: Make) -> None:
    many = "\n".join(f"250-KEYWORD{number}" for number in range(10_000))
    words = " ".join(f"X{number}" for number in range(9_000))
    smtp = {**SMTP, "EHLO": f"250-mx\n{many}\n250 AUTH PLAIN"}
    imap = {**IMAP, "CAPABILITY": f"* CAPABILITY IMAP4rev1 {words}\n{{tag}} OK done"}
    for name, answers, code in (("smtp", smtp, "line_too_long"), ("imap", imap, "ok")):
        dialogue = Dialogue(name, DIALOGUES[name].greeting, answers)
        async with Hostile(dialogue) as server:
            report = await watched(dialogue, endpoint(server.port, timeout=LONG))
        assert report.code == code


@pytest.mark.parametrize(
    ("folders", "code"), [(19_000, "folder_prefix"), (100_000, "line_too_long")]
)
async def test_a_hundred_thousand_folders_are_more_than_a_check_reads(
    folders: int, code: str, endpoint: Make
) -> None:
    listed = [f'* LIST (\\HasNoChildren) "/" "a/folder {number}"' for number in range(folders)]
    listed += ['* LIST () "/" "INBOX/Outbox"', "{tag} OK done"]
    good = DIALOGUES["imap lost"]
    dialogue = Dialogue("imap", good.greeting, {**good.answers, "LIST": "\n".join(listed)})
    async with Hostile(dialogue) as server:
        report = await watched(dialogue, endpoint(server.port, timeout=LONG))
    assert report.code == code


async def test_a_referral_to_another_host_is_not_followed(endpoint: Make) -> None:
    dialogue = DIALOGUES["imap"]
    async with Scripted("* OK come in") as trap:
        referral = f"[REFERRAL imap://ana@127.0.0.1:{trap.port}/] go there"
        for place in range(8):
            for said in (f"{{tag}} NO {referral}", f"{{tag}} OK {referral}", f"* BYE {referral}"):
                misdeed = answer(said.encode() + b"\r\n")
                async with Hostile(dialogue, misdeed, [place]) as server:
                    await watched(dialogue, endpoint(server.port, timeout=TIMEOUT))
                assert server.connections == 1 or place == 0
        await asyncio.sleep(0)
    assert trap.connections == 0
