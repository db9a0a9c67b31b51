"""The page's one script, and the files of other widget packages.

Voila's own page asks for some hundred scripts of JupyterLab. ipywidgets brings another front end,
made for the classic notebook: one file with all of its widgets, `extension.js`. That file, the
one of anywidget, and our own few hundred lines, which connect them with the kernel, are joined
here into one script whose address changes with its content, so that a browser fetches it once.

Where the file is missing or speaks another protocol than the installed ipywidgets, there is no
such script, and the template shows the page with Voila's own.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import runpy
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from jupyter_core.paths import jupyter_path
from jupyter_server.base.handlers import FileFindHandler
from tornado.web import HTTPError, RequestHandler

from mailwidgets.languages import texts
from mailwidgets.languages.texts import N_, _, spoken, use

_HOME: Final = "mailwidgets/"
_TEMPLATE: Final = Path(__file__).parent / "template"
_BUNDLE: Final = "jupyter-js-widgets"
_STAND_IN: Final = "modules"  # has to be there before any of the others
_OWN: Final = ("messages", "kernel", "outputs", "notice", "page")
# Versions of the protocols that page.js and the bundle were tried with; a new major one breaks.
_PROTOCOLS: Final = {
    "__protocol_version__": "2",
    "__control_protocol_version__": "1",
    "__jupyter_widgets_base_version__": "2",
    "__jupyter_widgets_controls_version__": "2",
}
# What we call in the bundle, or answer to it.
_MARKS: Final = (
    "load_ipython_extension",
    "register_mime_type",
    "_loadFromKernel",
    "notebook/js/outputarea",
    "jupyter.widget.control",
)
# anywidget gives a widget two seconds to be made; one that takes longer passes over all that the
# kernel ever tells it. On a slow computer the page would look right, and its tables stay empty.
_PATIENT: Final = (
    "class extends AbortSignal { static timeout(ms) { return super.timeout(30 * ms); } }"
)
_YEAR: Final = 31_536_000  # seconds
_TEXTS: Final = {
    "opening": N_("Opening…"),
    "lost": N_("Connection lost. Trying again…"),
    "away": N_("The server does not answer. Trying again…"),
    "back": N_("Connected again."),
    "doubtful": N_("What you pressed last may not have been done: please look."),
    "ended": N_("This page's session has ended."),
    "kept": N_("Your unsaved edits are kept in this browser tab."),
    "onwards": N_("Continue"),
    "failed": N_("This page could not be built."),
    "advice": N_("Try again. If that does not help, the server's log says why."),
    "again": N_("Try again"),
    "details": N_("Details"),
    "scripts": N_("This page needs JavaScript. Allow it in the browser, and load the page again."),
}


@dataclass(frozen=True)
class Script:
    """The page's script.

    Attributes:
        plain: the script, UTF-8.
        packed: the same, compressed by gzip.
        digest: changes when the content does.
    """

    plain: bytes
    packed: bytes
    digest: str


def page_script(folders: Iterable[str] | None = None) -> Script | None:
    """Return the page's script, or ``None`` where the installed packages do not fit.

    Args:
        folders: where nbextensions are; ``None``: where Jupyter looks for them.
    """
    places = tuple(jupyter_path("nbextensions") if folders is None else folders)
    bundle = _found(places, f"{_BUNDLE}/extension.js")
    if bundle is None or not _fits(bundle):
        return None
    return _joined(bundle, _found(places, "anywidget/index.js"))


def script_address(base_url: str) -> str | None:
    """Return the address of the page's script, or ``None`` where the packages do not fit.

    Args:
        base_url: the path that browsers see before all of the server's, ``/`` or ``/some/path/``.
    """
    script = page_script()
    return None if script is None else f"{_base(base_url)}{_HOME}page-{script.digest}.js"


def page_texts() -> dict[str, dict[str, str]]:
    """Return what the page says by itself: language → name → text.

    A page may have been built before its visitor came, so it carries all languages.
    """
    before = spoken()
    try:
        return {
            use(language): {name: _(said) for name, said in _TEXTS.items()}
            for language in texts.COMPLETE
        }
    finally:
        use(before)


def page_resources(base_url: str) -> dict[str, Any]:
    """Return what the template asks for, to be put into ``VoilaConfiguration.resources``.

    A server that does not do so shows the page with Voila's own scripts.

    Args:
        base_url: as for ``script_address``.
    """
    return {"mailwidgets": {"script": script_address(base_url), "texts": page_texts()}}


def rules(base_url: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the handlers of the script and of other packages' files.

    They have to stand before Voila's own, the last of which takes every address.

    Args:
        base_url: the path at which the server itself is asked.
    """
    home = re.escape(f"{_base(base_url)}{_HOME}")
    return [
        (rf"{home}page-([0-9a-f]+)\.js", ScriptHandler, {}),
        (rf"{home}nbextensions/(.*)", NbextensionHandler, {"path": jupyter_path("nbextensions")}),
    ]


