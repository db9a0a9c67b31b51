"""No password or token in a transcript, a step, a repr or a traceback, whatever a server says."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Callable

import pytest
from scripted import Answer, Scripted

from mailwidgets.checks.authentication import chosen
from mailwidgets.checks.imap import check_imap
from mailwidgets.checks.pop3 import check_pop3
from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Report, Step
from mailwidgets.reports.transcript import Transcript, challenge_masked, verb

Make = Callable[..., Endpoint]
SECRET = 'hunter2 "ü\\'
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER")
CHALLENGE = base64.b64encode(b"<1896.697170952@mx>").decode()


def forms(secret: str) -> set[str]:
    """A secret as it could leak: plain, quoted, in base64, as PLAIN and LOGIN send it."""
    plain = {secret, secret.replace("\\", "\\\\").replace('"', '\\"'), secret[:7]}
    encoded = (secret, f"\0ana\0{secret}", f"user=ana\1auth=Bearer {secret}\1\1")
    return plain | {base64.b64encode(one.encode()).decode() for one in encoded}


def assert_clean(report: Report, told: list[Step]) -> None:
    shown = f"{report!r}{report}{report.transcript!r}{report.as_dict()}{told!r}"
    shown += report.table().to_csv()
    for form in forms(SECRET):
        assert form not in shown, shown


def echo(line: str) -> str:
    """Say back what the client said, as a careless server does."""
    return f'535 5.7.8 I will not take {line} of hunter2 "ü\\'


@pytest.mark.parametrize("name", MECHANISMS)
@pytest.mark.parametrize("verdict", ["refused and said back", "accepted"])
async def test_smtp_shows_no_secret(name: str, verdict: str, endpoint: Make) -> None:
    final: Answer = echo if verdict == "refused and said back" else "235 in"
    auth: Answer = [f"334 {CHALLENGE}", final] if "MD5" in name or name == "LOGIN" else final
    answers: dict[str, Answer] = {
        "EHLO": f"250-mx\n250 AUTH {name}",
        "AUTH": auth if name != "LOGIN" else ["334 VXNlcg==", "334 UGFzcw==", "535 no"],
        "": "250 ok",
    }
    login = Login("ana", SECRET, sasl=True, token=name in {"XOAUTH2", "OAUTHBEARER"})
    told: list[Step] = []
    async with Scripted("220 mx", answers) as server:
        report = await check_smtp(
            endpoint(server.port, timeout=1), login, ehlo="pc.example.test", on_step=told.append
        )

    assert any(line.startswith("AUTH") for line in server.seen), "nothing was there to leak"
    assert_clean(report, told)


@pytest.mark.parametrize("sasl", [False, True])
async def test_imap_and_pop3_show_no_secret(sasl: bool, endpoint: Make) -> None:  # noqa: FBT001
    told: list[Step] = []
    imap = "* OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN] ready"
    async with Scripted(imap, {"": lambda line: f"{{tag}} NO I dislike {line}"}) as server:
        login = Login("ana", SECRET, sasl=sasl)
        first = await check_imap(endpoint(server.port, timeout=1), login, on_step=told.append)
    pop3: dict[str, Answer] = {
        "CAPA": "+OK\nUSER\nSASL PLAIN\n.",
        "USER": "+OK",
        "": lambda line: f"-ERR I dislike {line}",
    }
    async with Scripted("+OK ready", pop3) as server:
        second = await check_pop3(endpoint(server.port, timeout=1), login, on_step=told.append)

    assert not first.ok
    assert not second.ok
    assert_clean(first, told)
    assert_clean(second, told)


def test_no_repr_and_no_traceback_shows_a_password() -> None:
    login = Login("ana", SECRET)
    endpoint = Endpoint("mail.example.test", 25, TlsMode.NONE, 1, ca_pem="PEM")
    try:
        chosen([], login, host="mail.example.test", port=25)
    except ValueError:
        pytest.fail("a fault is no ValueError")
    except Exception as fault:  # noqa: BLE001 - any exception's text is looked at
        text = "".join(traceback.format_exception(fault))
        assert SECRET not in text
    assert SECRET not in repr(login)
    assert "PEM" not in repr(endpoint)


async def test_a_secret_that_is_cut_at_the_end_of_a_long_reply_shows_no_part_of_itself(
    endpoint: Make,
) -> None:
    secret = "correct-horse-battery-staple"
    for padding in range(270, 300, 3):
        answers: dict[str, Answer] = {
            "EHLO": "250-mx\n250 AUTH PLAIN",
            "AUTH": f"535 {'x' * padding}{secret}",
        }
        async with Scripted("220 mx", answers) as server:
            report = await check_smtp(
                endpoint(server.port), Login("ana", secret), ehlo="pc.example.test"
            )
        assert "corr" not in f"{report!r}{report.transcript!r}"


def test_a_secret_with_letters_that_cannot_be_seen_is_masked_in_its_escaped_form() -> None:
    secret = "pass\u200bword"
    assert Transcript((secret,)).mask("it was pass\\u200bword") == "it was ****"


def test_a_challenge_is_masked_because_with_the_proof_it_would_give_the_password_away() -> None:
    assert challenge_masked(b"334 cj1ub25jZQ==") == b"334 ****"
    assert challenge_masked(b"+ cj1ub25jZQ==") == b"+ ****"
    assert challenge_masked(b"+OK maildrop ready") == b"+OK maildrop ready"
    assert challenge_masked(b"235 ok") == b"235 ok"


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("MAIL FROM:<ana@example.test>", "MAIL"),
        ("A12 LOGIN ****", "LOGIN"),
        ("AUTH PLAIN ****", "AUTH"),
        ("****", ""),
        ("*", ""),
        ("", ""),
    ],
)
def test_a_message_names_the_command_alone(line: str, command: str) -> None:
    assert verb(line) == command


def test_a_transcript_is_bounded_escaped_and_masked() -> None:
    transcript = Transcript((SECRET, "abc"))
    transcript.add("S", b"\x1b[2J" + SECRET.encode() + b"\xff" + b"y" * 10_000)
    for number in range(1_000):
        transcript.add("C", f"NOOP {number} abc")

    lines = transcript.lines()

    assert lines[0].text.startswith("\\x1b[2J****\\xff")
    assert len(lines[0].text) <= 500
    assert len(lines) == 501
    assert "501 more" in lines[-1].text
    assert "abc" in lines[1].text, "too short to be masked without telling more than it hides"
