"""Secrets that leave the store: encrypted to a passphrase that two people agree on.

``pw1:<salt>:<key id>:<base64>``: the key is scrypt's (RFC 7914) of the passphrase, with N = 2¹⁷,
r = 8, p = 1 (128 MiB and some tenths of a second for each guess) and a salt of 128 bits; the
rest is AES-256-GCM, bound to place and setting. Other parameters will have another name: a file
must not be able to ask for any amount of memory.
"""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from typing import Final

from mailwidgets.errors import VaultError
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Place
from mailwidgets.settings.secret import Secret
from mailwidgets.vault.cipher import KEY_BYTES, EncryptionKey
from mailwidgets.vault.sealing import bound

FORM: Final = "pw1"
COST, BLOCK, PARALLEL = 2**17, 8, 1  # N, r and p

_SALT_BYTES = 16
_SEALED = re.compile(
    rf"{FORM}:(?P<salt>[A-Za-z0-9+/]{{21}}[AQgw]==):(?P<key_id>[0-9a-f]{{8}})"
    r":(?P<body>[A-Za-z0-9+/]+={0,2})\Z"
)


class Passphrase:
    """Seals secrets for a file, and opens those of one.

    One object has one salt, and derives each key once: a thousand secrets cost one derivation.

    Args:
        text: as typed; in Unicode's form C, as RFC 8265 §4.2 has it.

    Raises:
        VaultError: if it is empty.
    """

    __slots__ = ("_keys", "_salt", "_text")

    def __init__(self, text: str) -> None:
        self._text = Secret(unicodedata.normalize("NFC", text))
        if not self._text:
            raise VaultError(_("a passphrase cannot be empty"))
        self._salt = base64.b64encode(secrets.token_bytes(_SALT_BYTES)).decode()
        self._keys: dict[str, EncryptionKey] = {}

    def __repr__(self) -> str:
        """Return the same for all."""
        return "Passphrase(****)"

    def seal(self, place: Place, key: Key, secret: Secret) -> str:
        """Return a secret encrypted to this passphrase, for one place and setting.

        Args:
            place: whose it is.
            key: (section, setting).
            secret: in the clear.

        Raises:
            VaultError: if it is not one line.
        """
        mine = self._key(self._salt)
        return f"{FORM}:{self._salt}:{mine.id}:{mine.encrypt(secret, bound(FORM, place, key))}"

    def open(self, place: Place, key: Key, text: str) -> Secret:
        """Return a secret that was sealed for this place and setting.

        Raises:
            VaultError: if the passphrase is another one, or the text is damaged or was made for
                another place or setting.
        """
        name = _("{setting} of {place}").format(setting=".".join(key), place=place.words)
        parts = _SEALED.match(text)
        if parts is None:
            raise VaultError(
                _(
                    "{name} cannot be read: it should be {form}:<salt>:<key id>:<base64>, and is "
                    "not"
                ).format(name=name, form=FORM)
            )
        mine = self._key(parts["salt"])
        if mine.id != parts["key_id"]:
            raise VaultError(
                _("{name} cannot be read: it was encrypted to another passphrase").format(name=name)
            )
        try:
            return mine.decrypt(parts["body"], bound(FORM, place, key))
        except VaultError as error:
            raise VaultError(
                _("{name} cannot be read: {reason}").format(name=name, reason=error)
            ) from error

    def _key(self, salt: str) -> EncryptionKey:
        if salt not in self._keys:
            from cryptography.hazmat.primitives.kdf.scrypt import (  # noqa: PLC0415 - see cipher
                Scrypt,
            )

            scrypt = Scrypt(base64.b64decode(salt), KEY_BYTES, COST, BLOCK, PARALLEL)
            self._keys[salt] = EncryptionKey.derived(
                lambda: scrypt.derive(self._text.reveal().encode("utf-8", "surrogatepass"))
            )
        return self._keys[salt]
