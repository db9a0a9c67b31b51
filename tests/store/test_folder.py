from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from store_worker import ANA, change, everywhere

from mailwidgets.errors import Conflict, InvalidValue, StoreError, WrongLevel
from mailwidgets.settings.documents import UNSET, Change, Document
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.store.folder import FolderStore

COMPANY, USER, WORKSTATION = Level.COMPANY, Level.USER, Level.WORKSTATION
PORT = ("pop3", "port")


def user_values(store: FolderStore, who: Identity = ANA) -> dict[Any, object]:
    return dict(store.read(who).user.values)


def contents(path: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*.json")
    }  # fmt: skip


def test_an_absent_folder_holds_empty_documents_and_is_not_made(
    store: FolderStore, path: Path
) -> None:
    read = store.read(ANA)

    assert read.company == Document(Place(COMPANY))
    assert read.user == Document(Place(USER, "ana"))
    assert read.workstation == Document(Place(WORKSTATION, "WS-01"))
    assert [store.places(level) for level in Level] == [(), (), ()]
    assert store.version()
    assert not path.exists()


def test_what_is_committed_is_read_again_by_another_store(store: FolderStore, path: Path) -> None:
    sealed = Sealed("v1:00000000:AAAA")
    store.commit(
        [
            change(USER, "pop3.port", 995),
            change(USER, "pop3.password", sealed),
            change(USER, "imap.outbox", "Ausgang/Ünïcode 😀"),
            change(COMPANY, "trust.allowed_hosts", ("a.example", "b.example")),
            change(COMPANY, "pop3.port", "policy", lock=True),
            change(WORKSTATION, "pop3.name", "mail.example"),
        ]
    )

    read = FolderStore(path).read(ANA)
    assert read.user.values == {
        ("pop3", "port"): 995,
        ("pop3", "password"): sealed,
        ("imap", "outbox"): "Ausgang/Ünïcode 😀",
    }
    assert read.company.values == {("trust", "allowed_hosts"): ("a.example", "b.example")}
    assert read.company.locks == {PORT: "policy"}
    assert read.workstation.values == {("pop3", "name"): "mail.example"}


def test_a_document_is_json_that_people_can_read(store: FolderStore, path: Path) -> None:
    store.commit(
        [
            change(USER, "smtp.user", "maría"),
            change(USER, "pop3.password", Sealed("v1:00000000:AAAA")),
            change(USER, "pop3.port", 995),
        ]
    )

    assert (path / "users" / "ana.json").read_text("utf-8") == (
        '{\n  "format": 1,\n  "id": "ana",\n  "settings": {\n'
        '    "pop3": {\n      "port": 995,\n'
        '      "password": {\n        "sealed": "v1:00000000:AAAA"\n      }\n    },\n'
        '    "smtp": {\n      "user": "maría"\n    }\n  }\n}\n'
    )


def test_an_unset_value_leaves_no_trace(store: FolderStore, path: Path) -> None:
    store.commit(
        [change(COMPANY, "pop3.port", 995), change(COMPANY, "imap.port", "why", lock=True)]
    )
    store.commit(
        [change(COMPANY, "pop3.port", None), change(COMPANY, "imap.port", None, lock=True)]
    )

    content = json.loads((path / "company.json").read_bytes())
    assert content == {"format": 1, "settings": {}, "locks": {}}


def test_a_change_that_changes_nothing_writes_nothing(store: FolderStore, path: Path) -> None:
    store.commit([change(USER, "pop3.port", None)])
    assert not path.exists()
    store.commit([change(USER, "pop3.port", 995)])
    before, version = (path / "users/ana.json").stat(), store.version()

    store.commit([change(USER, "pop3.port", 995, base=110), change(USER, "smtp.port", None)])

    assert (path / "users/ana.json").stat() == before
    assert store.version() == version


