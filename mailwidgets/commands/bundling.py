"""A support bundle as a file: a new one, for this person's eyes alone."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from mailwidgets.commands.command import Usage
from mailwidgets.disk import at_home, reported

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def free_place(name: str) -> Path:
    """Return where a bundle can be written; asked before a check, so that none is run in vain.

    Raises:
        Usage: if there is something at that place, or no folder to put it into.
        StoreError: if one may not look there.
    """
    path = at_home(name)
    with reported(path, "written"):
        if os.path.lexists(path):
            raise Usage(_taken(path))
        if not path.parent.is_dir():
            raise Usage(f"--bundle needs a folder that exists, and {path.parent} is none")
    return path


def write_new(path: Path, data: bytes) -> None:
    """Write a file that nobody else may read, mode 0600.

    Raises:
        Usage: if there is one by now.
        StoreError: if it cannot be written; nothing is left of it then.
    """
    with reported(path, "written"):
        try:
            number = os.open(path, _NEW, 0o600)
        except FileExistsError as error:
            raise Usage(_taken(path)) from error
        try:
            with os.fdopen(number, "wb") as file:
                file.write(data)
        except OSError:
            with suppress(OSError):  # it is the writing that must not fail unnoticed
                path.unlink()
            raise


def _taken(path: Path) -> str:
    return f"{path} is there already and stays as it is: give --bundle another name"
