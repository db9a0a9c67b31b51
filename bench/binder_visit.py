"""What a visitor of Binder does: a test in the dashboard, and the first lesson in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

DASHBOARD = "notebooks/practice.ipynb"
FIRST_STEPS = "notebooks/first-steps.ipynb"
LESSON = "notebooks/lessons/1-a-first-account.ipynb"


def visit(
    context: BrowserContext,
    during: Callable[[str], AbstractContextManager[None]],
    address: Callable[[str], str],
    home: Path,
) -> None:
    """Follow the links of the README.

    Args:
        context: a browser that was never here.
        during: measures a step.
        address: of a path of the server's, with the token.
        home: the server's folder, to see which notebooks there are.
    """
    page = context.new_page()
    with during("dashboard opened, POP3 tested"):
        page.goto(address(f"voila/render/{DASHBOARD}"))
        print("visitor   ", press_test(page), flush=True)
    works = {LESSON: complete_lesson, FIRST_STEPS: complete_first_steps}
    for notebook, complete in works.items():
        if not (home / notebook).exists():
            print(f"there is no {notebook}", flush=True)
            continue
        page = context.new_page()
        page.on("pageerror", lambda error: print("page error", str(error)[:300], flush=True))
        with during(f"JupyterLab opened on {Path(notebook).name}"):
            open_in_lab(page, address(f"lab/tree/{notebook}"))
        with during(f"{Path(notebook).name} completed"):
            run_all(page)
            complete(page)


def press_test(page: Page, section: str = "POP3") -> str:
    """Press the test of a section, and return the verdict, which has to be a good one."""
    page.get_by_role("button", name=f"Test {section}", exact=True).click()
    verdict = page.locator(".mw-verdict", has_text=f"{section} works").locator("visible=true")
    expect(verdict.first).to_be_visible()
    return f"{section} works"


def open_in_lab(page: Page, address: str) -> None:
    """Open a notebook in JupyterLab, and see nothing in its way."""
    page.goto(address)
    expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()
    page.wait_for_load_state("networkidle")
    for what in (".jp-Dialog", ".Toastify__toast"):
        there = page.locator(what)
        assert there.count() == 0, f"in the way: {there.first.inner_text()}"


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def no_errors(page: Page) -> None:
    wrong = page.locator("[data-mime-type='application/vnd.jupyter.error']")
    assert wrong.count() == 0, wrong.first.text_content()


def complete_first_steps(page: Page) -> None:
    """Press a test in the dashboard at the notebook's end."""
    print("visitor   ", press_test(page), flush=True)
    no_errors(page)


def complete_lesson(page: Page) -> None:
    """Do the three exercises of lesson 1 by what the provider's sheet says."""
    said = sheet(page)
    pop3, smtp, imap = (said[service] for service in ("POP3", "SMTP", "IMAP"))
    account = {"user": pop3["User name"], "password": pop3["Password"]}
    borrowed = {"use_pop3_account": "yes"}
    server = {"name": pop3["Server"], "port": pop3["Port, TLS by STARTTLS"]}
    exercise(page, "Fetch mail by POP3", "pop3", server | account)
    server = {"name": smtp["Server"], "port": smtp["Port, TLS by STARTTLS"]}
    exercise(page, "Send mail by SMTP", "smtp", server | {"tls": "SSL/TLS"} | borrowed)
    server = {"name": imap["Server"], "port": imap["Port, TLS from the first byte"]}
    exercise(page, "Read folders by IMAP", "imap", server | borrowed)
    no_errors(page)


def sheet(page: Page) -> dict[str, dict[str, str]]:
    """Return what the provider's sheet says of each service."""
    table = page.locator(".jp-RenderedHTMLCommon table", has_text="User name")
    table.wait_for(state="attached")  # the browser paints nothing of cells that are out of sight
    heads = table.locator("thead th").all_text_contents()
    rows = [row.locator("th, td").all_text_contents() for row in table.locator("tbody tr").all()]
    return {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def exercise(page: Page, title: str, section: str, wanted: dict[str, str]) -> None:
    """Begin an exercise, fill in, test, save, and have it looked at."""
    task = page.get_by_role("region", name=re.compile(title))
    task.get_by_role("button", name="Begin").click()
    for key, value in wanted.items():
        row = page.locator(f".mw-{section}-{key}").locator("visible=true")
        if key == "use_pop3_account":
            row.get_by_role("checkbox").check()
        elif key == "tls":
            row.get_by_role("combobox").select_option(label=value)
        else:
            row.locator("input").first.fill(value)
    print("visitor   ", press_test(page, section.upper()), flush=True)
    page.get_by_role("button", name="Save", exact=True).locator("visible=true").click()
    expect(page.get_by_text(re.compile(r"Saved \d+ settings?\."))).to_be_visible()
    page.get_by_role("button", name="Check my work").click()
    expect(page.locator(".mw-exercise .mw-verdict").last).to_contain_text("Passed.")
    expect(task).to_contain_text("passed")
    print("visitor   ", f"{title}: passed", flush=True)
