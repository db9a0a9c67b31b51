"""From a key to its validated field, from Save to the refreshed table: in a browser, on the page.

``python bench/latency.py [--keys 48] [--saves 24] [--users 10000]``. The store holds all 45
settings of the panel for the one who visits, and that many users, each with all of their own
settings. Every tab of the dashboard has been opened before, so that all forms and tables are there.
Milliseconds are measured within the page, by a MutationObserver.

A key: from the field's ``input`` event until the kernel's answer has changed how the field is
marked; the keys go round from the stored port to a wrong text, back, to another port and back, so
that each changes it. The message that says what is wrong waits until typing pauses: on purpose,
and so it has a row of its own, from the last key until it may be seen.

A save: from the press of Save until the new port stands in the table of effective values. Between
is what a person waits for: the commit with its syncs to the disk, the forms, and the table.

The floor takes turns with both: a key in a bare notebook's text field in Voila, from its
``input`` event until a label shows what the kernel has echoed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from scale import STORING, fill
from served import CHROMIUM, CONTEXT, ECHOES, FIELDS, PATIENCE, bare, content, environment, ours

from mailwidgets import Servers
from mailwidgets.settings.declare import Setting
from mailwidgets.settings.sections import SETTINGS
from mailwidgets.vault.vault import Vault

ROW = ".mw-imap-port"
FIELD = f"{ROW} input:visible"
CELL = "#mw-is-imap-port .mw-at-effective"
PORT = 993
GAP = 120  # milliseconds between two keys: what the last one brought about has come to rest
ROUNDS = 4  # in which keys, saves and the floor take turns
GOALS = {"key": 50, "save": 150}
# Each key changes how the field is marked: wrong, as stored, changed, as stored.
KEYS = ("x", "Backspace", "Backspace", str(PORT)[-1])
STOPWATCH = """() => {
  const clock = { wait: null, state: null, began: 0 };
  const end = () => {
    if (clock.wait && clock.state() !== clock.before) {
      clock.wait(performance.now() - clock.began);
      clock.wait = null;
    }
  };
  const seen = { attributes: true, childList: true, characterData: true, subtree: true };
  new MutationObserver(end).observe(document.body, seen);
  // Resolves with the milliseconds from the next event until a state is another one.
  window.measure = (event, state) => {
    clock.state = state;
    clock.before = state();
    const start = () => (clock.began = performance.now());
    window.addEventListener(event, start, { capture: true, once: true });
    window.measured = new Promise((resolve) => (clock.wait = resolve));
  };
}"""
MARKS = f"""() => {{
  const held = document.querySelector("{ROW}").classList;
  return `${{held.contains("mw-changed")}} ${{held.contains("mw-invalid")}}`;
}}"""
PAUSE = f"""() => {{
  const row = document.querySelector("{ROW}");
  return row.classList.contains("mw-invalid") && !row.classList.contains("mw-typing");
}}"""
SHOWN = f"""() => document.querySelector("{CELL}")?.textContent ?? "" """
ECHOED = """() => document.querySelector(".widget-label:last-child")?.textContent ?? "" """
VALUES: dict[str, object] = {
    **dict.fromkeys(("host", "domain"), "mail.example.com"),
    **dict.fromkeys(("text", "secret"), "ana"),
    "address": "ana@example.com",
    "charset": "utf-8",
    "checkbox": False,
    "folder": "Sent",
    "port": PORT,
    "seconds": 20,
    "yes_no": True,
}


def stored(env: dict[str, str], users: int) -> int:
    """Fill the store with everyone's settings; return how many the visitor has."""
    store = Path(env["MAILWIDGETS_STORE"])
    fill(store, users, list(STORING.values())[-1])
    opened = Servers.open(store, user=env["MAILWIDGETS_USER"], workstation="WS-01")
    servers = Servers(opened.store, opened.identity, vault=Vault.from_environment(env))
    panel = [one for one in SETTINGS.values() if not one.ours]
    servers.commit([servers.change(one.name, _value(one)) for one in panel])
    return len(panel)


def _value(setting: Setting) -> object:
    if setting.field.kind == "choice":
        return next(iter(getattr(setting.field, "choices", ())))
    return VALUES[setting.field.kind]


