from __future__ import annotations

import base64
import itertools
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from edits import ANA, change
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import VaultError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault.keys import KeyText
from mailwidgets.vault.vault import Vault

CANARY = "canary-Zwitscher-7731"
PLACES = (
    *(Place(Level.USER, "ana"), Place(Level.USER, "bob")),
    *(Place(Level.WORKSTATION, "ana"), Place(Level.COMPANY)),
)
KEYS = (("pop3", "password"), ("smtp", "password"))


def vault() -> Vault:
    return Vault(KeyText(base64.b64encode(os.urandom(32)).decode(), "TEST_KEY"))


VAULT = vault()


ONE_LINE = st.text().filter(lambda text: not set("\r\n\0") & set(text))


@given(ONE_LINE, st.sampled_from(PLACES), st.sampled_from(KEYS))
def test_what_is_sealed_opens_again(text: str, place: Place, key: tuple[str, str]) -> None:
    sealed = VAULT.seal(place, key, Secret(text))

    assert VAULT.open(place, key, sealed) == Secret(text)
    assert text not in sealed.text or len(text) < 8


def test_half_a_surrogate_pair_can_be_sealed() -> None:
    sealed = VAULT.seal(PLACES[0], KEYS[0], Secret("\ud800"))

    assert VAULT.open(PLACES[0], KEYS[0], sealed) == Secret("\ud800")


def test_the_same_secret_is_never_sealed_alike() -> None:
    sealed = {VAULT.seal(PLACES[0], KEYS[0], Secret(CANARY)).text for _ in range(50)}

    assert len(sealed) == 50
    assert len({text.split(":")[1] for text in sealed}) == 1


def test_a_ciphertext_opens_nowhere_but_where_it_was_stored() -> None:
    corners = list(itertools.product(PLACES, KEYS))
    for (place, key), (other, another) in itertools.permutations(corners, 2):
        sealed = VAULT.seal(place, key, Secret(CANARY))
        with pytest.raises(VaultError) as caught:
            VAULT.open(other, another, sealed)
        assert str(caught.value) == (
            f"{'.'.join(another)} of {other} is set, but cannot be read here: it is damaged, or "
            "was copied here from another place or setting: set it anew"
        )


SEALED_LENGTH = len(VAULT.seal(PLACES[0], KEYS[0], Secret(CANARY)).text)


# What is drawn must not depend on the ciphertext, which differs each time.
@given(st.integers(0, SEALED_LENGTH - 1), st.sampled_from("A/09az:=é"))
def test_a_ciphertext_that_is_altered_anywhere_does_not_open(at: int, letter: str) -> None:
    sealed = VAULT.seal(PLACES[0], KEYS[0], Secret(CANARY))
    letter = "~" if letter == sealed.text[at] else letter

    with pytest.raises(VaultError, match="is set, but cannot be read here"):
        VAULT.open(PLACES[0], KEYS[0], Sealed(sealed.text[:at] + letter + sealed.text[at + 1 :]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "what is stored is damaged"),
        ("v1:", "what is stored is damaged"),
        ("v1:00000000:AAAA\n", "what is stored is damaged"),
        (CANARY, "what is stored is damaged"),
        ("v3:whatever", "a newer mailwidgets encrypted it"),
        ("v1:00000000:AAAA", "it was encrypted with another key (00000000; the one here is "),
    ],
)
def test_what_is_no_ciphertext_of_ours_is_told(text: str, told: str) -> None:
    with pytest.raises(VaultError) as caught:
        VAULT.open(PLACES[0], KEYS[0], Sealed(text))

    assert told in str(caught.value)
    assert not text or CANARY not in str(caught.value)


@pytest.mark.parametrize("body", ["", "AAAA", "AAAAA", "A" * 16, "A" * 37])
def test_a_ciphertext_cut_short_is_damaged(body: str) -> None:
    key_id = VAULT.seal(PLACES[0], KEYS[0], Secret("x")).text.split(":")[1]

    with pytest.raises(VaultError, match="damaged"):
        VAULT.open(PLACES[0], KEYS[0], Sealed(f"v1:{key_id}:{body}"))


def test_a_wrong_key_is_told_apart_from_damage() -> None:
    sealed = vault().seal(PLACES[0], KEYS[0], Secret(CANARY))

    with pytest.raises(VaultError, match="it was encrypted with another key"):
        VAULT.open(PLACES[0], KEYS[0], sealed)


def test_a_secret_is_in_no_file_of_the_store_and_in_no_text(
    store: FolderStore, path: Path, tmp_path: Path
) -> None:
    here = Vault.from_environment(store=path)
    place, key = ANA.place(Level.USER), ("pop3", "password")
    sealed = here.seal(place, key, Secret(CANARY))
    store.commit([change(Level.USER, "pop3.password", sealed)])
    read = store.read(ANA)

    kept = read.user.values[key]
    assert isinstance(kept, Sealed)
    assert here.open(place, key, kept) == Secret(CANARY)
    with pytest.raises(VaultError) as caught:
        VAULT.open(place, key, kept)
    told = "".join(traceback.format_exception(caught.value))
    everything = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    everything += [repr(one).encode() for one in (read, kept, here, store, store.version(ANA))]
    assert len(everything) > 6
    assert not any(CANARY.encode() in one for one in (*everything, told.encode()))


def test_importing_the_vault_loads_no_cryptography() -> None:
    code = "import sys, mailwidgets.vault.vault; print([m for m in sys.modules if 'crypto' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
