"""``fault``: break practice servers that run elsewhere, and mend them.

What ``--format json`` prints stays as it is; more may be added::

    [{"name", "title", "protocols", "code", "on", "implicit", "shows_with", "mended_by"}]

``on`` are the protocols it is on for, ``null`` where no switches are known; ``implicit`` says that
it shows at the port for TLS from the first byte; the last two are settings by dotted name. After a
switch only the faults that are on are printed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from traitlets import Enum, Unicode

from mailwidgets.breakable import FAULTS_FILE, conditions
from mailwidgets.commands.command import OK, Command, Usage
from mailwidgets.commands.records import aligned
from mailwidgets.faults import FAULTS, ServerFault, Switches
from mailwidgets.faults.fault import PROTOCOLS
from mailwidgets.faults.switches import fault_named

_NONE = "none"
_PASSED = "ok"
_HEAD = ("fault", "befalls", "what goes wrong", "a test comes to")
On = Mapping[str, ServerFault]


class Fault(Command):
    """List faults, break practice servers, mend them."""

    name = "fault"
    description = (
        "List the faults that practice servers can have; or break those that run, by a fault's "
        "name, wherever it fits or for some protocols; or mend them with none. It counts from the "
        "next connection on."
    )
    examples = (
        "mailwidgets fault\n"
        "mailwidgets fault cert_expired\n"
        "mailwidgets fault over_quota smtp --faults /tmp/mailwidgets-faults-1/faults.json\n"
        "mailwidgets fault none smtp"
    )

    faults = Unicode(
        help=f"File that mailwidgets practice prints as faults; else {FAULTS_FILE}."
    ).tag(config=True)
    format = Enum(("table", "json"), "table", help="How it is printed.").tag(config=True)
    aliases: dict[str, Any] = {
        **Command.aliases,
        "faults": "Fault.faults",
        "format": "Fault.format",
    }

    def work(self, words: Sequence[str]) -> int:
        """Print the faults; or switch first, and print what is so now."""
        path = self.faults or os.environ.get(FAULTS_FILE)
        switches = Switches(path) if path else None
        if not words:
            on = None if switches is None else switches.on()
            self._print(FAULTS.values(), on, _table(on))
            return OK
        name, *protocols = words
        if name != _NONE:
            fault_named(name)
        if unknown := [one for one in protocols if one not in PROTOCOLS]:
            raise Usage(f"there is no protocol {unknown[0]!r}; there are {', '.join(PROTOCOLS)}")
        if switches is None:
            raise Usage(
                "nobody knows which servers: give --faults, or set "
                f"{FAULTS_FILE}, to the path that mailwidgets practice prints as faults"
            )
        self._switch(switches, name, protocols)
        return OK

    def _switch(self, switches: Switches, name: str, protocols: Sequence[str]) -> None:
        if name == _NONE:
            switches.mend(protocols)
            done = "Mended."
        else:
            fault = switches.inject(name, protocols)
            done = self._told(fault, protocols or fault.protocols)
        on = switches.on()
        left = [one for one in _faults(on) if one.name != name]
        others = [f"Still on: {one.name} for {', '.join(_where(one, on))}." for one in left]
        if not on:
            others = ["Nothing is broken."]
        self._print(_faults(on), on, "\n".join([done, *others]))

    def _told(self, fault: ServerFault, protocols: Sequence[str]) -> str:
        """Return what was let in, what a test will say, and the settings that go with it."""
        lines = [f"{fault.title}: on for {', '.join(protocols)}."]
        lines.append(f"  Test:   {'works' if fault.code == _PASSED else f'comes to {fault.code}'}")
        shows, mends = _settings(fault, protocols)
        at = " (at the port for TLS from the first byte)" if fault.implicit else ""
        if shows or at:
            lines.append(f"  Shows:  {self.line_to_set(shows.items())}{at}")
        if mends:
            lines.append(f"  Remedy: {self.line_to_set(mends.items())}")
        return "\n".join(lines)

    def _print(self, faults: Iterable[ServerFault], on: On | None, text: str) -> None:
        if self.format == "json":
            text = json.dumps([_row(one, on) for one in faults], ensure_ascii=False, indent=2)
        self.say(text)


def _settings(
    fault: ServerFault, protocols: Iterable[str]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return the settings that a fault shows with, and those that a client can set against it."""
    shows: dict[str, object] = {}
    mends: dict[str, object] = {}
    for protocol in protocols:
        shows |= conditions(fault, protocol)
        mends |= fault.remedy(protocol)
    return shows, mends


def _where(fault: ServerFault, on: On) -> list[str]:
    """Return the protocols that a fault is on for."""
    return [protocol for protocol, one in on.items() if one.name == fault.name]


def _faults(on: On) -> list[ServerFault]:
    """Return the faults that are on, each once, in the table's order."""
    return [fault for fault in FAULTS.values() if _where(fault, on)]


def _table(on: On | None) -> str:
    head = [*_HEAD, "on for"] if on else list(_HEAD)
    rows = [[one.name, ", ".join(one.protocols), one.title, one.code] for one in FAULTS.values()]
    if on:
        for row, one in zip(rows, FAULTS.values(), strict=True):
            row.append(", ".join(_where(one, on)))
    return aligned([head, *rows])


def _row(fault: ServerFault, on: On | None) -> dict[str, object]:
    shows, mends = _settings(fault, fault.protocols)
    return {
        "name": fault.name,
        "title": fault.title,
        "protocols": list(fault.protocols),
        "code": fault.code,
        "on": None if on is None else _where(fault, on),
        "implicit": fault.implicit,
        "shows_with": shows,
        "mended_by": mends,
    }
