"""Saving a password for another person: written without being readable by who wrote it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailwidgets.errors import VaultError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.ledger import Ledger
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault.keys import KeyFile, KeyText, new_key
from mailwidgets.vault.vault import Vault

ADMIN, BOB = Identity("admin", "WS-01"), Identity("bob", "WS-02")
BOBS, PASSWORD = BOB.place(Level.USER), ("pop3", "password")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


def ledger(path: Path, identity: Identity) -> Ledger:
    """Return a store as someone has it who acts for themselves."""
    keys = KeyFile(path.with_name(f"key of {identity.user}"), made=True)
    vault = Vault(keys, owner=identity.user)
    return Ledger(FolderStore(path), identity, vault=vault, author=identity.user)


def for_bob(text: str) -> Change:
    return Change(BOBS, PASSWORD, Secret(text))


def stored(of: Ledger) -> Sealed:
    sealed = of.documents().user.get(PASSWORD)
    assert isinstance(sealed, Sealed)
    return sealed


def test_an_administrator_sets_a_password_that_only_its_owner_reads(path: Path) -> None:
    admin, bob = ledger(path, ADMIN), ledger(path, BOB)
    bob.publish_key()

    done = admin.commit([for_bob("secret"), admin.change("pop3.password", "own")], why="new mail")

    assert done is not None
    assert (done.by, done.why, len(done.places)) == ("admin", "new mail", 2)
    assert bob.vault.open(BOBS, PASSWORD, stored(bob)) == Secret("secret")
    assert "only the key" in admin.vault.trouble(BOBS, PASSWORD, stored(bob))


def test_all_is_refused_where_one_has_published_no_key(path: Path) -> None:
    admin = ledger(path, ADMIN)

    with pytest.raises(VaultError, match=r"bob does that once, by running 'mailwidgets keys publ"):
        admin.commit([admin.change("pop3.password", "own"), for_bob("secret")])
    assert not path.exists()


def test_a_public_key_is_published_with_the_first_password_of_ones_own(path: Path) -> None:
    bob = ledger(path, BOB)
    bob.commit([bob.change("pop3.port", 995)])
    bob.commit([bob.change("workflow.password", "the company's")])
    assert bob.documents().user.public_key == ""

    bob.commit([bob.change("pop3.password", "own")])

    assert bob.documents().user.public_key == bob.vault.public_key()
    assert len(list(bob.store.history([BOBS]))) == 2
    assert bob.publish_key() is None


def test_a_public_key_that_someone_spoilt_stores_nothing(path: Path) -> None:
    admin, bob = ledger(path, ADMIN), ledger(path, BOB)
    bob.publish_key()
    file = path / "users/bob.json"
    document = json.loads(file.read_text())
    document["public_key"] = document["public_key"][:-3]
    file.write_text(json.dumps(document))

    with pytest.raises(VaultError, match="the public key is damaged"):
        admin.commit([for_bob("secret")])
    bob.publish_key()
    assert admin.commit([for_bob("secret")])


def test_a_lost_key_never_overwrites_what_it_encrypted(path: Path) -> None:
    bob = ledger(path, BOB)
    bob.commit([bob.change("pop3.password", "own"), bob.change("smtp.password", "other")])
    before = stored(bob)
    path.with_name("key of bob").unlink()

    bob.commit([bob.change("pop3.port", 995), bob.change("smtp.password", "typed anew")])

    assert stored(bob) == before
    assert "it was encrypted with another key" in bob.vault.trouble(BOBS, PASSWORD, stored(bob))
    anew = bob.documents().user.get(("smtp", "password"))
    assert isinstance(anew, Sealed)
    assert bob.vault.open(BOBS, ("smtp", "password"), anew) == Secret("typed anew")
    assert bob.resolve()[PASSWORD].as_row()["effective"] == "set"


def test_who_views_as_another_person_needs_that_persons_key(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "admin")
    admin = Servers.open(path)
    as_bob = admin.as_seen_by(user="bob")

    admin.commit([admin.change("pop3.password", "own")])
    with pytest.raises(VaultError, match="the key here is admin's, and bob has published none"):
        as_bob.commit([as_bob.change("pop3.password", "secret")])
    with pytest.raises(VaultError, match="the key here is admin's, and bob has published none"):
        Servers(FolderStore(path), BOB).commit([as_bob.change("pop3.password", "secret")])

    monkeypatch.setenv("MAILWIDGETS_KEY", new_key())
    bob = Servers.open(path, user="bob")
    assert bob.commit([bob.change("pop3.password", "secret")])
    assert as_bob.commit([as_bob.change("pop3.password", "newer")])
    assert as_bob.documents().user.public_key == bob.vault.public_key()
    assert bob.vault.open(BOBS, PASSWORD, stored(bob)) == Secret("newer")


def test_who_acts_for_another_person_publishes_a_key_of_their_own(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "admin")
    as_bob = Servers.open(path, user="bob")

    as_bob.publish_key()

    assert as_bob.documents().user.public_key == ""
    assert as_bob.as_seen_by("admin").documents().user.public_key == as_bob.vault.public_key()


def test_a_vault_of_anyone_publishes_for_no_one_else(path: Path) -> None:
    anyone = Ledger(FolderStore(path), ADMIN, vault=Vault(KeyText(new_key(), "TEST_KEY")))

    anyone.commit([for_bob("secret")])

    bob = ledger(path, BOB)
    assert bob.documents().user.public_key == ""
    assert anyone.vault.open(BOBS, PASSWORD, stored(bob)) == Secret("secret")
