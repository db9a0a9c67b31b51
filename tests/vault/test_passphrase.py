from __future__ import annotations

import base64
import itertools
import pickle

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mailwidgets.errors import VaultError
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Secret
from mailwidgets.vault import passphrase
from mailwidgets.vault.cipher import digest
from mailwidgets.vault.passphrase import Passphrase

CANARY = "canary-Zwitscher-7733"
ANA, BOB = Place(Level.USER, "ana"), Place(Level.USER, "bob")
PASSWORD = ("pop3", "password")


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the derivations, and make them cheap."""
    made: list[int] = []

    def cheap(salt: bytes, length: int, n: int, r: int, p: int) -> Scrypt:
        made.append(n * r * p)
        return Scrypt(salt, length, 2, r, p)

    monkeypatch.setattr("cryptography.hazmat.primitives.kdf.scrypt.Scrypt", cheap)
    return made


def test_what_is_sealed_opens_with_the_same_passphrase_elsewhere() -> None:
    text = Passphrase("a rather long one").seal(ANA, PASSWORD, Secret(CANARY))

    assert text.startswith("pw1:")
    assert CANARY not in text
    assert Passphrase("a rather long one").open(ANA, PASSWORD, text) == Secret(CANARY)
    with pytest.raises(VaultError) as caught:
        Passphrase("another one").open(ANA, PASSWORD, text)
    assert str(caught.value) == (
        "pop3.password of user ana cannot be read: it was encrypted to another passphrase"
    )


def test_the_form_is_scrypts_with_the_parameters_that_it_states() -> None:
    salt, where = bytes(16), b'["mailwidgets", "pw1", "user", "ana", "pop3", "password"]'
    raw = Scrypt(salt, 32, 2**17, 8, 1).derive("pässwort".encode())
    body = base64.b64encode(bytes(12) + AESGCM(raw).encrypt(bytes(12), b"x", where)).decode()
    text = f"pw1:{base64.b64encode(salt).decode()}:{digest('key', raw)}:{body}"

    assert Passphrase("pa\u0308sswort").open(ANA, PASSWORD, text) == Secret("x")


def test_a_thousand_secrets_cost_one_derivation(derivations: list[int]) -> None:
    one, other = Passphrase("one"), Passphrase("one")
    sealed = [one.seal(ANA, PASSWORD, Secret(str(number))) for number in range(1000)]

    assert [other.open(ANA, PASSWORD, text).reveal() for text in sealed] == [
        str(number) for number in range(1000)
    ]
    assert derivations == [2**17 * 8] * 2
    assert len(set(sealed)) == 1000


@pytest.mark.usefixtures("derivations")
def test_two_files_have_two_salts() -> None:
    salts = {Passphrase("x").seal(ANA, PASSWORD, Secret("y")).split(":")[1] for _ in range(20)}

    assert len(salts) == 20


@pytest.mark.usefixtures("derivations")
def test_a_secret_opens_nowhere_but_where_it_was_kept() -> None:
    held = Passphrase("x")
    corners = list(
        itertools.product((ANA, BOB, Place(Level.COMPANY)), (PASSWORD, ("smtp", "password")))
    )
    for (place, key), (other, another) in itertools.permutations(corners, 2):
        with pytest.raises(VaultError, match="damaged, or was copied"):
            held.open(other, another, held.seal(place, key, Secret(CANARY)))


@pytest.mark.usefixtures("derivations")
def test_what_is_altered_does_not_open() -> None:
    held = Passphrase("x")
    text = held.seal(ANA, PASSWORD, Secret(CANARY))
    for at, letter in enumerate(text):
        altered = text[:at] + ("A" if letter != "A" else "B") + text[at + 1 :]
        with pytest.raises(VaultError, match="cannot be read"):
            held.open(ANA, PASSWORD, altered)


@pytest.mark.parametrize("text", ["", "pw1:", "pw2:AAAA:00000000:AAAA", CANARY, "v1:00000000:AA"])
def test_what_is_no_ciphertext_is_told_without_being_shown(
    text: str, derivations: list[int]
) -> None:
    with pytest.raises(VaultError, match="should be pw1:<salt>") as caught:
        Passphrase("x").open(ANA, PASSWORD, text)

    assert CANARY not in str(caught.value)
    assert derivations == []


def test_no_file_can_ask_for_more_memory() -> None:
    assert (passphrase.COST, passphrase.BLOCK, passphrase.PARALLEL) == (2**17, 8, 1)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(VaultError, match="cannot be empty"):
        Passphrase("")


def test_a_passphrase_is_in_no_repr_and_no_pickle() -> None:
    held = Passphrase(CANARY)

    assert repr(held) == "Passphrase(****)"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(held)
