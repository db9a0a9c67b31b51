"""Print the outcome of every section, TLS mode and login against Dovecot and Postfix.

Run as root, with Dovecot and Postfix installed: ``python bench/matrix.py``. Each cell shows the
outcome with the right and with a wrong secret; an equals sign, that the standard library's client
came to the same with both; a dot, that it has no such login.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from daemons.authority import Authority
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from daemons.process import find_program, short_folder
from proof.matrix import CELLS, LOGINS, ours, server, standard_library, standard_library_can


@contextlib.contextmanager
def daemons() -> Iterator[tuple[Dovecot, Postfix]]:
    dovecot_program, postconf = find_program("dovecot"), find_program("postconf")
    assert dovecot_program, "install Dovecot: see .ci/run"
    assert postconf, "install Postfix: see .ci/run"
    with contextlib.ExitStack() as stack:
        authority = Authority(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        dovecot = Dovecot(dovecot_program, authority, stack.enter_context(short_folder()))
        stack.callback(dovecot.stop)
        postfix = Postfix(postconf, dovecot, authority, stack.enter_context(short_folder()))
        stack.callback(postfix.stop)
        yield dovecot, postfix


def main() -> None:
    outcomes: dict[tuple[str, str, str, str], list[str]] = {}
    differing = unexpected = 0
    with daemons() as (dovecot, postfix):
        for cell in CELLS:
            at = server(cell, dovecot, postfix)
            code = asyncio.run(ours(cell, at)).code
            unexpected += code != cell.expected
            beside = "."
            if standard_library_can(cell):
                same = standard_library(cell, at) == code
                differing += not same
                beside = "=" if same else "≠"
            row = outcomes.setdefault((cell.section, cell.mode, cell.port, cell.login), [])
            row.append(f"{code}{beside}")
    print("| section | TLS mode | port | " + " | ".join(LOGINS) + " |")
    print("|---" * (len(LOGINS) + 3) + "|")
    for section, mode, port in dict.fromkeys(key[:3] for key in outcomes):
        cells = (" / ".join(outcomes.get((section, mode, port, login), ["-"])) for login in LOGINS)
        print(f"| {section} | {mode} | {port} | " + " | ".join(cells) + " |")
    print(
        f"\n{len(CELLS)} checks; {unexpected} unexpected; {differing} unlike the standard library"
    )
    sys.exit(bool(unexpected or differing))


if __name__ == "__main__":
    main()
