"""Who may do what in a shared folder, shown with real users of the system.

They play ana, bob, carol and an administrator who is not the superuser; every Debian has them,
and nothing runs as them here. Each acts in a process of their own, through the store and with
plain calls, as any program of theirs could.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from edits import COMPANY, USER, WORKSTATION

from mailwidgets.errors import DamagedDocument, StoreError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Secret
from mailwidgets.store.commits import Note
from mailwidgets.vault.vault import Vault

if sys.platform == "win32":
    pytest.skip("there are no such users", allow_module_level=True)
import pwd

ANA, BOB, CAROL, ADMIN = "games", "news", "irc", "backup"
PORT = ("pop3", "port")
PERSON = Path(__file__).with_name("person.py")
PLACES = [str(PERSON.parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(PLACES)}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as other users")

As = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def as_person() -> Iterator[As]:
    """Return what does tasks as one of the system's users, and tells what came of each."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(PERSON)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:

        def done(account: str, *tasks: list[Any]) -> list[Any]:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps([account, tasks], default=str) + "\n")
            process.stdin.flush()
            return list(json.loads(process.stdout.readline()))

        yield done


def set_up(path: Path) -> None:
    """Make a shared folder as docs/guides/sharing.md says."""
    path.mkdir(mode=0o755)
    path.chmod(0o755)
    for name, mode in (("users", 0o1777), ("workstations", 0o755)):
        (path / name).mkdir()
        (path / name).chmod(mode)
    (path / ".lock").touch()
    (path / ".lock").chmod(0o666)


@pytest.fixture
def shared(reachable: Path, as_person: As) -> Path:
    """Return a shared folder in which the company, ana and bob have saved."""
    set_up(reachable)
    old = os.umask(0o022)
    try:
        for place in (Place(COMPANY), Place(WORKSTATION, "WS-01")):
            key = ("pop3", "name")
            FolderStore(reachable).commit([Change(place, key, "m.example")], Note("root"))
    finally:
        os.umask(old)
    for account, number in ((ANA, 1), (BOB, 2)):
        assert as_person(account, ["save", reachable, "user", account, number]) == ["stored"]
    return reachable


def files(path: Path) -> dict[str, tuple[bytes, int, int]]:
    """Return every file but the lock: bytes, owner, mode."""
    return {
        str(one.relative_to(path)): (one.read_bytes(), one.stat().st_uid, one.stat().st_mode)
        for one in path.rglob("*")
        if one.is_file() and one.name != ".lock"
    }


def of(account: str, text: str = "") -> str:
    """Return a document's text for a user; with a server that is not the company's."""
    settings = {"smtp": {"port": 666}, "pop3": {"port": 666}}
    return text or json.dumps({"format": 2, "id": account, "commit": "x", "settings": settings})


def test_each_saves_their_own_settings_with_their_own_history(shared: Path, as_person: As) -> None:
    said = as_person(
        ANA,
        ["save", shared, "user", ANA, 3],
        ["port", shared, ANA],
        ["port", shared, BOB],
        ["history", shared, "user", ANA],
        ["history", shared, "company", ""],
        ["refusal", shared, "user", ANA],
    )

    assert said == ["stored", 3, 2, ["me", "me"], ["root"], ""]
    for name in (f"users/{ANA}.json", f"users/{ANA}.history"):
        assert (shared / name).stat().st_uid == pwd.getpwnam(ANA).pw_uid


@pytest.mark.parametrize(
    ("level", "id_"), [("company", ""), ("user", BOB), ("user", CAROL), ("workstation", "WS-01"),
                       ("workstation", "WS-02"), ("user", "without-account")]
)  # fmt: skip
def test_nobody_saves_for_others_and_all_are_told_beforehand(
    shared: Path, level: str, id_: str, as_person: As
) -> None:
    before = files(shared)

    saved, beforehand = as_person(
        ANA, ["save", shared, level, id_, 9], ["refusal", shared, level, id_]
    )

    assert saved[0] == "ReadOnlyStore"
    assert str(shared) in saved[1]
    assert str(shared) in beforehand
    assert files(shared) == before