def test_what_a_newer_version_wrote_survives_a_save(store: FolderStore, path: Path) -> None:
    (path / "users").mkdir(parents=True)
    future = {
        "id": "ana",
        "extra": [1, {"a": None}],
        "settings": {"future": 3, "pop3": {"shiny": {"x": [1.5]}, "port": 110}, "smtp": {}},
        "locks": {"not": "here"},
    }
    (path / "users/ana.json").write_text(json.dumps(future))

    store.commit([change(USER, "pop3.port", 995), change(USER, "pop3.timeout", 5)])

    future["format"] = 1
    future["settings"]["pop3"] |= {"port": 995, "timeout": 5}  # type: ignore[index]
    content = json.loads((path / "users/ana.json").read_bytes())
    assert content == future
    assert list(content["settings"]["pop3"]) == ["port", "timeout", "shiny"]


def test_half_a_surrogate_pair_in_something_unknown_survives(
    store: FolderStore, path: Path
) -> None:
    (path).mkdir()
    (path / "company.json").write_text('{"later": "\\ud800", "name": "é"}')

    store.commit([change(COMPANY, "pop3.port", 995)])

    content = json.loads((path / "company.json").read_bytes())
    assert (content["later"], content["name"]) == ("\ud800", "é")


@pytest.mark.parametrize("id_", ["../../etc/x", "CON", "con.txt", "😀", "é" * 300, "/", "."])
def test_an_odd_id_is_stored_inside_the_folder(
    store: FolderStore, path: Path, tmp_path: Path, id_: str
) -> None:
    who = Identity(id_, id_)
    before = {*tmp_path.iterdir()}
    store.commit([Change(who.place(USER), PORT, 995)])

    assert user_values(store, who) == {PORT: 995}
    assert store.places(USER) == (Place(USER, id_),)
    assert len(list((path / "users").iterdir())) == 1
    assert {*tmp_path.iterdir()} - before == {path}


def test_places_are_sorted_and_leave_out_what_is_nobodys(store: FolderStore, path: Path) -> None:
    for id_ in ("zoe", "ana", "x" * 300):
        store.commit([Change(Place(USER, id_), PORT, 995)])
    (path / "users/not ours.json").write_text("{}")
    (path / "users/README").write_text("")
    (path / "users" / ("x~" + "0" * 64 + ".json")).write_text('{"id": "someone"}')
    (path / "users" / ("y~" + "0" * 64 + ".json")).write_text("damaged")

    assert [place.id for place in store.places(USER)] == ["ana", "x" * 300, "zoe"]
    assert store.places(COMPANY) == ()
    store.commit([change(COMPANY, "pop3.port", 995)])
    assert store.places(COMPANY) == (Place(COMPANY),)


def test_different_settings_of_two_people_merge(store: FolderStore, path: Path) -> None:
    theirs = FolderStore(path)
    store.commit([change(USER, "pop3.port", 995, base=UNSET)])
    theirs.commit([change(USER, "pop3.timeout", 5, base=UNSET)])

    assert user_values(store) == {PORT: 995, ("pop3", "timeout"): 5}


def test_the_same_setting_of_two_people_is_a_conflict(store: FolderStore, path: Path) -> None:
    store.commit(
        [change(USER, "pop3.port", 995), change(COMPANY, "imap.port", "policy", lock=True)]
    )
    before = contents(path)

    with pytest.raises(Conflict) as caught:
        store.commit(
            [
                change(USER, "pop3.port", 1110, base=110),
                change(COMPANY, "imap.port", None, lock=True, base="old"),
                change(USER, "smtp.port", 587, base=UNSET),
            ]
        )

    assert caught.value.clashes == (
        ("pop3.port", "user ana", "110", "995", "1110"),
        ("lock of imap.port", "company", "old", "policy", ""),
    )
    assert "pop3.port (user ana) was 110, is 995 now, and you want 1110" in str(caught.value)
    assert contents(path) == before


