"""How Sphinx builds the pages: from the files here, the notebooks and the code; no network."""

from __future__ import annotations

import sys
import typing
from importlib import import_module
from pathlib import Path

import_module("mailwidgets.web")  # keeps jsonschema from compiling a grammar: see there
sys.path.insert(0, str(Path(__file__).parent / "extensions"))

# A signature names types that a module imports for type checkers alone. So these are imported
# twice: as they are, which loads other people's packages, and then as a type checker sees them.
for typing.TYPE_CHECKING in (False, True):
    for name in [one for one in sys.modules if one.startswith("mailwidgets.")]:
        del sys.modules[name]
    for name in (
        *("classroom.overview", "classroom.task", "dashboard.dashboard", "everyone.fleet"),
        *("faults.doors", "lessons.exam", "practice.servers"),
    ):
        import_module(f"mailwidgets.{name}")
typing.TYPE_CHECKING = False

project = "mailwidgets"
author = "the authors of mailwidgets"
html_title = "mailwidgets"
html_theme = "furo"
html_static_path = ["style"]
html_css_files = ["tables.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "generated",  # docs/extensions: tables that are made from the code
]
exclude_patterns = [
    "extensions",
    "**/.ipynb_checkpoints",
    "notebooks/dashboard.ipynb",  # a page to be opened, not read
    "notebooks/practice.ipynb",  # likewise
]

nb_execution_mode = "off"  # the tests execute them
nb_ipywidgets_js = {}  # else pages would ask a server elsewhere for scripts
myst_heading_anchors = 3

autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_ivar = True

nitpicky = True
# There is no network to look up what other people's pages are called.
nitpick_ignore_regex = [
    ("py:.*", r"(asyncio|_asyncio|collections\.abc|datetime|os|pathlib)\..*"),
    ("py:.*", r"(ipywidgets|pandas|traitlets)\..*"),
]
