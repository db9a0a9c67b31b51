"""How a page has to look: at any width, in both schemes, enlarged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

WIDE, NARROW = 1280, 400
WIDTHS = (WIDE, 800, NARROW)
_HEIGHT = 900
_CONTRAST = "color-contrast"
_BESIDES = {"target-size": {"enabled": True}}  # which axe leaves out by itself
_AXE = "([within, asked]) => axe.run(within ?? document, asked)"
_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")


def assert_accessible(page: Page, within: str | None = None, **options: object) -> None:
    """Fail if axe finds anything on the page, or within what a selector names."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    asked = {"resultTypes": ["violations"], "preload": False, **options}  # no media to be fetched
    found = AxeResults(page.evaluate(_AXE, [within, asked]))
    assert found.violations_count == 0, found.generate_report()


def assert_fits(page: Page, where: str) -> None:
    """Fail if anything can be scrolled sideways, a name is cut off, or a word is broken."""
    wrong = page.evaluate(
        f"() => {{ const looks = {_SCRIPT};"
        " return [...looks.sideways(), ...looks.cut(), ...looks.broken()]; }"
    )
    assert not wrong, f"{where}: {wrong}"


def assert_fits_everywhere(page: Page) -> None:
    """Look at a page at every width, and with text twice as large."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        assert_fits(page, f"{width} pixels wide")
    crooked = page.evaluate(f"() => {_SCRIPT}.columns()")
    assert not crooked, f"in one column: {crooked}"
    page.set_viewport_size({"width": WIDE, "height": _HEIGHT})
    with _zoomed(page):
        assert_fits(page, "at 200 %")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert_fits(page, "with a font twice as large")
    page.evaluate("document.documentElement.style.fontSize = ''")


def assert_shown_well(page: Page, within: str | None = None) -> None:
    """Look likewise, and let axe look at the widest and the narrowest page, and at both schemes."""
    assert_fits_everywhere(page)
    assert_accessible(page, within, rules=_BESIDES)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, within, runOnly=[_CONTRAST])
    page.set_viewport_size({"width": NARROW, "height": _HEIGHT})
    # Width changes no colour, and this rule takes as long as all others together.
    assert_accessible(page, within, rules=_BESIDES | {_CONTRAST: {"enabled": False}})


@contextmanager
def _zoomed(page: Page) -> Iterator[None]:
    """Show a page at 200 %: half as many pixels, each twice as large."""
    session = page.context.new_cdp_session(page)
    size = {"width": WIDE // 2, "height": _HEIGHT // 2, "deviceScaleFactor": 2, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", size)
    assert page.evaluate("[innerWidth, devicePixelRatio]") == [WIDE // 2, 2]
    yield
    session.send("Emulation.clearDeviceMetricsOverride")
    session.detach()
