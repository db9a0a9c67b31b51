"""A store into which a password was planted that must be found nowhere, and the search for it."""

from __future__ import annotations

import asyncio
import base64
import html
import io
import json
import os
import quopri
import subprocess
import sys
import urllib.parse
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailwidgets.practice import Practice
from mailwidgets.practice.accounts import Account
from mailwidgets.reports.report import Report
from mailwidgets.servers import Servers

HEAD, TAIL = "c4n4ry", "7r1ll3r"
CANARY = f'{HEAD}-Pässwört "q" \\ <b> %s {{0}} ☃ {TAIL}'
PASSPHRASE = "p4ssphr4s3 Wörter ☃ tw33t3r"
ANA, WORKFLOW = "ana@practice.example", "workflow@practice.example"
SECTIONS = ("pop3", "smtp", "imap", "workflow")
_PATIENCE = 120


def words_of(secret: str) -> tuple[str, str]:
    """Return both ends of a secret, in ASCII: one that is cut or quoted still has one of them."""
    return secret[:6], secret[-6:]


def in_base64(word: bytes) -> Iterator[bytes]:
    """Yield what base64 of any text that holds a word holds, wherever in it the word stands."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + word)
        yield text[-(-before * 4 // 3) : (before + len(word)) * 4 // 3]


def forms(secret: str) -> dict[str, bytes]:
    """Return every form in which a secret may stand somewhere, by name; in small letters."""
    found: dict[str, bytes] = {}
    for end, word in zip(("head", "tail"), words_of(secret), strict=True):
        raw = word.encode("ascii").lower()
        found |= {
            f"{end} in ASCII": raw,  # also of JSON, repr, HTML, URLs, quoted-printable, Latin-1
            f"{end} in UTF-16": b"\0".join(raw[at : at + 1] for at in range(len(raw))),
            f"{end} in UTF-32": b"\0\0\0".join(raw[at : at + 1] for at in range(len(raw))),
            f"{end} in hexadecimal": raw.hex().encode(),
        }
    middle = next(word for word in secret.split() if not word.isascii()).partition("-")[2]
    if middle:
        found |= {
            "middle in UTF-8": middle.encode().lower(),
            "middle in Latin-1": middle.encode("latin-1").lower(),
            "middle in JSON": json.dumps(middle)[1:-1].encode().lower(),
            "middle in repr": ascii(middle)[1:-1].encode().lower(),
            "middle in quoted-printable": quopri.encodestring(middle.encode()).strip().lower(),
            "middle in a URL": urllib.parse.quote(middle).encode().lower(),
            "middle in HTML": middle.encode("ascii", "xmlcharrefreplace").lower(),
            "middle in UTF-7": middle.encode("utf-7").lower(),
        }
    return found


def traces(data: bytes | str, secret: str = CANARY) -> list[str]:
    """Return the forms of a secret that stand in some data, ZIP archives looked into."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    small = raw.lower()
    found = [name for name, form in forms(secret).items() if form in small]
    found += [
        f"{end} in base64"
        for end, word in zip(("head", "tail"), words_of(secret), strict=True)
        for form in (*in_base64(word.encode()), *in_base64(word.encode("utf-16-le")))
        if form in raw
    ]
    if raw.startswith(b"PK\3\4"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for member in archive.namelist():
                found += [f"{member}: {one}" for one in traces(archive.read(member), secret)]
    return found


def encodings(secret: str) -> dict[str, bytes]:
    """Return a whole secret as programs let one slip, by name: all of them must be found."""
    raw = secret.encode()
    return {
        "plain": raw,
        "base64": base64.b64encode(raw),
        "SASL PLAIN": base64.b64encode(b"\0ana@practice.example\0" + raw),
        "SASL LOGIN of a shorter name": base64.b64encode(b"\0ana\0" + raw),
        "quoted-printable": quopri.encodestring(raw),
        "UTF-16": secret.encode("utf-16"),
        "UTF-16, the other way": secret.encode("utf-16-be"),
        "UTF-32": secret.encode("utf-32"),
        "hexadecimal": raw.hex().upper().encode(),
        "JSON": json.dumps(secret).encode(),
        "repr": repr(secret).encode(),
        "URL": urllib.parse.quote_plus(secret).encode(),
        "HTML": html.escape(secret).encode("ascii", "xmlcharrefreplace"),
        "cut short": raw[:12],
        "cut at its beginning": raw[-12:],
        "capitals": secret.upper().encode(),
    }


def assert_clean(data: bytes | str, where: object, secret: str = CANARY) -> None:
    """Assert that there is something, and that the secret is not in it."""
    assert data, f"{where} is empty"
    found = traces(data, secret)
    assert not found, f"{where}: {found}"


def assert_folder_clean(folder: Path, secret: str = CANARY) -> dict[Path, bytes]:
    """Assert that no file below, and no file's name, holds the secret; return the files."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files, f"{folder} is empty"
    for path, data in files.items():
        assert not traces(data + str(path).encode(), secret), path
    return files


@dataclass(frozen=True)
class Planted:
    """A store with the canary as everyone's password, and servers that take it.

    Attributes:
        practice: servers whose accounts have the canary for a password.
        servers: the store, for ana on WS-01, with a key file.
        folder: where all is that belongs to the test.
    """

    practice: Practice
    servers: Servers
    folder: Path

    @property
    def store(self) -> Path:
        """Return the store's folder."""
        return self.folder / "store"

    @property
    def key_file(self) -> Path:
        """Return where ana's key is."""
        return self.folder / "home/xdg_config_home/mailwidgets/key"

    def logged_in(self) -> list[Report]:
        """Log in to all servers with what is stored; return the reports."""
        reports = asyncio.run(self.servers.check_all(SECTIONS))
        assert [report.code for report in reports] == ["ok"] * len(SECTIONS), reports
        return reports

    def assert_held(self) -> None:
        """Assert that the store holds the canary: what is looked for can be there."""
        for section in SECTIONS:
            assert self.servers.targets().login(section).password == CANARY

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a command of this store is started with."""
        own = {"MAILWIDGETS_STORE": str(self.store), "MAILWIDGETS_USER": "ana"}
        return {**os.environ, **own, "MAILWIDGETS_WORKSTATION": "WS-01", **more}

    def run(
        self, *words: str, stdin: str = "", before: Sequence[str] = (), **more: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command of the store, as talkative as it can be."""
        return subprocess.run(
            [*before, sys.executable, "-X", "dev", "-m", "mailwidgets", *words],
            input=stdin.encode(),
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            env=self.environment(**more),
        )


def plant(folder: Path, practice: Practice) -> Planted:
    """Plant the canary: set, replaced and set again, so that the history has much to tell."""
    from mailwidgets.prefill import prefill  # noqa: PLC0415 - it loads the practice servers

    servers = Servers.open(folder / "store", user="ana", workstation="WS-01")
    prefill(servers, practice)
    servers.snapshot("planted")
    for password in ("another", CANARY):
        names = [f"{section}.password" for section in SECTIONS]
        servers.commit([servers.change(name, password) for name in names], why="once more")
    planted = Planted(practice, servers, folder)
    planted.assert_held()
    return planted


def accounts() -> tuple[Account, ...]:
    """Return accounts that log in with the canary."""
    return (Account(ANA, CANARY, "Ana"), Account(WORKFLOW, CANARY, "Workflow"))
