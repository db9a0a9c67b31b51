"""What commands write, seen by the kernel: to files, temporary ones too, to sockets and pipes.

Every byte of every write is searched for the password, the passphrase, the keys and the database
role's password, and so are the arguments and the environment of every program that is started.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from daemons.postgres import NewRole
from planted import CANARY, PASSPHRASE, Planted, assert_folder_clean, traces
from sqlalchemy.engine import make_url

from mailwidgets.database.people import Person, allow
from mailwidgets.database.store import DatabaseStore

_CALLS: Final = (
    "execve,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg,sendfile,"
    "copy_file_range,splice,mmap"
)
_TRACED: Final = ("-f", "-v", "-xx", "-y", "-s", "1000000", "-e", f"trace={_CALLS}")
# There are other ways to fill a file: as memory, or from another file. None is taken.
_ROUND_ABOUT: Final = re.compile(
    rb"(sendfile|copy_file_range|splice)\(|mmap\([^\n]*PROT_WRITE[^\n]*MAP_SHARED, \d"
)
_EXPORTED: Final = "all.json"

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="needs strace")


@dataclass(frozen=True)
class Traced:
    """What a command did.

    Attributes:
        started: the arguments and environments of all programs that it started, itself too.
        written: by where, everything that was written there.
    """

    started: bytes
    written: dict[str, bytes]

    @property
    def everything(self) -> bytes:
        """Return all that went out of the processes."""
        return self.started + b"".join(self.written.values())

    def of(self, *ends: str) -> dict[str, bytes]:
        """Return what went to files whose names end so."""
        return {name: data for name, data in self.written.items() if name.endswith(ends)}


def unhexed(trace: bytes) -> bytes:
    """Return a trace with its strings as they were."""
    return re.sub(
        rb"(?:\\x[0-9a-f]{2})+",
        lambda found: bytes.fromhex(found[0].replace(b"\\x", b"").decode()),
        trace,
    )


def traced(planted: Planted, *words: str, stdin: str = "", **more: str) -> Traced:
    """Run a command under strace; it has to succeed."""
    log = planted.folder / "trace"
    before = ("strace", *_TRACED, "-o", str(log))
    done = planted.run(*words, stdin=stdin, before=before, **more)
    assert done.returncode == 0, done.stderr.decode()
    lines = log.read_bytes().splitlines()
    log.unlink()
    started, written = b"", dict[str, bytes]()
    for line in lines:
        assert not _ROUND_ABOUT.search(line), line
        if b" execve(" in line:
            started += unhexed(line)
        elif found := re.search(rb" \w+\(\d+<([^>]*)>, (.*)", line):
            name = unhexed(found[1]).decode("utf-8", "replace")
            # A row of strings, as of writev, becomes one: a secret may stand across their seam.
            strings = re.findall(rb'"((?:\\x[0-9a-f]{2})*)"', found[2])
            written[name] = written.get(name, b"") + unhexed(b"".join(strings))
    assert CANARY[:6].encode() not in started
    return Traced(started, written)


def assert_nothing_in_the_clear(seen: Traced, *secrets: str) -> None:
    """Assert that the canary went nowhere, and secrets in no write."""
    assert seen.started
    assert seen.written
    assert not traces(seen.everything)
    for name, data in seen.written.items():
        for secret in (CANARY, PASSPHRASE):
            assert not traces(data, secret), name
        for secret in secrets:
            assert secret.encode() not in data, name


def key_of(planted: Planted) -> str:
    """Return the key that opens the canary."""
    return planted.key_file.read_text().strip()


@needs_strace
def test_the_trace_sees_what_is_written(planted: Planted) -> None:
    program = "import os, sys; os.writev(1, [sys.argv[1][:4].encode(), sys.argv[1][4:].encode()])"
    log = planted.folder / "trace"
    words = ("-c", program, CANARY, "-m", "mailwidgets")
    subprocess.run(["strace", *_TRACED, "-o", str(log), sys.executable, *words], check=True)
    assert traces(unhexed(log.read_bytes()))


@needs_strace
def test_set_writes_only_what_is_encrypted(planted: Planted) -> None:
    words = ("set", "pop3.password=-", "smtp.name=mail.example.com")  # two levels: a journal
    seen = traced(planted, *words, stdin=f"{CANARY}\n")
    assert_nothing_in_the_clear(seen, key_of(planted))
    assert any(b'"sealed": "v1:' in data for data in seen.of(".tmp").values())
    assert len(seen.of(".tmp")) > 2
    assert seen.of(".lock")
    assert seen.of(".history")
    planted.assert_held()


@needs_strace
def test_a_change_of_keys_writes_a_key_to_its_file_alone(planted: Planted) -> None:
    old = key_of(planted)
    seen = traced(planted, "keys", "rotate")
    new = key_of(planted)
    assert new != old
    assert_nothing_in_the_clear(seen, old)
    (place,) = [name for name, data in seen.written.items() if new.encode() in data]
    assert Path(place).parent == planted.key_file.parent
    assert new.encode() not in seen.started
    assert any(b'"sealed": "v1:' in data for data in seen.of(".tmp").values())
    planted.assert_held()


@needs_strace
def test_export_and_import_write_no_password_and_no_passphrase(planted: Planted) -> None:
    file = planted.folder / _EXPORTED
    words = ("--passphrase", "-")
    out = traced(planted, "export", f"--output={file}", *words, stdin=PASSPHRASE)
    planted.servers.commit([planted.servers.change("pop3.password", "another")])
    back = traced(planted, "import", str(file), *words, stdin=PASSPHRASE)

    for seen in (out, back):
        assert_nothing_in_the_clear(seen, key_of(planted))
        assert not traces(seen.everything, PASSPHRASE)
    assert b"pw1:" in b"".join(out.of(".tmp").values())
    assert b'"sealed": "v1:' in b"".join(back.of(".tmp").values())
    planted.assert_held()


@needs_strace
def test_undo_writes_no_password(planted: Planted) -> None:
    planted.servers.commit([planted.servers.change("smtp.password", None)])
    commit = planted.servers.commit([planted.servers.change("smtp.password", CANARY)])
    assert commit is not None
    seen = traced(planted, "undo", commit.id)
    assert_nothing_in_the_clear(seen, key_of(planted))
    assert b'"undoes"' in b"".join(seen.written.values())
    planted.assert_held()


@needs_strace
def test_migrate_says_no_password_to_a_database(
    planted: Planted, database_url: str, new_role: NewRole
) -> None:
    url = new_role(database_url, "chief")
    role = make_url(url)
    assert role.username
    assert role.password
    store = DatabaseStore(database_url)
    allow(store.database, Person(role.username, "chief", admin=True, workstations=False))
    store.close()

    there = traced(planted, "migrate", f"--to={database_url}")
    more = traced(planted, "set", "pop3.password=-", stdin=f"{CANARY}\n", MAILWIDGETS_STORE=url)
    back = traced(planted, "migrate", f"--store={url}", f"--to={planted.folder / 'back'}")

    for seen in (there, more, back):
        assert_nothing_in_the_clear(seen, key_of(planted), str(role.password))
    for seen in (there, more):
        said = b"".join(data for name, data in seen.written.items() if "socket" in name)
        assert b'"sealed": "v1:' in said or b'"sealed":"v1:' in said
    assert_folder_clean(planted.folder)
