from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from practice_clients import Clients

from mailwidgets import Servers, rehearse
from mailwidgets.faults import Laboratory


@pytest.fixture
def rehearsing(laboratory: Laboratory, tmp_path: Path) -> Servers:
    """Return settings with which everything works there."""
    return rehearse(laboratory, tmp_path / "store")


@pytest.fixture
def clients(laboratory: Laboratory) -> Iterator[Clients]:
    with ExitStack() as closing:
        yield Clients(laboratory, closing)
