"""What another person wrote for us: sealed to a public key, bound, and not trusted when opened."""

from __future__ import annotations

import base64
import itertools

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from mailwidgets.errors import VaultError
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault import sealing
from mailwidgets.vault.cipher import EncryptionKey, digest

CANARY = "canary-Zwitscher-7732"
BOB = Place(Level.USER, "bob")
PASSWORD = ("pop3", "password")
PLACES = (BOB, Place(Level.USER, "ana"), Place(Level.WORKSTATION, "bob"), Place(Level.COMPANY))
KEY = EncryptionKey.new()
PUBLIC = sealing.public_key(KEY)


@given(st.text().filter(lambda text: not set("\r\n\0") & set(text)))
def test_what_is_sealed_to_a_public_key_opens_with_its_key(text: str) -> None:
    sealed = sealing.seal_to(PUBLIC, BOB, PASSWORD, Secret(text))

    assert sealing.opens(KEY, sealed)
    assert sealing.unseal(KEY, BOB, PASSWORD, sealed) == Secret(text)


def test_it_opens_with_no_other_key() -> None:
    sealed = sealing.seal_to(PUBLIC, BOB, PASSWORD, Secret(CANARY))
    other = EncryptionKey.new()

    assert not sealing.opens(other, sealed)
    with pytest.raises(VaultError, match="damaged"):
        sealing.unseal(other, BOB, PASSWORD, sealed)


def test_it_opens_nowhere_but_where_it_was_stored() -> None:
    corners = list(itertools.product(PLACES, (PASSWORD, ("smtp", "password"))))
    for (place, setting), (other, another) in itertools.permutations(corners, 2):
        sealed = sealing.seal_to(PUBLIC, place, setting, Secret(CANARY))
        with pytest.raises(VaultError, match="copied here from another place or setting"):
            sealing.unseal(KEY, other, another, sealed)


def test_the_form_of_the_text_is_bound_too() -> None:
    own = sealing.seal(KEY, BOB, PASSWORD, Secret(CANARY)).text
    theirs = sealing.seal_to(PUBLIC, BOB, PASSWORD, Secret(CANARY)).text
    for one, other in ((own, theirs), (theirs, own)):
        form = ":".join(other.split(":")[:2])
        with pytest.raises(VaultError, match="damaged"):
            sealing.unseal(KEY, BOB, PASSWORD, Sealed(f"{form}:{one.split(':')[2]}"))


def test_the_public_key_is_always_the_same_of_a_key_and_tells_nothing_of_it() -> None:
    again = EncryptionKey.read(KEY.text(), "the test")

    assert sealing.public_key(again) == PUBLIC
    assert KEY.text().reveal() not in PUBLIC
    assert sealing.public_id(PUBLIC) != KEY.id


def test_the_forms_stay_as_they_are() -> None:
    """What is stored by today's code must open with tomorrow's: each written out by hand here."""
    raw = bytes(range(32))
    key = EncryptionKey.read(Secret(base64.b64encode(raw).decode()), "the test")
    info = b'["mailwidgets", "%s", "user", "bob", "pop3", "password"]'
    body = bytes(12) + AESGCM(raw).encrypt(bytes(12), b"own", info % b"v1")
    own = Sealed(f"v1:{key.id}:{base64.b64encode(body).decode()}")
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    body = suite.encrypt(b"theirs", key.private().public_key(), info % b"v2")
    public = "x25519:663bda85:B6BTJi44GCR78AbsVPDsTYIKvmaF6GCUNVck2uE4jgc="
    theirs = Sealed(f"v2:{public.split(':')[1]}:{base64.b64encode(body).decode()}")

    assert sealing.public_key(key) == public
    assert sealing.unseal(key, BOB, PASSWORD, own) == Secret("own")
    assert sealing.unseal(key, BOB, PASSWORD, theirs) == Secret("theirs")


def published(raw: bytes) -> str:
    return f"x25519:{digest('public key', raw)}:{base64.b64encode(raw).decode()}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "should read x25519:"),
        ("x25519", "should read x25519:"),
        (PUBLIC[:-1], "should read x25519:"),
        (PUBLIC + "\n", "should read x25519:"),
        (PUBLIC.replace("x25519", "x448"), "should read x25519:"),
        ("x25519:00000000:" + PUBLIC.split(":")[2], "does not match its key id"),
        (published(bytes(32)), "no key at all"),
        (published(bytes([1]) + bytes(31)), "no key at all"),
        (published(bytes(31)), "should read x25519:"),
    ],
    ids=["empty", "word", "cut", "line", "curve", "id", "zero", "one", "short"],
)
def test_a_damaged_public_key_is_refused(text: str, told: str) -> None:
    with pytest.raises(VaultError, match=told):
        sealing.seal_to(text, BOB, PASSWORD, Secret(CANARY))


@pytest.mark.parametrize(
    ("clear", "told"),
    [
        (b"\xff\xfe", "is no text"),
        (b"pass\r\nQUIT", "is one line"),
        (b"a\nb", "is one line"),
        (b"a\0b", "is one line"),
    ],
)
def test_what_anyone_may_have_sealed_is_no_line_of_a_protocol(clear: bytes, told: str) -> None:
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    info = sealing.bound("v2", BOB, PASSWORD)
    body = base64.b64encode(suite.encrypt(clear, KEY.private().public_key(), info)).decode()
    sealed = Sealed(f"v2:{sealing.public_id(PUBLIC)}:{body}")

    with pytest.raises(VaultError, match=told):
        sealing.unseal(KEY, BOB, PASSWORD, sealed)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\0"])
def test_what_is_no_line_is_not_sealed(text: str) -> None:
    for seal in (
        lambda secret: sealing.seal(KEY, BOB, PASSWORD, secret),
        lambda secret: sealing.seal_to(PUBLIC, BOB, PASSWORD, secret),
    ):
        with pytest.raises(VaultError, match="one line"):
            seal(Secret(text))
