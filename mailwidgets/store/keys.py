"""Where encryption keys are kept: the environment, or a file that only its owner reads.

A key is 32 random bytes in base64. It appears in no repr and in no message.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from filelock import FileLock, Timeout

from mailwidgets.errors import VaultError
from mailwidgets.store.files import make_folder, stage, sync

KEY_BYTES: Final = 32

_LONGEST_FILE = 4096
_PATIENCE = 10.0  # seconds, for another process that makes the key
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeySource(Protocol):
    """Something that has a key."""

    def key(self, *, create: bool = False) -> bytes:
        """Return the key.

        Args:
            create: whether to make one where there is none and it may be made.

        Raises:
            VaultError: if there is no usable one; says what to do, never the key.
        """


class KeyText(KeySource):
    """A key given as text, as in an environment variable.

    Args:
        text: base64 of 32 bytes.
        origin: where it was given, for messages.
    """

    __slots__ = ("_origin", "_text")

    def __init__(self, text: str, origin: str) -> None:
        self._text, self._origin = text, origin

    def key(self, *, create: bool = False) -> bytes:
        """Return the key; none is ever made."""
        del create
        return _decoded(self._text, self._origin)


class KeyFile(KeySource):
    """A key in a file of its own.

    Args:
        path: the file.
        outside: the store's folder: a key beside what it protects protects nothing.
        made: whether one may be made there. A file that someone named is not made: where it is
            missing, most likely something was not mounted, and a new key would hide that.
    """

    __slots__ = ("_made", "_outside", "_path")

    def __init__(self, path: Path, *, outside: Path | None = None, made: bool = False) -> None:
        self._path, self._outside, self._made = path, outside, made

    def key(self, *, create: bool = False) -> bytes:
        """Return the key, made with mode 0600 if it may be and there is none."""
        if self._outside and self._path.resolve().is_relative_to(self._outside.resolve()):
            raise VaultError(
                f"the key file {self._path} is inside the store {self._outside}, where whoever "
                "copies the store gets it, too: move it elsewhere"
            )
        try:
            if create and self._made and not self._path.exists():
                self._make()
            return self._read()
        except FileNotFoundError as error:
            advice = (
                "it is made when the first secret is stored"
                if self._made
                else f'make one with: (umask 077; openssl rand -base64 32 > "{self._path}")'
            )
            raise VaultError(f"there is no key file {self._path}; {advice}") from error
        except OSError as error:
            reason = error.strerror or error
            raise VaultError(f"the key file {self._path} cannot be used: {reason}") from error

    def _read(self) -> bytes:
        with os.fdopen(os.open(self._path, _READ), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise VaultError(f"the key file {self._path} is no regular file")
            if sys.platform != "win32" and mode & _OTHERS:
                raise VaultError(
                    f"the key file {self._path} is open to others (mode "
                    f"{stat.S_IMODE(mode):04o}): run chmod 600 {self._path}"
                )
            text = file.read(_LONGEST_FILE).decode("ascii", "replace")
        return _decoded(text, f"the key file {self._path}")

    def _make(self) -> None:
        """Make the key, whole from the first moment on: another process may look at any time."""
        make_folder(self._path.parent, mode=0o700)
        try:
            with FileLock(self._path.with_name(f"{self._path.name}.lock"), timeout=_PATIENCE):
                if not self._path.exists():
                    self._write()
        except Timeout as error:
            raise VaultError(f"another process is making the key file {self._path}") from error

    def _write(self) -> None:
        draft = self._path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            stage(draft, f"{new_key()}\n".encode(), self._path, mode=0o600)
            draft.replace(self._path)
        finally:
            with suppress(OSError):  # it is the replacing that must not fail unnoticed
                draft.unlink(missing_ok=True)
        sync(self._path.parent)


def new_key() -> str:
    """Return a new random key, as text."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _decoded(text: str, origin: str) -> bytes:
    try:
        key = base64.b64decode(text.strip().translate({45: "+", 95: "/"}), validate=True)
    except (binascii.Error, ValueError) as error:
        raise VaultError(
            f"{origin} should hold base64 of {KEY_BYTES} bytes; it does not"
        ) from error
    if len(key) != KEY_BYTES:
        raise VaultError(
            f"{origin} should hold base64 of {KEY_BYTES} bytes; it is of {len(key)} bytes"
        )
    return key
