from __future__ import annotations

import base64
import os
import stat
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from edits import ANA

from mailwidgets.errors import VaultError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault.vault import Vault

ANA_PLACE, COMPANY = ANA.place(Level.USER), Place(Level.COMPANY)
KEY = ("pop3", "password")


def key_text() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def key_file(path: Path, text: str | None = None, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(key_text() if text is None else text)
    path.chmod(mode)
    return path


def key_id(vault: Vault, place: Place = ANA_PLACE) -> str:
    return vault.seal(place, KEY, Secret("x")).text.split(":")[1]


@pytest.fixture
def user_key(tmp_path: Path) -> Path:
    return tmp_path / "home/xdg_config_home/mailwidgets/key"


@pytest.fixture
def site_key(tmp_path: Path) -> Path:
    return tmp_path / "home/xdg_config_dirs/mailwidgets/key"


def test_the_environments_key_comes_first_then_the_file_it_names_then_the_users(
    tmp_path: Path, user_key: Path
) -> None:
    text, named = key_text(), key_file(tmp_path / "named")
    one = {"MAILWIDGETS_KEY": text, "MAILWIDGETS_KEY_FILE": str(named)}

    by_text = key_id(Vault.from_environment(one))
    by_name = key_id(Vault.from_environment({**one, "MAILWIDGETS_KEY": ""}))
    assert not user_key.exists()
    by_user = key_id(Vault.from_environment({}))

    assert len({by_text, by_name, by_user}) == 3
    assert user_key.exists()
    assert key_id(Vault.from_environment({"MAILWIDGETS_KEY_FILE": str(user_key)})) == by_user


def test_a_key_is_made_only_when_the_first_secret_is_sealed(user_key: Path, path: Path) -> None:
    vault = Vault.from_environment({}, store=path)
    FolderStore(path).read(ANA)
    with pytest.raises(VaultError, match=r"there is no key file .*made when the first secret"):
        vault.open(ANA_PLACE, KEY, Sealed("v1:00000000:AAAA"))
    assert not user_key.parent.exists()

    old = os.umask(0)
    try:
        sealed = vault.seal(ANA_PLACE, KEY, Secret("x"))
    finally:
        os.umask(old)

    assert stat.S_IMODE(user_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(user_key.parent.stat().st_mode) == 0o700
    assert not list(user_key.parent.glob(".*.tmp"))
    assert len(base64.b64decode(user_key.read_text())) == 32
    assert Vault.from_environment({}).open(ANA_PLACE, KEY, sealed) == Secret("x")


def test_all_who_seal_the_first_secret_at_once_get_one_key() -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: key_id(Vault.from_environment({})), range(16)))

    assert len(ids) == 1


@pytest.mark.parametrize("name", ["MAILWIDGETS_KEY_FILE", "MAILWIDGETS_COMPANY_KEY_FILE"])
def test_a_named_file_that_is_missing_is_not_made(tmp_path: Path, name: str) -> None:
    vault = Vault.from_environment({name: str(tmp_path / "missing")})

    with pytest.raises(VaultError) as caught:
        vault.seal(COMPANY, KEY, Secret("x"))

    assert f"there is no key file {tmp_path}/missing; make one with: " in str(caught.value)
    assert "pop3.password of company cannot be encrypted, so it is not stored" in str(caught.value)
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_key_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    file = key_file(tmp_path / "key", mode=mode)
    vault = Vault.from_environment({"MAILWIDGETS_KEY_FILE": str(file)})

    with pytest.raises(VaultError, match=f"open to others .mode {mode:04o}.: run chmod 600 {file}"):
        vault.seal(ANA_PLACE, KEY, Secret("x"))
    file.chmod(0o600)
    assert key_id(vault)


@pytest.mark.parametrize("name", ["MAILWIDGETS_KEY_FILE", "MAILWIDGETS_COMPANY_KEY_FILE"])
def test_a_key_file_in_a_home_that_nobody_has_is_told_when_the_key_is_looked_for(name: str) -> None:
    vault = Vault.from_environment({name: "~nobody-here/key"})

    trouble = vault.trouble(COMPANY, KEY, Sealed("v1:00000000:AAAA"))
    assert "there is no key file" in trouble
    assert "~nobody-here/key" in trouble


def test_a_key_that_is_made_takes_over_neither_mode_nor_contents_of_what_is_there(
    user_key: Path,
) -> None:
    user_key.parent.mkdir(parents=True)
    draft = user_key.with_name(".key.tmp")
    draft.write_text("left behind")
    draft.chmod(0o666)

    assert key_id(Vault.from_environment({}))
    assert stat.S_IMODE(user_key.stat().st_mode) == 0o600
    assert [one.name for one in sorted(user_key.parent.iterdir())] == ["key", "key.lock"]