def test_a_save_in_several_places_is_refused_whole(shared: Path, as_person: As) -> None:
    before = files(shared)

    for other in (["company", ""], ["user", BOB], ["user", CAROL]):
        (said,) = as_person(ANA, ["save_together", shared, [["user", ANA], other], 9])
        assert said[0] == "ReadOnlyStore"
        assert files(shared) == before


OTHERS = ("company.json", "company.history", f"users/{BOB}.json", f"users/{BOB}.history")


def test_a_program_of_ones_own_cannot_change_what_is_of_others(shared: Path, as_person: As) -> None:
    before = files(shared)
    mine = shared / "users" / f"{ANA}.json"
    tasks: list[list[Any]] = []
    for name in (*OTHERS, "workstations/WS-01.json", "workstations/WS-01.history"):
        target = shared / name
        tasks += [
            ["write", target, "mine"],
            ["call", "unlink", target],
            ["call", "truncate", target, 0],
            ["call", "chmod", target, 0o666],
            ["call", "rename", target, f"{target}.old"],
            ["call", "rename", mine, target],
            ["call", "replace", mine, target],
            ["call", "symlink", mine, target],
            ["call", "link", mine, target],
        ]
    for name in (".journal", ".0123456789abcdef.tmp", "company.json.new", "workstations/x.json"):
        tasks += [["write", shared / name, "{}"], ["call", "symlink", mine, shared / name]]
    tasks += [
        ["call", "rename", shared / "users", shared / "people"],
        ["call", "rmdir", shared / "workstations"],
        ["call", "unlink", shared / ".lock"],
        ["call", "chmod", shared, 0o777],
        ["call", "chmod", shared / "users", 0o777],
    ]

    said = as_person(ANA, *tasks)

    assert {one[0] for one in said} <= {"PermissionError", "FileExistsError"}
    assert files(shared) == before


def plant(as_person: As, shared: Path, kind: str, name: str, elsewhere: Path) -> None:
    """Let ana put something in the place of carol's file."""
    target, mine = shared / "users" / name, shared / "users" / "mine"
    tasks = {
        "file": [["write", target, of(CAROL), 0o666]],
        "link": [["write", mine, of(CAROL), 0o666], ["call", "symlink", mine, target]],
        "link elsewhere": [["call", "symlink", elsewhere, target]],
        "second name": [["write", mine, of(CAROL), 0o666], ["call", "link", mine, target]],
        "link to bob's": [["call", "symlink", f"{BOB}.json", target]],
        "folder": [["call", "mkdir", target]],
        "pipe": [["call", "mkfifo", target]],
    }[kind]
    assert as_person(ANA, *tasks) == ["done"] * len(tasks)


@pytest.mark.parametrize(
    "kind",
    ["file", "link", "link elsewhere", "second name", "link to bob's", "folder", "pipe"],
)
def test_what_someone_puts_in_the_place_of_anothers_document_never_counts(
    shared: Path, tmp_path: Path, kind: str, as_person: As
) -> None:
    elsewhere = tmp_path / "of root"  # a document that the superuser alone could read
    elsewhere.write_text(of(CAROL))
    elsewhere.chmod(0o600)
    plant(as_person, shared, kind, f"{CAROL}.json", elsewhere)
    before, target = files(shared), shared / "users" / f"{CAROL}.json"

    for account in (CAROL, BOB, ANA, "root"):
        read, saved, beforehand = as_person(
            account,
            ["port", shared, CAROL],
            ["save", shared, "user", CAROL, 5],
            ["refusal", shared, "user", CAROL],
        )
        assert read[0] == "DamagedDocument"
        assert str(target) in read[1]
        assert saved[0] in {"DamagedDocument", "ReadOnlyStore"}
        assert beforehand or kind in {"folder", "pipe"}
    if kind in {"file", "second name"}:
        assert f"belongs to {ANA}" in read[1]
    assert files(shared) == before
    assert elsewhere.read_text() == of(CAROL)
    assert as_person(BOB, ["save", shared, "user", BOB, 5], ["port", shared, BOB]) == ["stored", 5]
    assert FolderStore(shared).refusal(Place(USER, BOB)) == ""

    os.rename(target, shared / "taken out")  # noqa: PTH104 - whatever it is
    assert as_person(CAROL, ["save", shared, "user", CAROL, 5]) == ["stored"]


