"""``mailwidgets send`` in a process of its own, against the practice servers."""

from __future__ import annotations

import base64
import email
import email.policy
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailwidgets.practice import Practice

Run = Callable[..., "subprocess.CompletedProcess[str]"]
WORKFLOW, BEN = "workflow@practice.example", "ben@practice.example"
PASSWORD = "workflow-practice"


@pytest.fixture
def practice() -> Iterator[Practice]:
    with Practice.start() as running:
        yield running


@pytest.fixture
def send(run: Run, practice: Practice, tmp_path: Path) -> Run:
    """Run ``send`` with settings for the practice servers; words go behind it."""
    (tmp_path / "ca.pem").write_text(practice.ca_pem, "utf-8")
    values = {
        "name": "localhost",
        "port": practice.ports["smtp"],
        "tls": "require",
        "sender": WORKFLOW,
        "full_name": "Büro",
        "user": WORKFLOW,
        "password": PASSWORD,
    }
    done = run("set", *(f"workflow.{key}={value}" for key, value in values.items()))
    assert done.returncode == 0, done.stderr
    return lambda *words: run("send", *words, "--ca-file", str(tmp_path / "ca.pem"))


def newest(practice: Practice, address: str) -> email.message.EmailMessage:
    data = practice.messages(address)[-1]
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(parsed, email.message.EmailMessage)
    return parsed


def test_a_message_arrives_with_its_subject_and_text(send: Run, practice: Practice) -> None:
    done = send("--to", BEN, "--subject", "Grüße", "--text=.\n日本語")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ message" in done.stdout
    message = newest(practice, BEN)
    assert message["Subject"] == "Grüße"
    assert message["From"] == f"Büro <{WORKFLOW}>"
    assert message.get_content().replace("\r\n", "\n") == ".\n日本語\n"


def test_json_has_the_shape_that_check_has(send: Run) -> None:
    done = send("--to", BEN, "--format", "json")
    (report,) = json.loads(done.stdout)

    assert (report["section"], report["ok"]) == ("workflow", True)
    assert "message" in [step["name"] for step in report["steps"]]


def test_a_message_that_is_not_sent_ends_in_1_with_the_reason(send: Run) -> None:
    done = send("--to", "nobody@practice.example")

    assert done.returncode == 1
    assert "recipient_refused" in done.stdout


def test_a_charset_that_cannot_hold_the_subject_prints_the_line_that_mends_it(
    send: Run, run: Run
) -> None:
    assert run("set", "workflow.charset=iso-8859-1").returncode == 0
    done = send("--to", BEN, "--subject", "日本")

    assert done.returncode == 1
    assert "charset_refused" in done.stdout
    assert "set workflow.charset=utf-8" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--to", "nobody"),
        ("--to", "a@b.example, c@d.example"),
        ("--to", "a@b.example", "--subject", "two\nlines"),
        ("--to", "a@b.example", "--format", "xml"),
        ("--to", "a@b.example", "--cc", "c@d.example"),
        ("a@b.example",),
    ],
)
def test_bad_use_ends_in_2_and_nothing_is_sent(run: Run, words: tuple[str, ...]) -> None:
    done = run("send", *words)

    assert done.returncode == 2, done.stdout
    assert done.stderr
    assert "✓" not in done.stdout


def test_the_password_is_in_no_output(send: Run, run: Run) -> None:
    outputs = [send("--to", BEN), send("--to", "nobody@practice.example", "--format", "json")]
    assert run("set", "workflow.password=wrong-canary").returncode == 0
    outputs.append(send("--to", BEN, "--log-level=DEBUG"))

    assert outputs[-1].returncode == 1
    plain = base64.b64encode(f"\0{WORKFLOW}\0{PASSWORD}".encode()).decode()
    for done in outputs:
        for secret in (PASSWORD, "wrong-canary", plain):
            assert secret not in done.stdout + done.stderr