def test_a_key_file_inside_the_store_is_refused(path: Path, tmp_path: Path) -> None:
    inside = key_file(path / "sub/key")
    (tmp_path / "link").symlink_to(inside)

    for file in (inside, tmp_path / "link", path / "sub/../key"):
        for name in ("MAILWIDGETS_KEY_FILE", "MAILWIDGETS_COMPANY_KEY_FILE"):
            vault = Vault.from_environment({name: str(file)}, store=path)
            with pytest.raises(VaultError, match="is inside the store"):
                vault.seal(COMPANY, KEY, Secret("x"))


def test_the_users_own_key_is_not_made_inside_the_store(user_key: Path, tmp_path: Path) -> None:
    vault = Vault.from_environment({}, store=tmp_path / "home")

    with pytest.raises(VaultError, match="is inside the store"):
        vault.seal(ANA_PLACE, KEY, Secret("x"))
    assert not user_key.parent.exists()


@pytest.mark.parametrize(
    "text", ["", "not base64!", base64.b64encode(b"short").decode(), "é" * 44, "A" * 9000]
)
def test_what_is_no_key_is_told_without_being_shown(tmp_path: Path, text: str) -> None:
    file = key_file(tmp_path / "key", text)
    for env in ({"MAILWIDGETS_KEY": text or " "}, {"MAILWIDGETS_KEY_FILE": str(file)}):
        with pytest.raises(VaultError, match="should hold base64 of 32 bytes") as caught:
            Vault.from_environment(env).seal(ANA_PLACE, KEY, Secret("x"))
        assert not text or text not in "".join(traceback.format_exception(caught.value))


def test_a_key_may_have_the_letters_of_web_addresses_and_a_line_end(tmp_path: Path) -> None:
    raw = b"\xfb\xef\xbe\xff" * 8
    plain, web = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()
    file = key_file(tmp_path / "key", f"{web}\r\n")

    assert plain != web
    by_text = key_id(Vault.from_environment({"MAILWIDGETS_KEY": plain}))
    assert key_id(Vault.from_environment({"MAILWIDGETS_KEY_FILE": str(file)})) == by_text


def test_a_key_is_in_no_repr_and_no_message(tmp_path: Path) -> None:
    text = key_text()
    vault = Vault.from_environment({"MAILWIDGETS_KEY": text})
    with pytest.raises(VaultError) as caught:
        vault.open(ANA_PLACE, KEY, Sealed("v1:00000000:AAAA"))

    told = "".join(traceback.format_exception(caught.value)) + repr(vault) + repr(tmp_path)
    assert text not in told
    assert base64.b64decode(text).hex() not in told


def test_the_companys_key_is_the_named_one_then_the_sites_then_the_same(
    tmp_path: Path, site_key: Path
) -> None:
    env = {"MAILWIDGETS_KEY": key_text()}
    same = Vault.from_environment(env)
    assert key_id(same, COMPANY) == key_id(same)

    key_file(site_key)
    site = Vault.from_environment(env)
    named = key_file(tmp_path / "company")
    own = Vault.from_environment({**env, "MAILWIDGETS_COMPANY_KEY_FILE": str(named)})

    assert key_id(site) == key_id(own) == key_id(same)
    assert len({key_id(vault, COMPANY) for vault in (same, site, own)}) == 3


def test_a_companys_key_that_one_may_not_look_at_is_no_reason_for_another(site_key: Path) -> None:
    site_key.parent.mkdir(parents=True)
    site_key.symlink_to(site_key)  # nobody can look behind it
    vault = Vault.from_environment({"MAILWIDGETS_KEY": key_text()})

    assert vault.has_company_key
    with pytest.raises(VaultError, match=r"it is not stored: the key file .* cannot be used"):
        vault.seal(COMPANY, KEY, Secret("x"))
    assert key_id(vault)


def test_a_key_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, reason in (
        ("file/key", "Not a directory"),
        ("pipe", "is no regular file"),
        ("x" * 300 + "/key", "File name too long"),
    ):
        vault = Vault.from_environment({"MAILWIDGETS_KEY_FILE": str(tmp_path / name)})
        with pytest.raises(VaultError, match=reason), vault.steady([ANA_PLACE]):
            vault.seal(ANA_PLACE, KEY, Secret("x"))
