from __future__ import annotations

from pathlib import Path

import pytest

from mailwidgets.folder.folder import FolderStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(path: Path) -> FolderStore:
    return FolderStore(path)
