from __future__ import annotations

import hashlib
import os
import re
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from cut_line import Line
from looks import assert_accessible
from page_notebook import CONTROLS, SAMPLE, SAMPLE_PACKAGE, WHOLE, WRONG, notebook
from playwright.sync_api import (
    Browser,
    FilePayload,
    Locator,
    Page,
    WebSocketRoute,
    expect,
)
from visits import HERE, Log, Visit, environment, free_port, leave, page_command, running

from mailwidgets.web import assets

TEMPLATE = Path(assets.__file__).parent / "template"
GONE = re.compile("Connection lost|does not answer")
ENDED = re.compile("This page's session has ended")
PATIENCE = 30_000  # milliseconds


def serving(folder: Path, page: Path, *options: str, port: int = 0) -> AbstractContextManager[Log]:
    """Serve a notebook with the template of this checkout, whatever is installed."""
    templates = folder / "jupyter/voila/templates"
    templates.mkdir(parents=True, exist_ok=True)
    if not (templates / "mailwidgets").exists():
        (templates / "mailwidgets").symlink_to(TEMPLATE)
    told = environment(folder, "", JUPYTER_PATH=str(folder / "jupyter"))
    return running(page_command(page, *options, port=port), told)


def address(log: Log) -> str:
    return log.wait_for("http://127.0.0.1:")


@contextmanager
def visiting(browser: Browser, url: str, *, locale: str = "en-GB") -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale=locale)
    visit = Visit(context.new_page())
    visit.record()
    visit.listen()
    visit.page.goto(url)
    yield visit
    assert visit.hosts() == {"127.0.0.1"}, "a request left this machine"
    leave(context)


def said(page: Page) -> Locator:
    return page.locator(".said")


def notice(page: Page) -> Locator:
    return page.locator("#mw-notice")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("page") / "page.ipynb"
    page.write_text(WHOLE)
    return page


@pytest.fixture(scope="module")
def log(written: Path) -> Iterator[Log]:
    """A server that is found below a path."""
    with serving(written.parent, written, "--base_url=/mail/") as log:
        address(log)
        yield log


@pytest.fixture
def visit(browser: Browser, log: Log) -> Iterator[Visit]:
    with visiting(browser, address(log)) as one:
        expect(said(one.page)).to_contain_text("pid=")
        yield one
        assert not one.errors


def test_a_page_is_there_after_a_few_requests(visit: Visit) -> None:
    page = visit.page
    expect(page.locator(".picture")).to_be_visible()

    asked = [url for url in visit.urls if not url.startswith(("data:", "blob:"))]

    assert len(asked) <= 6, asked
    assert all(urlsplit(url).path.startswith("/mail/") for url in asked)
    assert page.title() == "A page"
    assert page.locator("main").count() == 1


def test_what_is_typed_chosen_and_pressed_reaches_the_kernel(visit: Visit) -> None:
    page = visit.page

    page.get_by_label("Host").fill("mail.example.com")
    expect(said(page)).to_have_text("Host=mail.example.com")
    page.get_by_label("Secret").fill("s3cret")
    expect(said(page)).to_have_text("Secret=s3cret")
    page.get_by_label("Tick").check()
    expect(said(page)).to_have_text("Tick=True")
    page.get_by_label("Mode").select_option("auto")
    expect(said(page)).to_have_text("Mode=auto")
    page.get_by_role("button", name="Press").click()
    expect(said(page)).to_have_text("Press=1")
    page.get_by_role("button", name="Row").click()
    expect(said(page)).to_have_text("row=7")


def test_buffers_go_both_ways(visit: Visit) -> None:
    page = visit.page
    content = bytes(range(256)) * 300

    width = page.locator(".picture").evaluate("(one) => one.naturalWidth")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="File").click()
    file = FilePayload(name="a.bin", mimeType="application/octet-stream", buffer=content)
    chooser.value.set_files(file)

    expect(said(page)).to_have_text(f"{len(content)} {hashlib.sha256(content).hexdigest()}")
    assert width == 1


