"""Where encryption keys are kept: the environment, or a file that only its owner reads.

A key is 32 random bytes in base64. It appears in no repr and in no message. While a key is being
changed there are two, the file and the next one beside it, and either opens what it encrypted.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from filelock import FileLock, Timeout

from mailwidgets.disk import make_folder, stage, sync
from mailwidgets.errors import VaultError
from mailwidgets.languages.texts import _
from mailwidgets.settings.secret import Secret
from mailwidgets.vault.cipher import EncryptionKey

NEXT: Final = ".new"  # what the next key's name ends in
PATIENCE: Final = 10.0  # seconds, for another process that makes or changes the key

_LONGEST_FILE = 4096
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeySource(Protocol):
    """Something that has a key."""

    @property
    def origin(self) -> str:
        """Return where the key is, in words."""

    def key(self, *, create: bool = False) -> EncryptionKey:
        """Return the key to encrypt with.

        Args:
            create: whether to make one where there is none and it may be made.

        Raises:
            VaultError: if there is no usable one; says what to do, never the key.
        """

    def openers(self) -> tuple[EncryptionKey, ...]:
        """Return all keys that open something, the one to encrypt with first.

        Raises:
            VaultError: if there is no usable one.
        """
        return (self.key(),)

    def steady(self) -> AbstractContextManager[None]:
        """Keep the key from being changed while something is encrypted and stored."""
        return nullcontext()


@runtime_checkable
class Changeable(Protocol):
    """A key that can be changed where it is: the next one is made beside it, then takes over."""

    def changing(self) -> AbstractContextManager[None]:
        """Keep everyone else from changing the key, and from storing what it encrypts.

        Raises:
            VaultError: if another process does so, or this person may not.
        """

    def prepare(self) -> EncryptionKey:
        """Return the next key, made durably unless one waits since a change was cut short.

        Raises:
            VaultError: if it cannot be made.
        """

    def replace(self) -> None:
        """Let the next key take the place of the present one, which is gone then.

        Raises:
            VaultError: if it cannot be done.
        """


class KeyText(KeySource):
    """A key given as text, as in an environment variable.

    Args:
        text: base64 of 32 bytes.
        origin: where it was given, for messages.
    """

    __slots__ = ("_origin", "_text")

    def __init__(self, text: str | Secret, origin: str) -> None:
        self._text = text if isinstance(text, Secret) else Secret(text)
        self._origin = origin

    @property
    def origin(self) -> str:
        """Return where it was given."""
        return self._origin

    def key(self, *, create: bool = False) -> EncryptionKey:
        """Return the key; none is ever made."""
        del create
        return EncryptionKey.read(self._text, self._origin)


class KeyFile(KeySource, Changeable):
    """A key in a file of its own.

    Args:
        path: the file.
        outside: the store's folder: a key beside what it protects protects nothing.
        made: whether one may be made there. A file that someone named is not made: where it is
            missing, most likely something was not mounted, and a new key would hide that.
    """

    __slots__ = ("_lock", "_made", "_outside", "path")

    def __init__(self, path: Path, *, outside: Path | None = None, made: bool = False) -> None:
        self._made = made
        self._outside = None if outside is None else Path(os.path.realpath(outside))
        # Where a link leads to: the next key must replace the file, not the link.
        self.path = Path(os.path.realpath(path))
        self._lock = FileLock(f"{self.path}.lock", timeout=PATIENCE)

    @property
    def origin(self) -> str:
        """Return which file it is."""
        return _("the key file {path}").format(path=self.path)

    @property
    def next(self) -> Path:
        """Return where the next key waits while this one is being changed."""
        return self.path.with_name(self.path.name + NEXT)

    def key(self, *, create: bool = False) -> EncryptionKey:
        """Return the key, made with mode 0600 if it may be and there is none."""
        self._check_place()
        with self._reported():
            if create and self._made and not (self.path.exists() or self.next.exists()):
                make_folder(self.path.parent, mode=0o700)
                with self.changing():
                    if not self.path.exists():
                        self._write(self.path)
        return self.openers()[0]

    def openers(self) -> tuple[EncryptionKey, ...]:
        """Return the key; while it is being changed the next one, then this one."""
        self._check_place()
        with self._reported():
            # The next one first: it may take the other's name in between.
            following = self._read(self.next) if self.next.exists() else None
            if following is not None and not self.path.exists():
                return (following,)
            present = self._read(self.path)
        return (present,) if following in (None, present) else (following, present)

    def steady(self) -> AbstractContextManager[None]:
        """Keep the key from being changed, where this person might."""
        # Whoever may not write there, where the lock is, changes no key there, either.
        return locked(self._lock, self.origin) if _may_write(self.path.parent) else nullcontext()

    def changing(self) -> AbstractContextManager[None]:
        """Keep everyone else from changing the key, and from storing what it encrypts."""
        return locked(self._lock, self.origin)

    def prepare(self) -> EncryptionKey:
        """Return the next key, made durably unless one waits since a change was cut short."""
        self._check_place()
        with self._reported():
            if not self.next.exists():
                self._write(self.next)
            return self._read(self.next)

    def replace(self) -> None:
        """Let the next key take the present one's name."""
        with self._reported():
            self.next.replace(self.path)
            sync(self.path.parent)

    def _check_place(self) -> None:
        if self._outside and self.path.is_relative_to(self._outside):
            raise VaultError(
                _(
                    "{origin} is inside the store {store}, where whoever copies the store gets it, "
                    "too: move it elsewhere"
                ).format(origin=self.origin, store=self._outside)
            )

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            advice = (
                _("it is made when the first secret is stored; where there was one, put it back")
                if self._made
                else _("make one with: {command}").format(
                    command=f'(umask 077; openssl rand -base64 32 > "{self.path}")'
                )
            )
            raise VaultError(
                _("there is no key file {path}; {advice}").format(path=self.path, advice=advice)
            ) from error
        except OSError as error:
            reason = error.strerror or error
            raise VaultError(
                _("{origin} cannot be used: {reason}").format(origin=self.origin, reason=reason)
            ) from error

    def _read(self, path: Path) -> EncryptionKey:
        name = _("the key file {path}").format(path=path)
        with os.fdopen(os.open(path, _READ), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise VaultError(_("{name} is no regular file").format(name=name))
            if sys.platform != "win32" and status.st_mode & _OTHERS:
                mode = stat.S_IMODE(status.st_mode)
                raise VaultError(
                    _("{name} is open to others (mode {mode}): run chmod 600 {path}").format(
                        name=name, mode=f"{mode:04o}", path=path
                    )
                )
            if sys.platform != "win32" and status.st_uid not in (0, os.geteuid()):
                raise VaultError(
                    _(
                        "{name} belongs to someone else (user number {user}), who can change it: "
                        "use one of your own"
                    ).format(name=name, user=status.st_uid)
                )
            text = Secret(file.read(_LONGEST_FILE).decode("ascii", "replace"))
        return EncryptionKey.read(text, name)

    def _write(self, path: Path) -> None:
        """Make a key, whole from the first moment on: others may look at any time."""
        draft = self.path.with_name(f".{self.path.name}.tmp")  # one writer: the lock is held
        try:
            draft.unlink(missing_ok=True)
            stage(draft, f"{new_key()}\n".encode(), mode=0o600)
            draft.replace(path)
        finally:
            with suppress(OSError):  # it is the replacing that must not fail unnoticed
                draft.unlink(missing_ok=True)
        sync(path.parent)


@contextmanager
def locked(lock: FileLock, origin: str) -> Iterator[None]:
    """Hold a key's lock.

    Args:
        lock: the same object lets the same thread in again.
        origin: where the key is, for messages.

    Raises:
        VaultError: if another process holds it for long, or it cannot be made.
    """
    try:
        held = lock.acquire()
    except Timeout as error:
        raise VaultError(
            _("another process is making or changing {origin}: try again").format(origin=origin)
        ) from error
    except OSError as error:
        raise VaultError(
            _("{origin} cannot be made or changed from here: {file}: {reason}").format(
                origin=origin, file=lock.lock_file, reason=error.strerror or error
            )
        ) from error
    with held:
        yield


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def new_key() -> str:
    """Return a new random key, as text."""
    return EncryptionKey.new().text().reveal()
