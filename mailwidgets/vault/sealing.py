"""What a document holds of a secret: made for one place and setting, opened there only.

``v1:<key id>:<base64>`` is encrypted with a key that the writer has, too. ``v2:<key id>:<base64>``
is sealed by HPKE (RFC 9180; base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM) to
the public key that a person published: not even who wrote it can read it. Level, id, section and
setting are bound to both: a ciphertext copied to another place or setting does not open. The key
id, a digest, tells a wrong key from a damaged secret.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from mailwidgets.errors import VaultError
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault.cipher import EncryptionKey, decoded, digest, encoded, strictly

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hpke import Suite

_SEALED = re.compile(r"(?P<form>v[12]):(?P<key_id>[0-9a-f]{8}):(?P<body>[A-Za-z0-9+/]+={0,2})\Z")
_NEWER = re.compile(r"v(?![12]:)\d+:")
_PUBLIC = re.compile(r"x25519:(?P<key_id>[0-9a-f]{8}):(?P<body>[A-Za-z0-9+/]{43}=)\Z")


def seal(key: EncryptionKey, place: Place, setting: Key, secret: Secret) -> Sealed:
    """Return a secret encrypted with a key, for one place and setting.

    Raises:
        VaultError: if it is not one line.
    """
    return Sealed(f"v1:{key.id}:{key.encrypt(secret, bound('v1', place, setting))}")


def seal_to(public_key: str, place: Place, setting: Key, secret: Secret) -> Sealed:
    """Return a secret that only the owner of a public key opens.

    Args:
        public_key: as its owner's document has it.
        place: whose document will hold the secret.
        setting: (section, setting).
        secret: in the clear.

    Raises:
        VaultError: if the public key is damaged, or the secret is not one line.
    """
    public, key_id = _read_public(public_key)
    info = bound("v2", place, setting)
    try:
        body = _suite().encrypt(encoded(secret), public, info)
    except ValueError as error:  # a point that gives everyone the same secret, RFC 7748 §6.1
        raise VaultError(_("the public key is damaged: it is no key at all")) from error
    return Sealed(f"v2:{key_id}:{base64.b64encode(body).decode()}")


def unseal(key: EncryptionKey, place: Place, setting: Key, sealed: Sealed) -> Secret:
    """Return a secret that was sealed for this place and setting.

    Args:
        key: the one that ``opens`` it.
        place: whose document holds it.
        setting: (section, setting).
        sealed: what the document holds.

    Raises:
        VaultError: if it is damaged, or was made for another place or setting.
    """
    parts = _SEALED.match(sealed.text)
    if parts is None:
        raise VaultError(_("what is stored is damaged"))
    info = bound(parts["form"], place, setting)
    if parts["form"] == "v1":
        return key.decrypt(parts["body"], info)
    private = key.private()
    return decoded(parts["body"], lambda data: _suite().decrypt(data, private, info))


def key_id(sealed: Sealed) -> str:
    """Return the id of the key, or of the public key, that a secret was sealed with.

    Raises:
        VaultError: if it is no ciphertext of ours, or of a newer mailwidgets.
    """
    parts = _SEALED.match(sealed.text)
    if parts is None:
        newer = _NEWER.match(sealed.text)
        raise VaultError(
            _("a newer mailwidgets encrypted it") if newer else _("what is stored is damaged")
        )
    return parts["key_id"]


def opens(key: EncryptionKey, sealed: Sealed) -> bool:
    """Return whether a secret names this key as the one it was sealed with."""
    parts = _SEALED.match(sealed.text)
    if parts is None:
        return False
    mine = key.id if parts["form"] == "v1" else public_id(public_key(key))
    return parts["key_id"] == mine


def public_key(key: EncryptionKey) -> str:
    """Return the public half of a key's pair: ``x25519:<key id>:<base64>``."""
    raw = key.public()
    return f"x25519:{digest('public key', raw)}:{base64.b64encode(raw).decode()}"


def public_id(text: str) -> str:
    """Return the id of a public key.

    Raises:
        VaultError: if it is damaged.
    """
    return _read_public(text)[1]


def bound(form: str, place: Place, setting: Key) -> bytes:
    """Return what a ciphertext is bound to; JSON keeps its parts apart whatever they hold."""
    return json.dumps(["mailwidgets", form, place.level.value, place.id, *setting]).encode()


def _read_public(text: str) -> tuple[X25519PublicKey, str]:
    from cryptography.hazmat.primitives.asymmetric import x25519  # noqa: PLC0415 - see cipher

    parts = _PUBLIC.match(text)
    if parts is None:
        raise VaultError(_("the public key is damaged: it should read x25519:<key id>:<base64>"))
    try:
        raw = strictly(parts["body"])
    except ValueError as error:
        raise VaultError(_("the public key is damaged: its base64 is wrong")) from error
    if digest("public key", raw) != parts["key_id"]:
        raise VaultError(_("the public key is damaged: it does not match its key id"))
    return x25519.X25519PublicKey.from_public_bytes(raw), parts["key_id"]


def _suite() -> Suite:
    from cryptography.hazmat.primitives import hpke  # noqa: PLC0415 - see cipher

    return hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
