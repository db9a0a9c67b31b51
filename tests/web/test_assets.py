from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from jupyter_core.paths import jupyter_path
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application

from mailwidgets.languages import texts
from mailwidgets.languages.texts import LANGUAGES, spoken, use
from mailwidgets.web import assets


def installed() -> Path:
    found = [
        path
        for one in jupyter_path("nbextensions")
        if (path := Path(one, "jupyter-js-widgets/extension.js")).is_file()
    ]
    return found[0]


def copied(folder: Path, *, old: str = "", new: str = "") -> str:
    """Return a folder of nbextensions with a bundle in which a text was replaced."""
    bundle = folder / "jupyter-js-widgets/extension.js"
    bundle.parent.mkdir(parents=True)
    text = installed().read_text("utf-8")
    assert old in text
    bundle.write_text(text.replace(old, new) if old else text, "utf-8")
    return str(folder)


def test_the_installed_packages_fit() -> None:
    script = assets.page_script()

    assert script is not None
    assert b"load_ipython_extension" in script.plain
    assert b'requirejs.definer("anywidget")' in script.plain
    assert b"class Kernel" in script.plain
    assert gzip.decompress(script.packed) == script.plain
    assert len(script.packed) < 400_000


def test_the_address_changes_with_the_content(tmp_path: Path) -> None:
    one = assets.page_script([copied(tmp_path / "one")])
    other = assets.page_script([copied(tmp_path / "other", old="Embed Widgets", new="Embed them")])

    assert one is not None
    assert other is not None
    assert one.digest != other.digest
    assert assets.script_address("/") == f"/mailwidgets/page-{digest()}.js"
    assert assets.script_address("/some/path/") == f"/some/path/mailwidgets/page-{digest()}.js"


def test_without_the_bundle_there_is_no_script(tmp_path: Path) -> None:
    assert assets.page_script([str(tmp_path)]) is None


@pytest.mark.parametrize("mark", ['"2.1.0"', "load_ipython_extension", "jupyter.widget.control"])
def test_a_bundle_that_speaks_otherwise_does_not_fit(tmp_path: Path, mark: str) -> None:
    assert assets.page_script([copied(tmp_path, old=mark, new='"3.0.0"')]) is None


def test_anywidget_gets_patience_for_slow_computers(tmp_path: Path) -> None:
    bundle = Path(copied(tmp_path))
    (bundle / "anywidget").mkdir()
    (bundle / "anywidget" / "index.js").write_text("define([], () => AbortSignal.timeout(2e3))")
    script = assets.page_script([str(bundle)])

    assert script is not None
    before, _, after = script.plain.partition(b"AbortSignal.timeout(2e3)")
    assert b"((AbortSignal) => {" in before
    assert b"super.timeout(30 * ms)" in after


def test_without_anywidget_the_script_is_there_all_the_same(tmp_path: Path) -> None:
    script = assets.page_script([copied(tmp_path)])

    assert script is not None
    assert b'requirejs.definer("anywidget")' not in script.plain


def test_the_page_has_its_texts_in_all_languages_and_leaves_the_spoken_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(texts, "COMPLETE", tuple(LANGUAGES))
    use("de")
    try:
        carried = assets.page_texts()
        assert spoken() == "de"
    finally:
        use("en")

    assert set(carried) == set(LANGUAGES)
    assert carried["en"]["back"] == "Connected again."
    assert all(set(words) == set(carried["en"]) for words in carried.values())
    assert all(all(words.values()) for words in carried.values())


@pytest.fixture
def port() -> Iterator[int]:
    """A server that has the page's rules below a path."""
    listener, number = bind_unused_port()
    loop = asyncio.new_event_loop()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        application = Application(base_url="/mail/")
        application.add_handlers(".*$", assets.rules("/mail/"))
        server = HTTPServer(application)
        server.add_sockets([listener])
        loop.run_forever()
        server.stop()
        loop.run_until_complete(server.close_all_connections())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield number
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def digest() -> str:
    script = assets.page_script()
    assert script is not None
    return script.digest


def get(port: int, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_the_script_is_kept_for_good_and_sent_compressed(port: int) -> None:
    path = f"/mail/mailwidgets/page-{digest()}.js"

    packed, body = get(port, path, **{"Accept-Encoding": "gzip, br"})
    plain, text = get(port, path)

    assert (packed.status, plain.status) == (200, 200)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(body) == text
    assert "immutable" in plain.headers["Cache-Control"]
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_another_scripts_address_is_not_answered_with_this_one(port: int) -> None:
    assert get(port, f"/mail/mailwidgets/page-{'0' * 20}.js")[0].status == 404
