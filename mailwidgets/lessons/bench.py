"""A learner's bench: practice servers that can be broken, and a store of their own."""

from __future__ import annotations

import os
import sysconfig
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Self

from mailwidgets.disk import entries
from mailwidgets.faults.laboratory import Laboratory
from mailwidgets.folder.folder import FolderStore
from mailwidgets.languages.texts import _
from mailwidgets.lessons.scene import Scene
from mailwidgets.practice.shown import OLD_NAME
from mailwidgets.prefill import preset
from mailwidgets.servers import Servers
from mailwidgets.settings.documents import UNSET, Change
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.store.commits import Slot
from mailwidgets.vault.keys import KeyFile
from mailwidgets.vault.vault import COMPANY_KEY_FILE, KEY, KEY_FILE, Vault

LEARNER: Final = Identity("ana", "ws-01")
"""As whom every learner works, and where."""
COLLEAGUE: Final = "ben"
"""Somebody else at the company."""


class Bench:
    """Practice servers and a store in a temporary folder, from :meth:`start` to ``close()``.

    Attributes:
        laboratory: the servers, which can be broken by name.
        servers: the store as Ana on WS-01 sees it.
        folder: where the learner's own files are.

    Args:
        laboratory: the servers, started.
        home: gets store and key, and goes with the bench.
        folder: where the learner's own files are.
    """

    def __init__(
        self, laboratory: Laboratory, home: tempfile.TemporaryDirectory[str], folder: Path
    ) -> None:
        self.folder = folder
        private = Path(home.name)
        self._key = KeyFile(private / "key", made=True)
        self._key.key(create=True)
        self._store = private / "store"
        self._files: dict[str, int] = {}
        self._mail: dict[tuple[str, str], int] = {}
        self.laboratory = laboratory
        self.servers = Servers(
            FolderStore(self._store), LEARNER, vault=Vault(self._key), dns=laboratory.dns
        )
        self.close = weakref.finalize(self, _leave, laboratory, home)

    @classmethod
    def start(cls, folder: Path) -> Self:
        """Start servers on free ports of this machine, with nothing set up for them.

        Args:
            folder: where the learner's own files are.

        Raises:
            PracticeError: the extra ``practice`` is not installed, or no port can be opened.
        """
        laboratory = Laboratory.start()
        home = tempfile.TemporaryDirectory(prefix="mailwidgets-lesson-")
        return cls(laboratory, home, folder)

    def facts(self) -> dict[str, object]:
        """Return what this run has anew, for the gaps in texts: host, ports and accounts."""
        ana, ben, workflow = self.laboratory.accounts
        return {
            "host": self.laboratory.host,
            **self.laboratory.ports,
            "user": ana.user,
            "password": ana.password,
            "ben_user": ben.user,
            "ben_password": ben.password,
            "workflow_user": workflow.user,
            "workflow_password": workflow.password,
            "new_name": "mail.practice.example",
            "old_name": OLD_NAME,
        }

    def set_up(self, scene: Scene) -> None:
        """Bring store and servers into a scene, whatever was there before.

        Raises:
            StoreError: if the store refuses.
        """
        wanted: dict[Slot, Change] = {}
        for change in (*self._stored(), *self._of(scene)):
            wanted[change.place, change.key, change.lock] = change
        self.servers.commit(list(wanted.values()), why="the bench is set up")
        self.break_as(scene)
        boxes = [
            (one.address, box) for one in self.laboratory.accounts for box in ("INBOX", "Outbox")
        ]
        self._mail = {box: len(self.laboratory.messages(*box)) for box in boxes}
        # By their own times, not by a clock: a folder on another machine may have another one.
        self._files = {
            one.name: one.stat(follow_symlinks=False).st_mtime_ns for one in entries(self.folder)
        }

    def break_as(self, scene: Scene) -> None:
        """Have the servers as broken as a scene wants them, whatever was switched meanwhile."""
        self.laboratory.mend()
        if scene.fault:
            self.laboratory.inject(scene.fault, scene.protocols)

    def new_messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """Return what has come into a folder since the bench was set up, the oldest first."""
        return self.laboratory.messages(address, folder)[self._mail.get((address, folder), 0) :]

    def written(self, name: str) -> bytes | None:
        """Return what the learner has written into a file since the bench was set up.

        Args:
            name: the file's, in the learner's folder.

        Returns:
            Its bytes; ``None`` where there is no such file, or it is as it was before.

        Raises:
            OSError: if it cannot be read.
        """
        path = self.folder / name
        if not path.exists() or path.lstat().st_mtime_ns == self._files.get(name):
            return None
        return path.read_bytes()

    def environment(self) -> dict[str, str]:
        """Return the environment in which the command line works on this bench's store."""
        key = str(self._key.path)
        return {
            "MAILWIDGETS_STORE": str(self._store),
            "MAILWIDGETS_USER": self.servers.identity.user,
            "MAILWIDGETS_WORKSTATION": self.servers.identity.workstation,
            "MAILWIDGETS_DNS": self.servers.dns,
            KEY: "",
            KEY_FILE: key,
            COMPANY_KEY_FILE: key,
            # Jupyter may have been started without the environment it runs in being activated.
            "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")]),
        }

    def _stored(self) -> Iterator[Change]:
        """Yield changes that would remove all that is stored."""
        store = self.servers.store
        places = [Place(Level.COMPANY), *(one for level in Level for one in store.places(level))]
        for held in store.read_each(dict.fromkeys(places)):
            for key in held.values:
                yield Change(held.place, key, UNSET)
            for key in held.locks:
                yield Change(held.place, key, UNSET, lock=True)

    def _of(self, scene: Scene) -> Iterator[Change]:
        """Yield the changes that make a scene of an empty store."""
        base = preset(self.laboratory)
        if scene.empty:
            base = {"trust.ca": base["trust.ca"]}
        yield from self._changes({**base, **self.filled(scene.values)})
        yield from self._changes(self.filled(scene.company), level=Level.COMPANY)
        yield from (self.servers.lock(name, _(reason)) for name, reason in scene.locks.items())
        for user, values in scene.others.items():
            yield from self._changes(self.filled(values), user=user)

    def _changes(
        self, values: Mapping[str, object], *, user: str = "", level: Level | None = None
    ) -> Iterable[Change]:
        servers = self.servers.as_seen_by(user or None)
        return (
            servers.change(name, value, level=level)
            for name, value in values.items()
            if value is not None
        )

    def filled(self, values: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return texts with their gaps filled in."""
        facts = self.facts()
        return {
            name: None if text is None else text.format_map(facts) for name, text in values.items()
        }


def _leave(laboratory: Laboratory, home: tempfile.TemporaryDirectory[str]) -> None:
    """Stop the servers and remove the folder; not the bench's own method, or it would live on."""
    laboratory.stop()
    home.cleanup()