def dashboard(page: Page, url: str) -> None:
    """Open the dashboard with all its tabs, and come back to the form that is typed in."""
    page.goto(url)
    page.locator(FIELDS["ours"]).first.wait_for()
    for at, tab in enumerate(page.get_by_role("tab").all()):
        tab.click()
        page.locator(content(at)).first.wait_for()
    page.locator(CELL).wait_for(state="attached")
    page.get_by_role("tab", name="IMAP").click()
    page.locator(FIELD).wait_for()
    page.evaluate(STOPWATCH)


def notebook(page: Page, url: str) -> None:
    """Open the bare notebook."""
    page.goto(url)
    page.locator(FIELDS["bare"]).first.press("7")
    page.locator(ECHOES["bare"]).wait_for()
    page.evaluate(STOPWATCH)


def timed(page: Page, event: str, state: str, selector: str, key: str = "") -> float:
    """Press a key in a field, or press a button; return the milliseconds until a state changes."""
    page.evaluate(f"void measure({event!r}, {state})")
    wanted = page.locator(selector).first
    if key:
        wanted.press(key)
    else:
        wanted.click()
    taken = float(page.evaluate("measured"))
    page.wait_for_timeout(GAP)
    return taken


def pause(page: Page) -> float:
    """Return the milliseconds from a wrong key until its message may be seen."""
    taken = timed(page, "input", PAUSE, FIELD, "x")
    page.locator(FIELD).press("Backspace")
    page.wait_for_timeout(GAP)
    return taken


def save(page: Page, digit: int) -> float:
    """Type another port and save it; return the milliseconds until the table has it."""
    field = page.locator(FIELD)
    for key in ("End", "Backspace", str(digit)):
        field.press(key)
    page.locator(".mw-save:visible:enabled").wait_for()
    page.wait_for_timeout(GAP)
    taken = timed(page, "click", SHOWN, ".mw-save:visible")
    shown = page.locator(CELL).text_content()
    assert shown == f"{PORT // 10}{digit}", f"the table shows {shown}"
    page.wait_for_timeout(4 * GAP)
    return taken


def turns(ours_page: Page, bare_page: Page, keys: int, saves: int) -> dict[str, list[float]]:
    """Measure all in turn, round by round; return the milliseconds of each kind."""
    plain = FIELDS["bare"]
    found: dict[str, list[float]] = {"floor": [], "key": [], "save": [], "pause": []}
    for turn in range(ROUNDS + 1):
        ours_page.locator(FIELD).press("End")
        round_of = {
            "floor": [timed(bare_page, "input", ECHOED, plain, "7") for _ in range(keys)],
            "key": [timed(ours_page, "input", MARKS, FIELD, KEYS[at % 4]) for at in range(keys)],
            "pause": [pause(ours_page)],
            "save": [save(ours_page, digit) for digit in islice(cycle((4, PORT % 10)), saves)],
        }
        if turn:  # the first round warms up
            for kind, taken in round_of.items():
                found[kind] += taken
    return found


def print_all(found: dict[str, list[float]]) -> None:
    told = {
        "floor": "a key echoed in a bare notebook",
        "key": "a key to the validated field",
        "save": "Save to the refreshed table",
        "pause": "the last key to the message of what is wrong, with its pause",
    }
    base = statistics.median(found["floor"])
    print("| what | median, ms | 95 % within, ms | goal, ms | median ÷ floor | measured |")
    print("|---|---|---|---|---|---|")
    for kind, what in told.items():
        middle, most = statistics.median(found[kind]), statistics.quantiles(found[kind], n=20)[-1]
        goal = GOALS.get(kind, "-")
        ratio = f"{middle / base:.2f}"
        print(f"| {what} | {middle:.1f} | {most:.1f} | {goal} | {ratio} | {len(found[kind])} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=48, help="a multiple of 16")
    parser.add_argument("--saves", type=int, default=24, help="a multiple of 8")
    parser.add_argument("--users", type=int, default=10_000)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        env = environment(folder)
        settings = stored(env, given.users)
        served, floor = (stack.enter_context(serve(env)) for serve in (ours, bare))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(**CHROMIUM)
        pages = [browser.new_context(**CONTEXT).new_page() for _ in range(2)]
        for page in pages:
            page.set_default_timeout(PATIENCE * 1000)
        dashboard(pages[0], served.url)
        notebook(pages[1], floor.url)
        found = turns(*pages, given.keys // ROUNDS, given.saves // ROUNDS)
        browser.close()
    print(f"{settings} settings of the visitor's are stored, and {given.users:,} other users.\n")
    print_all(found)


if __name__ == "__main__":
    main()
