"""Whose key seals what: one's own, the company's, another person's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailwidgets.errors import VaultError
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault import sealing
from mailwidgets.vault.cipher import EncryptionKey
from mailwidgets.vault.keys import KeyFile, KeyText, new_key
from mailwidgets.vault.vault import Vault

ANA, BOB, COMPANY = Place(Level.USER, "ana"), Place(Level.USER, "bob"), Place(Level.COMPANY)
PASSWORD = ("pop3", "password")
SECRET = Secret("canary-Zwitscher-7735")


def vault(owner: str, company: KeyText | None = None) -> Vault:
    return Vault(KeyText(new_key(), f"{owner}'s key"), company, owner=owner)


@pytest.fixture
def ana() -> Vault:
    return vault("ana")


@pytest.fixture
def bob() -> Vault:
    return vault("bob")


def test_what_is_sealed_to_another_person_only_they_read(ana: Vault, bob: Vault) -> None:
    sealed = ana.seal(BOB, PASSWORD, SECRET, public_key=bob.public_key())

    assert sealed.text.startswith(f"v2:{sealing.public_id(bob.public_key())}:")
    assert bob.open(BOB, PASSWORD, sealed) == SECRET
    assert bob.trouble(BOB, PASSWORD, sealed) == ""
    with pytest.raises(VaultError) as caught:
        ana.open(BOB, PASSWORD, sealed)
    key_id = sealing.public_id(bob.public_key())
    why = f"set, but cannot be read here: only the key {key_id} opens it, most likely bob's own"
    assert str(caught.value) == f"pop3.password of user bob is {why}"
    assert ana.trouble(BOB, PASSWORD, sealed) == why


def test_what_one_keeps_for_oneself_has_no_use_for_a_public_key(ana: Vault, bob: Vault) -> None:
    for public_key in ("", ana.public_key(), bob.public_key(), "damaged"):
        sealed = ana.seal(ANA, PASSWORD, SECRET, public_key=public_key)
        assert sealed.text.startswith("v1:")
        assert ana.open(ANA, PASSWORD, sealed) == SECRET


def test_a_place_that_published_ones_own_key_is_ones_own(ana: Vault) -> None:
    sealed = ana.seal(BOB, PASSWORD, SECRET, public_key=ana.public_key())

    assert sealed.text.startswith("v1:")
    assert ana.open(BOB, PASSWORD, sealed) == SECRET


def test_who_has_published_no_key_is_told_of_with_what_they_have_to_do(ana: Vault) -> None:
    with pytest.raises(VaultError) as caught:
        ana.seal(BOB, PASSWORD, SECRET)

    assert str(caught.value) == (
        "pop3.password of user bob cannot be encrypted, so it is not stored: the key here is "
        "ana's, and bob has published none to encrypt to. bob does that once, by running "
        "'mailwidgets keys publish' or by saving any password"
    )


@pytest.mark.parametrize("text", ["x", "x25519:00000000:AAAA", "x448:00000000:" + "A" * 43 + "="])
def test_a_damaged_public_key_stores_nothing(ana: Vault, text: str) -> None:
    with pytest.raises(VaultError, match=r"not stored: the public key is damaged"):
        ana.seal(BOB, PASSWORD, SECRET, public_key=text)


def test_another_persons_secret_needs_no_key_of_ones_own(bob: Vault, tmp_path: Path) -> None:
    ana = Vault(KeyFile(tmp_path / "missing"), owner="ana")

    sealed = ana.seal(BOB, PASSWORD, SECRET, public_key=bob.public_key())

    assert bob.open(BOB, PASSWORD, sealed) == SECRET


def test_a_vault_without_an_owner_is_of_whoever_acts(bob: Vault) -> None:
    anyone = Vault(KeyText(new_key(), "TEST_KEY"))

    for place in (ANA, BOB, COMPANY, Place(Level.WORKSTATION, "WS-01")):
        sealed = anyone.seal(place, PASSWORD, SECRET, public_key=bob.public_key())
        assert sealed.text.startswith("v1:")
        assert anyone.open(place, PASSWORD, sealed) == SECRET


def test_the_companys_secrets_are_under_its_own_key_where_there_is_one() -> None:
    companys = KeyText(new_key(), "the company's key")
    ana, bob = vault("ana", companys), vault("bob", companys)
    stranger = vault("ana")

    sealed = ana.seal(COMPANY, PASSWORD, SECRET)

    assert bob.open(COMPANY, PASSWORD, sealed) == SECRET
    assert "it was encrypted with another key" in stranger.trouble(COMPANY, PASSWORD, sealed)


def test_what_the_company_kept_before_it_had_a_key_of_its_own_opens_still() -> None:
    own = KeyText(new_key(), "ana's key")
    before = Vault(own, owner="ana").seal(COMPANY, PASSWORD, SECRET)

    after = Vault(own, KeyText(new_key(), "the company's key"), owner="ana")

    assert after.open(COMPANY, PASSWORD, before) == SECRET
    assert after.seal(COMPANY, PASSWORD, SECRET).text.split(":")[1] != before.text.split(":")[1]


def test_a_secret_of_the_companys_former_key_needs_no_key_of_ones_own(tmp_path: Path) -> None:
    former, present = (KeyText(new_key(), "the company's key") for _ in range(2))
    sealed = vault("ana", former).seal(COMPANY, PASSWORD, SECRET)

    ana = Vault(KeyFile(tmp_path / "missing"), present, owner="ana")

    assert "it was encrypted with another key" in ana.trouble(COMPANY, PASSWORD, sealed)


def test_one_file_named_twice_is_one_key(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(new_key())
    file.chmod(0o600)
    names = dict.fromkeys(("MAILWIDGETS_KEY_FILE", "MAILWIDGETS_COMPANY_KEY_FILE"), str(file))
    both = Vault.from_environment(names, user="ana")

    with both.steady([ANA, COMPANY]):
        assert both.seal(COMPANY, PASSWORD, SECRET)
    assert not both.has_company_key


def test_a_key_given_for_a_process_is_the_acting_users_and_ones_own_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "admin")
    file = {"MAILWIDGETS_KEY_FILE": str(tmp_path / "key")}
    text = {"MAILWIDGETS_KEY": new_key()}

    owners = [Vault.from_environment(env, user="ana").owner for env in ({}, file, text)]

    assert owners == ["admin", "ana", "ana"]
    assert [Vault.from_environment(env).owner for env in ({}, file, text)] == ["", "", ""]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda file: file.unlink(), "there is no key file"),
        (lambda file: file.chmod(0o644), "is open to others (mode 0644)"),
        (lambda file: file.write_text("x"), "should hold base64 of 32 bytes"),
        (lambda file: file.write_text(new_key()), "it was encrypted with another key"),
        (lambda file: (file.unlink(), file.mkdir(mode=0o700)), "Is a directory"),
        (lambda file: (file.unlink(), file.symlink_to(file)), "Too many levels of symbolic links"),
    ],
    ids=["gone", "open", "spoilt", "another", "folder", "circle"],
)
def test_a_key_that_is_lost_or_wrong_is_a_state_and_never_a_crash(
    tmp_path: Path, spoil: object, told: str
) -> None:
    file = tmp_path / "key"
    keys = KeyFile(file, made=True)
    mine, yours = (Vault(keys, owner="ana"), vault("bob"))
    sealed = [
        mine.seal(ANA, PASSWORD, SECRET),
        yours.seal(ANA, PASSWORD, SECRET, public_key=mine.public_key()),
        mine.seal(COMPANY, PASSWORD, SECRET),
    ]

    spoil(file)  # type: ignore[operator] # one of the above

    for place, one in zip((ANA, ANA, COMPANY), sealed, strict=True):
        trouble = mine.trouble(place, PASSWORD, one)
        assert trouble.startswith("set, but cannot be read here: ")
        assert told in trouble


@pytest.mark.parametrize("text", ["", "v9:x", "v2:00000000:AAAA", "v1:00000000:A", "\ud800"])
def test_no_ciphertext_makes_trouble_of_its_own(ana: Vault, text: str) -> None:
    assert ana.trouble(ANA, PASSWORD, Sealed(text)).startswith("set, but cannot be read here: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_someone_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(new_key())
    file.chmod(0o600)
    os.chown(file, 65534, 65534)

    with pytest.raises(VaultError, match=r"belongs to someone else \(user number 65534\)"):
        Vault(KeyFile(file)).seal(ANA, PASSWORD, SECRET)


def test_a_key_file_behind_a_link_is_changed_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real/key")
    keys = KeyFile(tmp_path / "link", made=True)
    old = keys.key(create=True)

    with keys.changing():
        new = keys.prepare()
        assert keys.openers() == (new, old)
        keys.replace()

    assert (tmp_path / "link").is_symlink()
    assert KeyFile(tmp_path / "link").openers() == (new,)
    assert sorted(one.name for one in (tmp_path / "real").iterdir()) == ["key", "key.lock"]


def test_the_next_key_alone_is_the_key(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "key", made=True)
    keys.key(create=True)
    new = keys.prepare()
    (tmp_path / "key").unlink()

    assert keys.key(create=True) == new
    assert keys.openers() == (new,)
    assert isinstance(new, EncryptionKey)
