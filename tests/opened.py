"""A store with a key, for ana on WS-01."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets as widgets
import pytest

from mailwidgets import Dashboard, Servers
from mailwidgets.draft.draft import Draft


@pytest.fixture(autouse=True)
def no_widgets_of_other_tests() -> None:
    """Begin with none: ipywidgets keeps every one of the process, closed ones' parents too."""
    widgets.Widget.close_all()


@pytest.fixture
def draft(servers: Servers) -> Draft:
    return Draft(servers)


@pytest.fixture
def dashboard(servers: Servers) -> Iterator[Dashboard]:
    opened = Dashboard(servers)
    yield opened
    opened.close()
