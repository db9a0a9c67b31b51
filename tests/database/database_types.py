"""What the fixtures of these tests hand out."""

from __future__ import annotations

from collections.abc import Callable

from mailwidgets.database.store import DatabaseStore

Open = Callable[..., DatabaseStore]
Kill = Callable[[], int]
Role = Callable[..., str]