def test_a_conflict_of_secrets_tells_neither(store: FolderStore) -> None:
    first, second, third = (Sealed(f"v1:00000000:{letter}") for letter in ("AAAA", "BBBB", "CCCC"))
    store.commit([change(USER, "pop3.password", second)])

    with pytest.raises(Conflict) as caught:
        store.commit([change(USER, "pop3.password", third, base=first)])
    with pytest.raises(Conflict) as removed:
        store.commit([change(USER, "pop3.password", None, base=first)])

    assert caught.value.clashes == (("pop3.password", "user ana", "set", "changed", "changed"),)
    assert removed.value.clashes[0].yours == ""
    assert not any(one in str(caught.value) for one in ("AAAA", "BBBB", "CCCC"))


def test_two_who_want_the_same_do_not_conflict(store: FolderStore) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    store.commit([change(USER, "pop3.port", 995, base=110)])
    store.commit([change(USER, "pop3.port", None, base=995)])
    store.commit([change(USER, "pop3.port", None, base=110)])

    assert user_values(store) == {}


def test_of_two_changes_of_one_setting_the_last_counts(store: FolderStore) -> None:
    store.commit([change(USER, "pop3.port", 995), change(USER, "pop3.port", 1110)])

    assert user_values(store) == {PORT: 1110}


def test_a_wrong_value_never_reaches_a_document(store: FolderStore, path: Path) -> None:
    with pytest.raises(InvalidValue):
        store.commit([change(USER, "smtp.port", 587), change(USER, "pop3.port", 0)])
    with pytest.raises(TypeError, match="sealed"):
        store.commit([change(USER, "smtp.port", 587), change(USER, "pop3.password", Secret("x"))])
    with pytest.raises(WrongLevel, match="only the company locks"):
        store.commit([change(USER, "pop3.port", "why", lock=True)])

    assert not path.exists()


def test_an_empty_value_removes_it(store: FolderStore) -> None:
    store.commit([change(USER, "pop3.user", "ana")])
    store.commit([change(USER, "pop3.user", "")])

    assert user_values(store) == {}


def test_the_version_changes_with_every_commit(store: FolderStore) -> None:
    versions = [store.version()]
    for number in range(1, 20):
        store.commit([change(USER, "pop3.timeout", number)])
        versions.append(store.version())
        assert store.version() == versions[-1]
    store.commit(everywhere(77))
    versions.append(store.version())

    assert len(set(versions)) == len(versions)


def test_new_files_follow_the_umask_and_replaced_ones_keep_their_mode(
    store: FolderStore, path: Path
) -> None:
    old = os.umask(0o027)
    try:
        store.commit([change(USER, "pop3.port", 995)])
    finally:
        os.umask(old)
    document = path / "users/ana.json"
    assert stat.S_IMODE(document.stat().st_mode) == 0o640
    assert stat.S_IMODE(document.parent.stat().st_mode) == 0o750

    document.chmod(0o600)
    store.commit([change(USER, "pop3.port", 110)])
    assert stat.S_IMODE(document.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_document_stays_its_owners_when_an_administrator_saves(
    store: FolderStore, path: Path
) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    os.chown(path / "users/ana.json", 65534, 65534)

    store.commit([change(USER, "pop3.port", 110)])

    status = (path / "users/ana.json").stat()
    assert (status.st_uid, status.st_gid) == (65534, 65534)


def test_a_store_that_is_being_written_says_by_whom(path: Path) -> None:
    FolderStore(path).commit([change(USER, "pop3.port", 995)])

    with FileLock(path / ".lock"), pytest.raises(StoreError) as caught:
        FolderStore(path, timeout=0).commit([change(USER, "pop3.port", 110)])

    assert f"{path} is being written by process {os.getpid()} on " in str(caught.value)
    assert user_values(FolderStore(path)) == {PORT: 995}


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FolderStore(tmp_path / "file")

    with pytest.raises(StoreError, match=r"file.*cannot be read: Not a directory"):
        store.read(ANA)
    with pytest.raises(StoreError):
        store.version()
    assert not store.writable(COMPANY)
