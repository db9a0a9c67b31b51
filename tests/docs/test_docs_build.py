from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from browsers import launched
from fences import ROOT, examples
from links import headings, loaded_by_style, read_page, split, targets, texts, tokens
from traitlets.utils.importstring import import_item

import mailwidgets
from mailwidgets.app import MailwidgetsApp

DOCS = [
    page
    for page in sorted(ROOT.glob("docs/**/*.md"))
    if not page.is_relative_to(ROOT / "docs" / "notebooks")
]
WRITTEN = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "bench/README.md")),
    *DOCS,
    *sorted(ROOT.glob("notebooks/**/*.ipynb")),
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the documentation as `make docs` does, where nothing outside can be reached."""
    to = tmp_path_factory.mktemp("docs")
    nowhere = "http://127.0.0.1:9"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *("-q", "-n", "-W", "--keep-going"), "docs", str(to)],
        cwd=ROOT,
        env={**os.environ, "http_proxy": nowhere, "https_proxy": nowhere},
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    return to


def test_every_link_of_the_built_pages_leads_somewhere(built: Path) -> None:
    pages = {path: read_page(path) for path in sorted(built.rglob("*.html"))}
    assert len(pages) > len(DOCS)
    for path, page in pages.items():
        for link in page.links:
            host, where, anchor = split(link)
            if host:
                continue  # what may lead outside is the next test's
            target = Path(os.path.normpath(path.parent / where)) if where else path
            assert target.exists(), f"{path.relative_to(built)}: {link}"
            if anchor and target.suffix == ".html":
                assert anchor in pages[target].anchors, f"{path.relative_to(built)}: {link}"


def test_the_built_pages_neither_load_nor_lead_anywhere_outside(built: Path) -> None:
    for path in built.rglob("*.html"):
        page = read_page(path)
        for link in {*page.links, *page.loaded} - {"https://github.com/pradyunsg/furo"}:  # credit
            assert split(link)[0] in {"", "data"}, f"{path.relative_to(built)}: {link}"
    for path in built.rglob("*.css"):
        for link in loaded_by_style(path):
            assert split(link)[0] in {"", "data"}, f"{path.relative_to(built)}: {link}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_asks_for_nothing_outside_and_scrolls_no_page_sideways(
    built: Path, scheme: str
) -> None:
    asked: list[str] = []
    with launched() as browser:
        context = browser.new_context(color_scheme=scheme, viewport={"width": 800, "height": 900})  # type: ignore[arg-type]
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index", "reference/settings", "guides/cron", "reference/python/servers"):
            page.goto((built / f"{name}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 800, name
        page.goto((built / "search.html").as_uri() + "?q=certificate")
        page.locator("#search-results li").first.wait_for()
    assert asked
    assert all(url.startswith(built.as_uri()) for url in asked), asked


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_as_it_is_written_leads_somewhere(page: Path) -> None:
    for link in targets(page):
        host, where, anchor = split(link)
        assert not host, f"{link}: no page needs one outside"
        target = (page.parent / where).resolve() if where else page
        assert target.exists(), link
        if anchor:
            assert anchor in headings(target), link


def test_every_command_that_a_page_names_is_one() -> None:
    for page in [ROOT / "README.md", *DOCS]:
        code = [
            one.content for text in texts(page) for one in tokens(text) if one.type == "code_inline"
        ]
        for words in (one.split() for one in code if one.startswith("mailwidgets ")):
            if words[1] == "COMMAND":
                continue
            command = import_item(MailwidgetsApp.subcommands[words[1]][0])
            known = {*command.aliases, *command.flags, "help-all"}
            options = {one for word in words for one in re.findall(r"^\[?--([\w-]+)", word)}
            assert options <= known, f"{page.name}: {' '.join(words)}"


def test_every_variable_that_the_code_knows_is_told() -> None:
    code = "\n".join(path.read_text("utf-8") for path in ROOT.glob("mailwidgets/**/*.py"))
    page = (ROOT / "docs/reference/environment.md").read_text("utf-8")

    assert set(re.findall(r"MAILWIDGETS_[A-Z_]*[A-Z]", code)) == set(
        re.findall(r"MAILWIDGETS_[A-Z_]*[A-Z]", page)
    )


def test_the_reference_has_every_public_name() -> None:
    pages = "".join(one.read_text("utf-8") for one in ROOT.glob("docs/reference/python/*.md"))

    told = re.findall(r"^\.\. auto\w+:: mailwidgets\.(\w+)(?:\(|$)", pages, re.MULTILINE)
    assert sorted(told) == sorted({*mailwidgets.__all__, "errors"})


def test_units_of_systemd_and_tables_of_cron_call_what_there_is() -> None:
    blocks = list(examples(ROOT / "docs/guides/cron.md"))
    units = [one.text for one in blocks if one.kind == "ini"]
    (table,) = (one.text for one in blocks if one.kind == "text")

    started = []
    for unit in units:
        parsed = configparser.ConfigParser(strict=False, interpolation=None)
        parsed.read_string(unit)
        started += [one["ExecStart"] for one in parsed.values() if "ExecStart" in one]

    assert len(units) == 2
    assert [re.sub(r".*/", "", one) for one in started] == ["mailwidgets check smtp"]
    assert re.search(r"^\*/15( \*){4} monitor check-mail smtp$", table, re.MULTILINE)