@pytest.mark.parametrize("kind", ["file", "link", "link elsewhere", "second name", "pipe"])
def test_what_someone_puts_in_the_place_of_anothers_history_is_never_told_nor_added_to(
    shared: Path, tmp_path: Path, kind: str, as_person: As
) -> None:
    document = shared / "users" / f"{CAROL}.json"
    document.write_text(json.dumps({"format": 1, "id": CAROL, "settings": {}}))
    os.chown(document, pwd.getpwnam(CAROL).pw_uid, -1)
    elsewhere = tmp_path / "of root"
    elsewhere.write_text("precious\n")
    plant(as_person, shared, kind, f"{CAROL}.history", elsewhere)
    record = '{"commit": "x", "parent": null, "at": "2026-01-01T00:00:00+00:00", "by": "carol", '
    if kind not in {"pipe", "link elsewhere"}:
        as_person(ANA, ["write", shared / "users" / f"{CAROL}.history", record + '"edits": []}\n'])
    before = files(shared)

    for account in (CAROL, "root"):
        told, saved, read, beforehand = as_person(
            account,
            ["history", shared, "user", CAROL],
            ["save", shared, "user", CAROL, 5],
            ["port", shared, CAROL],
            ["refusal", shared, "user", CAROL],
        )
        assert told in ([], ["DamagedDocument", told[-1] if told else ""])
        assert saved[0] in {"ReadOnlyStore", "DamagedDocument", "StoreError"}
        assert read is None
        assert beforehand or kind == "pipe"
    assert files(shared) == before
    assert elsewhere.read_text() == "precious\n"


def test_a_file_of_the_superusers_under_anothers_name_is_not_added_to(
    shared: Path, reachable: Path
) -> None:
    """Where the system lets everyone give any file a second name, ana could do this herself."""
    precious = reachable.parent / "precious"
    precious.write_text("precious\n")
    os.link(precious, shared / "users" / f"{CAROL}.history")

    with pytest.raises(StoreError, match="second name"):
        FolderStore(shared).commit([Change(Place(USER, CAROL), PORT, 5)])

    assert precious.read_text() == "precious\n"
    assert FolderStore(shared).places(USER) == (Place(USER, ANA), Place(USER, BOB))


