"""A key in the system's keyring, as desktops have one: only for those who ask for it.

The library ``keyring`` (extra ``keyring``) finds the one of this system. One that keeps
passwords in the clear, or nowhere, is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from filelock import FileLock

from mailwidgets.disk import make_folder
from mailwidgets.errors import VaultError
from mailwidgets.languages.texts import _
from mailwidgets.settings.secret import Secret
from mailwidgets.vault.cipher import EncryptionKey
from mailwidgets.vault.keys import NEXT, PATIENCE, Changeable, KeySource, locked

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE: Final = "mailwidgets"
ENTRY: Final = "key"

_REFUSED = ("keyrings.alt.", "keyring.backends.fail", "keyring.backends.null")
_RECOMMENDED = 1  # keyring's own mark: a backend below it protects little or nothing
_ERRORS = (
    ("keyring.errors", "KeyringError"),
    ("secretstorage.exceptions", "SecretStorageException"),
    ("jeepney", "DBusErrorResponse"),
)
_Answer = TypeVar("_Answer")


class KeyringKey(KeySource, Changeable):
    """A key in the system's keyring, made when the first secret is stored.

    Args:
        lock: a file whose lock is held while the key is made or changed: a keyring has none.
    """

    __slots__ = ("_lock",)

    def __init__(self, lock: Path) -> None:
        self._lock = FileLock(lock, timeout=PATIENCE)

    @property
    def origin(self) -> str:
        """Return what it is called there."""
        return _('the entry "{service}" of the system keyring').format(service=SERVICE)

    def key(self, *, create: bool = False) -> EncryptionKey:
        """Return the key, made if there is none."""
        if create and not self._all():
            with self.changing():
                if not self._all():
                    _put(ENTRY, EncryptionKey.new())
        return self.openers()[0]

    def openers(self) -> tuple[EncryptionKey, ...]:
        """Return the key; while it is being changed the next one, then this one."""
        found = self._all()
        if not found:
            raise VaultError(
                _("{origin} is not there; it is made with the first secret").format(
                    origin=self.origin
                )
            )
        return found

    def steady(self) -> AbstractContextManager[None]:
        """Keep the key from being changed."""
        return self.changing()

    def changing(self) -> AbstractContextManager[None]:
        """Keep everyone else from changing the key, and from storing what it encrypts."""
        folder = Path(self._lock.lock_file).parent
        try:
            make_folder(folder, mode=0o700)
        except OSError as error:
            raise VaultError(
                _("{folder} cannot be made: {reason}").format(
                    folder=folder, reason=error.strerror or error
                )
            ) from error
        return locked(self._lock, self.origin)

    def prepare(self) -> EncryptionKey:
        """Return the next key, made unless one waits since a change was cut short."""
        return _held(ENTRY + NEXT) or _put(ENTRY + NEXT, EncryptionKey.new())

    def replace(self) -> None:
        """Let the next key take the present one's name."""
        following = _held(ENTRY + NEXT)
        if following is not None:
            _put(ENTRY, following)
            _asked(lambda: _backend().delete_password(SERVICE, ENTRY + NEXT))

    @staticmethod
    def _all() -> tuple[EncryptionKey, ...]:
        # The next one first: it may take the other's name in between.
        both = (_held(ENTRY + NEXT), _held(ENTRY))
        return tuple(one for one in dict.fromkeys(both) if one)


def _held(entry: str) -> EncryptionKey | None:
    found = _asked(lambda: Secret(_backend().get_password(SERVICE, entry) or ""))
    return EncryptionKey.read(found, f"{SERVICE}, {entry} in the keyring") if found else None


def _put(entry: str, key: EncryptionKey) -> EncryptionKey:
    _asked(lambda: _backend().set_password(SERVICE, entry, key.text().reveal()))
    if _held(entry) != key:
        raise VaultError(_("the system keyring does not keep what it is given"))
    return key


def _backend() -> KeyringBackend:
    """Return the system's keyring.

    Raises:
        VaultError: if there is none that protects what it keeps, or the library is missing.
    """
    try:
        import keyring  # noqa: PLC0415 - an extra, which only some have
        from keyring.backends.chainer import ChainerBackend  # noqa: PLC0415 - likewise
    except ModuleNotFoundError as error:
        raise VaultError(
            _("the system keyring needs {package}: pip install 'mailwidgets[keyring]'").format(
                package=error.name
            )
        ) from error
    try:
        found = keyring.get_keyring()
    except (ImportError, AttributeError, ValueError) as error:
        raise VaultError(
            _("the keyring chosen for this system cannot be loaded: {reason}").format(reason=error)
        ) from error
    if isinstance(found, ChainerBackend):  # several in a row, of which some may be in the clear
        found = next(iter(found.backends), found)
    name = f"{type(found).__module__}.{type(found).__qualname__}"
    if name.startswith(_REFUSED) or not _priority(found) >= _RECOMMENDED:
        raise VaultError(
            _(
                "there is no system keyring here that protects a key, only {name}: name a key file "
                "with MAILWIDGETS_KEY_FILE instead"
            ).format(name=name)
        )
    return found


def _priority(backend: KeyringBackend) -> float:
    with suppress(RuntimeError):  # keyring's own way to say that a backend cannot work here
        return float(type(backend).priority)
    return 0


def _asked(ask: Callable[[], _Answer]) -> _Answer:
    """Return what a keyring answers; turn what it refuses into our own error."""
    try:
        return ask()
    except _errors() as error:
        told = str(error) or type(error).__name__
    # Out here, so that the keyring's error does not come along: its frames hold the key.
    raise VaultError(_("the system keyring cannot be used: {reason}").format(reason=told))


def _errors() -> tuple[type[Exception], ...]:
    """Return what a keyring raises: its library's own errors and those of what it builds on."""
    found: list[type[Exception]] = [OSError, RuntimeError]
    for module, name in _ERRORS:
        with suppress(ModuleNotFoundError):
            found.append(getattr(import_module(module), name))
    return tuple(found)
