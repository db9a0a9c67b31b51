"""Practice servers are broken and mended from another process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailwidgets import Servers
from mailwidgets.breakable import PORTS, Breakable
from mailwidgets.errors import PracticeError
from mailwidgets.faults import FAULTS, Laboratory, Switches
from mailwidgets.prefill import prefill

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def running() -> Iterator[Laboratory]:
    with Laboratory.start() as started:
        yield started


@pytest.fixture
def laboratory(
    running: Laboratory, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> Laboratory:
    """Return one that nothing is wrong with, that the environment names and a store is set for."""
    running.mend()
    prefill(servers, running)
    for name, value in Breakable.of(running).environment().items():
        monkeypatch.setenv(name, value)
    return running


def on(laboratory: Laboratory) -> dict[str, str]:
    return {protocol: fault.name for protocol, fault in laboratory.switches.on().items()}


def code(run: Run, section: str) -> str:
    done = run("check", section, "--user=ana", "--workstation=WS-01", "--format=json")
    return str(json.loads(done.stdout)[0]["code"])


def test_every_fault_is_listed_with_where_and_what_it_leads_to(run: Run) -> None:
    done = run("fault")
    rows = [line.split("  ")[0] for line in done.stdout.splitlines()[1:]]
    assert (done.returncode, rows) == (0, list(FAULTS))
    greylisted = next(line for line in done.stdout.splitlines() if line.startswith("greylisted"))
    assert [one.strip() for one in greylisted.split("  ") if one.strip()] == [
        *("greylisted", "smtp", FAULTS["greylisted"].title, "greylisted")
    ]


def test_the_list_as_json_has_the_settings_that_go_with_a_fault(run: Run) -> None:
    rows = {one["name"]: one for one in json.loads(run("fault", "--format=json").stdout)}
    assert list(rows) == list(FAULTS)
    assert rows["login_disabled"] == {
        "name": "login_disabled",
        "title": FAULTS["login_disabled"].title,
        "protocols": ["pop3", "smtp", "imap"],
        "code": "auth_needs_tls",
        "on": None,
        "implicit": False,
        "shows_with": {"pop3.tls": False, "smtp.tls": "none", "imap.tls": False},
        "mended_by": {"pop3.tls": True, "smtp.tls": "require", "imap.tls": True},
    }
    assert rows["tls_on_plain_port"]["implicit"]


def test_a_fault_is_let_in_where_it_is_wanted_and_a_check_finds_it(
    run: Run, laboratory: Laboratory
) -> None:
    done = run("fault", "cert_expired", "imap")
    assert (done.returncode, on(laboratory)) == (0, {"imap": "cert_expired"}), done
    assert done.stdout.splitlines() == [
        "The certificate has expired: on for imap.",
        "  Test:   comes to cert_expired",
    ]
    assert code(run, "imap") == "cert_expired"
    assert code(run, "pop3") == "ok"


def test_it_says_with_which_settings_a_fault_shows_and_what_a_client_can_do(
    run: Run, laboratory: Laboratory
) -> None:
    done = run("fault", "slow_server", "smtp")
    assert on(laboratory) == {"smtp": "slow_server"}
    assert done.stdout.splitlines()[1:] == [
        "  Test:   comes to deadline",
        "  Shows:  mailwidgets set smtp.timeout=0.5",
        "  Remedy: mailwidgets set smtp.timeout=10.0",
    ]
    told = run("fault", "tls_on_plain_port").stdout
    assert "smtp.tls=implicit (at the port for TLS from the first byte)" in told
    assert "works" in run("fault", "tls12_only").stdout


def test_servers_are_mended_one_by_one_or_all_at_once(run: Run, laboratory: Laboratory) -> None:
    laboratory.inject("busy")
    some = run("fault", "none", "pop3")
    assert on(laboratory) == {"smtp": "busy", "imap": "busy"}
    assert some.stdout == "Mended.\nStill on: busy for smtp, imap.\n"
    every = run("fault", "none")
    assert (on(laboratory), every.stdout) == ({}, "Mended.\nNothing is broken.\n")


def test_what_is_on_is_marked_in_the_list_and_all_that_is_printed_after_a_switch(
    run: Run, laboratory: Laboratory
) -> None:
    laboratory.inject("busy")
    rows = json.loads(run("fault", "greylisted", "--format=json").stdout)
    assert {one["name"]: one["on"] for one in rows} == {
        "busy": ["pop3", "imap"],
        "greylisted": ["smtp"],
    }
    lines = run("fault").stdout.splitlines()
    marked = [line.split("  ")[0] for line in lines if line.endswith(("  pop3, imap", "  smtp"))]
    assert marked == ["busy", "greylisted"]
    assert lines[0].endswith("on for")


def test_the_switches_can_be_named(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    assert run("fault", "busy", f"--faults={path}", MAILWIDGETS_FAULTS="nowhere").returncode == 0
    assert Switches(path).on()["pop3"].name == "busy"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("cert_expird",), "there is no fault 'cert_expird'; there is: cert_expired"),
        (("busy", "pop"), "there is no protocol 'pop'; there are pop3, smtp, imap"),
        (("none", "workflow"), "there is no protocol 'workflow'; there are pop3, smtp, imap"),
        (("greylisted", "imap"), "greylisted befalls smtp, not 'imap'"),
    ],
)
def test_what_does_not_exist_is_bad_use(
    run: Run, laboratory: Laboratory, words: tuple[str, ...], told: str
) -> None:
    done = run("fault", *words)
    assert (done.returncode, done.stdout, on(laboratory)) == (2, "", {})
    assert done.stderr.startswith(f"mailwidgets fault: {told}")


def test_without_switches_there_is_nothing_to_break(run: Run) -> None:
    done = run("fault", "busy")
    assert done.returncode == 2
    assert "give --faults, or set MAILWIDGETS_FAULTS" in done.stderr


def test_switches_of_servers_that_are_gone_are_said_to_be(run: Run, tmp_path: Path) -> None:
    done = run("fault", "busy", MAILWIDGETS_FAULTS=str(tmp_path / "gone" / "faults.json"))
    assert done.returncode == 2
    assert "cannot be written: No such file or directory" in done.stderr


def test_what_the_environment_tells_is_what_was_told(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Breakable.told()
    assert told is not None
    assert (told.switches.path, told.ports) == (laboratory.switches.path, laboratory.ports)
    monkeypatch.setenv(PORTS, "143")
    with pytest.raises(PracticeError, match="expected ports by name"):
        Breakable.told()


def test_of_a_fault_all_but_the_ports_is_known_without_them(laboratory: Laboratory) -> None:
    fault = FAULTS["tls_on_plain_port"]
    switches = laboratory.switches
    assert Breakable(switches, {}).scene(fault, "smtp") == {"smtp.tls": "implicit"}
    assert Breakable.of(laboratory).scene(fault, "smtp") == {
        "smtp.port": laboratory.ports["smtps"],
        "smtp.tls": "implicit",
    }
