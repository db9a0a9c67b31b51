from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from mailwidgets.ledger import Ledger
from mailwidgets.location import store_at
from mailwidgets.settings.levels import Identity, Level
from mailwidgets.store import commits
from mailwidgets.store.commits import Commit

Put = Callable[..., Commit]
AtTime = Callable[[str], None]


@pytest.fixture
def store_kind() -> str:
    """Return what kind of store the test has, unless it is parametrized with several."""
    return "folder"


@pytest.fixture
def open_ledger(
    store_kind: str, request: pytest.FixtureRequest, tmp_path: Path, key: str
) -> Iterator[Callable[..., Ledger]]:
    """Open the test's store for someone; all share it."""
    assert key
    where = str(tmp_path / "store")
    if store_kind == "database":
        where = request.getfixturevalue("new_database")()
    with contextlib.ExitStack() as held:

        def opened(user: str = "ana", workstation: str = "WS-01", *, author: str = "") -> Ledger:
            store = held.enter_context(contextlib.closing(store_at(where)))
            return Ledger(store, Identity(user, workstation), author=author or user)

        yield opened


@pytest.fixture
def ledger(open_ledger: Callable[..., Ledger]) -> Ledger:
    """Return an empty store's ledger, for ana on WS-01."""
    return open_ledger()


@pytest.fixture
def put(ledger: Ledger) -> Put:
    """Commit values by dotted name, with a double underscore for the dot; ``None`` removes."""

    def committed(
        whose: Ledger | None = None, *, level: Level | None = None, why: str = "", **values: object
    ) -> Commit:
        writer = whose or ledger
        changes = [
            writer.change(name.replace("__", "."), value, level=level)
            for name, value in values.items()
        ]
        made = writer.commit(changes, why=why)
        assert made is not None
        return made

    return committed


@pytest.fixture
def edit_by_hand(tmp_path: Path) -> Callable[..., None]:
    """Set a value in a document as a text editor would."""

    def edited(file: str, section: str, key: str, value: object) -> None:
        path = tmp_path / "store" / file
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
        content["settings"].setdefault(section, {})[key] = value
        path.write_text(json.dumps(content), "utf-8")

    return edited


@pytest.fixture
def at_time(monkeypatch: pytest.MonkeyPatch) -> AtTime:
    """Let commits be made at a time of the test's choice."""

    def turned(text: str) -> None:
        shift = datetime.fromisoformat(text) - datetime.now(UTC)
        assert abs(shift) > timedelta(0)

        class Elsewhen(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + shift

        monkeypatch.setattr(commits, "datetime", Elsewhen)

    return turned
