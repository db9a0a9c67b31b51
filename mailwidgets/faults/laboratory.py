"""Practice servers with a door in front of each, at which a fault can be let in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mailwidgets.errors import PracticeError
from mailwidgets.faults.fault import ServerFault
from mailwidgets.faults.switches import Switches
from mailwidgets.practice.accounts import ACCOUNTS, Account
from mailwidgets.practice.practice import Practice

if TYPE_CHECKING:
    from mailwidgets.faults.doors import Doors
    from mailwidgets.faults.name_server import NameServer


class Laboratory(Practice):
    """Practice servers that can be broken by the name of a fault, and mended.

    As :class:`~mailwidgets.practice.practice.Practice` in everything else; ``ports`` are those of
    the doors, and ``dns`` knows ``pop3``, ``smtp``, ``imap`` and ``mail.practice.example``::

        with Laboratory.start() as laboratory:
            fault = laboratory.inject("cert_expired")

    >>> from mailwidgets import rehearse
    >>> fault = laboratory.inject("cert_expired", ["imap"])
    >>> report = await rehearse(laboratory, folder / "settings").check("imap")
    >>> report.code == fault.code
    True

    Attributes:
        switches: which faults are on; other processes switch by the same file.
    """

    switches: Switches
    _doors: Doors | None = None
    _name_server: NameServer | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def start(
        cls, accounts: Iterable[Account] = ACCOUNTS, switches: Switches | None = None
    ) -> Self:
        """Start servers and doors; returns when all listen.

        >>> with Laboratory.start() as mine:
        ...     mine.switches.on()
        {}

        Args:
            accounts: who may log in.
            switches: the faults that are on; by default none, in a temporary file.

        Raises:
            PracticeError: the extra ``practice`` is not installed, or no port can be opened.
            ValueError: no account, or two with the same address.
        """
        laboratory = super().start(accounts)
        try:
            laboratory._open(switches)  # noqa: SLF001 - its own class
        except OSError as reason:
            laboratory.stop()
            raise PracticeError(f"expected seven more free ports, came: {reason}") from reason
        return laboratory

    def _open(self, switches: Switches | None) -> None:
        from mailwidgets.faults.doors import Doors  # noqa: PLC0415 - the servers' libraries
        from mailwidgets.faults.name_server import NameServer  # noqa: PLC0415 - dnspython

        if switches is None:
            self._folder = tempfile.TemporaryDirectory(prefix="mailwidgets-faults-")
            switches = Switches(Path(self._folder.name) / "faults.json")
        self.switches = switches
        self._doors = self._thread.call(Doors.open, self._servers, switches)
        self.ports = dict(self._doors.ports)
        self._name_server = self._thread.call(NameServer.open, switches)
        self.dns = self._name_server.place

    def inject(self, name: str, protocols: Iterable[str] = ()) -> ServerFault:
        """Break the servers from the next connection on; as :meth:`.Switches.inject`.

        >>> laboratory.inject("over_quota", ["smtp"]).code
        'over_quota'
        """
        return self.switches.inject(name, protocols)

    def mend(self, protocols: Iterable[str] = ()) -> None:
        """Mend the servers, by default all; as :meth:`.Switches.mend`.

        >>> _ = laboratory.inject("wrong_password")
        >>> laboratory.mend(["smtp", "imap"])
        >>> list(laboratory.switches.on())
        ['pop3']
        """
        self.switches.mend(protocols)

    def stop(self) -> None:
        """Close every port and connection and end the thread; a second time does nothing.

        >>> mine = Laboratory.start()
        >>> mine.stop()
        >>> mine.switches.path.exists()
        False
        """
        for opened in (self._doors, self._name_server):
            if self._thread.running and opened is not None:
                self._thread.call(opened.close)
        super().stop()
        if self._folder is not None:
            self._folder.cleanup()

    def as_dict(self) -> dict[str, object]:
        """Return what ``Practice`` does, ``dns``, and ``faults``, the path of the switches.

        >>> sorted(laboratory.as_dict())
        ['accounts', 'ca_pem', 'dns', 'faults', 'host', 'ports']
        """
        return {**super().as_dict(), "dns": self.dns, "faults": str(self.switches.path)}
