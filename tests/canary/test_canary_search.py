"""The search finds the canary in whatever form it stands: else no other test proves anything."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from planted import CANARY, PASSPHRASE, Planted, assert_folder_clean, encodings, traces


@pytest.mark.parametrize("secret", [CANARY, PASSPHRASE])
@pytest.mark.parametrize("name", encodings(CANARY))
def test_the_search_finds_every_form(name: str, secret: str) -> None:
    found = encodings(secret)[name]
    assert traces(b"before " + found + b" after", secret)
    assert not traces(b"before " + b"*" * len(found) + b" after", secret)


def test_the_search_looks_into_archives_and_names(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one", CANARY)
    assert traces(packed.getvalue())
    (tmp_path / CANARY[:6]).write_text("")
    with pytest.raises(AssertionError, match=CANARY[:6]):
        assert_folder_clean(tmp_path)


def test_what_is_planted_opens_every_server(planted: Planted) -> None:
    planted.assert_held()
    for report in planted.logged_in():
        assert any(step.name == "authentication" and not step.finding for step in report.steps)
