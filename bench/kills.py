"""Kills commits: at every change to the disk, at every system call, and thousands at random.

After each kill the store opens, every document is wholly before or after the commit, history
agrees with it record by record, what was acknowledged is there, and the next commit works;
``tests/folder/killing.py`` looks. Needs strace for the system calls.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

KILLER = Path(__file__).parent.parent / "tests/folder/killing.py"
RUNS = (
    ("a commit of one document, at each change to the disk", "die_everywhere", "one"),
    ("a commit of three, at each change to the disk", "die_everywhere", "three"),
    ("the first commit of all, one document", "die_at_first", "one"),
    ("the first commit of all, three documents", "die_at_first", "three"),
    ("a commit of one document, at each system call", "die_at_system_calls", "one"),
    ("a commit of three, at each system call", "die_at_system_calls", "three"),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--random", type=int, default=2000, help="kills at random moments")
    options.add_argument("--folder", type=Path, help="on the disk to use", default=None)
    chosen = options.parse_args()
    print("| killed | kills | before | after | recoveries killed | left behind | seconds |")
    print("|---|---|---|---|---|---|---|")
    for what, task, word in (*RUNS, ("at random", "die_at_random", str(chosen.random))):
        if task == "die_at_system_calls" and not shutil.which("strace"):
            print(f"| {what} | needs strace |")
            continue
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            start = time.perf_counter()
            command = [sys.executable, "-W", "error", str(KILLER), task, f"{folder}/store", word]
            seen = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        columns = ("killed", "before", "after", "recoveries killed", "left behind")
        told = " | ".join(str(seen.get(name, "-")) for name in columns)
        print(f"| {what} | {told} | {time.perf_counter() - start:.0f} |", flush=True)
    print(f"\nAt random: {json.dumps(seen)}")


if __name__ == "__main__":
    main()
