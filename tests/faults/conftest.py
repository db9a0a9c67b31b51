from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from practice_clients import Clients

from mailwidgets import Servers, rehearse
from mailwidgets.faults import Laboratory


@pytest.fixture(scope="module")
def running() -> Iterator[Laboratory]:
    with Laboratory.start() as started:
        yield started


@pytest.fixture
def laboratory(running: Laboratory) -> Laboratory:
    """Return a laboratory in which nothing is broken."""
    running.mend()
    return running


@pytest.fixture
def rehearsing(laboratory: Laboratory, tmp_path: Path) -> Servers:
    """Return settings with which everything works there."""
    return rehearse(laboratory, tmp_path / "store")


@pytest.fixture
def clients(laboratory: Laboratory) -> Iterator[Clients]:
    with ExitStack() as closing:
        yield Clients(laboratory, closing)
