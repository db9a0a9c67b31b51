from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from backends import KINDS, Backend, database, folder

from mailwidgets.store import commits
from mailwidgets.store.protocol import Store


def backend_of(kind: str, request: pytest.FixtureRequest, name: str) -> Backend:
    if kind == "database":
        return database(request.getfixturevalue("new_database")())
    return folder(request.getfixturevalue("tmp_path") / name)


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    return backend_of(request.param, request, "store")


@pytest.fixture(params=KINDS)
def elsewhere(request: pytest.FixtureRequest) -> Backend:
    """Return a second place, of each kind in turn."""
    return backend_of(request.param, request, "elsewhere")


Open = Callable[[Backend], Store]


@pytest.fixture
def opening() -> Iterator[Open]:
    """Open stores, and close them after the test."""
    with contextlib.ExitStack() as held:

        def opened(backend: Backend) -> Store:
            return held.enter_context(contextlib.closing(backend.open()))

        yield opened


@pytest.fixture
def another(backend: Backend, opening: Open) -> Callable[[], Store]:
    """Return what opens one more store at the same place, as another process would."""
    return lambda: opening(backend)


@pytest.fixture
def store(another: Callable[[], Store]) -> Store:
    return another()


@pytest.fixture
def turn_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Return what makes the clock of this process go wrong by so much."""

    def turned(by: timedelta) -> None:
        class Wrong(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:
                assert tz is UTC
                return datetime.now(UTC) + by

        monkeypatch.setattr(commits, "datetime", Wrong)

    return turned
