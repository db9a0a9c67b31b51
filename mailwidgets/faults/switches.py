"""Which fault is on for which protocol: a small file, so that other processes can switch.

The servers look at it at each connection, the name server at each question; a notebook, the
dashboard and the command line write it.
"""

from __future__ import annotations

import difflib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from mailwidgets.errors import PracticeError
from mailwidgets.faults.fault import PROTOCOLS, ServerFault
from mailwidgets.faults.table import FAULTS

_MOST = 4096  # bytes that such a file can have


class Switches:
    """The faults that are on, kept in a file.

    >>> switches = Switches(folder / "faults.json")
    >>> _ = switches.inject("dropped", ["imap"])
    >>> switches.path.read_text()
    '{"imap": "dropped"}'

    Args:
        path: the file; where there is none, nothing is broken.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).absolute()

    def on(self) -> dict[str, ServerFault]:
        """Return the fault that is on for each protocol that has one.

        >>> switches = Switches(folder / "faults.json")
        >>> _ = switches.inject("greylisted")
        >>> {protocol: fault.code for protocol, fault in switches.on().items()}
        {'smtp': 'greylisted'}

        Raises:
            PracticeError: the file is not what was written.
        """
        try:
            with self.path.open("rb") as file:
                names = json.loads(file.read(_MOST))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise PracticeError(f"{self.path} cannot be read: {error}") from error
        if not isinstance(names, dict) or not all(isinstance(one, str) for one in names.values()):
            raise PracticeError(f"{self.path}: expected faults by protocol, came something else")
        return {one: fault_named(names[one]) for one in PROTOCOLS if one in names}

    def fault_of(self, protocol: str) -> ServerFault | None:
        """Return the fault that is on for a protocol, as the servers see it.

        >>> switches = Switches(folder / "faults.json")
        >>> _ = switches.inject("greylisted")
        >>> switches.fault_of("smtp").code, switches.fault_of("imap")
        ('greylisted', None)
        """
        try:
            return self.on().get(protocol)
        except PracticeError:  # whoever wrote the file is told; the servers go on without
            return None

    def inject(self, name: str, protocols: Iterable[str] = ()) -> ServerFault:
        """Break the servers from the next connection on; what else is on stays.

        >>> switches = Switches(folder / "faults.json")
        >>> switches.inject("login_off", ["pop3", "imap"]).title
        'Logging in is switched off for this mailbox'
        >>> switches.inject("greylisted", ["imap"])
        Traceback (most recent call last):
            ...
        mailwidgets.errors.PracticeError: greylisted befalls smtp, not 'imap'

        Args:
            name: the fault's, as in the table.
            protocols: ``pop3``, ``smtp``, ``imap``; by default all that it can befall.

        Returns:
            The fault, with the diagnosis that it leads to.

        Raises:
            PracticeError: there is no such fault, it cannot befall such a server, or the file
                cannot be written.
        """
        fault = fault_named(name)
        chosen = tuple(protocols) or fault.protocols
        for protocol in chosen:
            if protocol not in fault.protocols:
                raise PracticeError(
                    f"{name} befalls {', '.join(fault.protocols)}, not {protocol!r}"
                )
        self._write({**self.on(), **dict.fromkeys(chosen, fault)})
        return fault

    def mend(self, protocols: Iterable[str] = ()) -> None:
        """Mend the servers, by default all; connections that are open stay as they are.

        >>> switches = Switches(folder / "faults.json")
        >>> _ = switches.inject("wrong_password")
        >>> switches.mend()
        >>> switches.on()
        {}

        Raises:
            PracticeError: the file cannot be written.
        """
        mended = tuple(protocols)
        # All of them without a look: a damaged file is mended, too.
        left = self.on() if mended else {}
        self._write({one: fault for one, fault in left.items() if one not in mended})

    def _write(self, on: Mapping[str, ServerFault]) -> None:
        """Replace the file as a whole: the servers may be reading it."""
        text = json.dumps({protocol: fault.name for protocol, fault in on.items()})
        try:
            number, new = tempfile.mkstemp(prefix=self.path.name, dir=self.path.parent)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
            Path(new).replace(self.path)
        except OSError as error:
            raise PracticeError(f"{self.path} cannot be written: {error.strerror}") from error


def fault_named(name: str) -> ServerFault:
    """Return a row of the table.

    >>> fault_named("cert_expired").code
    'cert_expired'
    >>> fault_named("cert_expire")
    Traceback (most recent call last):
        ...
    mailwidgets.errors.PracticeError: there is no fault 'cert_expire'; there is: cert_expired, ...

    Raises:
        PracticeError: there is none of that name; the message offers what is near.
    """
    if name in FAULTS:
        return FAULTS[name]
    near = difflib.get_close_matches(name, FAULTS, n=3) or sorted(FAULTS)
    raise PracticeError(f"there is no fault {name!r}; there is: {', '.join(near)}")
