"""Feed every parser, and whole checks, with what atheris (libFuzzer) makes up; print what it found.

``python bench/fuzz.py [--seconds N] [TARGET…]``: N seconds for each target, all by default, one
after the other. Needs the extra ``[fuzz]``. A finding's input stays in ``--findings``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import atheris
from fuzz_targets import TARGETS


def fuzz_here(name: str, seeds: Path, seconds: int, findings: Path) -> None:
    function, first = TARGETS[name]
    for number, seed in enumerate(first):
        (seeds / str(number)).write_bytes(seed)
    arguments = (
        *("-max_len=4096", f"-max_total_time={seconds}", "-print_final_stats=1", "-timeout=10"),
        *("-rss_limit_mb=1024", f"-artifact_prefix={findings}/{name}-", str(seeds)),
    )
    atheris.Setup([sys.argv[0], *arguments], function)
    atheris.Fuzz()


def run(name: str, seconds: int, findings: Path) -> str:
    """Fuzz one target and return its row of the table."""
    with tempfile.TemporaryDirectory() as seeds:
        command = [sys.executable, __file__, "--here", seeds, "--seconds", str(seconds)]
        began = time.monotonic()
        done = subprocess.run(
            [*command, "--findings", str(findings), name],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
        )
    took = time.monotonic() - began
    stats = re.findall(r"stat::number_of_executed_units: *(\d+)", done.stderr)
    counted = re.findall(r"^#(\d+)", done.stderr, re.MULTILINE)
    executions = int((stats or counted or ["0"])[-1])
    if done.returncode:
        print(done.stderr[-3000:], file=sys.stderr)
        if not executions:
            raise SystemExit(f"{name} could not be run")
    found = 1 if done.returncode else 0
    return f"| `{name}` | {executions:,} | {took:.0f} | {found} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"expected some of {', '.join(TARGETS)}, got {', '.join(sorted(unknown))}")
    options.findings.mkdir(parents=True, exist_ok=True)
    if options.here:
        fuzz_here(options.targets[0], options.here, options.seconds, options.findings)
        return
    print("| target | executions | seconds | findings |\n|---|---|---|---|")
    for name in options.targets or TARGETS:
        print(run(name, options.seconds, options.findings), flush=True)


if __name__ == "__main__":
    main()