def test_other_outputs_of_a_notebook_are_shown(visit: Visit) -> None:
    page = visit.page

    expect(page.get_by_role("heading", name="A heading")).to_be_visible()
    expect(page.get_by_text("plain <b>text</b>")).to_be_visible()
    expect(page.get_by_role("cell", name="a cell")).to_be_visible()
    expect(page.locator("em", has_text="emphasis")).to_be_visible()
    expect(page.locator(".jp-RenderedImage img")).to_be_visible()
    expect(page.get_by_text("{'a': 1}")).to_be_visible()
    expect(page.get_by_text("print(")).to_have_count(0)


def test_an_output_widget_shows_what_is_printed_before_and_after(visit: Visit) -> None:
    page = visit.page
    expect(page.locator(".out")).to_contain_text("printed before")

    page.get_by_role("button", name="Print").click()

    expect(page.locator(".out")).to_contain_text("printed after")
    expect(page.locator(".out")).to_contain_text("a label within")


def test_a_line_that_breaks_is_mended_and_nothing_is_missed(browser: Browser, log: Log) -> None:
    url = urlsplit(address(log))
    assert url.port is not None
    with (
        Line(url.port) as line,
        visiting(browser, f"http://127.0.0.1:{line.port}{url.path}") as visit,
    ):
        page = visit.page
        host = page.get_by_label("Host")
        host.fill("before")
        expect(said(page)).to_have_text("Host=before")
        page.get_by_role("button", name="Later").click()
        expect(said(page)).to_have_text("soon")
        host.focus()

        line.cut()

        expect(notice(page)).to_have_text(GONE)
        assert page.locator("#rendered_cells").evaluate("(one) => one.inert")
        line.mend()
        expect(notice(page)).to_have_text("Connected again.", timeout=PATIENCE)
        expect(said(page)).to_have_text("later")
        assert not page.locator("#rendered_cells").evaluate("(one) => one.inert")
        expect(host).to_be_focused()
        page.keyboard.press("End")
        page.keyboard.type(" and after")
        expect(said(page)).to_have_text("Host=before and after")
        expect(notice(page)).to_have_text("", timeout=PATIENCE)


def test_what_was_on_its_way_when_the_line_broke_arrives_later(browser: Browser, log: Log) -> None:
    url = urlsplit(address(log))
    assert url.port is not None
    with (
        Line(url.port) as line,
        visiting(browser, f"http://127.0.0.1:{line.port}{url.path}") as visit,
    ):
        page = visit.page
        expect(said(page)).to_contain_text("pid=")
        line.cut()
        expect(notice(page)).to_have_text(GONE)

        # As a widget does by itself, whatever the page lets a person do.
        page.evaluate(
            """() => {
                const box = document.querySelector('.widget-text input');
                box.value = 'meanwhile';
                box.dispatchEvent(new Event('input', { bubbles: true }));
            }"""
        )
        line.mend()

        expect(said(page)).to_have_text("Host=meanwhile", timeout=PATIENCE)


def answers_last(route: WebSocketRoute) -> None:
    """Let the kernel's answers come after it told that it is idle: they travel by two lines."""
    server = route.connect_to_server()
    idle: list[bytes] = []
    held: list[bytes] = []

    def pass_on(message: str | bytes) -> None:
        told = message if isinstance(message, bytes) else message.encode()
        if b"comm_info_reply" in told:
            held.append(told)
        else:
            route.send(told)
            idle.extend([told] if b'"idle"' in told else [])
        for one in list(held):
            parents = re.findall(rb'"msg_id": ?"([^"]+)"', one)
            if any(parent in each for parent in parents for each in idle):
                held.remove(one)
                route.send(one)

    server.on_message(pass_on)


def test_an_answer_that_comes_behind_the_kernels_rest_is_heard(
    browser: Browser, tmp_path: Path
) -> None:
    page_file = tmp_path / "page.ipynb"
    page_file.write_text(notebook(WRONG))  # without widgets, the page asks which there are
    context = browser.new_context()
    context.route_web_socket(re.compile("/channels"), answers_last)
    with serving(tmp_path, page_file) as log:
        page = context.new_page()
        page.goto(address(log))
        expect(page.get_by_role("alert")).to_contain_text("This page could not be built.")
        leave(context)


