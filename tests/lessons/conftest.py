from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailwidgets import Lesson


@pytest.fixture
def lesson(tmp_path: Path) -> Iterator[Lesson]:
    opened = Lesson.open(1, learner="Žiga", folder=tmp_path)
    yield opened
    opened.close()