def test_a_journal_or_temporary_files_that_someone_plants_are_followed_by_nobody(
    shared: Path, tmp_path: Path, as_person: As
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    temporary = ".0123456789abcdef.tmp"
    said = as_person(
        ANA,
        ["write", shared / "users" / ".journal", f'{{"company.json": "{temporary}"}}'],
        ["call", "symlink", precious, shared / "users" / temporary],
        ["write", shared / "users" / ".fedcba9876543210.tmp", of(CAROL)],
        ["write", shared / ".lock", "process 1 on elsewhere", 0o666],  # looks like a killed writer
    )
    assert said[:3] == ["done"] * 3

    FolderStore(shared).commit(
        [Change(Place(COMPANY), PORT, 7), Change(Place(USER, BOB), PORT, 7)], Note("root")
    )

    assert precious.read_text() == "precious"
    read = FolderStore(shared).read(Identity(BOB, "WS-01"))
    assert (read.company.values[PORT], read.user.values[PORT]) == (7, 7)
    assert FolderStore(shared).places(USER) == (Place(USER, ANA), Place(USER, BOB))


def test_a_journal_in_a_folder_that_all_may_add_to_counts_only_as_the_superusers(
    shared: Path, as_person: As
) -> None:
    shared.chmod(0o1777)
    temporary = ".0123456789abcdef.tmp"
    (shared / "company.json").rename(shared / "users" / "company of root")
    said = as_person(
        ANA,
        ["write", shared / temporary, '{"settings": {"pop3": {"port": 666}}}'],
        ["write", shared / ".journal", f'{{"company.json": "{temporary}"}}'],
    )
    assert said == ["done", "done"]

    for account in (BOB, "root"):
        read, saved = as_person(account, ["port", shared, BOB], ["save", shared, "company", "", 5])
        assert read[0] == saved[0] == "DamagedDocument"
        assert f"{shared}/.journal belongs to {ANA}" in read[1]
    assert (shared / temporary).exists()

    (shared / ".journal").unlink()
    as_person(ANA, ["write", shared / "company.json", '{"settings": {"pop3": {"port": 666}}}'])
    with pytest.raises(DamagedDocument, match=f"company.json belongs to {ANA}"):
        FolderStore(shared).read(Identity(BOB, "WS-01"))


def test_a_document_that_only_its_owner_reads_stays_so(shared: Path, as_person: As) -> None:
    document, history = (shared / f"users/{BOB}{end}" for end in (".json", ".history"))
    for one in (document, history):
        one.chmod(0o600)
    (read,) = as_person(ANA, ["port", shared, BOB])
    assert read[0] == "ReadOnlyStore" or "Permission denied" in read[1]

    assert as_person(BOB, ["save", shared, "user", BOB, 7]) == ["stored"]
    history.unlink()  # it begins anew, as after an upgrade
    FolderStore(shared).commit([Change(Place(USER, BOB), PORT, 8)], Note("root"))

    for one in (document, history):
        assert one.stat().st_mode & 0o777 == 0o600
        assert one.stat().st_uid == pwd.getpwnam(BOB).pw_uid
    assert as_person(BOB, ["save", shared, "user", BOB, 9], ["port", shared, BOB]) == ["stored", 9]
    read, told = as_person(ANA, ["port", shared, BOB], ["history", shared, "user", BOB])
    assert "Permission denied" in read[1]
    assert "Permission denied" in told[1]


def test_anothers_secret_does_not_open_with_ones_own_key(shared: Path, as_person: As) -> None:
    keys = ["A" * 43 + "=", "B" * 42 + "A="]
    place, key = Place(USER, BOB), ("pop3", "password")
    sealed = Vault.from_environment({"MAILWIDGETS_KEY": keys[1]}).seal(
        place, key, Secret("hunter2")
    )
    FolderStore(shared).commit([Change(place, key, sealed)], Note("root"))

    (mine,) = as_person(ANA, ["open_secret", shared, BOB, keys[0]])
    (own,) = as_person(BOB, ["open_secret", shared, BOB, keys[1]])

    assert mine[0] == "VaultError"
    assert "is set, but cannot be read here" in mine[1]
    assert own == "hunter2"
    assert not any(b"hunter2" in data for data, *_ in files(shared).values())


def test_what_the_superuser_saves_for_someone_is_theirs(shared: Path, as_person: As) -> None:
    FolderStore(shared).commit([Change(Place(USER, CAROL), PORT, 5)], Note("root"))

    said = as_person(
        CAROL,
        ["port", shared, CAROL],
        ["refusal", shared, "user", CAROL],
        ["save", shared, "user", CAROL, 6],
        ["history", shared, "user", CAROL],
    )

    assert said == [5, "", "stored", ["me", "root"]]
    for end in (".json", ".history"):
        owner = (shared / f"users/{CAROL}{end}").stat().st_uid
        assert owner == pwd.getpwnam(CAROL).pw_uid


def test_an_administrator_who_is_not_the_superuser_owns_the_folder(
    reachable: Path, as_person: As
) -> None:
    set_up(reachable)
    for one in (reachable, reachable / "users", reachable / "workstations", reachable / ".lock"):
        os.chown(one, pwd.getpwnam(ADMIN).pw_uid, -1)

    said = as_person(
        ADMIN,
        *(["save", reachable, *place, 3] for place in (("company", ""), ("workstation", "W"))),
        ["save", reachable, "user", CAROL, 3],
        ["refusal", reachable, "user", CAROL],
    )
    assert said == ["stored", "stored", "stored", ""]

    read, own, beforehand, saved = as_person(
        CAROL,
        ["port", reachable, CAROL],
        ["save", reachable, "company", "", 9],
        ["refusal", reachable, "user", CAROL],
        ["save", reachable, "user", CAROL, 9],
    )
    # Only the superuser could have given it to her: so she is told.
    assert (read, own[0], saved[0]) == (3, "ReadOnlyStore", "ReadOnlyStore")
    assert f"users/{CAROL}.json" in beforehand


@pytest.mark.parametrize("account", [ANA, CAROL, ADMIN, "root"])
def test_what_is_told_beforehand_is_what_happens(shared: Path, account: str, as_person: As) -> None:
    places = [
        *(("company", ""), ("workstation", "WS-01"), ("workstation", "WS-02")),
        *(("user", one) for one in (ANA, BOB, CAROL, "without-account")),
    ]
    told = as_person(account, *(["refusal", shared, *place] for place in places))
    happened = as_person(account, *(["save", shared, *place, 77] for place in places))

    for place, beforehand, done in zip(places, told, happened, strict=True):
        assert (beforehand == "") == (done == "stored"), (place, beforehand, done)
    own = [place for place, done in zip(places, happened, strict=True) if done == "stored"]
    expected: list[tuple[str, str]] = [("user", account)] if account in (ANA, CAROL) else []
    assert own == (places if account == "root" else expected)
    assert Level(places[0][0]) is COMPANY


def test_a_file_that_one_may_not_write_is_not_replaced_though_its_folder_would_let_one(
    shared: Path, as_person: As
) -> None:
    (shared / "users").chmod(0o777)
    before = files(shared)

    saved, beforehand = as_person(
        ANA, ["save", shared, "user", BOB, 9], ["refusal", shared, "user", BOB]
    )

    assert saved[0] == "ReadOnlyStore"
    assert f"users/{BOB}.json cannot be written: Permission denied" in saved[1]
    assert f"users/{BOB}.json" in beforehand
    assert files(shared) == before


def test_a_first_save_that_was_cut_short_leaves_no_history(shared: Path, as_person: As) -> None:
    """Most people may write no journal here: their first record is there before the document."""
    (shared / "users" / f"{ANA}.json").unlink()

    told, saved, after, port = as_person(
        ANA,
        ["history", shared, "user", ANA],
        ["save", shared, "user", ANA, 5],
        ["history", shared, "user", ANA],
        ["port", shared, ANA],
    )

    assert (told, saved, after, port) == ([], "stored", ["me"], 5)


def test_a_closed_folder_refuses_beforehand_and_in_the_act(shared: Path, as_person: As) -> None:
    (shared / ".lock").chmod(0o644)
    told, done = as_person(ANA, ["refusal", shared, "user", ANA], ["save", shared, "user", ANA, 5])
    assert f"{shared}/.lock" in told
    assert done[0] == "ReadOnlyStore"
    (shared / ".lock").chmod(0o666)
    (shared / "users").chmod(0o755)
    told, done = as_person(ANA, ["refusal", shared, "user", ANA], ["save", shared, "user", ANA, 5])
    assert f"{shared}/users" in told
    assert done[0] == "ReadOnlyStore"