def test_a_kernel_that_died_is_told_and_the_page_goes_on_by_a_button(
    browser: Browser, log: Log
) -> None:
    with visiting(browser, address(log)) as visit:
        page = visit.page
        expect(said(page)).to_contain_text("pid=")
        page.evaluate("sessionStorage.setItem('mailwidgets-draft:somewhere', '{}')")

        os.kill(int((said(page).text_content() or "").removeprefix("pid=")), signal.SIGKILL)

        expect(notice(page)).to_contain_text(ENDED, timeout=PATIENCE)
        expect(notice(page)).to_contain_text("Your unsaved edits are kept")
        assert page.locator("#rendered_cells").evaluate("(one) => one.inert")
        go_on = page.get_by_role("button", name="Continue")
        expect(go_on).to_be_focused()
        assert_accessible(page)
        go_on.press("Enter")
        expect(said(page)).to_contain_text("pid=")
        page.get_by_label("Host").fill("again")
        expect(said(page)).to_have_text("Host=again")


def test_a_kernel_that_was_ended_elsewhere_is_told(browser: Browser, log: Log) -> None:
    with visiting(browser, address(log)) as visit:
        page = visit.page
        expect(said(page)).to_contain_text("pid=")
        token = next(one for one in page.context.cookies() if one.get("name") == "_xsrf")

        answer = page.request.post(
            f"{address(log)}voila/api/shutdown/{visit.kernel}", form={"_xsrf": token["value"]}
        )

        assert answer.status == 204
        page.get_by_label("Host").fill("is anyone there?")
        expect(notice(page)).to_contain_text(ENDED, timeout=PATIENCE)


def test_a_server_that_is_stopped_and_started_again_is_told(
    browser: Browser, tmp_path: Path
) -> None:
    page_file, port = tmp_path / "page.ipynb", free_port()
    page_file.write_text(notebook(CONTROLS))
    with serving(tmp_path, page_file, port=port) as first:
        url = address(first)
        stack = visiting(browser, url)
        visit = stack.__enter__()
        expect(said(visit.page)).to_contain_text("pid=")
    page = visit.page
    expect(notice(page)).to_have_text("The server does not answer. Trying again…")

    with serving(tmp_path, page_file, port=port):
        expect(notice(page)).to_contain_text(ENDED, timeout=PATIENCE)
        page.get_by_role("button", name="Continue").click()
        expect(said(page)).to_contain_text("pid=")
        page.get_by_label("Host").fill("anew")
        expect(said(page)).to_have_text("Host=anew")
        stack.__exit__(None, None, None)


def test_leaving_a_page_ends_its_kernel_and_coming_back_starts_another(
    visit: Visit, log: Log
) -> None:
    page, first = visit.page, visit.kernel

    page.goto(f"{address(log)}voila/static/voila.js")

    log.wait_for(f"Kernel shutdown: {first}")
    page.go_back()
    expect(said(page)).to_contain_text("pid=")
    assert visit.kernel != first
    page.get_by_label("Host").fill("back")
    expect(said(page)).to_have_text("Host=back")
    visit.errors.clear()  # what Voila's script says of standing alone is not ours


