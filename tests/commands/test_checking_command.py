"""``check`` prints the command that mends what it found, and that command does mend it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from mailwidgets.practice import Practice

Run = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    servers = Practice.start()
    (tmp_path / "ca.pem").write_text(servers.ca_pem, encoding="utf-8")
    yield servers
    servers.stop()


def fix_of(done: CompletedProcess[str]) -> list[str]:
    """Return the words of the line that mends it, as a shell would split them."""
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("  Fix:")]
    words = shlex.split(line.removeprefix("  Fix:"))
    assert words[:2] == ["mailwidgets", "set"]
    return words[1:]


def test_the_line_it_prints_mends_a_plain_client_on_a_tls_port(
    run: Run, practice: Practice, tmp_path: Path
) -> None:
    ca = f"--ca-file={tmp_path / 'ca.pem'}"
    port = practice.ports["imaps"]
    run("set", f"imap.name={practice.host}", f"imap.port={port}", "imap.tls=no", "imap.timeout=4")

    done = run("check", "imap", ca)
    assert (done.returncode, "plain_on_tls_port" in done.stdout) == (1, True), done.stdout
    assert run(*fix_of(done)).returncode == 0

    again = run("check", "imap", ca)
    assert "plain_on_tls_port" not in again.stdout
    assert again.returncode == 0, again.stdout


def test_the_line_it_prints_names_store_and_user_and_quotes_a_folder(
    run: Run, practice: Practice, tmp_path: Path
) -> None:
    ana = practice.accounts[0]
    store = tmp_path / "another store"
    flags = (f"--store={store}", "--user=ana müller")
    settings = {
        "name": practice.host,
        "port": practice.ports["imap"],
        "user": ana.user,
        "password": ana.password,
        "inbox": "Inbxo",
    }
    done = run("set", *flags, *(f"imap.{key}={value}" for key, value in settings.items()))
    assert done.returncode == 0, done.stderr

    done = run("check", "imap", *flags, f"--ca-file={tmp_path / 'ca.pem'}")
    assert (done.returncode, "folder_missing" in done.stdout) == (1, True), done.stdout
    assert fix_of(done) == ["set", *flags, "imap.inbox=INBOX"]
    assert run(*fix_of(done)).returncode == 0

    assert run("check", "imap", *flags, f"--ca-file={tmp_path / 'ca.pem'}").returncode == 0


def test_where_nothing_is_known_to_mend_it_no_line_is_printed(run: Run) -> None:
    run("set", "pop3.name=mail.invalid")

    done = run("check", "pop3")

    assert done.returncode == 1
    assert "Fix:" not in done.stdout
