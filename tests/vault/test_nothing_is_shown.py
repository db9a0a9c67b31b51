"""The canary: no secret and no key in a traceback with its variables, a pickle, a log or a file."""

from __future__ import annotations

import base64
import copy
import gc
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import keyring
import keyring.backends.fail
import pytest
from cryptography.hazmat.primitives import hpke
from keyring.backend import KeyringBackend
from keyring.errors import PasswordSetError

from mailwidgets.errors import MailwidgetsError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.ledger import Ledger
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault import sealing
from mailwidgets.vault.cipher import EncryptionKey
from mailwidgets.vault.keys import KeyFile, KeyText, new_key
from mailwidgets.vault.passphrase import Passphrase
from mailwidgets.vault.vault import Vault

CANARY = "canary-Zwitscher-7736"
ANA, BOB = Identity("ana", "WS-01"), Identity("bob", "WS-02")
ANAS, BOBS, COMPANY = ANA.place(Level.USER), BOB.place(Level.USER), ANA.place(Level.COMPANY)
PASSWORD = ("pop3", "password")
Failing = Callable[[Path], object]


def everything_of(error: BaseException) -> str:
    """Return what a debugger may print: every error that led here, each frame with its variables.

    Also of errors that were meant to be hidden.
    """
    told, waiting, seen = [], [error], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        told.append(repr(one.args) + repr(vars(one)) + repr(getattr(one, "object", "")))
        printed = traceback.TracebackException.from_exception(one, capture_locals=True)
        told += list(printed.format(chain=True))
        waiting += [other for other in (one.__cause__, one.__context__) if other is not None]
    return "".join(told)


def forms(text: str) -> list[str]:
    """Return how a secret may look in a text."""
    raw = text.encode()
    return [text, raw.hex(), base64.b64encode(raw).decode().rstrip("=")[:-1]]


def key_file(path: Path, name: str = "key") -> Path:
    """Return a file that holds the canary where a key should be, or a key."""
    file = path / name
    file.write_text(KEY if name == "key" else CANARY)
    file.chmod(0o600)
    return file


KEY = new_key()
MINE = Vault(KeyText(KEY, "MAILWIDGETS_KEY"), owner="ana")
PUBLIC = MINE.public_key()


def crafted(clear: bytes) -> Sealed:
    """Return what anyone may have sealed to ana."""
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    private = EncryptionKey.read(Secret(KEY), "the test").private()
    body = suite.encrypt(clear, private.public_key(), sealing.bound("v2", ANAS, PASSWORD))
    return Sealed(f"v2:{sealing.public_id(PUBLIC)}:{base64.b64encode(body).decode()}")


def commit_for_bob(path: Path) -> object:
    ana = Ledger(FolderStore(path), ANA, vault=MINE)
    return ana.commit([Change(BOBS, PASSWORD, Secret(CANARY))])


def commit_that_conflicts(path: Path) -> object:
    ana = Ledger(FolderStore(path), ANA, vault=MINE)
    ana.commit([ana.change("pop3.password", CANARY)])
    return ana.commit([Change(ANAS, PASSWORD, Secret(CANARY), base=Sealed("x"))])


def commit_into_a_file(path: Path) -> object:
    (path / "file").write_text("")
    ana = Ledger(FolderStore(path / "file"), ANA, vault=MINE)
    return ana.commit([ana.change("pop3.password", CANARY)])


def rekey_into_a_file(path: Path) -> object:
    ana = Ledger(FolderStore(path / "store"), ANA, vault=Vault(KeyFile(key_file(path))))
    ana.commit([ana.change("pop3.password", CANARY)])
    (path / "key.new").mkdir()
    return ana.rekey()


def otherwise(text: str) -> Sealed:
    return Sealed(text[:-6] + ("AAAAA=" if text[-6:] != "AAAAA=" else "BBBBB="))


