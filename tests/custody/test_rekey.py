"""A new key: everything opens at every moment, whoever is killed, and whoever saves meanwhile."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rekey_worker import (
    ANA,
    BOB,
    COMPANY,
    DAMAGED,
    POP3,
    SECRETS,
    SMTP,
    WORKER,
    WORKFLOW,
    check,
    key_path,
    ledger,
    prepared,
)

from mailwidgets.errors import DamagedDocument, StoreError, VaultError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.ledger import Ledger
from mailwidgets.settings.documents import Change, Document
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.store.commits import Note
from mailwidgets.store.protocol import Unread
from mailwidgets.vault import sealing
from mailwidgets.vault.keys import KeyFile, KeyText, new_key
from mailwidgets.vault.vault import Vault

ANAS = ANA.place(Level.USER)
MOVED = "it is damaged, or was copied here from another place or setting: set it anew"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


def work(path: Path, task: str, *words: str) -> Any:  # noqa: ANN401 - any JSON
    done = subprocess.run(
        [sys.executable, "-W", "error", str(WORKER), task, str(path), *words],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def stored(of: Ledger, key: tuple[str, str] = POP3, place: Place = ANAS) -> Sealed:
    sealed = of.documents().at(place.level).get(key)
    assert isinstance(sealed, Sealed)
    return sealed


def test_a_change_killed_at_any_step_leaves_everything_readable_and_can_be_finished(
    path: Path,
) -> None:
    seen = work(path, "die_everywhere")

    assert seen["killed"] > 30
    assert seen["killed again"] > 50
    assert seen["keys"] == 2
    assert seen["changed"]


def test_a_change_killed_at_random_leaves_everything_readable(path: Path) -> None:
    seen = work(path, "die_at_random", "40")

    assert seen["rounds"] == 40
    assert seen["keys"] > 3


def test_a_change_to_another_file_killed_at_any_step_is_whole_or_absent(path: Path) -> None:
    seen = work(path, "die_on_the_way_to_another_file")

    assert seen == {"killed": seen["killed"], "opened by the new key": 3}
    assert seen["killed"] > 20


def test_everything_that_the_old_key_opens_is_encrypted_again_in_one_commit(path: Path) -> None:
    prepared(path)
    ana = ledger(path)
    old = ana.vault.keys.key()
    before = len(list(ana.store.history([ANAS, COMPANY])))

    done = ana.rekey()

    check(path, ended=True)
    new = ana.vault.keys.key()
    assert (done.key_id, done.secrets) == (new.id, len(SECRETS))
    assert new != old
    assert done.origin == f"the key file {key_path(path)}"
    assert len(list(ana.store.history([ANAS, COMPANY]))) == before + 1
    assert done.commit is not None
    assert (done.commit.by, done.commit.why) == ("ana", "encrypted with a new key")
    assert ana.documents().user.public_key == sealing.public_key(new)
    assert key_path(path).stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_opened_is_left_as_it_is_and_named(path: Path) -> None:
    prepared(path)
    ana = ledger(path)
    key_id = ana.vault.keys.key().id
    half = Sealed(f"v1:{key_id}:{base64.b64encode(bytes(40)).decode()}")
    ana.store.commit([Change(COMPANY, SMTP, half)])

    done = ana.rekey()

    assert sorted(done.left) == [
        "imap.password of user ana: no key at hand opens it",
        f"smtp.password of company: {MOVED}",
    ]
    assert stored(ana, SMTP, COMPANY) == half
    assert stored(ana, ("imap", "password")) == Sealed(DAMAGED)


def test_a_key_of_the_environment_needs_a_file_for_the_new_one(path: Path, tmp_path: Path) -> None:
    vault = Vault(KeyText(new_key(), "MAILWIDGETS_KEY"), owner="ana")
    ana = Ledger(FolderStore(path), ANA, vault=vault, author="ana")
    ana.commit([ana.change("pop3.password", "hers")])
    before = stored(ana)

    with pytest.raises(VaultError, match=r"MAILWIDGETS_KEY cannot be changed from here: .* --to"):
        ana.rekey()
    assert stored(ana) == before
    done = ana.rekey(to=tmp_path / "next")
    again = ana.rekey(to=tmp_path / "next")

    with_new = Vault(KeyFile(tmp_path / "next"), owner="ana")
    assert with_new.open(ANAS, POP3, stored(ana)) == Secret("hers")
    assert "it was encrypted with another key" in vault.trouble(ANAS, POP3, stored(ana))
    assert (done.secrets, again.secrets, again.commit) == (1, 0, None)
    assert done.key_id == again.key_id == with_new.keys.key().id


def test_the_file_for_the_new_key_is_neither_the_old_one_nor_in_the_store(path: Path) -> None:
    prepared(path)

    with pytest.raises(VaultError, match="holds the present key: name another file"):
        ledger(path).rekey(to=key_path(path))
    with pytest.raises(VaultError, match="is inside the store"):
        ledger(path).rekey(to=path / "key")
    assert not (path / "key").exists()
    check(path, ended=True)


def test_the_companys_key_changes_by_itself(path: Path, tmp_path: Path) -> None:
    own, companys = (KeyFile(tmp_path / name, made=True) for name in ("own", "company"))
    ana = Ledger(FolderStore(path), ANA, vault=Vault(own, companys, owner="ana"), author="ana")
    ana.commit([ana.change("pop3.password", "hers"), ana.change("workflow.password", "theirs")])
    before = stored(ana)

    done = ana.rekey(company=True)

    assert done.secrets == 1
    assert stored(ana) == before
    assert ana.vault.open(COMPANY, WORKFLOW, stored(ana, WORKFLOW, COMPANY)) == Secret("theirs")
    companys_now = stored(ana, WORKFLOW, COMPANY)
    assert ana.rekey().secrets == 1
    assert stored(ana, WORKFLOW, COMPANY) == companys_now


def test_the_company_is_given_a_key_of_its_own(path: Path, tmp_path: Path) -> None:
    prepared(path)
    ana = ledger(path)
    with pytest.raises(VaultError, match="the company has no key of its own here"):
        ana.rekey(company=True)

    done = ana.rekey(company=True, to=tmp_path / "company key")

    apart = Vault(ana.vault.keys, KeyFile(tmp_path / "company key"), owner="ana")
    assert done.secrets == 1
    for (place, key), text in SECRETS.items():
        assert apart.open(place, key, stored(ana, key, place)) == Secret(text)
    assert ana.vault.trouble(COMPANY, WORKFLOW, stored(ana, WORKFLOW, COMPANY))


class Forbidden(FolderStore):
    """A store in which one may not write some places, as the file system would have it."""

    forbidden: tuple[Place, ...] = ()

    def refusal(self, place: Place) -> str:
        return "you may not write it" if place in self.forbidden else super().refusal(place)


def test_nothing_is_changed_where_something_would_be_lost_with_the_old_key(path: Path) -> None:
    prepared(path)
    for place, told in (
        (COMPANY, "workflow.password of company is encrypted with the present key and could not"),
        (ANAS, "of user ana is encrypted with the present key and could not"),
    ):
        store = Forbidden(path)
        store.forbidden = (place,)
        ana = Ledger(store, ANA, vault=ledger(path).vault, author="ana")
        with pytest.raises(VaultError, match=told):
            ana.rekey()
        check(path, ended=True)


def test_a_change_cut_short_is_finished_by_one_who_may_no_longer_write_what_it_wrote(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(path)
    with monkeypatch.context() as patched:
        patched.setattr(KeyFile, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ledger(path).rekey()
    store = Forbidden(path)
    store.forbidden = (COMPANY,)
    ana = Ledger(store, ANA, vault=ledger(path).vault, author="ana")
    assert len(ana.vault.keys.openers()) == 2

    assert ana.rekey().commit is None

    check(path, ended=True)


def interrupted(_: KeyFile) -> None:
    raise KeyboardInterrupt


def test_a_public_key_that_could_not_be_replaced_keeps_its_key(path: Path) -> None:
    ledger(path).publish_key()
    store = Forbidden(path)
    store.forbidden = (ANAS,)
    ana = Ledger(store, ANA, vault=ledger(path).vault, author="ana")

    with pytest.raises(VaultError, match="others encrypt to the present key of user ana"):
        ana.rekey()


def test_someone_elses_damaged_document_is_passed_over_and_ones_own_is_not(path: Path) -> None:
    prepared(path)
    bobs = path / "users/bob.json"
    text = bobs.read_text()
    bobs.write_text(text[:-9])
    store = Forbidden(path)
    store.forbidden = (BOB.place(Level.USER),)
    ana = Ledger(store, ANA, vault=ledger(path).vault, author="ana")
    old = ana.vault.keys.key()

    with pytest.raises(DamagedDocument, match=r"bob\.json"):
        ledger(path).rekey()  # it could write bob's document: there may be more of its secrets
    assert ana.vault.keys.openers() == (old,)
    assert ana.rekey().secrets == len(SECRETS)
    bobs.write_text(text)
    check(path, ended=True)


def test_someone_elses_document_that_the_disk_refuses_is_not_passed_over(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(path)
    store = Forbidden(path)
    store.forbidden = (BOB.place(Level.USER),)
    ana = Ledger(store, ANA, vault=ledger(path).vault, author="ana")

    def broken(_: Level, unread: Unread) -> Iterator[Document]:
        unread(BOB.place(Level.USER), StoreError("Input/output error"))
        yield ana.documents().user

    monkeypatch.setattr(store, "read_all", broken)
    with pytest.raises(StoreError, match="Input/output error"):
        ana.rekey()
    check(path, ended=True)


def test_who_saves_while_the_key_changes_loses_nothing(path: Path) -> None:
    prepared(path)
    command = [sys.executable, "-W", "error", str(WORKER), "keep_setting", str(path)]
    writers = [
        subprocess.Popen([*command, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for who in ("ana", "bob")
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == b"begun\n"
    ids = {ledger(path).rekey().key_id for _ in range(15)}
    said = [writer.communicate(b"x", timeout=60)[0] for writer in writers]
    ledger(path).rekey()

    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(ids) == 15
    ana = ledger(path)
    for who, key, number in zip(("ana", "bob"), (POP3, SMTP), said, strict=True):
        assert ana.vault.open(ANAS, key, stored(ana, key)) == Secret(f"{who} {int(number)}")


Step = Callable[[], object]


class Interrupted(FolderStore):
    """A store in which someone else does something before a commit, once."""

    meanwhile: Step | None = None

    def commit(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the real one
        step, self.meanwhile = self.meanwhile, None
        if step is not None:
            step()
        return super().commit(*args, **kwargs)


def test_a_password_set_in_the_middle_of_a_change_is_encrypted_again_too(path: Path) -> None:
    prepared(path)
    store = Interrupted(path)
    bob = ledger(path, BOB)
    store.meanwhile = lambda: bob.commit([Change(ANAS, SMTP, Secret("newer"))])
    ana = Ledger(store, ANA, vault=ledger(path).vault, author="ana")

    ana.rekey()

    assert ana.vault.open(ANAS, SMTP, stored(ana, SMTP)) == Secret("newer")


def test_who_seals_to_a_key_that_changes_just_then_seals_again(path: Path) -> None:
    prepared(path)
    store = Interrupted(path)
    store.meanwhile = lambda: ledger(path).rekey()
    bob = Ledger(store, BOB, vault=ledger(path, BOB).vault, author="bob")

    done = bob.commit([Change(ANAS, SMTP, Secret("newer"))], why="from the desk")

    ana = ledger(path)
    assert done is not None
    assert ana.vault.open(ANAS, SMTP, stored(ana, SMTP)) == Secret("newer")
    newest = list(itertools.islice(ana.store.history([ANAS]), 2))
    assert [(one.by, one.why) for one in newest] == [
        ("bob", "from the desk"),
        ("ana", "encrypted with a new key"),
    ]


def test_who_seals_to_a_key_that_is_spoilt_just_then_stores_nothing(path: Path) -> None:
    prepared(path)
    store = Interrupted(path)
    before = stored(ledger(path), SMTP)

    def spoil() -> None:
        store.commit([], Note("mallory", public_keys={ANAS: "x25519:spoilt"}))

    store.meanwhile = spoil
    bob = Ledger(store, BOB, vault=ledger(path, BOB).vault, author="bob")
    with pytest.raises(VaultError, match="not stored: the public key is damaged"):
        bob.commit([Change(ANAS, SMTP, Secret("newer")), bob.change("pop3.password", "his")])

    assert stored(ledger(path), SMTP) == before
    assert [one.by for one in itertools.islice(store.history([ANAS]), 1)] == ["mallory"]


def test_a_key_does_not_change_between_the_sealing_and_the_storing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(path)
    store, told = Interrupted(path), []
    ana = Ledger(store, ANA, vault=ledger(path).vault, author="ana")
    monkeypatch.setattr("mailwidgets.vault.keys.PATIENCE", 0.01)

    def change() -> None:
        with pytest.raises(VaultError) as caught:
            ledger(path).rekey()
        told.append(str(caught.value))

    store.meanwhile = change
    ana.commit([ana.change("pop3.password", "newer")])

    assert told == [
        f"another process is making or changing the key file {key_path(path)}: try again"
    ]
    assert ana.vault.open(ANAS, POP3, stored(ana)) == Secret("newer")


def test_a_key_that_was_never_made_is_not_changed(path: Path) -> None:
    with pytest.raises(VaultError, match="there is no key file"):
        ledger(path).rekey()
    assert not path.exists()


def test_a_key_whose_lock_cannot_be_had_is_not_changed(path: Path) -> None:
    prepared(path)
    lock = key_path(path).with_name("key of ana.lock")
    lock.unlink()
    lock.mkdir()

    with pytest.raises(
        VaultError, match=r"cannot be made or changed from here: .*: Is a directory"
    ):
        ledger(path).rekey()
    lock.rmdir()
    check(path, ended=True)
