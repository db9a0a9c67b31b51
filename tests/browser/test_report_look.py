"""A report on a page of someone else's: readable at any width, in light and dark, and harmless."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from looks import assert_accessible
from playwright.sync_api import Browser, Page
from reports.samples import HOSTILE, WELL, failed

from mailwidgets.reports.bundle import bundle
from mailwidgets.widgets import check_markup

LONG = f"{HOSTILE} {'x' * 65_536}"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # icons are drawn in the sheet
)
# The corners of each axis and its texts, so that none lies on another or outside.
BOXES = """
[...document.querySelectorAll('svg.mw-axis')].map(svg =>
  [svg, ...svg.querySelectorAll('text')].map(one => {
    const box = one.getBoundingClientRect();
    return [box.left, box.top, box.right, box.bottom];
  }))
"""

Box = tuple[float, float, float, float]


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """A plain page under a strict policy, with three reports and a link to save a bundle."""
    shown = "".join(one._repr_html_() for one in (WELL, failed(), failed(LONG)))
    file = tmp_path / "page.html"
    file.write_text(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>Reports</title>'
        "<style>:root { color-scheme: light dark }"
        " body { background: Canvas; color: CanvasText; font-family: sans-serif }</style></head>"
        f"<body><main><h1>Reports</h1>{shown}"
        f"{check_markup.bundle(bundle(WELL), 'b.zip')}</main></body>",
        "utf-8",
    )
    context = browser.new_context(color_scheme=request.param)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("console", lambda message: errors.append(message.text))
    opened.goto(file.as_uri())
    for folded in opened.locator("summary").all():
        folded.click()
    yield opened
    context.close()
    assert not errors, "the policy or the page complains"


@pytest.mark.parametrize("width", [400, 800, 1280])
def test_a_report_fits_is_accessible_and_no_label_lies_on_another(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert_accessible(page)
    axes = page.evaluate(BOXES)
    assert len(axes) == 3
    for whole, *parts in axes:
        for number, box in enumerate(parts):
            assert whole[0] - 1 <= box[0] <= box[2] <= whole[2] + 1
            assert not [other for other in parts[number + 1 :] if overlap(box, other)]


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share more than the pixels by which lines of text touch."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 1 and down > 6


def test_the_bundle_is_saved_without_a_server(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as coming:
        page.get_by_role("link", name="Save support bundle").click()

    file = tmp_path / "saved.zip"
    coming.value.save_as(file)
    assert coming.value.suggested_filename == "b.zip"
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as saved:
        assert "report.json" in saved.namelist()
