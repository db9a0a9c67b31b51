"""Every TLS mode with every login, against the real servers and beside the standard library."""

from __future__ import annotations

import asyncio

import pytest
from daemons.dovecot import Dovecot
from daemons.postfix import Postfix
from scripted import step

from proof.matrix import (
    CELLS,
    PLAIN_LOGIN,
    Cell,
    ours,
    secret,
    server,
    standard_library,
    standard_library_can,
)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
async def test_every_tls_mode_and_login_has_the_outcome_the_standard_library_has(
    cell: Cell, dovecot: Dovecot, postfix: Postfix
) -> None:
    at = server(cell, dovecot, postfix)

    report = await ours(cell, at)

    assert report.code == cell.expected, str(report)
    assert (step(report, "tls").state == "passed") is (cell.port != "none"), str(report)
    used = " ".join(step(report, "authentication").evidence)
    assert cell.login == PLAIN_LOGIN or cell.login in used, used
    assert secret(cell) not in f"{report!r}{report.transcript!r}{report.as_dict()}"
    if standard_library_can(cell):
        oracle = await asyncio.to_thread(standard_library, cell, at)
        assert report.code == oracle
