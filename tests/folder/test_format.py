"""A store that the first released format wrote, byte for byte as it was found, goes on."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from edits import ANA, COMPANY, USER, WORKSTATION, change

from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import resolve
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Note
from mailwidgets.store.written import FORMAT
from mailwidgets.vault.vault import Vault

SAMPLE = Path(__file__).parent / "samples" / "format-1"
KEY = base64.b64encode(bytes(range(32))).decode()  # the sample's secrets are sealed with it
DOCUMENTS = sorted(str(one.relative_to(SAMPLE)) for one in SAMPLE.rglob("*.json"))


@pytest.fixture
def old(path: Path) -> FolderStore:
    shutil.copytree(SAMPLE, path)
    return FolderStore(path)


def contents(path: Path) -> dict[str, Any]:
    return {name: json.loads((path / name).read_bytes()) for name in DOCUMENTS}


def test_the_sample_is_of_the_old_format_and_has_all_levels() -> None:
    assert {one["format"] for one in contents(SAMPLE).values()} == {1}
    assert FORMAT > 1
    assert len(DOCUMENTS) == 5


def test_an_old_store_reads_the_same_values(old: FolderStore) -> None:
    read = old.read(ANA)

    company = dict(read.company.values)
    assert isinstance(company.pop(("workflow", "password")), Sealed)
    assert company == {
        ("pop3", "port"): 995,
        ("workflow", "server_type"): "imap",
        ("workflow", "sender"): "erp@example.com",
        ("workflow", "port"): 143,
        ("trust", "allowed_hosts"): ("mail.example.com", "smtp.example.com"),
    }
    assert read.company.locks == {("imap", "port"): "only the TLS port is open"}
    user = dict(read.user.values)
    assert isinstance(user.pop(("pop3", "password")), Sealed)
    assert user == {
        ("pop3", "port"): 1995,
        ("pop3", "timeout"): 12.5,
        ("pop3", "user"): "ana",
        ("pop3", "tls"): False,
        ("smtp", "user"): "ana",
        ("imap", "outbox"): "Ausgang/Gesendet ü",
    }
    assert read.workstation.values == {("pop3", "name"): "pop.example.com"}
    assert [one.id for one in old.places(USER)] == ["Ana María", "ana", "l" * 300]
    assert [one.values for one in old.read_all(USER)][::2] == [
        {("smtp", "port"): 587},
        {("smtp", "port"): 465},
    ]
    assert {read.at(level).commit for level in Level} == {""}
    assert [one.problems for one in (read.company, read.user, read.workstation)] == [{}, {}, {}]


def test_secrets_of_an_old_store_still_open(old: FolderStore) -> None:
    vault = Vault.from_environment({"MAILWIDGETS_KEY": KEY})
    read = old.read(ANA)

    for document, key, clear in (
        (read.user, ("pop3", "password"), "geheim é😀"),
        (read.company, ("workflow", "password"), "company secret"),
    ):
        sealed = document.values[key]
        assert isinstance(sealed, Sealed)
        assert vault.open(document.place, key, sealed).reveal() == clear


def test_looking_at_an_old_store_writes_nothing(old: FolderStore, path: Path) -> None:
    before = {one: one.read_bytes() for one in path.rglob("*.*") if one.is_file()}

    old.read(ANA)
    assert list(old.history([ANA.place(level) for level in Level])) == []
    assert old.commit([change(USER, "pop3.port", 1995)]) is None
    old.close()

    assert {one: one.read_bytes() for one in path.rglob("*.*") if one.is_file()} == before


def test_the_next_commit_writes_the_new_format_and_keeps_all_else(
    old: FolderStore, path: Path
) -> None:
    before = contents(path)
    made = old.commit(
        [
            change(USER, "pop3.port", 110, base=1995),
            change(COMPANY, "pop3.timeout", 9),
            change(WORKSTATION, "smtp.name", "smtp.example.com"),
        ],
        Note("ana", "the first one"),
    )

    assert made
    after, wanted = contents(path), before
    for name in ("company.json", "users/ana.json", "workstations/WS-01.json"):
        wanted[name] |= {"format": FORMAT, "commit": made.id}
    wanted["users/ana.json"]["settings"]["pop3"]["port"] = 110
    wanted["company.json"]["settings"]["pop3"]["timeout"] = 9
    wanted["workstations/WS-01.json"]["settings"]["smtp"] = {"name": "smtp.example.com"}
    assert after == wanted  # unknown keys, secrets, locks; and the others still in format 1
    read = old.read(ANA)
    assert read.company.locks == {("imap", "port"): "only the TLS port is open"}
    assert resolve(read, ANA)["imap", "port"].locked == "only the TLS port is open"


def test_history_begins_with_the_first_commit(old: FolderStore) -> None:
    first = old.commit([change(USER, "pop3.port", 110)], Note("ana", "first"))
    old.commit([change(USER, "pop3.port", 1110)], Note("ana", "second"))

    second_told, first_told = old.history([ANA.place(USER)])
    assert first
    assert (first_told.id, first_told.edits[0].before, first_told.outside) == (first.id, 1995, ())
    assert second_told.outside == ()
    assert list(old.history([Place(COMPANY)])) == []


def test_every_document_of_the_sample_can_be_written_again(old: FolderStore, path: Path) -> None:
    for place in [place for level in Level for place in old.places(level)]:
        old.commit([], Note("root"), touch=[place])

    for name, content in contents(path).items():
        was = json.loads((SAMPLE / name).read_bytes())
        assert {**content, "format": 1} == {**was, "commit": content["commit"]}
        assert content["format"] == FORMAT
    assert old.read(Identity("l" * 300, "x")).user.values == {("smtp", "port"): 465}
