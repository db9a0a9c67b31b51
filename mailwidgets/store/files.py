"""Single files and folders: opened, written durably, listed; what the system refuses, in words."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from mailwidgets.errors import DamagedDocument, ReadOnlyStore, StoreError

# O_NONBLOCK: a named pipe where a file should be must not hold us up.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})


@contextmanager
def reported(path: Path, doing: str, consequence: str = "") -> Iterator[None]:
    """Turn what the system refuses into a store's error, which names file and reason.

    Args:
        path: the file.
        doing: what cannot be done: ``read``, ``written``.
        consequence: what that means, as a sentence.

    Raises:
        ReadOnlyStore: if this person may not.
        StoreError: for any other reason, such as a full disk.
    """
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        kind = ReadOnlyStore if error.errno in _FORBIDDEN else StoreError
        message = f"{path} cannot be {doing}: {error.strerror or error}. {consequence}"
        raise kind(message.rstrip()) from error


def opened(path: Path, held: ExitStack) -> BinaryIO | None:
    """Return a file open for reading, ``None`` where there is none.

    Args:
        path: the file.
        held: closes it.

    Raises:
        DamagedDocument: if it is no regular file.
        StoreError: if it cannot be read.
    """
    with reported(path, "read"):
        try:
            file = held.enter_context(os.fdopen(os.open(path, _READ), "rb"))
        except FileNotFoundError:
            return None
        except IsADirectoryError as error:
            raise DamagedDocument(f"{path} is a folder, but a file is expected there") from error
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise DamagedDocument(f"{path} is no regular file, but one is expected there")
        return file


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what is in a folder; nothing where there is none.

    Raises:
        StoreError: if it cannot be read.
    """
    with reported(folder, "read"):
        try:
            with os.scandir(folder) as found:
                return list(found)
        except FileNotFoundError:
            return []


def make_folder(path: Path, *, mode: int = 0o777) -> None:
    """Make a folder, and those above it, unless it is there; it outlives a power failure."""
    if path.is_dir():
        return
    if path.parent != path:
        make_folder(path.parent, mode=mode)
    path.mkdir(mode, exist_ok=True)
    sync(path.parent)


def stage(path: Path, data: bytes, target: Path, *, mode: int = 0o666) -> None:
    """Write a new file that is to replace another, whose owner and mode it takes over.

    Args:
        path: the new file; it must not be there yet.
        data: what it holds.
        target: the file that it is to replace.
        mode: its mode, less the umask, where there is nothing to replace.

    Raises:
        OSError: if the disk is full, or this person may not write the target.
    """
    held = _replaceable(target)
    with os.fdopen(os.open(path, _CREATE, mode), "wb") as file:
        file.write(data)
        file.flush()
        if held is not None and sys.platform != "win32":
            # An administrator's save must not take a person's own file away from them. Only
            # the superuser may give a file away; others keep what they may.
            with suppress(PermissionError):
                os.fchown(file.fileno(), held.st_uid, held.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(held.st_mode))
        os.fsync(file.fileno())


def _replaceable(target: Path) -> os.stat_result | None:
    """Return what is to be replaced; refuse where its mode forbids writing.

    Renaming over a file asks only the folder: without this, a folder that several people share
    would let each replace the others' files, and a commit of several files could fail midway.
    """
    try:
        held = target.stat()
    except FileNotFoundError:
        return None
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if sys.platform != "win32":
        folder = target.parent.stat()
        owners = (0, held.st_uid, folder.st_uid)
        if folder.st_mode & stat.S_ISVTX and os.geteuid() not in owners:
            raise PermissionError(errno.EPERM, "it is another person's file in a shared folder")
    return held


def sync(folder: Path) -> None:
    """Make a folder's new names durable, where the system can."""
    if sys.platform == "win32":
        return  # folders cannot be opened there; NTFS keeps a journal of names itself
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in _NO_SYNC:  # some network shares only do it themselves
            raise
    finally:
        os.close(number)
