"""Run the four checks of the practice settings over a slow wire, one by one and then together.

``python bench/four_together.py``; a delaying proxy adds 100 ms each way. Prints Markdown.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent)]

from wire_delay import Wires

from mailwidgets import Practice, rehearse
from mailwidgets.servers import Servers
from mailwidgets.targets import CHECKED

_DELAY = 0.1  # seconds each way


async def measured(servers: Servers) -> None:
    alone: dict[str, float] = {}
    await servers.check_all()  # what is loaded or looked up once is not measured
    for section in CHECKED:
        began = time.perf_counter()
        report = await servers.check(section)
        alone[section] = time.perf_counter() - began
        assert report.ok, str(report)
    began = time.perf_counter()
    reports = await servers.check_all()
    together = time.perf_counter() - began
    assert [report.ok for report in reports] == [True] * len(CHECKED)
    times = [f"{seconds * 1000:.0f} ms" for seconds in (*alone.values(), together)]
    ratio = f"{together / max(alone.values()):.2f}"
    for cells in (
        (*CHECKED, "together", "together ÷ slowest"),
        ["---"] * (len(times) + 1),
        (*times, ratio),
    ):
        print(f"| {' | '.join(cells)} |")


def main() -> None:
    with Practice.start() as practice, tempfile.TemporaryDirectory() as folder:
        servers = rehearse(practice, folder)
        resolved = servers.resolve()
        ports = {section: resolved[section, "port"].effective for section in CHECKED}
        wires = Wires([("127.0.0.1", port, _DELAY) for port in ports.values()])
        try:
            moved = zip(CHECKED, wires.ports, strict=True)
            servers.commit([servers.change(f"{name}.port", port) for name, port in moved])
            asyncio.run(measured(servers))
        finally:
            wires.close()


if __name__ == "__main__":
    main()
