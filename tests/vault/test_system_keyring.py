"""A key in the system's keyring: a real one where there is one, else keyring's own extension."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked, PasswordDeleteError

from mailwidgets.errors import VaultError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.ledger import Ledger
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault.keys import new_key
from mailwidgets.vault.system_keyring import KeyringKey
from mailwidgets.vault.vault import Vault

ANA = Identity("ana", "WS-01")
PLACE, PASSWORD = ANA.place(Level.USER), ("pop3", "password")
ASKED = {"MAILWIDGETS_KEYRING": "1"}


class Cut(BaseException):
    """The process ends here."""


class Kept(KeyringBackend):
    """A keyring in memory, as any package may bring one; it can end the process at any call."""

    priority = 5  # type: ignore[assignment] # a class property in the base

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, str] = {}
        self.calls = itertools.count(1)
        self.ends_at = 0

    def _count(self) -> None:
        if next(self.calls) == self.ends_at:
            raise Cut

    def get_password(self, service: str, username: str) -> str | None:
        self._count()
        assert service == "mailwidgets"
        return self.held.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._count()
        assert service == "mailwidgets"
        self.held[username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._count()
        if self.held.pop(username, None) is None:
            raise PasswordDeleteError(service)


class Locked(Kept):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"{service} {username} is locked")


class Forgetful(Kept):
    def get_password(self, service: str, username: str) -> str | None:
        del service, username
        return None


class Weak(Kept):
    priority = 0.5  # type: ignore[assignment] # likewise


class Impossible(Kept):
    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805 - of the class
        raise RuntimeError("no such service")


Plain = type("PlaintextKeyring", (Kept,), {"__module__": "keyrings.alt.file"})


@pytest.fixture
def kept() -> Iterator[Kept]:
    backend = Kept()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(keyring.backends.fail.Keyring())


@pytest.fixture(autouse=True)
def at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "ana")


def vault() -> Vault:
    return Vault.from_environment(ASKED, user="bob")


def test_a_key_is_in_the_keyring_only_when_that_was_asked_for(kept: Kept, tmp_path: Path) -> None:
    for env in ({}, {"MAILWIDGETS_KEYRING": "0"}, {"MAILWIDGETS_KEYRING": ""}):
        assert Vault.from_environment(env).seal(PLACE, PASSWORD, Secret("x"))
    assert next(kept.calls) == 1
    shutil.rmtree(tmp_path / "home")

    sealed = Vault.from_environment(ASKED).seal(PLACE, PASSWORD, Secret("x"))

    assert list(kept.held) == ["key"]
    assert Vault.from_environment(ASKED).open(PLACE, PASSWORD, sealed) == Secret("x")
    assert not [one for one in tmp_path.rglob("key*") if one.name != "keyring.lock"]


def test_a_key_of_the_environment_comes_before_it(kept: Kept, key: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(key)
    file.chmod(0o600)

    Vault.from_environment({**ASKED, "MAILWIDGETS_KEY": key}).seal(PLACE, PASSWORD, Secret("x"))
    Vault.from_environment({**ASKED, "MAILWIDGETS_KEY_FILE": str(file)}).public_key()

    assert kept.held == {}


@pytest.mark.usefixtures("kept")
def test_its_key_is_of_the_person_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "carl")

    assert vault().owner == "carl"


@pytest.mark.parametrize(
    ("backend", "told"),
    [
        (keyring.backends.null.Keyring(), "only keyring.backends.null.Keyring"),
        (keyring.backends.fail.Keyring(), "only keyring.backends.fail.Keyring"),
        (Plain(), "only keyrings.alt.file.PlaintextKeyring"),
        (Weak(), "only test_system_keyring.Weak: name a key file with MAILWIDGETS_KEY_FILE"),
        (Impossible(), "only test_system_keyring.Impossible"),
        (Locked(), "cannot be used: mailwidgets key.new is locked"),
        (Forgetful(), "does not keep what it is given"),
    ],
    ids=lambda one: type(one).__name__,
)
@pytest.mark.usefixtures("kept")
def test_a_keyring_that_protects_nothing_or_is_locked_is_refused(
    backend: KeyringBackend, told: str
) -> None:
    keyring.set_keyring(backend)

    with pytest.raises(VaultError, match=told):
        vault().seal(PLACE, PASSWORD, Secret("x"))
    trouble = vault().trouble(PLACE, PASSWORD, Sealed("v1:00000000:AAAA"))
    assert trouble.startswith("set, but cannot be read here: ")


def test_of_several_keyrings_the_first_is_taken_never_a_weak_one(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = Weak()
    weak.held["key"] = new_key()
    monkeypatch.setattr(ChainerBackend, "backends", [kept, weak])
    keyring.set_keyring(ChainerBackend())
    vault().public_key()
    assert list(kept.held) == ["key"]
    assert kept.held != weak.held

    monkeypatch.setattr(ChainerBackend, "backends", [Weak()])
    with pytest.raises(VaultError, match="no system keyring here that protects"):
        vault().public_key()


@pytest.mark.usefixtures("kept")
def test_a_missing_extra_is_told_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(VaultError, match=r"needs keyring: pip install 'mailwidgets\[keyring\]'"):
        vault().public_key()


def test_a_key_in_it_that_someone_spoilt_is_told_and_kept(kept: Kept) -> None:
    kept.held["key"] = "spoilt"

    with pytest.raises(VaultError, match="should hold base64 of 32 bytes"):
        vault().public_key()
    assert kept.held == {"key": "spoilt"}


def test_a_change_cut_short_at_any_call_leaves_everything_readable(
    kept: Kept, tmp_path: Path
) -> None:
    def ledger() -> Ledger:
        lock = KeyringKey(tmp_path / "lock")
        return Ledger(FolderStore(tmp_path / "store"), ANA, vault=Vault(lock, owner="ana"))

    first = ledger()
    first.commit([first.change("pop3.password", "hers")])
    for call in itertools.count(1):
        before = first.vault.keys.openers()[-1].id
        kept.calls, kept.ends_at = itertools.count(1), call
        try:
            ledger().rekey()
        except Cut:
            finished = False
        else:
            finished = True
        kept.ends_at = 0
        held = ledger().documents().user.get(PASSWORD)
        assert isinstance(held, Sealed)
        assert first.vault.open(PLACE, PASSWORD, held) == Secret("hers")
        if finished:
            break
        ledger().rekey()
        assert list(kept.held) == ["key"]
    assert call > 5
    assert first.vault.keys.openers()[-1].id != before


SCRIPT = """
import subprocess, sys, time
from contextlib import closing
from pathlib import Path
import keyring, secretstorage
from jeepney import message_bus
from jeepney.io.blocking import open_dbus_connection
from mailwidgets.folder.folder import FolderStore
from mailwidgets.ledger import Ledger
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.secret import Secret

command = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
daemon = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
daemon.stdin.write(b"password of the keyring")
daemon.stdin.close()
asked, deadline = message_bus.NameHasOwner("org.freedesktop.secrets"), time.monotonic() + 30
with open_dbus_connection() as bus:
    while not bus.send_and_get_reply(asked).body[0]:
        assert time.monotonic() < deadline, "the service never came"

identity = Identity.acting()
place, key = identity.place(Level.USER), ("pop3", "password")
ledger = lambda: Ledger(FolderStore(Path(sys.argv[1])), identity)
stored = lambda: ledger().documents().user.get(key)
try:
    print(type(keyring.get_keyring()).__module__)
    one = ledger()
    one.commit([one.change("pop3.password", "hers")])
    old = one.vault.keys.openers()
    done = one.rekey()
    (new,) = ledger().vault.keys.openers()
    print(len(old), new.id == done.key_id, new not in old)
    print(ledger().vault.open(place, key, stored()) == Secret("hers"))
    with closing(secretstorage.dbus_init()) as bus:
        everything = secretstorage.get_default_collection(bus)
        print([one.get_label() for one in everything.get_all_items()])
        everything.lock()
    print(ledger().vault.trouble(place, key, stored()))
finally:
    daemon.terminate()
    daemon.wait()
"""


def test_a_real_secret_service_keeps_the_key(tmp_path: Path) -> None:
    if not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")):
        pytest.skip("needs the packages gnome-keyring and dbus")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    told = {name: str(home) for name in ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")}
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-c", SCRIPT, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **told, **ASKED},
    )

    assert done.returncode == 0, done.stderr
    locked = "the system keyring cannot be used: Failed to unlock the collection!"
    assert done.stdout.splitlines() == [
        "keyring.backends.SecretService",
        "1 True True",
        "True",
        "[\"Password for 'key' on 'mailwidgets'\"]",
        f"set, but cannot be read here: {locked}",
    ]
