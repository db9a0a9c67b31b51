"""Secrets at rest: encrypted, and bound to the place and the setting they were stored for.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. Level, id, section and setting are
its associated data: a ciphertext copied to another place or setting does not open. The text
form is ``v1:<key id>:<base64 of nonce and ciphertext>``; the key id, a digest, tells a wrong key
from a damaged secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from mailwidgets.errors import VaultError
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Level, Place
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.store.keys import KeyFile, KeySource, KeyText

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY: Final = "MAILWIDGETS_KEY"
KEY_FILE: Final = "MAILWIDGETS_KEY_FILE"
COMPANY_KEY_FILE: Final = "MAILWIDGETS_COMPANY_KEY_FILE"

_SEALED = re.compile(r"v1:(?P<key_id>[0-9a-f]{8}):(?P<body>[A-Za-z0-9+/]+={0,2})\Z")
_NEWER = re.compile(r"v\d+:")
_NONCE_BYTES = 12


class Vault:
    """Seals secrets and opens them; looks for a key only then.

    Args:
        keys: has the key of users' and workstations' secrets.
        company_keys: has the key of the company's; by default the same.
    """

    __slots__ = ("_company_keys", "_keys")

    def __init__(self, keys: KeySource, company_keys: KeySource | None = None) -> None:
        self._keys = keys
        self._company_keys = company_keys or keys

    @classmethod
    def from_environment(
        cls, env: Mapping[str, str] = os.environ, *, store: Path | None = None
    ) -> Self:
        """Return the vault of this person on this machine; reads no key yet.

        The key is ``MAILWIDGETS_KEY``, else in the file that ``MAILWIDGETS_KEY_FILE`` names, else
        in the user's configuration folder, made when the first secret is sealed. The company's
        is in the file that ``MAILWIDGETS_COMPANY_KEY_FILE`` names, else in the site's
        configuration folder where there is one, else the same key.

        Args:
            env: environment variables.
            store: the store's folder, in which no key file may be.
        """
        import platformdirs  # noqa: PLC0415 - reading settings needs no key

        app = "mailwidgets"
        keys: KeySource
        if env.get(KEY):
            keys = KeyText(env[KEY], KEY)
        elif env.get(KEY_FILE):
            keys = KeyFile(Path(env[KEY_FILE]).expanduser(), outside=store)
        else:
            user = platformdirs.user_config_path(app, appauthor=False) / "key"
            keys = KeyFile(user, outside=store, made=True)
        site = platformdirs.site_config_path(app, appauthor=False) / "key"
        if env.get(COMPANY_KEY_FILE):
            return cls(keys, KeyFile(Path(env[COMPANY_KEY_FILE]).expanduser(), outside=store))
        return cls(keys, KeyFile(site, outside=store) if _is_there(site) else None)

    def seal(self, place: Place, key: Key, secret: Secret) -> Sealed:
        """Return a secret encrypted for one place and setting.

        Args:
            place: whose document will hold it.
            key: (section, setting).
            secret: in the clear.

        Raises:
            VaultError: if there is no usable key and none may be made.
        """
        try:
            encryption_key = self._keys_of(place).key(create=True)
        except VaultError as error:
            raise VaultError(
                f"{'.'.join(key)} of {place} cannot be encrypted, so it is not stored: {error}"
            ) from error
        nonce = secrets.token_bytes(_NONCE_BYTES)
        # surrogatepass: an error of the codec would hold the secret.
        clear = secret.reveal().encode("utf-8", "surrogatepass")
        body = nonce + _cipher(encryption_key).encrypt(nonce, clear, _bound(place, key))
        return Sealed(f"v1:{_key_id(encryption_key)}:{base64.b64encode(body).decode()}")

    def open(self, place: Place, key: Key, sealed: Sealed) -> Secret:
        """Return a secret that was sealed for this place and setting.

        Raises:
            VaultError: if it cannot be opened here: no key or another one, moved, damaged.
        """
        try:
            return self._opened(place, key, sealed)
        except VaultError as error:
            raise VaultError(
                f"{'.'.join(key)} of {place} is set, but cannot be read here: {error}"
            ) from error

    def _opened(self, place: Place, key: Key, sealed: Sealed) -> Secret:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see _cipher

        parts = _SEALED.match(sealed.text)
        if parts is None:
            newer = _NEWER.match(sealed.text) and not sealed.text.startswith("v1:")
            raise VaultError(
                "a newer mailwidgets encrypted it" if newer else "what is stored is damaged"
            )
        encryption_key = self._keys_of(place).key()
        if parts["key_id"] != _key_id(encryption_key):
            raise VaultError(
                f"it was encrypted with another key ({parts['key_id']}; the one here is "
                f"{_key_id(encryption_key)}): use that key, or set it anew"
            )
        try:
            body = base64.b64decode(parts["body"], validate=True)
            nonce, rest = body[:_NONCE_BYTES], body[_NONCE_BYTES:]
            clear = _cipher(encryption_key).decrypt(nonce, rest, _bound(place, key))
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise VaultError(
                "it is damaged, or was copied here from another place or setting: set it anew"
            ) from error
        return Secret(clear.decode("utf-8", "surrogatepass"))

    def _keys_of(self, place: Place) -> KeySource:
        return self._company_keys if place.level is Level.COMPANY else self._keys


def _cipher(key: bytes) -> AESGCM:
    # Most runs, and every reading of settings, open no secret.
    from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - takes 30 ms
        AESGCM,
    )

    return AESGCM(key)


def _bound(place: Place, key: Key) -> bytes:
    """Return the associated data; JSON keeps its parts apart whatever they hold."""
    return json.dumps(["mailwidgets", "v1", place.level.value, place.id, *key]).encode()


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"mailwidgets key id\0" + key).hexdigest()[:8]


def _is_there(path: Path) -> bool:
    """Return whether a file exists, or may: what we may not look at is no reason for another."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
