"""What the system's users do to a shared store, each in a process of their own.

Takes lines of JSON on standard input, ``["ACCOUNT", [task…]]``, and answers each with a line of
what came of the tasks. All is loaded before that an account could not read.
"""

from __future__ import annotations

import json
import os
import pwd
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edits import everywhere

from mailwidgets.errors import MailwidgetsError
from mailwidgets.folder.folder import FolderStore
from mailwidgets.settings.documents import Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.secret import Secret
from mailwidgets.store.commits import Note
from mailwidgets.vault.vault import Vault

NUMBERS = {"user": ("pop3", "port"), "company": ("pop3", "port"), "workstation": ("pop3", "name")}


def place_of(level: str, id_: str) -> Place:
    return Place(Level(level), id_)


def save(path: str, level: str, id_: str, number: int) -> str:
    """Save one value through the store."""
    key = NUMBERS[level]
    value = f"h{number}.example" if level == "workstation" else number
    FolderStore(Path(path)).commit([Change(place_of(level, id_), key, value)], Note("me"))
    return "stored"


def save_together(path: str, places: list[list[str]], number: int) -> str:
    """Save the same number in several places at once."""
    changes = [Change(place_of(*one), NUMBERS["user"], number) for one in places]
    FolderStore(Path(path)).commit(changes, Note("me"))
    return "stored"


def port(path: str, id_: str) -> object:
    """Return someone's port as the store reads it."""
    return FolderStore(Path(path)).read(Identity(id_, "WS-01")).user.values.get(NUMBERS["user"])


def refusal(path: str, level: str, id_: str) -> str:
    """Return what the store says beforehand."""
    return FolderStore(Path(path)).refusal(place_of(level, id_))


def history(path: str, level: str, id_: str) -> list[str]:
    """Return who made which commits."""
    return [one.why or one.by for one in FolderStore(Path(path)).history([place_of(level, id_)])]


def open_secret(path: str, id_: str, key: str) -> str:
    """Open someone's password with a key."""
    place = place_of("user", id_)
    sealed = FolderStore(Path(path)).read(Identity(id_, "WS-01")).user.values["pop3", "password"]
    vault = Vault.from_environment({"MAILWIDGETS_KEY": key})
    return vault.open(place, ("pop3", "password"), sealed).reveal()  # type: ignore[arg-type]


def write(path: str, text: str, mode: int = 0o644) -> str:
    """Write a file, as any program can; make it where it is not there."""
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - as plainly as can be
        file.write(text)
    os.chmod(path, mode)  # noqa: PTH101 - likewise
    return "done"


def call(name: str, *words: Any) -> str:  # noqa: ANN401 - whatever the call takes
    """Make one of the system's calls."""
    getattr(os, name)(*words)
    return "done"


TASKS: tuple[Callable[..., object], ...] = (
    *(save, save_together, port, refusal, history, open_secret, write, call),
)


def done(task: str, *words: object) -> object:
    """Do a task; return what came of it, or the error's name and message."""
    known = {one.__name__: one for one in TASKS}
    try:
        return known[task](*words)
    except (MailwidgetsError, OSError) as error:
        return [type(error).__name__, str(error)]


def load() -> None:
    """Load what is needed to commit, to tell history and to open a secret."""
    with tempfile.TemporaryDirectory() as elsewhere:
        store = FolderStore(Path(elsewhere))
        store.commit(everywhere(1))
        list(store.history([Place(Level.COMPANY)]))
    vault = Vault.from_environment({"MAILWIDGETS_KEY": "A" * 43 + "="})
    one, key = Place(Level.COMPANY), ("workflow", "password")
    vault.open(one, key, vault.seal(one, key, Secret("x")))


def become(account: str) -> None:
    """Be one of the system's users from now on, for good."""
    found = pwd.getpwnam(account)
    os.setgroups([])
    os.setgid(found.pw_gid)
    os.setuid(found.pw_uid)
    os.umask(0o022)


if __name__ == "__main__":
    load()
    for line in sys.stdin:
        person, tasks = json.loads(line)
        child = os.fork()
        if not child:
            become(person)
            print(json.dumps([done(*one) for one in tasks]), flush=True)  # noqa: T201 - its report
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            print("null", flush=True)  # noqa: T201 - its error is on standard error
