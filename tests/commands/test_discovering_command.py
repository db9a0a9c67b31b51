"""``discover`` on the command line: what it prints, what it stores, how it ends."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from daemons.dnsmasq import name_server

from mailwidgets import Servers
from mailwidgets.checks.counter_probe import ALTERNATIVES
from mailwidgets.commands.discovering import Discover
from mailwidgets.commands.values import Set
from mailwidgets.practice import Practice
from mailwidgets.settings.documents import Change

ANA = "ana@example.test"
CANARY = "c4nary-Passwort"
Say = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def no_usual_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep guesses off the well-known ports of this machine, on which anything may listen."""
    for protocol in ALTERNATIVES:
        monkeypatch.setitem(ALTERNATIVES, protocol, ())


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with Practice.start() as running:
        yield running


@pytest.fixture
def say(
    servers: Servers, tmp_path: Path, practice: Practice, capsys: pytest.CaptureFixture[str]
) -> Say:
    """Run ``discover`` on the test's store; return its exit status and all that it printed."""
    assert servers
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(practice.ca_pem)

    def run(*words: str) -> tuple[int, str]:
        command = Discover()
        identity = ("--user=ana", "--workstation=WS-01")
        command.initialize(
            [*words, f"--store={tmp_path / 'store'}", *identity, f"--ca-file={ca_file}"]
        )
        done = command.guarded()
        captured = capsys.readouterr()
        return done, captured.out + captured.err

    return run


@pytest.fixture(scope="module")
def dns(practice: Practice) -> Iterator[str]:
    """A domain that holds the practice servers' name, and one that only points to it."""
    ports = practice.ports
    with name_server(
        f"srv-host=_imaps._tcp.localhost,localhost,{ports['imaps']}",
        f"srv-host=_submission._tcp.localhost,localhost,{ports['smtp']}",
        f"srv-host=_imaps._tcp.example.test,localhost,{ports['imaps']}",
        "host-record=localhost,127.0.0.1",
    ) as address:
        yield address


def test_it_prints_proposals_with_evidence_and_lines_ready_to_run(
    say: Say, dns: str, servers: Servers, practice: Practice
) -> None:
    status, text = say("ana@localhost", "--dns", dns)

    assert status == 0
    assert "SRV record _imaps._tcp.localhost: localhost port" in text
    lines = [line for line in text.splitlines() if line.startswith("mailwidgets set ")]
    assert len(lines) == 2
    assert not servers.resolve()["imap", "name"].effective, "nothing is stored by looking"
    for line in lines:
        command = Set()
        command.initialize(shlex.split(line)[2:])
        assert command.guarded() == 0
    resolved = servers.resolve()
    assert resolved["imap", "port"].effective == practice.ports["imaps"]
    assert resolved["imap", "tls"].effective is True
    assert resolved["smtp", "tls"].effective == "require"
    assert resolved["imap", "name"].effective == "localhost"
    assert resolved["smtp", "user"].effective == "ana@localhost"


def test_apply_stores_the_best_of_each_section_in_one_commit(
    say: Say, dns: str, servers: Servers, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[set[str]] = []
    commit = Servers.commit

    def counted(self: Servers, changes: Sequence[Change]) -> None:
        commits.append({change.key[0] for change in changes})
        commit(self, changes)

    monkeypatch.setattr(Servers, "commit", counted)
    status, text = say("ana@localhost", "--dns", dns, "--apply")

    resolved = servers.resolve()
    assert (status, commits) == (0, [{"imap", "smtp"}])
    assert "Stored the settings of imap: localhost port" in text
    assert "mailwidgets set" not in text
    assert resolved["imap", "name"].effective == "localhost"
    assert resolved["smtp", "port"].effective == practice.ports["smtp"]


def test_apply_does_not_store_what_a_person_has_to_confirm(
    say: Say, dns: str, servers: Servers
) -> None:
    status, text = say(ANA, "--dns", dns, "--apply")

    assert status == 0
    assert "Not stored, imap: localhost is outside example.test" in text
    assert "mailwidgets set imap.name=localhost" in text
    assert not servers.resolve()["imap", "name"].effective


def test_json_holds_it_all(say: Say, dns: str) -> None:
    status, text = say("ana@localhost", "--dns", dns, "--format", "json")

    told = json.loads(text)
    assert status == 0
    assert list(told) == ["address", "proposals", "best", "remarks", "commands", "applied"]
    assert told["applied"] == []
    assert told["proposals"][told["best"]["imap"]]["verified"] is True
    assert told["commands"]["imap"].startswith("mailwidgets set imap.name=localhost imap.port=")


def test_the_stores_allowed_hosts_are_obeyed(say: Say, dns: str, servers: Servers) -> None:
    servers.commit([servers.change("trust.allowed_hosts", "mail.example.com")])

    status, text = say("ana@localhost", "--dns", dns)

    assert status == 0
    assert "not verified" in text
    assert "localhost is not among the allowed hosts" in text


def test_the_stores_certificates_are_trusted(
    dns: str,
    servers: Servers,
    practice: Practice,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    servers.commit([servers.change("trust.ca", practice.ca_pem)])
    command = Discover()
    command.initialize(["ana@localhost", f"--dns={dns}", f"--store={tmp_path / 'store'}"])

    assert command.guarded() == 0
    assert "(srv, verified)" in capsys.readouterr().out


def test_nothing_found_is_exit_status_1(say: Say, dns: str) -> None:
    status, text = say("ana@nowhere.test", "--dns", dns)

    assert status == 1
    assert text.startswith("Servers for ana@nowhere.test: none found.")
    assert "mailwidgets set" not in text


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "discover takes one address"),
        ((ANA, "more"), "discover takes one address"),
        (("ana",), "An e-mail address is needed"),
        ((ANA, "--dns=nowhere"), "A name server is an IP address"),
    ],
)
def test_bad_use_is_exit_status_2(say: Say, words: tuple[str, ...], reason: str) -> None:
    status, text = say(*words)

    assert status == 2
    assert reason in text


def test_no_stored_password_is_sent_or_shown(
    say: Say, dns: str, servers: Servers, practice: Practice
) -> None:
    names = ("imap.password", "smtp.password", "pop3.password")
    servers.commit([servers.change(name, CANARY) for name in names])

    for words in ((), ("--format=json",), ("--apply",)):
        _, text = say("ana@localhost", f"--dns={dns}", *words)
        assert CANARY not in text
    assert practice
