"""One key and what it does: AES-256-GCM (NIST SP 800-38D), and an X25519 pair derived from it.

What is encrypted is bound to associated data: it opens with the same only. Nothing in the clear
is ever a plain local variable here, nor in an exception: a debugger's traceback shows both.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from mailwidgets.errors import VaultError
from mailwidgets.languages.texts import N_, _
from mailwidgets.settings.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32

_NONCE_BYTES = 12  # 96 bits, at random
_BREAKERS = "\r\n\0"
_DAMAGED = N_("it is damaged, or was copied here from another place or setting: set it anew")
_BYTES = "latin-1"  # a character for every byte, so that a Secret can hold any


class EncryptionKey:
    """32 bytes that encrypt and decrypt; shown and pickled nowhere, as the ``Secret`` they are.

    Args:
        raw: the bytes, a character of Latin-1 each.

    Attributes:
        id: a digest of 8 hexadecimal digits, which tells this key from another.
    """

    __slots__ = ("_public", "_raw", "id")

    def __init__(self, raw: Secret) -> None:
        self._raw = raw
        self._public = b""
        self.id: Final = digest("key", raw.reveal().encode(_BYTES))

    @classmethod
    def read(cls, text: Secret, origin: str) -> EncryptionKey:
        """Return the key that a text holds.

        Args:
            text: base64 of 32 bytes; the letters of web addresses and a line's end will do.
            origin: where it was found, for messages.

        Raises:
            VaultError: if it holds none; does not show it.
        """
        found = _decoded(text)
        if found is None:
            raise VaultError(
                _("{origin} should hold base64 of {count} bytes; it does not").format(
                    origin=origin, count=KEY_BYTES
                )
            )
        if len(found.reveal()) != KEY_BYTES:
            raise VaultError(
                _("{origin} should hold base64 of {count} bytes; it is of {found} bytes").format(
                    origin=origin, count=KEY_BYTES, found=len(found.reveal())
                )
            )
        return cls(found)

    @classmethod
    def new(cls) -> EncryptionKey:
        """Return a new random key."""
        return cls(Secret(secrets.token_bytes(KEY_BYTES).decode(_BYTES)))

    @classmethod
    def derived(cls, derive: Callable[[], bytes]) -> EncryptionKey:
        """Return the key of 32 bytes that a function derives."""
        return cls(Secret(derive().decode(_BYTES)))

    def text(self) -> Secret:
        """Return the text that ``read`` takes."""
        return Secret(base64.b64encode(self._raw.reveal().encode(_BYTES)).decode())

    def __repr__(self) -> str:
        """Return which key it is, and nothing of it."""
        return f"EncryptionKey({self.id})"

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same key."""
        return isinstance(other, EncryptionKey) and other._raw == self._raw

    def __hash__(self) -> int:
        """Return a number of its id."""
        return hash(self.id)

    def encrypt(self, secret: Secret, bound: bytes) -> str:
        """Return base64 of nonce and ciphertext.

        Args:
            secret: one line.
            bound: associated data, without which it does not open.

        Raises:
            VaultError: if it is not one line.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(
            nonce + self._cipher().encrypt(nonce, encoded(secret), bound)
        ).decode()

    def decrypt(self, body: str, bound: bytes) -> Secret:
        """Return what ``encrypt`` was given.

        Raises:
            VaultError: if it is damaged, or bound to something else.
        """
        cipher = self._cipher()
        return decoded(
            body,
            lambda data: cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], bound),
        )

    def private(self) -> X25519PrivateKey:
        """Return the private half of this key's pair (RFC 7748), derived by HKDF (RFC 5869)."""
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - see _cipher
        from cryptography.hazmat.primitives.asymmetric import x25519  # noqa: PLC0415 - likewise
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - likewise

        hkdf = HKDF(hashes.SHA256(), KEY_BYTES, None, b"mailwidgets x25519 v2")
        return x25519.X25519PrivateKey.from_private_bytes(
            hkdf.derive(self._raw.reveal().encode(_BYTES))
        )

    def public(self) -> bytes:
        """Return the public half, 32 bytes; derived once, for each secret sealed to it asks."""
        self._public = self._public or self.private().public_key().public_bytes_raw()
        return self._public

    def _cipher(self) -> AESGCM:
        # Most runs, and every reading of settings, open no secret.
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - takes 30 ms
            AESGCM,
        )

        return AESGCM(self._raw.reveal().encode(_BYTES))


def digest(what: str, data: bytes) -> str:
    """Return the id of a key, or of a public one: 8 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(f"mailwidgets {what} id\0".encode() + data).hexdigest()[:8]


def strictly(text: str) -> bytes:
    """Return the bytes of base64 text, which must be the only text that stands for them.

    Raises:
        ValueError: if it is not.
    """
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64 with bits to spare")
    return data


def encoded(secret: Secret) -> bytes:
    """Return a secret's bytes, to be encrypted; keep them in no variable.

    Raises:
        VaultError: if it is not one line.
    """
    _check_line(secret)
    # surrogatepass: an error of the codec would hold the secret.
    return secret.reveal().encode("utf-8", "surrogatepass")


def decoded(body: str, decrypt: Callable[[bytes], bytes]) -> Secret:
    """Return the secret that a ciphertext holds.

    Args:
        body: base64.
        decrypt: raises ``InvalidTag`` where it does not fit.

    Raises:
        VaultError: if it does not, or if what was encrypted is no password: it may be anyone's
            who knows the public key.
    """
    found = _decrypted(body, decrypt)
    if found is None:
        raise VaultError(_(_DAMAGED))
    secret = _as_text(found)
    if secret is None:
        raise VaultError(_("what was encrypted is no text: set it anew"))
    _check_line(secret)
    return secret


def _decrypted(body: str, decrypt: Callable[[bytes], bytes]) -> Secret | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see _cipher

    with suppress(InvalidTag, ValueError):
        return Secret(decrypt(strictly(body)).decode(_BYTES))
    return None


def _as_text(found: Secret) -> Secret | None:
    with suppress(UnicodeDecodeError):  # it would hold the secret
        return Secret(found.reveal().encode(_BYTES).decode("utf-8", "surrogatepass"))
    return None


def _check_line(secret: Secret) -> None:
    if any(breaker in secret.reveal() for breaker in _BREAKERS):
        raise VaultError(_("a password is one line, and this one is not: set it anew"))


def _decoded(text: Secret) -> Secret | None:
    with suppress(binascii.Error, ValueError):  # the frames below show what they were given
        return Secret(
            base64.b64decode(
                text.reveal().strip().translate({45: "+", 95: "/"}), validate=True
            ).decode(_BYTES)
        )
    return None
