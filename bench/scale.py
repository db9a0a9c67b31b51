"""From 1 to 100,000 users in a folder: opening, one person, one save, reading all, the table.

``python bench/scale.py [USERS…]``; each row is a process of its own, on a folder that is written
beforehand. Prints Markdown. Memory is the process's peak; microseconds a user are the processor's.
"""

from __future__ import annotations

import functools
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailwidgets.folder.folder import FolderStore
from mailwidgets.folder.names import document_name
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.documents import Change, Documents
from mailwidgets.settings.levels import Identity, Level, Place
from mailwidgets.settings.resolve import resolve
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.store.written import FORMAT, dumped

SIZES = (1, 100, 10_000, 100_000)
_OWN = [one for one in SETTINGS.values() if one.level is Level.USER]
_THREE = [one for one in _OWN if one.name in {"pop3.user", "pop3.password", "smtp.user"}]
STORING = {"3": _THREE, f"all {len(_OWN)}": _OWN}
_REPEATED = 20
_HEAD = (
    *("users", "each stores", "open, ms", "list, ms", "read and resolve one, ms", "save, ms"),
    *("read all, s", "CPU, s", "µs a user", "memory then, MiB"),
    *("**table, s**", "CPU, s", "µs a user", "**memory at its peak, MiB**", "origins, s"),
    "row by row, s",
)


def content(number: int, settings: list[Setting]) -> dict[str, Any]:
    """Return one user's document; no two are alike."""
    held: dict[str, Any] = {}
    for one in settings:
        held.setdefault(one.section, {})[one.key] = _value(one, number)
    place = user(number)
    return {"format": FORMAT, "id": place.id, "commit": f"{number:032x}", "settings": held}


def user(number: int) -> Place:
    """Return a user's place."""
    return Place(Level.USER, f"user{number:06}")


def _value(setting: Setting, number: int) -> object:
    kind = setting.field.kind
    if setting.secret:
        return {"sealed": f"v1:{number:08x}:{'A' * 60}"}
    if kind == "choice":
        choices = list(getattr(setting.field, "choices", ()))
        return choices[number % len(choices)]
    known = {"port": 1 + number % 65535, "seconds": 1 + number % 100}
    if kind in known:
        return known[kind]
    if kind in {"yes_no", "checkbox"}:
        return bool(number % 2)
    return f"{setting.key}{number}.example.com"


def fill(folder: Path, users: int, settings: list[Setting]) -> None:
    """Write a store of that many users, without history."""
    (folder / "users").mkdir(parents=True)
    for number in range(users):
        name = document_name(user(number))
        (folder / name).write_bytes(dumped(content(number, settings), name))


class Taken(float):
    """Seconds by the clock; a busy machine shows in how few of them the processor worked."""

    cpu = 0.0


def _timed(work: Callable[[], Any]) -> tuple[Taken, Any]:
    gc.collect()
    worked, began = time.process_time(), time.perf_counter()
    result = work()
    taken = Taken(time.perf_counter() - began)
    taken.cpu = time.process_time() - worked
    return taken, result


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _median(work: Callable[[int], Any]) -> float:
    times = (_timed(functools.partial(work, number))[0] for number in range(_REPEATED))
    return statistics.median(times)


def measured(folder: str, users: int) -> dict[str, float]:
    """Return the figures of one process: seconds and MiB."""
    seat = Identity(user(users // 2).id, "WS-01")
    place = seat.place(Level.USER)
    opening, store = _timed(lambda: FolderStore(Path(folder)))
    listing, places = _timed(lambda: store.places(Level.USER))
    assert len(places) == users
    one = _median(lambda _: resolve(store.read(seat), seat))
    port = ("imap", "port")
    saving = _median(lambda number: store.commit([Change(place, port, 1 + number)]))
    reading, documents = _timed(lambda: list(store.read_all(Level.USER)))
    before = _peak()
    common = store.read(seat)
    import pandas  # noqa: ICN001, PLC0415 - its 0.3 s are not the table's

    from mailwidgets.everyone.fleet import effective_of_users  # noqa: PLC0415 - imports pandas

    assert pandas.__version__
    given = (documents, common.company, common.workstation)
    tabulating, table = _timed(lambda: effective_of_users(*given))
    after = _peak()
    assert table.shape == (users, len(SETTINGS))
    assert table.loc[seat.user, port] == _REPEATED
    origins, _ = _timed(lambda: effective_of_users(*given, origins=True))

    def row_by_row() -> None:
        for document in documents:
            resolve(Documents(common.company, document, common.workstation), seat)

    figures = {"opening": opening, "listing": listing, "one": one, "saving": saving}
    figures |= {"reading": reading, "before": before, "tabulating": tabulating, "after": after}
    figures |= {"reading_cpu": reading.cpu, "tabulating_cpu": tabulating.cpu, "origins": origins}
    return figures | {"rows": _timed(row_by_row)[0]}


def _row(users: int, stores: str, told: dict[str, float]) -> list[str]:
    def ms(name: str) -> str:
        return f"{told[name] * 1000:.2f}"

    def each(name: str) -> str:
        return f"{told[name] / users * 1e6:.0f}"

    return [
        *(f"{users:,}", stores, *map(ms, ("opening", "listing", "one", "saving"))),
        *(f"{told['reading']:.2f}", f"{told['reading_cpu']:.2f}", each("reading_cpu")),
        *(f"{told['before']:.0f}", f"**{told['tabulating']:.2f}**"),
        *(f"{told['tabulating_cpu']:.2f}", each("tabulating_cpu"), f"**{told['after']:.0f}**"),
        *(f"{told['origins']:.2f}", f"{told['rows']:.2f}"),
    ]


def main(sizes: list[int]) -> None:
    """Fill a folder for every row, and measure it in a process of its own."""
    for line in (_HEAD, ["---"] * len(_HEAD)):
        print(f"| {' | '.join(line)} |")
    for stores, settings in STORING.items():
        for users in sizes:
            with tempfile.TemporaryDirectory() as folder:
                fill(Path(folder) / "store", users, settings)
                words = [sys.executable, __file__, "--measure", f"{folder}/store", str(users)]
                done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
            print(f"| {' | '.join(_row(users, stores, json.loads(done.stdout)))} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measured(sys.argv[2], int(sys.argv[3]))))
    else:
        main([int(word) for word in sys.argv[1:]] or list(SIZES))