def test_closing_a_page_ends_its_kernel(visit: Visit, log: Log) -> None:
    ours = visit.kernel

    visit.page.close(run_before_unload=True)

    log.wait_for(f"Kernel shutdown: {ours}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frame_is_accessible(visit: Visit, scheme: Literal["light", "dark"]) -> None:
    visit.page.emulate_media(color_scheme=scheme)

    found = Axe().run(visit.page, {"exclude": [["#rendered_cells"]]})

    assert found.violations_count == 0, found.generate_report()
    light = visit.page.locator("body").get_attribute("data-jp-theme-light")
    assert light == str(scheme == "light").lower()


def test_the_page_speaks_the_visitors_language(browser: Browser, log: Log) -> None:
    with visiting(browser, address(log), locale="de-AT") as visit:
        expect(said(visit.page)).to_contain_text("pid=")
        assert visit.page.locator("html").get_attribute("lang") == "de"
        visit.page.evaluate("localStorage.setItem('mailwidgets-language', 'sl')")
        visit.page.reload()
        expect(said(visit.page)).to_contain_text("pid=")
        assert visit.page.locator("html").get_attribute("lang") == "sl"


@pytest.mark.parametrize("traceback", [False, True])
def test_a_notebook_that_fails_says_what_to_do(
    browser: Browser, tmp_path: Path, *, traceback: bool
) -> None:
    page_file = tmp_path / "page.ipynb"
    page_file.write_text(notebook(WRONG))
    with (
        serving(tmp_path, page_file, f"--show_tracebacks={traceback}") as log,
        visiting(browser, address(log)) as visit,
    ):
        page = visit.page
        expect(page.get_by_role("alert")).to_contain_text("This page could not be built.")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        details = page.get_by_text("Details")
        if traceback:
            details.click()
            text = page.get_by_text("ValueError: <img src=x onerror=alert(1)> went wrong")
            expect(text).to_be_visible()
        else:
            expect(details).to_have_count(0)
        assert page.locator("img").count() == 0
        assert not visit.errors
        assert_accessible(page)


def test_a_widget_of_another_package_is_found_among_the_nbextensions(
    browser: Browser, tmp_path: Path
) -> None:
    page_file = tmp_path / "page.ipynb"
    page_file.write_text(notebook(SAMPLE))
    package = tmp_path / "jupyter/nbextensions/sample/index.js"
    package.parent.mkdir(parents=True)
    package.write_text(SAMPLE_PACKAGE)
    with serving(tmp_path, page_file) as log, visiting(browser, address(log)) as visit:
        expect(visit.page.locator(".sample")).to_have_text("greeting from the kernel")
        assert visit.page.evaluate("typeof define") == "undefined"
        assert not visit.errors


def test_files_of_nbextensions_are_handed_out_and_none_beside_them(log: Log) -> None:
    def get(path: str) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", urlsplit(address(log)).port, timeout=60)
        with closing(connection):  # as it stands, where a browser would tidy the path
            connection.request("GET", f"/mail/mailwidgets/nbextensions/{path}")
            response = connection.getresponse()
            return response.status, response.read()

    assert b"AnyModel" in get("anywidget/index.js")[1]
    for path in (
        "../voila/templates/lab/index.html.j2",
        "..%2Fvoila/templates/lab/index.html.j2",
        "anywidget/../../../../pyvenv.cfg",
        "%2Fetc/passwd",
        "/etc/passwd",
        "anywidget",
        "",
    ):
        assert get(path)[0] in {400, 403, 404}, path


def test_where_the_bundle_does_not_fit_voilas_own_scripts_show_the_page(
    browser: Browser, tmp_path: Path
) -> None:
    page_file = tmp_path / "page.ipynb"
    page_file.write_text(notebook(CONTROLS))
    bundle = tmp_path / "jupyter/nbextensions/jupyter-js-widgets/extension.js"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("define(() => ({ load_ipython_extension() {} }));")
    with (
        serving(tmp_path, page_file, "--base_url=/mail/") as log,
        visiting(browser, address(log)) as visit,
    ):
        page = visit.page
        expect(said(page)).to_contain_text("pid=", timeout=PATIENCE)
        assert not [url for url in visit.urls if "/mailwidgets/page-" in url]
        page.get_by_label("Host").fill("stock")
        expect(said(page)).to_have_text("Host=stock")
        page.get_by_role("button", name="Row").click()
        expect(said(page)).to_have_text("row=7")
        expect(page.locator("#loading")).to_have_count(0)
        ours = visit.kernel
        page.close(run_before_unload=True)
        log.wait_for(f"Kernel shutdown: {ours}")
        # MathJax complains that it was given no address, so that it fetches nothing.
        assert not [error for error in visit.errors if "fullMathjaxUrl" not in error]


def test_the_dashboard_opens_with_the_pages_own_script(browser: Browser, tmp_path: Path) -> None:
    with (
        serving(tmp_path, HERE / "dashboard.ipynb") as log,
        visiting(browser, address(log)) as visit,
    ):
        expect(visit.page.get_by_role("tab", name="POP3")).to_be_visible(timeout=PATIENCE)
        asked = [url for url in visit.urls if not url.startswith(("data:", "blob:"))]
        assert len(asked) <= 6, asked
        assert not visit.errors
