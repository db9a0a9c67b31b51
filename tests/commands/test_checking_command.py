"""``check`` prints the command that mends what it found, and that command does mend it."""

from __future__ import annotations

import json
import shlex
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from subprocess import run as run_python

import pytest
from jsonschema import Draft202012Validator

from mailwidgets.practice import Practice
from mailwidgets.reports.document import report_schema

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
    assert fix_of(done) == ["set", "imap.inbox=INBOX", *flags]
    assert run(*fix_of(done)).returncode == 0

    assert run("check", "imap", *flags, f"--ca-file={tmp_path / 'ca.pem'}").returncode == 0


def test_where_nothing_is_known_to_mend_it_no_line_is_printed(run: Run) -> None:
    run("set", "pop3.name=mail.invalid")

    done = run("check", "pop3")

    assert done.returncode == 1
    assert "Fix:" not in done.stdout


def test_json_of_checks_that_pass_and_fail_fits_the_schema(
    run: Run, practice: Practice, tmp_path: Path
) -> None:
    ca = f"--ca-file={tmp_path / 'ca.pem'}"
    port = practice.ports["imap"]
    run("set", f"imap.name={practice.host}", f"imap.port={port}", "pop3.name=mail.invalid")

    done = run("check", "pop3", "imap", "smtp", ca, "--format=json")

    assert done.returncode == 1
    reports = json.loads(done.stdout)
    Draft202012Validator(report_schema()).validate(reports)
    assert [one["code"] for one in reports][::2] == ["dns_not_found", "name_missing"]


def test_a_bundle_is_written_for_this_person_alone_and_never_over_a_file(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.zip"
    run("set", "pop3.name=mail.invalid", "pop3.password=canary-pa55")

    done = run("check", "pop3", f"--bundle={file}")

    assert (done.returncode, done.stderr) == (1, "")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as bundle:
        parts = [bundle.read(name) for name in bundle.namelist()]
        assert json.loads(bundle.read("report.json"))[0]["code"] == "dns_not_found"
        rows = json.loads(bundle.read("settings.json"))
    assert rows == json.loads(run("show", "--format=json").stdout)
    assert b"canary" not in b"".join(parts)

    before = file.read_bytes()
    again = run("check", "pop3", f"--bundle={file}")

    assert (again.returncode, again.stdout) == (2, ""), "nothing is checked in vain"
    assert "is there already" in again.stderr
    assert file.read_bytes() == before


def test_nothing_is_left_of_a_bundle_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "bundle.zip"
    script = f"""
import resource
from pathlib import Path
from mailwidgets.commands.bundling import write_new
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_new(Path({str(file)!r}), bytes(100_000))
"""
    done = run_python([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert f"StoreError: {file} cannot be written: File too large" in done.stderr
    assert not file.exists()


def test_a_bundle_needs_a_folder(run: Run, tmp_path: Path) -> None:
    done = run("check", "pop3", f"--bundle={tmp_path / 'nowhere' / 'bundle.zip'}")

    assert done.returncode == 2
    assert "needs a folder that exists" in done.stderr

    done = run("check", "pop3", "--bundle=~nobody-here/bundle.zip")

    assert done.returncode == 2
    assert "~nobody-here/bundle.zip: there is no such home folder" in done.stderr