FAILING: dict[str, Failing] = {
    "seal a line break": lambda _: MINE.seal(ANAS, PASSWORD, Secret(CANARY + "\n")),
    "seal a NUL for another": lambda _: vault_of_bob().seal(
        ANAS, PASSWORD, Secret(CANARY + "\0"), public_key=PUBLIC
    ),
    "seal to nobody": lambda _: MINE.seal(BOBS, PASSWORD, Secret(CANARY)),
    "seal to a damaged key": lambda _: MINE.seal(BOBS, PASSWORD, Secret(CANARY), public_key="x"),
    "seal to a weak key": lambda _: MINE.seal(
        BOBS, PASSWORD, Secret(CANARY), public_key=weak_public_key()
    ),
    "seal without a key": lambda path: Vault(KeyFile(path / "no")).seal(
        ANAS, PASSWORD, Secret(CANARY)
    ),
    "open what is no text": lambda _: MINE.open(ANAS, PASSWORD, crafted(CANARY.encode() + b"\xff")),
    "open what is no line": lambda _: MINE.open(ANAS, PASSWORD, crafted(f"{CANARY}\n".encode())),
    "open what was moved": lambda _: MINE.open(
        COMPANY, PASSWORD, MINE.seal(ANAS, PASSWORD, Secret(CANARY))
    ),
    "open what is damaged": lambda _: MINE.open(
        ANAS, PASSWORD, otherwise(MINE.seal(ANAS, PASSWORD, Secret(CANARY)).text)
    ),
    "a key that is none": lambda _: KeyText(CANARY, "TEST_KEY").key(),
    "a key that is short": lambda _: KeyText(
        base64.b64encode(CANARY.encode()).decode(), "TEST_KEY"
    ).key(),
    "a key file that is none": lambda path: KeyFile(key_file(path, "none")).key(),
    "an environment with a key that is none": lambda _: Vault.from_environment(
        {"MAILWIDGETS_KEY": CANARY}
    ).public_key(),
    "a home that is nowhere": lambda _: Vault.from_environment(
        {"MAILWIDGETS_KEY": "", "OTHER": CANARY, "MAILWIDGETS_KEY_FILE": "~nobody-here/key"}
    ).public_key(),
    "a passphrase that is wrong": lambda _: Passphrase(CANARY).open(
        ANAS, PASSWORD, Passphrase("x").seal(ANAS, PASSWORD, Secret(CANARY))
    ),
    "a passphrase for a line break": lambda _: Passphrase(CANARY).seal(
        ANAS, PASSWORD, Secret(f"{CANARY}\n")
    ),
    "a keyring that refuses": lambda _: vault_in_the_keyring().public_key(),
    "a commit for another": commit_for_bob,
    "a commit that conflicts": commit_that_conflicts,
    "a commit into a file": commit_into_a_file,
    "a change of keys": rekey_into_a_file,
    "a pickled key": lambda _: pickle.dumps(EncryptionKey.read(Secret(KEY), "the test")),
    "a pickled vault": lambda _: pickle.dumps(MINE),
    "a copied vault": lambda _: copy.deepcopy(MINE),
    "a pickled source": lambda _: pickle.dumps(MINE.keys),
    "a pickled passphrase": lambda _: pickle.dumps(Passphrase(CANARY)),
    "a pickled ledger": lambda path: pickle.dumps(Ledger(FolderStore(path), ANA, vault=MINE)),
}


def vault_of_bob() -> Vault:
    return Vault(KeyText(new_key(), "bob's key"), owner="bob")


def weak_public_key() -> str:
    from mailwidgets.vault.cipher import digest  # noqa: PLC0415 - for this one

    return f"x25519:{digest('public key', bytes(32))}:{base64.b64encode(bytes(32)).decode()}"


class Refusing(KeyringBackend):
    priority = 5  # type: ignore[assignment] # a class property in the base
    asked: ClassVar[list[str]] = []

    def get_password(self, service: str, username: str) -> str | None:
        del service, username
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.asked.append(password)
        raise PasswordSetError(f"{service}, {username}")


def vault_in_the_keyring() -> Vault:
    return Vault.from_environment({"MAILWIDGETS_KEYRING": "1"})


@pytest.fixture(autouse=True)
def refusing() -> Iterator[None]:
    keyring.set_keyring(Refusing())
    yield
    keyring.set_keyring(keyring.backends.fail.Keyring())


@pytest.mark.parametrize("name", FAILING)
def test_what_fails_shows_neither_secret_nor_key(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises((MailwidgetsError, TypeError, RuntimeError)) as caught:
        FAILING[name](tmp_path)

    # The test's own frame, the first, is not ours to keep clean.
    told = everything_of(caught.value.with_traceback(caught.tb.tb_next))
    told += caplog.text + "".join(capfd.readouterr()) + repr(MINE) + repr(MINE.keys)
    shown = [form for form in (*forms(CANARY), KEY, *Refusing.asked) if form in told]
    assert "Traceback" in told
    assert not shown


def test_what_is_stored_and_what_a_change_of_keys_writes_is_never_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every byte that goes to the disk is looked at on its way, temporary files included."""
    written: list[bytes] = []
    fsync = os.fsync

    def look(number: int) -> None:
        everything = (one for one in tmp_path.rglob("*") if one.is_file())
        written.extend(one.read_bytes() for one in everything)
        fsync(number)

    monkeypatch.setattr(os, "fsync", look)
    bob = Vault(KeyFile(tmp_path / "bob/key", made=True), owner="bob")
    ana = Vault(KeyFile(tmp_path / "ana/key", made=True), owner="ana")
    store = FolderStore(tmp_path / "store")
    hers, his = Ledger(store, ANA, vault=ana), Ledger(store, BOB, vault=bob)
    his.publish_key()
    hers.commit(
        [
            hers.change("pop3.password", CANARY),
            hers.change("workflow.password", CANARY),
            Change(BOBS, PASSWORD, Secret(CANARY)),
        ]
    )
    hers.rekey()
    his.rekey()

    kept = his.documents().user.get(PASSWORD)
    assert isinstance(kept, Sealed)
    assert bob.open(BOBS, PASSWORD, kept) == Secret(CANARY)
    assert len(written) > 50
    assert not any(form.encode() in one for one in written for form in forms(CANARY))
    told = [repr(one) for one in gc.get_objects() if str(type(one).__module__).startswith("mailw")]
    assert not any(CANARY in one for one in told)


def test_a_key_is_only_in_its_own_file(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "home/key", made=True)
    ana = Ledger(FolderStore(tmp_path / "store"), ANA, vault=Vault(keys, owner="ana"))
    ana.commit([ana.change("pop3.password", CANARY)])
    old = (tmp_path / "home/key").read_bytes().strip()
    ana.rekey()
    new = (tmp_path / "home/key").read_bytes().strip()

    everything = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    assert len(everything) > 3
    assert not [one for one, data in everything.items() if old in data]
    assert [one for one, data in everything.items() if new in data] == [tmp_path / "home/key"]
