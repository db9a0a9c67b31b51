"""Whose files count in a folder that several people share, so that nobody speaks for another.

A shared folder is one with the sticky bit (``chmod 1777``): everyone may add files to it, and the
system lets each person remove and replace only their own. That leaves the adding: anyone could
make ``users/carol.json`` before carol does, and have her password sent to a server of theirs. So
a file counts there only if it belongs to the superuser, to the folder's owner, or, in ``users``,
to the system's account of that name; and links are not followed. In a folder without the sticky
bit whoever may write it is trusted, as the system has it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from mailwidgets import disk
from mailwidgets.errors import DamagedDocument, ReadOnlyStore
from mailwidgets.folder.names import FOLDERS, SUFFIX, place_of
from mailwidgets.languages.texts import _
from mailwidgets.settings.levels import Level

if sys.platform != "win32":
    import pwd

_ROOT: Final = 0
_MODE: Final = 0o666  # of a new file, less the umask


def opened(path: Path, held: ExitStack, target: Path | None = None) -> BinaryIO | None:
    """Return a file open for reading if it counts here; ``None`` where there is none.

    Args:
        path: the file.
        held: closes it.
        target: the file that it is to replace; by default itself.

    Raises:
        DamagedDocument: if it is no regular file, or not of one who may write it here.
        StoreError: if it cannot be read.
    """
    with disk.reported(path, "read"):
        folder = _shared(path)
    file = disk.opened(path, held, follow=folder is None)
    if file is not None and folder is not None:
        _counts(path, os.fstat(file.fileno()), folder, target or path)
    return file


def open_to_read(path: Path, flags: int, target: Path) -> int:
    """Return the descriptor of a file if it counts here.

    Args:
        path: the file.
        flags: as for ``os.open``.
        target: the file that it is to replace, or itself.

    Raises:
        DamagedDocument: if it is not of one who may write it here, or a link.
        OSError: if it cannot be read.
    """
    folder = _shared(path)
    if folder is None:
        return os.open(path, flags)
    try:
        number = os.open(path, flags | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise DamagedDocument(
            _("{path} is a link, and links do not count here").format(path=path)
        ) from error
    try:
        _counts(path, os.fstat(number), folder, target)
    except DamagedDocument:
        os.close(number)
        raise
    return number


def check_written(path: Path, number: int) -> None:
    """Refuse to add to a file that is open for writing but does not count here.

    Args:
        path: the file; it was opened without following links.
        number: its descriptor.

    Raises:
        PermissionError: if it belongs to someone else, or is one that has other names, too.
    """
    folder = _shared(path)
    if folder is None:
        return
    status = os.fstat(number)
    if status.st_uid not in _trusted(path, folder):
        raise PermissionError(
            errno.EPERM, _("it belongs to {owner}").format(owner=_name(status.st_uid))
        )
    if status.st_nlink > 1:  # a hard link: what is added would stand in another file
        raise PermissionError(errno.EPERM, _("it has a second name elsewhere"))


def begin(path: Path, data: bytes, target: Path) -> int:
    """Write a new file that is to replace another, or to be one; see ``disk.begin``.

    What the superuser makes for a person would otherwise not be that person's to change: a
    history goes to its document's owner, a document in a shared folder to the user's account.

    Args:
        path: the new file.
        data: what it holds.
        target: the name that it will have.

    Returns:
        The new file's descriptor.

    Raises:
        ReadOnlyStore: if it would not count there.
        OSError: if it cannot be written.
    """
    if refusal := stranger(target):
        raise ReadOnlyStore(_("{refusal}. Nothing was stored.").format(refusal=refusal))
    number = disk.begin(path, data, target, mode=mode_of_new(target))
    try:
        _give(number, target)
    except OSError:
        os.close(number)
        raise
    return number


def stranger(path: Path) -> str:
    """Return why what this person writes there would not count, or what is there does not.

    Empty where nothing speaks against it, or the folder cannot be looked into: that is for
    others to report.
    """
    try:
        folder = _shared(path)
        status = path.lstat() if folder and os.path.lexists(path) else None
    except OSError:
        return ""
    if folder is None:
        return ""
    trusted, us = _trusted(path, folder), os.geteuid()
    if status is None:
        return "" if us in trusted else _not_yours(path, folder)
    if status.st_uid not in trusted or stat.S_ISLNK(status.st_mode):
        return _told(path, status)
    if us not in (_ROOT, status.st_uid, folder.st_uid):
        return _("{path} belongs to {owner}, and the folder is shared").format(
            path=path, owner=_name(status.st_uid)
        )
    return ""


def mode_of_new(path: Path) -> int:
    """Return the mode of a new file, less the umask: a history is read by whom its document is."""
    document = path.with_suffix(SUFFIX)
    if sys.platform == "win32" or document == path:
        return _MODE
    try:
        return stat.S_IMODE(os.stat(document).st_mode) & _MODE  # noqa: PTH116 - every commit
    except OSError:
        return _MODE


def _give(number: int, path: Path) -> None:
    """Give a file that was just made to whom it belongs; only the superuser can."""
    if sys.platform == "win32" or os.geteuid() != _ROOT or os.path.lexists(path):
        return
    document = path.with_suffix(SUFFIX)
    if document != path and document.exists():
        held = document.stat()
        os.fchown(number, held.st_uid, held.st_gid)
    elif _shared(path) and (account := _account(path)):
        os.fchown(number, account.pw_uid, account.pw_gid)


def _shared(path: Path) -> os.stat_result | None:
    """Return the status of a file's folder if several people share it; ``None`` otherwise."""
    if sys.platform == "win32":
        return None  # there is no such bit
    try:
        status = os.stat(os.path.dirname(path))  # noqa: PTH116, PTH120 - part of every read
    except FileNotFoundError:
        return None
    return status if status.st_mode & stat.S_ISVTX else None


def _counts(path: Path, status: os.stat_result, folder: os.stat_result, target: Path) -> None:
    if status.st_uid not in _trusted(target, folder):
        raise DamagedDocument(f"{_told(path, status)}.")


def _trusted(path: Path, folder: os.stat_result) -> set[int]:
    account = _account(path)
    return {_ROOT, folder.st_uid} | ({account.pw_uid} if account else set())


def _account(path: Path) -> pwd.struct_passwd | None:
    """Return the system's account of the user whose file it is by its name."""
    if path.parent.name != FOLDERS[Level.USER]:
        return None
    place = place_of(Level.USER, path.with_suffix(SUFFIX).name)
    try:
        return pwd.getpwnam(place.id) if place else None
    except KeyError:
        return None


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return _("user number {number}").format(number=number)


def _not_yours(path: Path, folder: os.stat_result) -> str:
    told = _("in the shared folder {folder} only {owner} or the account of that name make {file}")
    return told.format(folder=path.parent, owner=_name(folder.st_uid), file=path.name)


def _told(path: Path, status: os.stat_result) -> str:
    return _(
        "{path} belongs to {owner}, who may not speak for others in a shared folder, so it "
        "does not count. Its folder's owner can remove it"
    ).format(path=path, owner=_name(status.st_uid))
