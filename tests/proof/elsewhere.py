"""A check on a machine that is set up in another way: its resolver, its hosts file.

The check runs in a process with a mount namespace of its own, in which other files lie over
``/etc/resolv.conf`` and its like: so the C library's real resolver is asked, and no other test
notices. Needs root on Linux.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mailwidgets.checks.smtp import check_smtp
from mailwidgets.connection.endpoint import Endpoint, Login, TlsMode
from mailwidgets.reports.report import Finding, Report, State, Step, Who

_MOUNT_AND_RUN = 'while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift; exec "$@"'


async def check_elsewhere(
    folder: Path, files: Mapping[str, str], endpoint: Endpoint, login: Login
) -> Report:
    """Return what ``check_smtp`` finds on a machine with these files.

    Args:
        folder: where to write them meanwhile.
        files: absolute paths and what stands there.
        endpoint: where to connect.
        login: who logs in.
    """
    _must_be_able_to_mount()
    mounts: list[str] = []
    for number, (path, text) in enumerate(files.items()):
        source = folder / str(number)
        source.write_text(text, encoding="ascii")
        mounts += [str(source), path]
    child = await asyncio.create_subprocess_exec(
        *("unshare", "--mount", "sh", "-euc", _MOUNT_AND_RUN, "sh", *mounts, "--"),
        *(sys.executable, "-m", "proof.elsewhere"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    task = {"endpoint": dataclasses.asdict(endpoint), "login": dataclasses.asdict(login)}
    try:
        told, _ = await child.communicate(json.dumps(task).encode())
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode == 0, f"the check elsewhere ended with {child.returncode}"
    return _report(json.loads(told))


def _must_be_able_to_mount() -> None:
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no other files can be mounted here: run these tests as root, on Linux")


def _report(told: dict[str, object]) -> Report:
    steps = told["steps"]
    assert isinstance(steps, list)
    return Report("smtp", tuple(_step(one) for one in steps))


def _step(told: dict[str, object]) -> Step:
    known = {"finding", "also", "state", "evidence"}
    evidence, also = told["evidence"], told["also"]
    assert isinstance(evidence, list)
    assert isinstance(also, list)
    return Step(
        state=State(str(told["state"])),
        evidence=tuple(evidence),
        finding=_finding(told["finding"]),
        also=tuple(found for one in also if (found := _finding(one))),
        **{key: value for key, value in told.items() if key not in known},  # type: ignore[arg-type]
    )


def _finding(told: object) -> Finding | None:
    if not isinstance(told, dict):
        return None
    who, severity = Who(told.pop("who")), State(told.pop("severity"))
    fix = tuple((key, value) for key, value in told.pop("fix"))
    return Finding(**told, who=who, severity=severity, fix=fix)


def main() -> None:
    """Run the check that standard input describes, and write its steps."""
    task = json.load(sys.stdin)
    endpoint = Endpoint(**{**task["endpoint"], "tls": TlsMode(task["endpoint"]["tls"])})
    report = asyncio.run(check_smtp(endpoint, Login(**task["login"])))
    json.dump({"steps": [dataclasses.asdict(step) for step in report.steps]}, sys.stdout)


if __name__ == "__main__":
    main()
