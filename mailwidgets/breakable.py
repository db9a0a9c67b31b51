"""Practice servers that can be broken from here, whichever process runs them.

``mailwidgets dashboard --practice`` tells its kernels of them through their environment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from mailwidgets.errors import PracticeError
from mailwidgets.faults import Laboratory, ServerFault, Switches
from mailwidgets.faults.fault import PROTOCOLS

FAULTS_FILE: Final = "MAILWIDGETS_FAULTS"
"""The environment's variable for the switches' path."""
PORTS: Final = "MAILWIDGETS_PRACTICE_PORTS"
"""The one for the servers' ports by name, as JSON; they may be unknown."""
_NAMES: Final = (*PROTOCOLS, *(f"{one}s" for one in PROTOCOLS))
_ORDINARY: Final = ServerFault("", "", "")


@dataclass(frozen=True, slots=True)
class Breakable:
    """What is needed to break them.

    Attributes:
        switches: which faults are on.
        ports: by name, as ``Practice.ports``; empty where they are not known.
    """

    switches: Switches
    ports: Mapping[str, int]

    @classmethod
    def of(cls, laboratory: Laboratory) -> Self:
        """Return how a laboratory is broken."""
        return cls(laboratory.switches, dict(laboratory.ports))

    @classmethod
    def told(cls) -> Self | None:
        """Return what the environment tells of; ``None`` where it names no switches.

        Raises:
            PracticeError: the ports are not what was written there.
        """
        path = os.environ.get(FAULTS_FILE)
        if not path:
            return None
        text = os.environ.get(PORTS) or "{}"
        try:
            ports = {str(name): int(port) for name, port in json.loads(text).items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise PracticeError(
                f'{PORTS}: expected ports by name, as {{"imap": 1143}}, came {text!r}'
            ) from error
        return cls(Switches(path), ports if set(_NAMES) <= set(ports) else {})

    def environment(self) -> dict[str, str]:
        """Return what ``told`` reads, by variable."""
        return {FAULTS_FILE: str(self.switches.path), PORTS: json.dumps(dict(self.ports))}

    def scene(self, fault: ServerFault, section: str) -> dict[str, object]:
        """Return the settings with which a fault shows, by dotted name.

        Where the ports are not known, they are left out.
        """
        return fault.scene(section, self.ports) if self.ports else conditions(fault, section)


def conditions(fault: ServerFault, section: str) -> dict[str, object]:
    """Return what has to be set for a fault to show, by dotted name, but for the port.

    Empty where it shows with the settings that practice begins with.
    """
    ports = dict.fromkeys(_NAMES, 0)
    usual = _ORDINARY.scene(section, ports)
    wanted = fault.scene(section, ports)
    return {name: value for name, value in wanted.items() if usual.get(name) != value}
