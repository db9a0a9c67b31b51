from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from practice_clients import Clients

from mailwidgets.practice import Practice


@pytest.fixture
def practice() -> Iterator[Practice]:
    with Practice.start() as running:
        yield running


@pytest.fixture
def clients(practice: Practice) -> Iterator[Clients]:
    with ExitStack() as closing:
        yield Clients(practice, closing)
