"""Measure what importing costs: ``python bench/import_time.py``.

Each row is a cold process with ``-X importtime``; the figure is the cumulative milliseconds of the
named import, the median of several runs, and its ratio to the same run's ``import asyncio, ssl``.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys

RUNS = 9
YARDSTICK = "import asyncio, ssl"
STATEMENTS = (
    YARDSTICK,
    "import mailwidgets",
    "from mailwidgets import Servers",
    "import mailwidgets.checks.smtp",
    "from mailwidgets import Servers; import mailwidgets.checks.workflow",
    "import mailwidgets.commands.checking",
    "from mailwidgets import Dashboard",
    "import pandas",
)
HEAVY = ("pandas", "ipywidgets", "sqlalchemy", "voila")


def milliseconds(statement: str) -> float:
    """The self times of all modules the statement loads, the interpreter's own left out."""
    trace = run("-X", "importtime", "-c", statement)
    bare = run("-X", "importtime", "-c", "pass")
    return total(trace) - total(bare)


def total(trace: str) -> float:
    return sum(int(us) for us in re.findall(r"import time:\s+(\d+) \|", trace)) / 1000


def run(*words: str) -> str:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    return done.stderr


def loaded(statement: str) -> str:
    script = f"{statement}\nimport sys; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip() or "-"


def main() -> None:
    # In turn, so that a machine whose speed drifts drifts for all.
    rounds = [{one: milliseconds(one) for one in STATEMENTS} for _ in range(RUNS)]
    print(f"| statement | ms, median of {RUNS} | ratio to `{YARDSTICK}` | heavy packages loaded |")
    print("|---|---|---|---|")
    for one in STATEMENTS:
        ms = statistics.median(figures[one] for figures in rounds)
        ratio = statistics.median(figures[one] / figures[YARDSTICK] for figures in rounds)
        print(f"| `{one}` | {ms:.0f} | {ratio:.2f} | {loaded(one)} |")


if __name__ == "__main__":
    main()
