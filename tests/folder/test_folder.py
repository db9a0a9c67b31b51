"""A folder of documents as people see it: names, text, owners and modes of its files."""

from __future__ import annotations

import json
import os
import socket
import stat
from pathlib import Path

import pytest
from edits import ANA, COMPANY, PORT, USER, change
from filelock import FileLock, lock_descriptor

from mailwidgets.errors import DamagedDocument, InvalidValue, StoreError
from mailwidgets.folder.alone import alone
from mailwidgets.folder.folder import FolderStore
from mailwidgets.folder.journal import Journal
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Sealed
from mailwidgets.store.commits import Note


def test_an_absent_folder_is_not_made_by_looking(store: FolderStore, path: Path) -> None:
    store.read(ANA)
    list(store.history([ANA.place(USER)]))
    store.refusal(ANA.place(USER))

    assert [store.places(level) for level in Level] == [(), (), ()]
    assert store.version(ANA)
    assert store.commit([change(USER, "pop3.port", None)]) is None
    with pytest.raises(InvalidValue):
        store.commit([change(USER, "pop3.port", 0)])
    assert not path.exists()


def test_a_document_is_json_that_people_can_read(store: FolderStore, path: Path) -> None:
    store.commit(
        [
            change(USER, "smtp.user", "maría"),
            change(USER, "pop3.password", Sealed("v1:00000000:AAAA")),
            change(USER, "pop3.port", 995),
        ],
        Note("ana", id="5f0e"),
    )

    assert (path / "users" / "ana.json").read_text("utf-8") == (
        '{\n  "format": 2,\n  "id": "ana",\n  "commit": "5f0e",\n  "settings": {\n'
        '    "pop3": {\n      "port": 995,\n'
        '      "password": {\n        "sealed": "v1:00000000:AAAA"\n      }\n    },\n'
        '    "smtp": {\n      "user": "maría"\n    }\n  }\n}\n'
    )


def test_what_is_known_comes_first_and_in_order(store: FolderStore, path: Path) -> None:
    (path / "users").mkdir(parents=True)
    text = '{"z": 1, "settings": {"own": {}, "pop3": {"shiny": 1, "port": 1}}, "id": "ana"}'
    (path / "users/ana.json").write_text(text)

    store.commit([change(USER, "pop3.timeout", 5), change(USER, "imap.port", 993)])

    content = json.loads((path / "users/ana.json").read_bytes())
    assert list(content) == ["format", "id", "commit", "settings", "z"]
    assert list(content["settings"]) == ["pop3", "imap", "own"]
    assert list(content["settings"]["pop3"]) == ["port", "timeout", "shiny"]


def test_a_change_that_changes_nothing_writes_no_file(store: FolderStore, path: Path) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    before = {file: file.stat() for file in path.rglob("*")}

    store.commit([change(USER, "pop3.port", 995, base=110), change(USER, "smtp.port", None)])

    assert {file: file.stat() for file in path.rglob("*")} == before


def test_history_lies_beside_the_document_as_lines_that_people_can_read(
    store: FolderStore, path: Path
) -> None:
    store.commit([change(USER, "pop3.port", 995)], Note("bob", "new port", id="aa"))
    store.commit([change(USER, "pop3.port", None)], Note("bob", id="bb"))

    first, second = (path / "users/ana.history").read_text("utf-8").splitlines()
    assert '"by": "bob", "why": "new port"' in first
    assert '"edits": [{"setting": "pop3.port", "before": null, "after": 995}]' in first
    assert json.loads(second)["parent"] == "aa"


def test_an_older_document_put_in_place_by_hand_takes_its_history_along(
    store: FolderStore, path: Path
) -> None:
    document = path / "users/ana.json"
    store.commit([change(USER, "pop3.port", 1)], Note(id="aa"))
    older = document.read_bytes()
    store.commit([change(USER, "pop3.port", 2)], Note(id="bb"))
    document.write_bytes(older)
    assert [one.id for one in store.history([ANA.place(USER)])] == ["aa"]

    store.commit([change(USER, "pop3.port", 3)], Note(id="cc"))

    newest, oldest = store.history([ANA.place(USER)])
    assert (newest.id, oldest.id, newest.outside) == ("cc", "aa", ())
    assert newest.edits[0].before == 1


def test_half_a_surrogate_pair_in_something_unknown_survives(
    store: FolderStore, path: Path
) -> None:
    path.mkdir()
    (path / "company.json").write_text('{"later": "\\ud800", "name": "é"}')

    store.commit([change(COMPANY, "pop3.port", 995)])

    content = json.loads((path / "company.json").read_bytes())
    assert (content["later"], content["name"]) == ("\ud800", "é")


@pytest.mark.parametrize("id_", ["../../etc/x", "CON", "con.txt", "😀", "é" * 300, "/", "."])
def test_an_odd_id_is_stored_inside_the_folder(
    store: FolderStore, path: Path, tmp_path: Path, id_: str
) -> None:
    before = {*tmp_path.iterdir()}
    store.commit([Change(Identity(id_, id_).place(USER), PORT, 995)])

    assert store.places(USER) == (Place(USER, id_),)
    assert {one.suffix for one in (path / "users").iterdir()} == {".json", ".history"}
    assert len(list((path / "users").iterdir())) == 2
    assert {*tmp_path.iterdir()} - before == {path}


