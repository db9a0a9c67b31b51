"""Time ``make dashboard`` as a newcomer meets it: ``python bench/first_start.py``.

Clones this repository's last commit into an empty folder, runs ``make dashboard`` there twice, and
each time opens the printed URL in Chromium and presses the four test buttons. Prints the seconds
from the command to the URL, to the finished page, and to four passed tests. Run it with the
environment of ``make test``, which has Playwright.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

ROOT = Path(__file__).parent.parent
TABS = {"POP3": "pop3", "SMTP": "smtp", "IMAP": "imap", "Workflow e-mail": "workflow"}
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")


def main() -> None:
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "mailwidgets"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        print("| start | URL printed, s | page finished, s | four tests passed, s | verdicts |")
        print("|---|---|---|---|---|")
        for start in ("first", "second"):
            figures, verdicts = once(clone)
            failed = failed or any("works" not in verdict for verdict in verdicts)
            cells = " | ".join(f"{figure:.1f}" for figure in figures)
            print(f"| {start} | {cells} | {'; '.join(verdicts)} |", flush=True)
    sys.exit(failed)


def once(clone: Path) -> tuple[list[float], list[str]]:
    environment = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    began = time.perf_counter()
    make = subprocess.Popen(
        ["make", "--silent", "dashboard"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert make.stdout is not None
        url = next(line.strip() for line in make.stdout if re.match("https?://", line))
        figures = [time.perf_counter() - began]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            page = browser.new_page()
            open_page(page, url)
            figures.append(time.perf_counter() - began)
            verdicts = [press(page, tab) for tab in TABS]
            figures.append(time.perf_counter() - began)
            browser.close()
        return figures, verdicts
    finally:
        os.killpg(make.pid, signal.SIGINT)
        make.wait(30)


def open_page(page: Page, url: str) -> None:
    """Open the URL as soon as the server listens, and wait for the forms."""
    deadline = time.monotonic() + 60
    while True:
        try:
            page.goto(url)
            break
        except Error as error:
            if "ERR_CONNECTION_REFUSED" not in str(error) or time.monotonic() > deadline:
                raise
            page.wait_for_timeout(50)
    page.get_by_role("button", name="Test POP3").wait_for(timeout=60_000)


def press(page: Page, tab: str) -> str:
    page.get_by_role("tab", name=tab).click()
    page.locator(".mw-test:visible").click()
    verdict = page.locator(".mw-verdict:visible")
    verdict.wait_for(timeout=60_000)
    return verdict.inner_text().splitlines()[0]


if __name__ == "__main__":
    main()
