"""Secrets at rest: whose key seals and opens what.

The company's secrets are under the company's key, a person's under their own. Another person's
are sealed to the public key that they published, so that the writer cannot read them back.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from typing import Final, Self

from mailwidgets.disk import at_home
from mailwidgets.errors import StoreError, VaultError
from mailwidgets.languages.texts import _
from mailwidgets.settings.documents import Key
from mailwidgets.settings.levels import Level, Place, actor
from mailwidgets.settings.secret import Sealed, Secret
from mailwidgets.vault import sealing
from mailwidgets.vault.cipher import EncryptionKey
from mailwidgets.vault.keys import KeyFile, KeySource, KeyText

KEY: Final = "MAILWIDGETS_KEY"
KEY_FILE: Final = "MAILWIDGETS_KEY_FILE"
KEYRING: Final = "MAILWIDGETS_KEYRING"
COMPANY_KEY_FILE: Final = "MAILWIDGETS_COMPANY_KEY_FILE"

_APP = "mailwidgets"


class Vault:
    """Seals secrets and opens them; looks for a key only then.

    Args:
        keys: has the key of the owner's secrets.
        company_keys: has the key of the company's; by default the same.
        owner: the user whose key it is; empty: of whoever acts.
    """

    __slots__ = ("company_keys", "keys", "owner")

    def __init__(
        self, keys: KeySource, company_keys: KeySource | None = None, *, owner: str = ""
    ) -> None:
        self.keys = keys
        apart = company_keys is not None and company_keys.origin != keys.origin
        self.company_keys = company_keys if company_keys and apart else keys
        self.owner = Place(Level.USER, owner).id if owner else ""

    @classmethod
    def from_environment(
        cls, env: Mapping[str, str] = os.environ, *, store: Path | None = None, user: str = ""
    ) -> Self:
        """Return the vault of this person on this machine; reads no key yet.

        The key is ``MAILWIDGETS_KEY``, else in the file that ``MAILWIDGETS_KEY_FILE`` names:
        these are given for a process, and are the acting user's. Else it is in the system's
        keyring where ``MAILWIDGETS_KEYRING`` is 1, or in the configuration folder, made when the
        first secret is sealed: these are of the person at work, whomever they act for.

        The company's is in the file that ``MAILWIDGETS_COMPANY_KEY_FILE`` names, else in the
        site's configuration folder where there is one, else the same key.

        Args:
            env: environment variables.
            store: the store's folder, in which no key file may be.
            user: the acting user; empty: whoever acts owns the key, wherever it is from.
        """
        import platformdirs  # noqa: PLC0415 - reading settings needs no key

        given = {name: Secret(env.get(name, "")) for name in (KEY, KEY_FILE, KEYRING)}
        company = env.get(COMPANY_KEY_FILE, "")
        del env  # a traceback with local variables would show it all
        own = platformdirs.user_config_path(_APP, appauthor=False) / "key"
        keys: KeySource
        if given[KEY]:
            keys = KeyText(given[KEY], KEY)
        elif given[KEY_FILE]:
            keys = KeyFile(_path(given[KEY_FILE].reveal()), outside=store)
        elif given[KEYRING].reveal() == "1":
            from mailwidgets.vault.system_keyring import (  # noqa: PLC0415 - few ask for it
                KeyringKey,
            )

            keys = KeyringKey(own.with_name("keyring.lock"))
        else:
            keys = KeyFile(own, outside=store, made=True)
        owner = user if not user or given[KEY] or given[KEY_FILE] else actor()
        site = platformdirs.site_config_path(_APP, appauthor=False) / "key"
        if company:
            return cls(keys, KeyFile(_path(company), outside=store), owner=owner)
        return cls(keys, KeyFile(site, outside=store) if _is_there(site) else None, owner=owner)

    @property
    def has_company_key(self) -> bool:
        """Return whether the company has a key of its own here."""
        return self.company_keys is not self.keys

    def owns(self, place: Place) -> bool:
        """Return whether a user's secrets are under the key here, without a public one."""
        return place.level is not Level.USER or self.owner in ("", place.id)

    def seal(self, place: Place, key: Key, secret: Secret, *, public_key: str = "") -> Sealed:
        """Return a secret encrypted for one place and setting.

        Args:
            place: whose document will hold it.
            key: (section, setting).
            secret: in the clear.
            public_key: the one that the document holds; only another user's is needed.

        Raises:
            VaultError: if there is no usable key and none may be made, or if the place is of
                another user who published none.
        """
        try:
            if not self.owns(place) and not self._is_own(public_key):
                return sealing.seal_to(self._published(place, public_key), place, key, secret)
            source = self.company_keys if place.level is Level.COMPANY else self.keys
            return sealing.seal(source.key(create=True), place, key, secret)
        except VaultError as error:
            raise VaultError(
                _("{setting} of {place} cannot be encrypted, so it is not stored: {reason}").format(
                    setting=".".join(key), place=place.words, reason=error
                )
            ) from error

    def _published(self, place: Place, public_key: str) -> str:
        if not public_key:
            who = place.id
            raise VaultError(
                _(
                    "the key here is {owner}'s, and {person} has published none to encrypt to. "
                    "{person} does that once, by running 'mailwidgets keys publish' or by saving "
                    "any password"
                ).format(owner=self.owner, person=who)
            )
        return public_key

    def _is_own(self, public_key: str) -> bool:
        if public_key:
            with suppress(VaultError):
                return any(sealing.public_key(one) == public_key for one in self.keys.openers())
        return False

    def public_key(self) -> str:
        """Return what others seal the owner's secrets to: ``x25519:<key id>:<base64>``.

        Raises:
            VaultError: if there is no usable key and none may be made.
        """
        return sealing.public_key(self.keys.key(create=True))

    def open(self, place: Place, key: Key, sealed: Sealed) -> Secret:
        """Return a secret that was sealed for this place and setting.

        Raises:
            VaultError: if it cannot be opened here: no key or another one, moved, damaged.
        """
        try:
            return sealing.unseal(self._opener(place, sealed), place, key, sealed)
        except VaultError as error:
            raise VaultError(
                _("{setting} of {place} is set, but cannot be read here: {reason}").format(
                    setting=".".join(key), place=place.words, reason=error
                )
            ) from error

    def trouble(self, place: Place, key: Key, sealed: Sealed) -> str:
        """Return why a secret that is set cannot be read here, in words; empty if it can."""
        try:
            sealing.unseal(self._opener(place, sealed), place, key, sealed)
        except VaultError as error:
            return _("set, but cannot be read here: {reason}").format(reason=error)
        return ""

    def steady(self, places: Iterable[Place]) -> AbstractContextManager[object]:
        """Keep the keys of some places from being changed until what they seal is stored.

        Raises:
            VaultError: if another process is changing one just now, and takes long.
        """
        levels = {place.level for place in places}
        with ExitStack() as held:
            if levels - {Level.COMPANY} or not self.has_company_key:
                held.enter_context(self.keys.steady())
            if self.has_company_key and Level.COMPANY in levels:
                held.enter_context(self.company_keys.steady())
            return held.pop_all()

    def _opener(self, place: Place, sealed: Sealed) -> EncryptionKey:
        """Return the key that a secret names, of those at hand."""
        wanted = sealing.key_id(sealed)
        here: list[EncryptionKey] = []
        try:
            for one in self._at_hand(place):
                if sealing.opens(one, sealed):
                    return one
                here.append(one)
        except VaultError:
            if self.owns(place):
                raise  # of another person's secret, the lack of our own key is no news
        if not self.owns(place):
            raise VaultError(
                _("only the key {key} opens it, most likely {owner}'s own").format(
                    key=wanted, owner=place.id
                )
            )
        public = sealed.text.startswith("v2:")
        ids = (sealing.public_id(sealing.public_key(one)) if public else one.id for one in here)
        raise VaultError(
            _(
                "it was encrypted with another key ({wanted}; the one here is {here}): use that "
                "key, or set it anew"
            ).format(wanted=wanted, here=", ".join(ids))
        )

    def _at_hand(self, place: Place) -> Iterator[EncryptionKey]:
        if place.level is not Level.COMPANY or not self.has_company_key:
            yield from self.keys.openers()
            return
        yield from self.company_keys.openers()
        with suppress(VaultError):  # what was stored before the company had a key of its own
            yield from self.keys.openers()


def _path(name: str) -> Path:
    """Return a key file's path; a home that nobody has is told when the key is looked for."""
    with suppress(StoreError):
        return at_home(name)
    return Path(name)


def _is_there(path: Path) -> bool:
    """Return whether a file exists, or may: what we may not look at is no reason for another."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