def test_places_leave_out_what_is_nobodys(store: FolderStore, path: Path) -> None:
    for id_ in ("zoe", "ana", "x" * 300):
        store.commit([Change(Place(USER, id_), PORT, 995)])
    (path / "users/not ours.json").write_text("{}")
    (path / "users/README").write_text("")
    (path / "users/ana.json~").write_text('{"id": "ana"}')  # as editors leave it
    theirs, damaged = (f"{one * 130}~{'0' * 64}.json" for one in "xy")  # as a long id is cut
    (path / "users" / theirs).write_text('{"id": "someone"}')

    assert [place.id for place in store.places(USER)] == ["ana", "x" * 300, "zoe"]
    assert [one.place.id for one in store.read_all(USER)] == ["ana", "x" * 300, "zoe"]

    (path / "users" / damaged).write_text("damaged")  # whose it is cannot be told
    assert [place.id for place in store.places(USER)] == ["ana", "x" * 300, damaged, "zoe"]
    with pytest.raises(DamagedDocument, match=damaged):
        list(store.read_all(USER))


def test_new_files_follow_the_umask_and_replaced_ones_keep_their_mode(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = os.umask(0o027)
    try:
        store.commit([change(USER, "pop3.port", 995)])
    finally:
        os.umask(old)
    document, history = path / "users/ana.json", path / "users/ana.history"
    for file in (document, history):
        assert stat.S_IMODE(file.stat().st_mode) == 0o640
        file.chmod(0o4600)  # no document needs a set-user-id bit
    assert stat.S_IMODE(document.parent.stat().st_mode) == 0o750
    history.chmod(0o600)
    modes, real = [], os.write

    def noted(number: int, data: bytes) -> int:
        modes.append(stat.S_IMODE(os.fstat(number).st_mode))
        return real(number, data)

    monkeypatch.setattr(os, "write", noted)
    store.commit([change(USER, "pop3.port", 110)])
    assert modes[1:] == [0o600, 0o600]  # after the lock's: not for others to read for a moment
    assert [stat.S_IMODE(one.stat().st_mode) for one in (document, history)] == [0o600, 0o600]


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

    with FileLock(path / ".lock"), pytest.raises(StoreError, match=f"{path} is being written by "):
        FolderStore(path, timeout=0).commit([change(USER, "pop3.port", 110)])

    assert FolderStore(path).read(ANA).user.values == {PORT: 995}


def test_a_writers_note_holds_nothing_of_one_that_was_killed(
    store: FolderStore, path: Path
) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    lock = path / ".lock"
    lock.write_text("process 4194304 on a machine with a rather long name")

    with alone(path, 0) as turn:
        assert turn.cut_short
        assert lock.read_text() == f"process {os.getpid()} on {socket.gethostname()}"
    assert lock.read_text() == ""


def test_a_lock_that_is_no_longer_the_folders_is_not_taken_for_it(
    store: FolderStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    lock, taken = path / ".lock", []

    def replaced_first(number: int, *, blocking: bool) -> bool:
        if not taken:  # someone removed it between its opening and its locking
            lock.unlink()
            lock.touch()
        taken.append(number)
        return lock_descriptor(number, blocking=blocking)

    monkeypatch.setattr("mailwidgets.folder.alone.lock_descriptor", replaced_first)

    assert store.commit([change(USER, "pop3.port", 110)])
    assert len(taken) == 2


def test_a_history_that_is_here_already_is_not_replaced_by_what_is_taken_over(
    store: FolderStore, tmp_path: Path
) -> None:
    for one in (store, there := FolderStore(tmp_path / "there")):
        one.commit([change(USER, "pop3.port", 995)])
    (there.path / "users/ana.json").unlink()
    kept = (there.path / "users/ana.history").read_bytes()

    with pytest.raises(StoreError, match=r"ana\.history holds something else already") as told:
        there.adopt([store.moved(ANA.place(USER))])

    assert "Nothing was stored." in str(told.value)
    assert [one.name for one in (there.path / "users").iterdir()] == ["ana.history"]
    assert (there.path / "users/ana.history").read_bytes() == kept


def test_a_path_is_found_even_if_another_thread_forgets_them_all(path: Path) -> None:
    class Forgetful(dict[str, Path]):
        def __setitem__(self, name: str, found: Path) -> None:
            super().__setitem__(name, found)
            self.clear()

    journal = Journal(path, ())
    journal._paths = Forgetful()  # noqa: SLF001 - as at the worst moment

    assert journal.path("users/ana.json") == path / "users/ana.json"


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FolderStore(tmp_path / "file")

    with pytest.raises(StoreError, match=r"file.*cannot be read: Not a directory"):
        store.read(ANA)
    with pytest.raises(StoreError):
        store.version(ANA)
    assert store.refusal(Place(COMPANY))


def test_a_document_moved_to_another_id_is_refused(store: FolderStore, path: Path) -> None:
    store.commit([change(USER, "pop3.port", 995)])
    (path / "users/ana.json").rename(path / "users/bob.json")

    with pytest.raises(DamagedDocument, match="the document of 'ana', not of user bob"):
        store.read(Identity("bob", "WS-01"))
