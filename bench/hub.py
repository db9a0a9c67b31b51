"""The dashboard under a real JupyterHub, as docs/guides/jupyterhub.md sets it up, for two people.

Each logs in, finds the dashboard with their own name, saves a setting into the shared folder,
loses the proxy for a moment, closes the page, and opens the notebook in JupyterLab.

Needs an environment with jupyterhub and playwright besides ours (``pip install -c constraints.txt
-e '.[dashboard,practice]' jupyterhub jupyterlab playwright``), Chromium, and npm's
configurable-http-proxy, on the path or named. All of it runs on loopback, in a temporary folder::

    python bench/hub.py [node_modules/.bin/configurable-http-proxy]
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
PEOPLE = ("ana", "bob")
PATIENCE = 60  # seconds
_OURS = """
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}/"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{ports[1]}"
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.db_url = "sqlite:///{home}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{home}/cookie_secret"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.ConfigurableHTTPProxy.pid_file = "{home}/proxy.pid"
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = "{home}/homes/{{username}}"
c.Spawner.cmd = ["{python}", "-m", "jupyterhub.singleuser"]
"""


def configuration(home: Path, proxy: str, ports: list[int]) -> str:
    """Return the hub's: what a machine of its own decides, and the lines of the guide."""
    page = (ROOT / "docs" / "guides" / "jupyterhub.md").read_text(encoding="utf-8")
    (lines,) = (
        one for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "Spawner" in one
    )
    lines = lines.replace("/srv/mail-notebook", f"{home}/notebook").replace(
        "/srv/mail", f"{home}/store"
    )
    ours = _OURS.format(home=home, proxy=proxy, ports=ports, python=sys.executable)
    return f'{ours}{lines}c.Spawner.args.append("--allow-root")\n'


@contextmanager
def hub(home: Path, proxy: str) -> Iterator[tuple[str, int]]:
    """Run a hub; yield its address and its process id."""
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for held in (one, two, three):
            held.bind(("127.0.0.1", 0))
        ports = [held.getsockname()[1] for held in (one, two, three)]
    (home / "notebook").mkdir()
    shutil.copy(ROOT / "notebooks" / "dashboard.ipynb", home / "notebook")
    config = home / "jupyterhub_config.py"
    config.write_text(configuration(home, proxy, ports), encoding="utf-8")
    foreign = ("MAILWIDGETS_", "JUPYTER", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    log = home / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(config)],
            cwd=home,
            env=kept | {"HOME": str(home)},
            stdout=stream,
            stderr=stream,
        )
    try:
        until(lambda: "JupyterHub is now running" in log.read_text() or process.poll())
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{ports[0]}", process.pid
    finally:
        children = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(PATIENCE)
        # While it stops, the hub may take its proxy's end for a mishap and start another.
        with suppress(OSError, psutil.NoSuchProcess):
            children.append(psutil.Process(int((home / "proxy.pid").read_text())))
        for one in children:
            with suppress(psutil.NoSuchProcess):
                one.terminate()
        assert not psutil.wait_procs(children, PATIENCE)[1]


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"not within {PATIENCE} s"
        time.sleep(0.1)


def visit(context: BrowserContext, at: tuple[str, int], name: str, home: Path) -> dict[str, str]:
    """Do what a person does; return what was seen."""
    url, hub_id = at
    page = context.new_page()
    scripts: list[str] = []
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda one: scripts.extend(re.findall(r"/\S*/page-\w+\.js", one.url)))
    began = time.monotonic()
    sign_in(page, url, name)
    page.get_by_role("button", name="Test POP3").wait_for()
    seen = {"s from signing in to the page": f"{time.monotonic() - began:.1f}"}
    expect(page.get_by_text(f"For user {name} on workstation hub")).to_be_visible()
    seen["for"] = f"user {name} on workstation hub"
    assert scripts, "the page is not ours"
    seen["script"] = re.sub(r"//[^/]*", "", scripts[0]).replace(page.url.partition("/user")[0], "")
    assert f"/user/{name}/mailwidgets/" in scripts[0]

    page.get_by_role("tab", name="SMTP").click()
    field = page.get_by_label("EHLO (u)").locator("visible=true")
    save(page, field.fill, f"{name}.example.com")
    document = json.loads((home / "store" / "users" / f"{name}.json").read_text(encoding="utf-8"))
    assert f"{name}.example.com" in json.dumps(document)
    seen["saved into"] = f"users/{name}.json"

    for one in psutil.Process(hub_id).children():
        if "configurable-http-proxy" in " ".join(one.cmdline()):
            one.kill()
    expect(page.locator("#mw-notice")).to_have_text("Connected again.")
    save(page, field.fill, f"{name}2.example.com")
    seen["after the proxy was killed"] = "connected again, saves"

    page.close(run_before_unload=True)
    until(lambda: context.request.get(f"{url}/user/{name}/api/kernels").json() == [])
    seen["kernel after closing"] = "ended"

    lab = context.new_page()
    lab.goto(f"{url}/user/{name}/lab/tree/dashboard.ipynb")
    expect(lab.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible()
    lab.locator(".jp-CodeCell .cm-content").click()
    lab.keyboard.press("Shift+Enter")
    expect(lab.get_by_text(f"For user {name} on workstation hub")).to_be_visible()
    seen["in JupyterLab"] = "the same"
    seen["errors of the page"] = str(len(errors))
    return seen


def sign_in(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/hub/login")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("any")
    page.get_by_role("button", name="Sign in").click()


def save(page: Page, fill: Callable[[str], None], value: str) -> None:
    fill(value)
    page.get_by_role("button", name="Save", exact=True).locator("visible=true").click()
    expect(page.get_by_text("Saved 1 setting.")).to_be_visible()


def main(proxy: str = "configurable-http-proxy") -> None:
    expect.set_options(timeout=1000 * PATIENCE)
    found = shutil.which(proxy)
    if found is None:
        sys.exit(f"{proxy} is not there: npm install configurable-http-proxy, and name its path")
    with tempfile.TemporaryDirectory(prefix="mw-hub-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        home = Path(folder)
        with hub(home, str(Path(found).absolute())) as at:
            contexts = {name: browser.new_context() for name in PEOPLE}
            seen = {name: visit(contexts[name], at, name, home) for name in PEOPLE}
            for name, other in zip(PEOPLE, reversed(PEOPLE), strict=True):
                path = f"{at[0]}/user/{other}/voila/render/dashboard.ipynb"
                status = contexts[name].request.get(path).status
                seen[name]["the other's page"] = f"refused, {status}"
                assert status == HTTPStatus.FORBIDDEN
        browser.close()
    print("| what |", " | ".join(seen), "|")
    print("|---" * (1 + len(seen)) + "|")
    for what in seen[PEOPLE[0]]:
        print(f"| {what} |", " | ".join(one[what] for one in seen.values()), "|")


if __name__ == "__main__":
    main(*sys.argv[1:])
