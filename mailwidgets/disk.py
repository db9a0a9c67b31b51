"""Single files and folders: opened, written durably, listed; what the system refuses, in words."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from mailwidgets.errors import DamagedDocument, ReadOnlyStore, StoreError
from mailwidgets.languages.texts import N_, _

# O_NONBLOCK: a named pipe where a file should be must not hold us up.
_CANNOT = {
    "read": N_("{path} cannot be read: {reason}."),
    "written": N_("{path} cannot be written: {reason}."),
    "followed": N_("{path} cannot be followed: {reason}."),
    "synced to its disk": N_("{path} cannot be synced to its disk: {reason}."),
}
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP})


def at_home(name: str | os.PathLike[str]) -> Path:
    """Return a path as typed, a ``~`` at its beginning replaced by the home folder it stands for.

    Raises:
        StoreError: if nobody has such a home folder.
    """
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise StoreError(
            _("{name}: there is no such home folder; give the whole path").format(name=name)
        ) from error


class reported:  # noqa: N801 - read as a statement
    """Turn what the system refuses into a store's error, which names file and reason.

    Args:
        path: the file.
        doing: what cannot be done: a key of ``_CANNOT``.
        consequence: what that means, as a sentence, declared or looked up already.

    Raises:
        ReadOnlyStore: if this person may not.
        StoreError: for any other reason, such as a full disk.
    """

    __slots__ = ("_consequence", "_doing", "_path")

    def __init__(self, path: Path, doing: str, consequence: str = "") -> None:
        self._path = path
        self._doing = doing
        self._consequence = consequence

    def __enter__(self) -> None:
        """Watch what follows."""

    def __exit__(
        self, kind: object, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell what the system refused."""
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            told = ReadOnlyStore if error.errno in _FORBIDDEN else StoreError
            why = error.strerror or error
            message = _(_CANNOT[self._doing]).format(path=self._path, reason=why)
            raise told(f"{message} {_(self._consequence)}".rstrip()) from error


def opened(path: Path, held: ExitStack, *, follow: bool = True) -> BinaryIO | None:
    """Return a file open for reading, ``None`` where there is none.

    Args:
        path: the file.
        held: closes it.
        follow: whether it may be a link.

    Raises:
        DamagedDocument: if it is no regular file.
        StoreError: if it cannot be read.
    """
    with reported(path, "read"):
        try:
            flags = _READ if follow else _READ | _NO_FOLLOW
            file = held.enter_context(os.fdopen(os.open(path, flags), "rb"))
        except FileNotFoundError as error:
            if path.is_symlink():  # what it leads to may only be unmounted
                raise DamagedDocument(
                    _("{path} is a link that leads nowhere").format(path=path)
                ) from error
            return None
        except IsADirectoryError as error:
            raise DamagedDocument(
                _("{path} is a folder, but a file is expected there").format(path=path)
            ) from error
        except OSError as error:
            if follow or error.errno != errno.ELOOP:
                raise
            raise DamagedDocument(
                _(
                    "{path} is a link, which does not count in a folder that several people share"
                ).format(path=path)
            ) from error
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise DamagedDocument(
                _("{path} is no regular file, but one is expected there").format(path=path)
            )
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


def stage(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write a new file durably, before it gets the name under which it counts.

    Args:
        path: the new file; it must not be there yet.
        data: what it holds.
        mode: its mode, less the umask.

    Raises:
        OSError: if the disk is full, or this person may not write there.
    """
    number = begin(path, data, path, mode=mode)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def begin(path: Path, data: bytes, target: Path, *, mode: int = 0o666) -> int:
    """Write a new file that is to replace another, whose owner and mode it takes over.

    The caller makes it durable, and closes it.

    Args:
        path: the new file; it must not be there yet.
        data: what it holds.
        target: the file that it is to replace.
        mode: its mode, less the umask, where there is nothing to replace.

    Returns:
        The new file's descriptor.

    Raises:
        OSError: if the disk is full, or this person may not write the target.
    """
    held = _replaceable(target)
    # What only its owner may read must not be open to others for a moment either.
    number = os.open(path, _CREATE, mode if held is None else 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(number, rest) :]
        if held is not None and sys.platform != "win32":
            _take_over(number, held)
        start_writing(number, 0, len(data))
    except OSError:
        os.close(number)
        raise
    return number


def start_writing(number: int, start: int, length: int) -> None:
    """Let the disk begin with what was written to a file, while others are prepared.

    Several files that are then synced one after the other take little longer than one.

    Args:
        number: the file's descriptor.
        start: where it was written.
        length: how much.
    """
    if sys.platform == "linux":
        # Elsewhere this only lets the system forget the pages; Linux first begins to write them.
        os.posix_fadvise(number, start, length, os.POSIX_FADV_DONTNEED)


def _take_over(number: int, held: os.stat_result) -> None:
    """Give a new file the owner and mode of the one that it is to replace.

    An administrator's save must not take a person's own file away from them. Only the superuser
    may give a file away; others keep what they may.
    """
    fresh = os.fstat(number)
    if (fresh.st_uid, fresh.st_gid) != (held.st_uid, held.st_gid):
        with suppress(PermissionError):
            os.fchown(number, held.st_uid, held.st_gid)
    if fresh.st_mode != held.st_mode:  # a document needs no set-user-id bit
        os.fchmod(number, stat.S_IMODE(held.st_mode) & 0o777)


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
