"""Somebody who has a keyboard and no mouse, and maybe a screen reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page

_PATIENCE = 10_000  # milliseconds
_MOST = 90  # presses of the tab key until something has to be reached


def listen(context: BrowserContext) -> None:
    """Have the pages of a context note what is said; before one is opened."""
    context.add_init_script(path=Path(__file__).with_suffix(".js"))


@dataclass
class Person:
    """Goes about a page; wherever the focus comes, it is in sight and shows itself."""

    page: Page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.look()

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.look()

    def look(self) -> None:
        """Fail where the focus is lost, does not show, or is out of sight."""
        wrong = self.page.evaluate("(patience) => person.look(patience)", _PATIENCE)
        assert not wrong, wrong

    def hear(self, words: str) -> None:
        """Wait until something was said, and forget all that was."""
        asked = [words, 3 * _PATIENCE]
        said = self.page.evaluate("([words, patience]) => person.hear(words, patience)", asked)
        assert any(words in one for one in said), said
        self.look()

    def reach(self, wanted: Locator, *, back: bool = False) -> None:
        """Press the tab key until something has the focus."""
        for _ in range(_MOST):
            if wanted.count() == 1 and wanted.evaluate("one => one === document.activeElement"):
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{wanted} is not reached by the keyboard")

    def do(self, wanted: Locator, key: str = "Enter", *, back: bool = False) -> None:
        """Go somewhere and press a key there."""
        self.reach(wanted, back=back)
        self.press(key)

    def enter(self, label: str, text: str, *, back: bool = False) -> None:
        """Go to a box and put a text there, in place of what it holds."""
        self.reach(self.box(label), back=back)
        self.press("Control+a")
        self.type(text)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        found = self.page.get_by_role("button", name=name, exact=isinstance(name, str))
        return found.locator("visible=true")

    def box(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=True).locator("visible=true")

    def tab(self, name: str) -> Locator:
        return self.page.get_by_role("tab", name=name)
