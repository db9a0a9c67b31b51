from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("mailwidgets/**/*.ipynb")])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_outputs_in_short_cells(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)

    assert "widgets" not in notebook.metadata, "saved widget state"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
            assert len(cell.source.splitlines()) <= 10, cell.source


def test_the_dashboard_that_is_served_is_the_one_to_open_in_jupyterlab() -> None:
    code = [
        [
            cell.source
            for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == "code"
        ]
        for path in (
            ROOT / "notebooks/dashboard.ipynb",
            ROOT / "mailwidgets/dashboard/dashboard.ipynb",
        )
    ]

    assert code[0] == code[1]
    assert len(code[0]) == 1