class ScriptHandler(RequestHandler):
    """Hands out the page's script; it is the same for everyone and holds nothing of anyone."""

    def get(self, digest: str) -> None:
        """Answer with the script, for good.

        Raises:
            HTTPError: 404 for the address of another one.
        """
        script = page_script()
        if script is None or script.digest != digest:
            raise HTTPError(404)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", f"public, max-age={_YEAR}, immutable")
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.write(script.packed)
        else:
            self.write(script.plain)

    def head(self, digest: str) -> None:
        """Answer as to GET; the server leaves the body out."""
        self.get(digest)

    def compute_etag(self) -> str | None:
        """Return none: the address itself tells one script from another."""
        return None


class NbextensionHandler(FileFindHandler):
    """Hands out files below the folders of nbextensions, and no others."""

    # By path, and so not to be shared with handlers of other folders.
    _static_paths: dict[str, str] = {}  # noqa: RUF012 - the parent's own declaration


def _base(base_url: str) -> str:
    """Return a base URL with a slash at both ends."""
    return f"/{base_url.strip('/')}/".replace("//", "/")


def _found(folders: Iterable[str], name: str) -> Path | None:
    """Return the file that Jupyter would take: the first of that name."""
    return next((path for one in folders if (path := Path(one, name)).is_file()), None)


@cache
def _spoken_protocols() -> dict[str, Any]:
    """Return the versions that the installed ipywidgets speaks, without importing it."""
    package = find_spec("ipywidgets")
    if package is None or not package.submodule_search_locations:
        return {}
    path = Path(package.submodule_search_locations[0], "_version.py")
    return runpy.run_path(str(path)) if path.is_file() else {}


@cache
def _fits(bundle: Path) -> bool:
    """Return whether a bundle and the installed ipywidgets are ones that page.js can work with."""
    versions = _spoken_protocols()
    if any(str(versions.get(name)).split(".")[0] != major for name, major in _PROTOCOLS.items()):
        return False
    script = bundle.read_text("utf-8", errors="replace")
    exact = [
        f'"{versions[name]}"' for name in ("__protocol_version__", "__control_protocol_version__")
    ]
    return all(mark in script for mark in (*_MARKS, *exact))


@cache
def _joined(bundle: Path, anywidget: Path | None) -> Script:
    """Join the stand-in for RequireJS, the bundles under their names, and our own."""
    own = _TEMPLATE / "static"
    parts = [own.joinpath(f"{_STAND_IN}.js").read_text("utf-8")]
    parts.append(_named(_BUNDLE, bundle))
    if anywidget:
        parts.append(f"((AbortSignal) => {{\n{_named('anywidget', anywidget)}\n}})({_PATIENT});")
    # Their names are theirs alone: one function around all of them.
    lines = [own.joinpath(f"{name}.js").read_text("utf-8") for name in _OWN]
    parts.append('(() => {\n"use strict";\n' + "\n".join(lines) + "\n})();")
    plain = "\n".join(parts).encode()
    digest = hashlib.sha256(plain).hexdigest()[:20]
    return Script(plain, gzip.compress(plain, mtime=0), digest)


def _named(name: str, path: Path) -> str:
    """Return a module's script, made to define itself under a name."""
    script = re.sub(r"^//# sourceMappingURL=.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
    return f"((define) => {{\n{script}\n}})(requirejs.definer({json.dumps(name)}));"
