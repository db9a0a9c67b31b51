"""A store with the canary in it, and servers that it opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from planted import Planted, accounts, plant

from mailwidgets.practice import Practice


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Planted]:
    """Return a store with the canary, which has opened every server."""
    monkeypatch.setenv("JUPYTERHUB_USER", "ana")
    with Practice.start(accounts()) as practice:
        held = plant(tmp_path, practice)
        held.logged_in()
        yield held
        held.servers.store.close()
